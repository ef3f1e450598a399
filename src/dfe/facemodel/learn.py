"""Learning a face model: covariances of faces, freed of what turning the head does, and their symmetric modes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dfe.base.types import DoubleArray
from dfe.facemodel.model import FLIP, POINTS, TURN_UNIT, turn_terms


@dataclass(frozen=True)
class LearnConfig:
    """What a face model is made of; chosen by measurement (docs/face-model.md)."""

    identity_modes: int = 80
    expression_modes: int = 60
    turn_modes: int = 20
    noise_mm: float = 1.6
    clip_weight: float = 0.15
    """Of each film's motion beside that of the pictures."""
    take_weight: float = 0.03
    """Of the phone takes' motion, made of the head's shapes."""
    unit_variance: float = 0.003
    """Of every shape of the head on its own, so that rare movements have a place."""
    yaw_mean: float = 0.0
    """Share of the average drift with yaw that is taken out of every face; that with pitch is taken out whole."""
    turn_trust: float = 6.0
    """Factor on the variance of what turning does; more: turned heads move less, and so do faces."""


class Modes(NamedTuple):
    """Principal directions of a symmetric covariance; each its own mirror image or the negative of it."""

    vectors: DoubleArray
    """``(k, 1404)`` of length 1."""
    variance: DoubleArray
    """``(k,)`` mm², falling."""
    even: NDArray[np.bool_]
    """``(k,)``: the mirror image is itself, not its negative."""


class Split(NamedTuple):
    """Second moments of differences between faces of a person, by what they go with; ``(1404, 1404)`` each."""

    expression: DoubleArray
    yaw: DoubleArray
    """At :data:`TURN_UNIT`."""
    pitch: DoubleArray


def flipped(shapes: DoubleArray, mirror: NDArray[np.integer]) -> DoubleArray:
    """Displacements ``(n, 468, 3)`` in the mirror."""
    return np.asarray(shapes[:, mirror] * FLIP)


def moment(shapes: DoubleArray, mirror: NDArray[np.integer], weight: DoubleArray | None = None) -> DoubleArray:
    """Mean of the outer products of displacements ``(n, 468, 3)`` and of their mirror images; ``(1404, 1404)``.

    Args:
        shapes: the displacements.
        mirror: partner of each point.
        weight: ``(n,)``, may be negative; then it is their weighted sum.
    """
    weight = np.full(len(shapes), 1 / len(shapes)) if weight is None else weight
    total = np.zeros((shapes[0].size, shapes[0].size))
    for one in (shapes, flipped(shapes, mirror)):
        flat = one.reshape(len(one), -1)
        total += (flat * weight[:, None]).T @ flat / 2
    return total


def modes(covariance: DoubleArray, mirror: NDArray[np.integer], count: int) -> Modes:
    """The leading modes, found among symmetric and antisymmetric displacements apart."""
    found: list[tuple[DoubleArray, DoubleArray]] = []
    for sign in (1.0, -1.0):
        basis = _half_basis(mirror, sign)
        values, vectors = np.linalg.eigh(basis @ covariance @ basis.T)
        found.append((values[::-1], vectors[:, ::-1].T @ basis))
    values = np.concatenate([found[0][0], found[1][0]])
    order = np.argsort(-values, kind="stable")[:count]
    even = order < len(found[0][0])
    vectors = np.concatenate([found[0][1], found[1][1]])[order]
    # The sign of a mode is free; its largest coordinate on the subject's left is made positive.
    largest = np.abs(vectors).argmax(axis=1)
    vectors = vectors * np.sign(vectors[np.arange(len(vectors)), largest])[:, None]
    return Modes(vectors, np.maximum(values[order], 0), even)


def _half_basis(mirror: NDArray[np.integer], sign: float) -> DoubleArray:
    """Orthonormal rows that span the displacements which the mirror keeps (sign 1) or turns over (-1)."""
    rows = []
    for point in range(POINTS):
        other = int(mirror[point])
        for axis in range(3):
            own = sign * FLIP[axis]
            if other == point and own < 0:
                continue
            if other < point:
                continue
            row = np.zeros((POINTS, 3))
            row[point, axis] += 1
            row[other, axis] += own
            rows.append(row.ravel() / np.linalg.norm(row))
    return np.stack(rows)


def split_by_turn(
    shapes: DoubleArray, pose: DoubleArray, person: NDArray[np.str_], mirror: NDArray[np.integer]
) -> Split:
    """Differences within persons, split into what goes with no turn, with yaw squared and with pitch squared.

    Weighted least squares of the outer products on 1, yaw² and pitch², so that an expression that goes with a turn in
    one person and not in another stays an expression.
    """
    _, index, count = np.unique(person, return_inverse=True, return_counts=True)
    several = count[index] > 1
    unbias = np.sqrt(count[index] / np.maximum(count[index] - 1, 1))[several]
    off = (shapes - _means(shapes, index, count)[index])[several] * unbias[:, None, None]
    turn = (pose - _means(pose, index, count)[index])[several] * unbias[:, None] / TURN_UNIT
    terms = np.stack([np.ones(len(turn)), turn[:, 1] ** 2, turn[:, 0] ** 2], axis=1)
    weight = (1 + 2 * terms[:, 1] + 2 * terms[:, 2]) ** -2
    solve = np.linalg.solve((terms * weight[:, None]).T @ terms, (terms * weight[:, None]).T)
    return Split(*(moment(off, mirror, row) for row in solve))


