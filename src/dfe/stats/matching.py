"""Events found against events that a person has marked: which of them are the same, and the F1 of finding them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.errors import UsageError
from dfe.stats.bootstrap import Estimate, SubjectBootstrap
from dfe.stats.draws import DRAWS

SHIFTS = 400
"""Evenly spaced shifts over which what chance matches is averaged."""
_SLACK_S = 1e-9
"""Times come rounded from files: a distance of just the tolerance counts as within it."""


def f1_of(pairs: float, found: int, marked: int) -> float:
    """``2 TP / (2 TP + FP + FN)`` of so many pairs; NaN where nothing was found or marked."""
    return 2 * pairs / (found + marked) if found + marked else float("nan")


class Matches(NamedTuple):
    """One-to-one matches of two lists of onsets."""

    pairs: tuple[tuple[int, int], ...]
    """Indices into the two lists, as they were given."""
    found: int
    """Length of the first list."""
    marked: int
    """Length of the second list."""

    @property
    def f1(self) -> float:
        """``2 TP / (2 TP + FP + FN)``; NaN where both lists are empty."""
        return f1_of(len(self.pairs), self.found, self.marked)


class EventScore(NamedTuple):
    """Events found against events marked, pooled over recordings, with intervals over the recordings."""

    f1: Estimate
    f1_by_chance: float
    """What the same events would reach at times that have nothing to do with the marks."""
    precision: Estimate
    recall: Estimate
    matched: int
    found: int
    marked: int


def match_onsets(found: ArrayLike, marked: ArrayLike, tolerance_s: float) -> Matches:
    """Match onsets ``(n,)`` and ``(m,)`` in seconds one to one, each at most ``tolerance_s`` apart.

    As many pairs as there can be: going through both in the order of time, the earlier of two that are too far apart
    can match nothing later, and two that are near enough can be paired without loss, since whatever else could take
    one of them could be exchanged.

    Raises:
        UsageError: the tolerance is negative or no number.
    """
    if not tolerance_s >= 0:
        raise UsageError(f"a tolerance of {tolerance_s} s makes no sense", advice="give 0 or more")
    ours, theirs = np.asarray(found, np.float64), np.asarray(marked, np.float64)
    order, other = np.argsort(ours, kind="stable"), np.argsort(theirs, kind="stable")
    pairs: list[tuple[int, int]] = []
    i = j = 0
    while i < len(order) and j < len(other):
        apart = ours[order[i]] - theirs[other[j]]
        if abs(apart) <= tolerance_s + _SLACK_S:
            pairs.append((int(order[i]), int(other[j])))
            i, j = i + 1, j + 1
        elif apart < 0:
            i += 1
        else:
            j += 1
    return Matches(tuple(pairs), len(ours), len(theirs))


def matched_by_chance(found: ArrayLike, marked: ArrayLike, tolerance_s: float, length_s: float) -> float:
    """How many pairs there would be if the events found came at any other time, as many and as far apart as they are.

    The mean of :func:`match_onsets` over shifts of all events found around the recording's length, spread evenly over
    it: circular shifts keep rates and clusters, which draws of single onsets would not.

    Args:
        found: ``(n,)`` onsets in seconds.
        marked: ``(m,)`` onsets in seconds.
        tolerance_s: as in :func:`match_onsets`.
        length_s: of the recording.

    Raises:
        UsageError: the tolerance is negative, or the length not above 0.
    """
    if not length_s > 0:
        raise UsageError(f"a recording of {length_s} s has no time for events by chance")
    ours = np.asarray(found, np.float64)
    shifts = (np.arange(SHIFTS) + 0.5) / SHIFTS * length_s
    pairs = [len(match_onsets((ours + shift) % length_s, marked, tolerance_s).pairs) for shift in shifts]
    return float(np.mean(pairs))


def event_score(
    matches: Sequence[Matches], by_chance: Sequence[float], *, draws: int = DRAWS, seed: int = 0
) -> EventScore:
    """F1, precision and recall over recordings; no interval for a single recording.

    Args:
        matches: one of each recording.
        by_chance: of each, pairs that :func:`matched_by_chance` gives.
        draws: of the bootstrap over recordings.
        seed: of the draws.
    """
    true = np.array([len(one.pairs) for one in matches], np.float64)
    found = np.array([one.found for one in matches], np.float64)
    marked = np.array([one.marked for one in matches], np.float64)
    bootstrap = SubjectBootstrap(np.arange(len(matches)), draws, seed)
    return EventScore(
        f1=bootstrap.ratio(2 * true, found + marked),
        f1_by_chance=f1_of(float(np.sum(by_chance)), int(found.sum()), int(marked.sum())),
        precision=bootstrap.ratio(true, found),
        recall=bootstrap.ratio(true, marked),
        matched=int(true.sum()),
        found=int(found.sum()),
        marked=int(marked.sum()),
    )
