"""What an expression gives away that is no expression: who it is, and how the head is turned.

The functions take plain rows, so they judge inputs (sigmoids, logits, corrected ones) as well as codings, for which
``x = decode(encode(x))``. People have expressions of their own, and smile at the camera: a figure above chance is no
proof of a fault, but of two inputs that tell emotions equally well the one with the lower figures is better.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray, FloatArray, IntArray
from dfe.judge.probe import predict
from dfe.space.base import ExpressionSpace
from dfe.stats.bootstrap import Estimate, SubjectBootstrap
from dfe.stats.draws import DRAWS
from dfe.stats.linear import spread_of, standardised

PEOPLE, FOLDS = 150, 5
RIDGE, RIDGE_QUADRATIC = 1.0, 30.0
_CLIP = 3.0

FRONTAL_DEG = 10.0
"""A face is frontal where neither pitch nor yaw is larger."""

TURN_DEG = 20.0
"""A person turns the head whose pitch or yaw runs over at least so much."""

_STEP_DEG = 10.0


class PersonProbe(NamedTuple):
    """How well a linear classifier tells who a face belongs to, among the people with the most pictures."""

    accuracy: Estimate
    """Share of pictures; intervals draw people and are conditional on the fits."""
    balanced: Estimate
    """Mean over people of their share; chance is 1 / people."""
    chance: float
    """Share of the pictures that are of the most frequent person."""
    people: int
    faces: int
    converged: bool


class PoseR2(NamedTuple):
    """Cross-validated share of a head angle's variance, between people, that expressions explain; below 0: none."""

    pitch: Estimate
    yaw: Estimate
    pitch_quadratic: Estimate
    """As above, from the coefficients, their squares and products: a turn to either side may move a coefficient alike,
    so that a straight line sees little of what a reader of the coefficients could learn."""
    yaw_quadratic: Estimate
    people: int


class Drift(NamedTuple):
    """How expressions move while people turn their heads; all that is no turning (speech, a smile) counts too."""

    channels: tuple[str, ...]
    spread: DoubleArray
    """``(D,)``: standard deviation over a person's faces, mean over people, in units of the channel."""
    span: DoubleArray
    """``(D,)``: from the 5th to the 95th percentile, mean over people."""
    ratio: DoubleArray
    """``(D,)``: ``spread`` by the standard deviation between the faces of reference; NaN where those are all alike."""
    ratio_mean: Estimate
    """Mean of ``ratio`` over channels."""
    mm: Estimate
    """Root mean square over a person's faces of the distance from their own frontal expression; mean over people."""
    mm_share: Estimate
    """As a share of the mean-face error of the faces of reference."""
    asymmetry: dict[str, Estimate]
    """By the name of the left channel, what left minus right gains with 10 degrees of yaw, within people."""
    asymmetry_mm: float
    """Root mean square on the mesh of what those slopes together do to one face within 10 degrees."""
    people: int
    faces: int


def person_probe(
    x: Any, person: ArrayLike, *, people: int = PEOPLE, folds: int = FOLDS, seed: int = 0, draws: int = DRAWS
) -> PersonProbe:
    """Accuracy of :func:`dfe.judge.probe.predict` (standardised logistic regression) at naming the person.

    Of the 150 people with the most pictures (at least 2; of equal ones, those with the lowest number), by 5-fold
    cross-validation in which each person's pictures are dealt evenly to the folds. Chance depends on who is most
    frequent, so figures of different sets of people must not be compared.

    Args:
        x: ``(n, D)`` expressions, or bags of them (csr_array).
        person: ``(n,)``; -1 unknown, left out.
        people: how many at most.
        folds: of the cross-validation.
        seed: of the folds.

    Raises:
        UsageError: fewer than two people with two pictures.
        DfeError: scikit-learn is not installed.
    """
    who = np.asarray(person)
    names, counts = np.unique(who[who >= 0], return_counts=True)
    chosen = np.argsort(-counts, kind="stable")[:people]
    chosen = chosen[counts[chosen] >= 2]
    if len(chosen) < 2:
        raise UsageError("the person probe needs at least two people with two pictures each")
    rows = np.flatnonzero(np.isin(who, names[chosen]))
    inputs, answers = x[rows], who[rows]
    fold = _dealt(answers, folds, seed)
    right, converged = np.zeros(len(rows)), True
    for held_out in np.unique(fold):
        test = fold == held_out
        prediction = predict(inputs[np.flatnonzero(~test)], answers[~test], inputs[np.flatnonzero(test)])
        right[test] = prediction.labels == answers[test]
        converged &= prediction.converged
    _, index, each = np.unique(answers, return_inverse=True, return_counts=True)
    bootstrap = SubjectBootstrap(index.astype(np.int64), draws, seed)
    return PersonProbe(
        accuracy=bootstrap.mean(right),
        balanced=bootstrap.ratio(right / each[index], 1.0 / each[index]),
        chance=float(each.max() / len(rows)),
        people=len(chosen),
        faces=len(rows),
        converged=converged,
    )


