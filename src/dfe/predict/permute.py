"""Labels exchanged as chance would: between people where the label is the person's, within people where it is not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dfe.base.types import DoubleArray, IntArray
from dfe.datasets.examples import Target


def permuted(
    truth: DoubleArray, subject: IntArray, level: str, rng: np.random.Generator, part: NDArray[np.str_] | None = None
) -> DoubleArray:
    """Labels ``(n,)`` under the null hypothesis that faces say nothing about them.

    Args:
        truth: ``(n,)`` labels.
        subject: ``(n,)`` number of the person.
        level: ``subject``: people exchange their labels, all examples of a person with them; where a person has several
            labels, only with people who have as many examples, and then within each person too. ``task``: labels are
            exchanged within each person.
        rng: which permutation.
        part: ``(n,)`` of an official split; labels are exchanged within each part.
    """
    out = truth.copy()
    parts = np.zeros(len(truth), np.int64) if part is None else np.unique(part, return_inverse=True)[1]
    for one in np.unique(parts):
        rows = np.flatnonzero(parts == one)
        _, index = np.unique(subject[rows], return_inverse=True)
        if level == "task":
            out[rows] = _within(truth[rows], index, rng)
        else:
            out[rows] = _between(truth[rows], index, rng)
    return out


def exchangeable(truth: DoubleArray, subject: IntArray, target: Target) -> int:
    """How many people can take part in a permutation; of one or none there is no test."""
    _, index, counts = np.unique(subject, return_inverse=True, return_counts=True)
    if target.level == "task":
        low, high = np.full(len(counts), np.inf), np.full(len(counts), -np.inf)
        np.minimum.at(low, index, truth)
        np.maximum.at(high, index, truth)
        return int((high > low).sum())
    return len(counts) if len(np.unique(truth)) > 1 else 0


def _within(truth: DoubleArray, index: IntArray, rng: np.random.Generator) -> DoubleArray:
    # Sorting random numbers within each person shuffles them all at once.
    out = np.empty_like(truth)
    place = np.argsort(index, kind="stable")
    out[place] = truth[np.lexsort((rng.random(len(truth)), index))]
    return out


def _between(truth: DoubleArray, index: IntArray, rng: np.random.Generator) -> DoubleArray:
    order = np.argsort(index, kind="stable")
    counts = np.bincount(index)
    ends = np.cumsum(counts)
    blocks = [order[end - count : end] for end, count in zip(ends.tolist(), counts.tolist(), strict=True)]
    out = truth.copy()
    constant = all((truth[block] == truth[block[0]]).all() for block in blocks)
    sizes = np.zeros(len(blocks), np.int64) if constant else counts
    if not constant:
        # Blocks that keep their inner order would keep what, say, all first recordings have in common.
        truth = _within(truth, index, rng)
    for size in np.unique(sizes):
        people = np.flatnonzero(sizes == size)
        for to, source in zip(people.tolist(), rng.permutation(people).tolist(), strict=True):
            out[blocks[to]] = truth[blocks[source][0]] if constant else truth[blocks[source]]
    return out