def between_people(
    shapes: DoubleArray, person: NDArray[np.str_], within: DoubleArray, mirror: NDArray[np.integer]
) -> DoubleArray:
    """Covariance of people's mean faces, less what is left of their expressions in the means."""
    _, index, count = np.unique(person, return_inverse=True, return_counts=True)
    means = _means(shapes, index, count)
    middle = means.mean(axis=0)
    middle = (middle + flipped(middle[None], mirror)[0]) / 2
    return moment(means - middle, mirror) - within * float(np.mean(1 / count))


def mean_drift(
    off: DoubleArray, pose: DoubleArray, base: DoubleArray, mirror: NDArray[np.integer], ridge: float = 1.0
) -> DoubleArray:
    """What turning does on average, ``(5, 468, 3)`` times :func:`turn_terms`; equivariant under the mirror.

    Args:
        off: ``(n, 468, 3)``, displacement between the same face in two poses.
        pose, base: ``(n, 3)`` radians, the pose turned to and the one turned from.
        mirror: partner of each point.
        ridge: of the regression.
    """
    over = np.array([1.0, -1.0, -1.0])
    terms = np.concatenate([turn_terms(pose) - turn_terms(base), turn_terms(pose * over) - turn_terms(base * over)])
    both = np.concatenate([off, flipped(off, mirror)]).reshape(len(terms), -1)
    found = np.linalg.solve(terms.T @ terms + ridge * np.eye(terms.shape[1]), terms.T @ both)
    return np.asarray(found.reshape(-1, POINTS, 3))


def turned_moments(off: DoubleArray, turn: DoubleArray, mirror: NDArray[np.integer]) -> tuple[DoubleArray, DoubleArray]:
    """Second moments, at :data:`TURN_UNIT`, of what turning does: ``off`` ``(n, 468, 3)`` when turned by ``(n, 3)``."""
    found = []
    for axis, other in ((1, 0), (0, 1)):
        chosen = np.abs(turn[:, axis]) > 2 * np.abs(turn[:, other])
        angle = turn[chosen, axis] / TURN_UNIT
        found.append(moment(off[chosen], mirror) * chosen.sum() / float(np.square(angle).sum()))
    return found[0], found[1]


def sides(found: Modes, mirror: NDArray[np.integer]) -> tuple[DoubleArray, NDArray[np.int32]]:
    """A rotation of the modes ``(k, k)`` after which they come one-sided in mirror pairs, and the partners ``(k,)``.

    Each antisymmetric mode is joined with the symmetric one that looks most like it on the subject's left half: their
    sum and difference move one side each.
    """
    k = len(found.vectors)
    shapes = found.vectors.reshape(k, POINTS, 3)
    left = np.array([point < int(mirror[point]) for point in range(POINTS)])
    half = shapes[:, left].reshape(k, -1)
    odd, even = np.flatnonzero(~found.even), np.flatnonzero(found.even)
    likeness = half[odd] @ half[even].T
    taken: dict[int, int] = {}
    pairs = sorted((-abs(likeness[i, j]), i, j) for i in range(len(odd)) for j in range(len(even)))
    for _, i, j in pairs:
        if i not in taken and j not in taken.values():
            taken[i] = j
    rotation = np.zeros((k, k))
    partner = np.arange(k, dtype=np.int32)
    joined = {int(even[j]): (int(odd[i]), 1.0 if likeness[i, j] >= 0 else -1.0) for i, j in taken.items()}
    place = 0
    for mode in range(k):
        if not found.even[mode]:
            continue
        if mode not in joined:
            rotation[place, mode] = 1
            place += 1
            continue
        other, sign = joined[mode]
        rotation[place, [mode, other]] = [np.sqrt(0.5), sign * np.sqrt(0.5)]
        rotation[place + 1, [mode, other]] = [np.sqrt(0.5), -sign * np.sqrt(0.5)]
        partner[place], partner[place + 1] = place + 1, place
        place += 2
    return rotation, partner


def names(
    basis: DoubleArray,
    mean_mm: DoubleArray,
    partner: NDArray[np.integer],
    regions: Sequence[str],
    region: NDArray[np.integer],
) -> tuple[str, ...]:
    """Of expression modes ``(k, 468, 3)``: the region that moves most, a number, and the side that moves more."""
    energy = np.square(basis).sum(axis=2)
    inside = np.stack([energy[:, region == r].mean(axis=1) for r in range(len(regions))], axis=1)
    left = energy[:, mean_mm[:, 0] > 0].sum(axis=1)
    found, count = [""] * len(basis), dict.fromkeys(regions, 0)
    for mode, most in enumerate(inside.argmax(axis=1)):
        other = int(partner[mode])
        if found[mode]:
            continue
        count[regions[most]] += 1
        stem = f"{regions[most]}{count[regions[most]]:02d}"
        found[mode] = stem
        if other != mode:
            ends = ("Left", "Right") if left[mode] > left[other] else ("Right", "Left")
            found[mode], found[other] = stem + ends[0], stem + ends[1]
    return tuple(found)


def _means(rows: DoubleArray, index: NDArray[np.integer], count: NDArray[np.integer]) -> DoubleArray:
    total = np.zeros((len(count), *rows.shape[1:]))
    np.add.at(total, index, rows)
    return np.asarray(total / count.reshape(-1, *[1] * (rows.ndim - 1)))