def pose_r2(
    x: FloatArray, person: ArrayLike, pose: FloatArray, *, folds: int = FOLDS, seed: int = 0, draws: int = DRAWS
) -> PoseR2:
    """R² of pitch and yaw predicted by ridge regression from standardised expressions of other people.

    Linear with a penalty of 1; quadratic with values held within 3 standard deviations and a penalty of 30. R² is over
    all held-out predictions together, 1 - sum (y - predicted)² / sum (y - mean)²; intervals draw people.

    Args:
        x: ``(n, D)`` expressions.
        person: ``(n,)``; -1 unknown, a person of their own.
        pose: ``(n, 3)`` pitch, yaw, roll in radians.
        folds: of the cross-validation; no person is in two of them.
        seed: of the folds.

    Raises:
        UsageError: fewer people than folds.
    """
    who = np.asarray(person).astype(np.int64)
    bootstrap = SubjectBootstrap(who, draws, seed)
    index = bootstrap.index(len(who))
    people = int(index.max(initial=-1)) + 1
    if people < folds:
        raise UsageError(f"pose R² needs at least {folds} people, not {people}")
    fold = _grouped(index, folds, seed)
    angles = np.asarray(pose, np.float64)[:, :2]
    rows, predicted = np.asarray(x, np.float64), np.empty((2, *angles.shape))
    for held_out in range(folds):
        test = fold == held_out
        linear = standardised(rows, rows[~test])
        products = _with_products(np.clip(linear, -_CLIP, _CLIP))
        quadratic = standardised(products, products[~test])
        for kind, (columns, penalty) in enumerate(((linear, RIDGE), (quadratic, RIDGE_QUADRATIC))):
            predicted[kind, test] = _ridge(columns, angles, ~test, penalty)[test]
    spread = np.square(angles - angles.mean(axis=0))
    missed = np.square(predicted - angles)
    by_kind = [[_complement(bootstrap.ratio(m[:, k], spread[:, k])) for k in range(2)] for m in missed]
    return PoseR2(by_kind[0][0], by_kind[0][1], by_kind[1][0], by_kind[1][1], people)


