"""Do a face's tokens survive what happens to pictures? Agreement beyond chance under re-crop, JPEG, blur and shift."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.errors import UsageError
from dfe.base.types import CodeArray, DoubleArray, FloatArray, IntArray
from dfe.displays.displays import Displays
from dfe.judge.probe import Kind, bag
from dfe.space.base import ExpressionSpace
from dfe.stats.bootstrap import PERCENTILES, Estimate, SubjectBootstrap
from dfe.stats.draws import DRAWS

ALL = "all"
"""Name under which all perturbations together are reported."""

OTHERS = 20
"""Other faces that each face is compared with, to find what chance brings."""


class Perturbed(NamedTuple):
    """The faces that were found again in changed pictures."""

    rows: IntArray
    """``(m,)``: which of the unchanged faces each one is."""
    codes: CodeArray
    """``(m, N)`` of the changed pictures; no -1."""
    asked: int | None = None
    """How many of the faces had their changed picture looked at; None: all of them."""


class Agreement(NamedTuple):
    """Overlap of the bags of a face's displays, before and after.

    The overlap of bags a and b is sum min(a, b) / sum max(a, b) over displays (Jaccard for multisets, Ruzicka), 1 for
    two empty bags. ``agreement`` = (overlap - chance) / (1 - chance), of the means over faces, where ``chance`` is the
    overlap with other faces' changed bags: 1 if nothing changes, 0 if faces could as well be shuffled.
    """

    overlap: Estimate
    chance: float
    agreement: Estimate


class Reliability(NamedTuple):
    """Agreement of tokens under one perturbation, or under all of them."""

    same: tuple[Estimate, ...]
    """By level: share of faces whose code is the same."""
    kappa: tuple[Estimate, ...]
    """By level: Cohen's kappa (1960), (same - expected) / (1 - expected), expected from how often each code is used
    before and after; NaN where only one code is used."""
    kappa_mean: Estimate
    """Mean over the levels where it is defined."""
    counts: Agreement
    """Of the displays, however strong; order does not matter."""
    intensities: Agreement
    """Of the displays with their intensities."""
    faces: int
    lost: float
    """Share of the faces whose changed picture was looked at and in which they were not found; in no other figure."""


def align(names_a: ArrayLike, names_b: ArrayLike) -> tuple[IntArray, IntArray]:
    """Rows of a and rows of b that have the same name, in the order of a, ``(m,)`` twice.

    Raises:
        UsageError: a name comes twice in one of them.
    """
    before, after = np.asarray(names_a, np.str_), np.asarray(names_b, np.str_)
    if len(np.unique(before)) < len(before) or len(np.unique(after)) < len(after):
        raise UsageError("a picture's name comes twice, so that faces cannot be matched by it")
    _, rows_a, rows_b = np.intersect1d(before, after, assume_unique=True, return_indices=True)
    order = np.argsort(rows_a)
    return rows_a[order].astype(np.int64), rows_b[order].astype(np.int64)


def reliability(
    displays: Displays,
    codes: CodeArray,
    perturbed: Mapping[str, Perturbed],
    subject: IntArray | None = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> dict[str, Reliability]:
    """Agreement under each perturbation, and under :data:`ALL` together.

    Under all of them, kappa is that of the pairs of all perturbations stacked, and each face counts as often as it is
    found. Intervals draw people, with all their faces and perturbations.

    Args:
        displays: of the coder.
        codes: ``(n, N)`` of the unchanged faces, no -1.
        perturbed: by name of the perturbation.
        subject: ``(n,)``; None: each face is a person of its own.
        seed: of the bootstrap and of the other faces.
        draws: of the bootstrap.

    Raises:
        UsageError: no perturbation, one with fewer than two faces, codes that do not fit, a perturbation called "all".
    """
    if not perturbed or ALL in perturbed:
        raise UsageError(f"reliability needs perturbations, and none of them called {ALL!r}")
    person = np.arange(len(codes)) if subject is None else _known(np.asarray(subject))
    pairs = {name: _pair(displays, codes, after, name, seed) for name, after in perturbed.items()}
    asked = {name: len(codes) if after.asked is None else after.asked for name, after in perturbed.items()}
    people = {name: SubjectBootstrap(person[pair.rows], draws, seed) for name, pair in pairs.items()}
    result = {name: _judged(pair, people[name], asked[name]) for name, pair in pairs.items()}
    if len(pairs) > 1:
        every = _Pair(*(np.concatenate(parts) for parts in zip(*pairs.values(), strict=True)))
        result[ALL] = _judged(every, SubjectBootstrap(person[every.rows], draws, seed), sum(asked.values()))
    else:
        result[ALL] = next(iter(result.values()))
    return result


def moved_share(
    space: ExpressionSpace,
    before: FloatArray,
    after: FloatArray,
    mean_face_mm: float,
    bootstrap: SubjectBootstrap | None = None,
) -> Estimate:
    """Mean distance in mm between faces before and after, as a share of the mean-face error.

    Args:
        space: of the faces.
        before: ``(m, D)`` decoded (or never coded) faces of the unchanged pictures.
        after: ``(m, D)`` of the changed ones, row by row.
        mean_face_mm: mean distance of the unchanged faces from their mean: the floor of any coding.
        bootstrap: of these m faces' people; None: each face is a person of its own.
    """
    return (bootstrap or SubjectBootstrap(None)).mean(space.error_mm(before, after) / mean_face_mm)


class _Pair(NamedTuple):
    rows: IntArray
    before: CodeArray
    after: CodeArray
    counts: DoubleArray
    """``(m, 2)``: overlap with itself, and on average with other faces."""
    intensities: DoubleArray


def _pair(displays: Displays, codes: CodeArray, after: Perturbed, name: str, seed: int) -> _Pair:
    if len(after.rows) < 2 or len(after.rows) != len(after.codes) or after.codes.shape[1] != codes.shape[1]:
        raise UsageError(f"perturbation {name!r}: fewer than two faces, or codes that do not fit the unchanged ones")
    before = codes[after.rows]
    kinds: tuple[Kind, Kind] = ("count", "intensity")
    counts, intensities = (
        _overlaps(bag(displays, before, kind), bag(displays, after.codes, kind), seed) for kind in kinds
    )
    return _Pair(after.rows, before, after.codes, counts, intensities)


def _overlaps(before: Any, after: Any, seed: int) -> DoubleArray:
    n = before.shape[0]
    order = np.random.default_rng(seed).permutation(n)
    by_chance = np.zeros(n)
    steps = range(1, min(OTHERS, n - 1) + 1)
    for step in steps:
        by_chance[order] += _overlap(before[order], after[np.roll(order, step)])
    return np.stack([_overlap(before, after), by_chance / len(steps)], axis=1)


def _overlap(a: Any, b: Any) -> DoubleArray:
    common = np.asarray(a.minimum(b).sum(axis=1)).ravel()
    either = np.asarray(a.sum(axis=1)).ravel() + np.asarray(b.sum(axis=1)).ravel() - common
    return np.where(either > 0, common / np.where(either > 0, either, 1.0), 1.0)


def _judged(pair: _Pair, people: SubjectBootstrap, asked: int) -> Reliability:
    kappas, kappa_mean = _kappas(pair.before, pair.after, people)
    return Reliability(
        same=tuple(people.mean_of_columns((pair.before == pair.after).astype(np.float64))),
        kappa=kappas,
        kappa_mean=kappa_mean,
        counts=_agreement(pair.counts, people),
        intensities=_agreement(pair.intensities, people),
        faces=len(pair.rows),
        lost=1.0 - len(pair.rows) / asked,
    )


def _kappas(before: CodeArray, after: CodeArray, people: SubjectBootstrap) -> tuple[tuple[Estimate, ...], Estimate]:
    """Kappa by level, and its mean, from each person's sums: a draw then costs no pass over the faces."""
    n, levels = before.shape
    size = int(max(before.max(), after.max())) + 1
    index = people.index(n)
    first = np.unique(index, return_index=True)[1]
    faces = np.bincount(index).astype(np.float64)
    same = np.stack([np.bincount(index, before[:, at] == after[:, at]) for at in range(levels)])
    used_before, used_after = (_uses(codes, index, size) for codes in (before, after))
    drawn: list[DoubleArray] = []

    def mean(weights: DoubleArray) -> float:
        often = weights[first]
        total = faces @ often
        alike = (used_before @ often) * (used_after @ often)
        expected = alike.reshape(levels, size).sum(axis=1) / total**2
        varies = expected < 1
        kappa = (same @ often / total - expected) / np.where(varies, 1 - expected, np.nan)
        drawn.append(kappa)
        return float(kappa[varies].mean()) if varies.any() else float("nan")

    kappa_mean = people.statistic(mean)
    return tuple(_interval(column) for column in np.array(drawn).T), kappa_mean