def drift(
    x: FloatArray,
    person: ArrayLike,
    pose: FloatArray,
    space: ExpressionSpace,
    reference: FloatArray,
    *,
    frontal_deg: float = FRONTAL_DEG,
    turn_deg: float = TURN_DEG,
    mean_face_mm: float | None = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> Drift:
    """Drift of expressions within people who turn their heads; intervals draw people.

    People whose head turns by less than ``turn_deg``, or who are never frontal, are left out.

    Args:
        x: ``(n, D)`` expressions in the space, or other values of its channels (then mm mean nothing, the share does).
        person: ``(n,)`` person (or clip) of each; -1 unknown, left out.
        pose: ``(n, 3)`` pitch, yaw, roll in radians.
        space: of the expressions.
        reference: ``(m, D)`` faces of many people, of the same kind as x.
        frontal_deg: largest pitch and yaw of a frontal face.
        turn_deg: smallest range of pitch or of yaw.
        mean_face_mm: floor that mm are given as a share of; by default the mean-face error of ``reference``.
        seed, draws: of the bootstrap.

    Raises:
        UsageError: nobody turns the head.
    """
    who, values = np.asarray(person), np.asarray(x, np.float64)
    angles = np.degrees(np.asarray(pose, np.float64)[:, :2])
    frontal = np.abs(angles).max(axis=1) <= frontal_deg
    turns = [
        rows
        for rows in (np.flatnonzero(who == one) for one in np.unique(who[who >= 0]))
        if np.ptp(angles[rows], axis=0).max() >= turn_deg and frontal[rows].any()
    ]
    if not turns:
        raise UsageError(f"nobody is seen frontal and turning the head by {turn_deg:g} degrees")
    spread = np.stack([values[rows].std(axis=0) for rows in turns])
    span = np.stack([np.subtract(*np.percentile(values[rows], (95, 5), axis=0)) for rows in turns])
    moved = np.array([_rms_mm(values[rows], values[rows[frontal[rows]]].mean(axis=0), space) for rows in turns])
    between = spread_of(np.asarray(reference, np.float64))
    ratio = spread / np.where(between > 0, between, np.nan)
    centre = np.broadcast_to(np.asarray(reference, np.float64).mean(axis=0), np.shape(reference))
    floor = float(space.error_mm(reference, centre).mean()) if mean_face_mm is None else mean_face_mm
    people = SubjectBootstrap(np.arange(len(turns)), draws, seed)
    slopes, all_slopes = _asymmetry(values, angles[:, 1], turns, space, seed, draws)
    return Drift(
        channels=space.names,
        spread=spread.mean(axis=0),
        span=span.mean(axis=0),
        ratio=ratio.mean(axis=0),
        ratio_mean=people.mean(ratio[:, between > 0].mean(axis=1)),
        mm=people.mean(moved),
        mm_share=people.mean(moved / floor),
        asymmetry=slopes,
        asymmetry_mm=float(space.error_mm(all_slopes[None] / 2, np.zeros_like(all_slopes)[None])[0]),
        people=len(turns),
        faces=sum(len(rows) for rows in turns),
    )


def _rms_mm(x: DoubleArray, frontal: DoubleArray, space: ExpressionSpace) -> float:
    return float(np.sqrt(np.square(space.error_mm(x, np.broadcast_to(frontal, x.shape))).mean()))


def _asymmetry(
    x: DoubleArray, yaw: DoubleArray, turns: list[IntArray], space: ExpressionSpace, seed: int, draws: int
) -> tuple[dict[str, Estimate], DoubleArray]:
    """Least-squares slopes of x minus its mirror image on yaw, each person about their own means, per 10 degrees."""
    rows = np.concatenate(turns)
    people = SubjectBootstrap(np.repeat(np.arange(len(turns)), [len(turn) for turn in turns]), draws, seed)
    index = people.index(len(rows))
    turned, uneven = yaw[rows] / _STEP_DEG, x[rows] - x[rows][:, space.partner]
    turned = turned - (np.bincount(index, turned) / np.bincount(index))[index]
    square = np.square(turned)
    all_slopes: DoubleArray = turned @ uneven / max(square.sum(), np.finfo(np.float64).tiny)
    left = [i for i, name in enumerate(space.names) if name.endswith("Left") and space.partner[i] != i]
    return {space.names[i]: people.ratio(turned * uneven[:, i], square) for i in left}, all_slopes


def _dealt(answers: NDArray[Any], folds: int, seed: int) -> IntArray:
    """Folds 0, 1, ... dealt in turn to the pictures sorted by person, each person's in random order."""
    shuffled = np.random.default_rng(seed).permutation(len(answers))
    order = shuffled[np.argsort(answers[shuffled], kind="stable")]
    fold = np.empty(len(answers), np.int64)
    fold[order] = np.arange(len(answers)) % folds
    return fold


def _grouped(index: IntArray, folds: int, seed: int) -> IntArray:
    """People dealt to folds, the largest first and each to the fold with the fewest faces; ``(n,)``."""
    counts = np.bincount(index)
    shuffled = np.random.default_rng(seed).permutation(len(counts))
    held, fold = np.zeros(folds, np.int64), np.empty(len(counts), np.int64)
    for one in shuffled[np.argsort(-counts[shuffled], kind="stable")]:
        fold[one] = held.argmin()
        held[fold[one]] += counts[one]
    return fold[index]


def _with_products(x: DoubleArray) -> DoubleArray:
    first, second = np.triu_indices(x.shape[1])
    return np.concatenate([x, x[:, first] * x[:, second]], axis=1)


def _ridge(x: DoubleArray, y: DoubleArray, train: NDArray[np.bool_], penalty: float) -> DoubleArray:
    """Predictions ``(n, 2)`` for all rows; the intercept is free, since the training columns have mean 0."""
    known, mean = x[train], y[train].mean(axis=0)
    weights = np.linalg.solve(known.T @ known + penalty * np.eye(x.shape[1]), known.T @ (y[train] - mean))
    predicted: DoubleArray = x @ weights + mean
    return predicted


def _complement(part: Estimate) -> Estimate:
    return Estimate(1.0 - part.value, 1.0 - part.high, 1.0 - part.low)