def _uses(codes: CodeArray, index: IntArray, size: int) -> Any:
    """How often each person's faces use each code, ``(N * size, S)``, sparse."""
    levels = codes.shape[1]
    word = (np.arange(levels) * size + codes.astype(np.int64)).ravel()
    entries = (np.ones(word.size), (word, np.repeat(index, levels)))
    return import_module("scipy.sparse").csr_array(entries, shape=(levels * size, int(index.max()) + 1))


def _interval(drawn: DoubleArray) -> Estimate:
    """The figure itself comes first, then its draws, as :meth:`SubjectBootstrap.statistic` asks for them."""
    known = drawn[1:][~np.isnan(drawn[1:])]
    low, high = np.percentile(known, PERCENTILES) if len(known) else (np.nan, np.nan)
    return Estimate(float(drawn[0]), float(low), float(high))


def _agreement(overlaps: DoubleArray, people: SubjectBootstrap) -> Agreement:
    own, chance = overlaps.T
    return Agreement(people.mean(own), float(chance.mean()), people.ratio(own - chance, 1.0 - chance))


def _known(subject: IntArray) -> IntArray:
    """Faces of unknown people become people of their own, so that all changed pictures of a face stay together."""
    return np.where(subject < 0, subject.max(initial=0) + 1 + np.arange(len(subject)), subject).astype(np.int64)
