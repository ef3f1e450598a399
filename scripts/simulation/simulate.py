"""Made-up studies: people who show displays in continuous time, for tests whose right answer is known.

Each subject shows each display at a rate of their own. Displays come one by one (Poisson) or in clusters, in which each
display calls forth further ones (a self-exciting process in its cluster form: Hawkes and Oakes, 1974, *Journal of
Applied Probability* 11, 493), and more often in bursts of speech. What a camera makes of that is in
:mod:`simulation.filming`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import BoolArray, DoubleArray, IntArray

APART_S = 1e5
"""Recordings lie one after the other on one axis of time, this far apart: longer than any of them."""
REST_S = 0.4
"""A display that comes again sooner has not gone."""
_LAG_S = 10.0
_DURATION_S, _DURATION_SHAPE, _SHORTEST_S = 0.6, 2.0, 0.3
_BURST_S = 6.0


@dataclass(frozen=True)
class Behaviour:
    """How often people show displays, and how much they differ.

    Args:
        displays: their number; base rates rise evenly, on a logarithmic scale, from ``slowest`` to ``fastest``.
        planted: so many displays, spread over the slow and the fast, that the second group shows ``ratio`` times as
            often.
        slowest, fastest: events per minute.
        dispersion: variance of a subject's own factor on each display (gamma, mean 1).
        expressive: variance of a subject's factor on all displays.
        session: variance of a recording's factor on all displays.
        offspring: how many events an event calls forth on average once it is gone, below 1; the mean rate stays what
            it is.
        talk: share of time in bursts of speech, in which every second display comes ``talk_ratio`` times as often as in
            silence; the mean rate stays what it is.

    Raises:
        UsageError: a value that makes no sense.
    """

    displays: int = 40
    planted: int = 0
    ratio: float = 2.0
    slowest: float = 0.4
    fastest: float = 4.0
    dispersion: float = 0.4
    expressive: float = 0.05
    session: float = 0.0
    offspring: float = 0.0
    talk: float = 0.0
    talk_ratio: float = 4.0

    def __post_init__(self) -> None:
        if not 0 <= self.planted <= self.displays or self.displays < 1:
            raise UsageError("there are one or more displays, and no more planted ones than these")
        if not (0 < self.slowest <= self.fastest and self.ratio > 0 and self.talk_ratio >= 1):
            raise UsageError("rates and ratios must be above 0")
        if min(self.dispersion, self.expressive, self.session) < 0:
            raise UsageError("variances must not be below 0")
        if not (0 <= self.offspring < 1 and 0 <= self.talk < 1):
            raise UsageError("offspring and share of speech must be at least 0 and below 1")

    @property
    def per_min(self) -> DoubleArray:
        """``(U,)`` events per minute of the first group's average subject."""
        return np.asarray(np.geomspace(self.slowest, self.fastest, self.displays))

    @property
    def is_planted(self) -> BoolArray:
        """``(U,)``: which displays the groups differ in."""
        chosen = np.zeros(self.displays, np.bool_)
        if self.planted:
            chosen[((np.arange(self.planted) + 0.5) * self.displays / self.planted).astype(np.int64)] = True
        return chosen


class Takes(NamedTuple):
    """R recordings: who was recorded for how long."""

    subject: IntArray
    """``(R,)`` numbers of subjects, from 0."""
    second: BoolArray
    """``(R,)``: whether they are of the second group."""
    seconds: DoubleArray
    """``(R,)``: how long, below :data:`APART_S`."""


class Stream(NamedTuple):
    """E events in order of recording, display and time; times are seconds from the start of the recording."""

    recording: IntArray
    display: IntArray
    onset_s: DoubleArray
    offset_s: DoubleArray


def make_events(behaviour: Behaviour, takes: Takes, rng: np.random.Generator) -> Stream:
    """All that happens in the recordings, seen or not. An event may be under way when a recording begins or ends."""
    rate = _rates(behaviour, takes, rng) / 60 / _thinned(behaviour)
    # Events of some time before the start last into it, or call forth events after it.
    early = 8 * (_LAG_S / (1 - behaviour.offspring) if behaviour.offspring else _DURATION_S)
    displays = behaviour.displays
    length = np.repeat(takes.seconds + early, displays)
    cell = np.repeat(np.arange(rate.size), rng.poisson(rate.ravel() * (1 - behaviour.offspring) * length))
    onset = rng.random(len(cell)) * length[cell] - early
    if behaviour.talk:
        keep = _as_one_talks(behaviour, takes, early, cell, onset, rng)
        cell, onset = cell[keep], onset[keep]
    offset = onset + _durations(len(cell), rng)
    cell, onset, offset = _with_offspring(cell, onset, offset, behaviour.offspring, rng)
    cell, onset, offset = _one_at_a_time(cell, onset, offset)
    there = (offset > 0) & (onset < takes.seconds[cell // displays])
    cell, onset, offset = cell[there], onset[there], offset[there]
    return Stream(cell // displays, cell % displays, onset, offset)


def covered(start: DoubleArray, end: DoubleArray, at: DoubleArray) -> BoolArray:
    """Which moments lie in any of the stretches, which may overlap; a start belongs to its stretch, an end does not."""
    begun = np.searchsorted(np.sort(start), at, side="right")
    return np.asarray(begun > np.searchsorted(np.sort(end), at, side="right"))


def stretches(
    share: float, mean_s: float, seconds: DoubleArray, rng: np.random.Generator, early: float = 0.0
) -> tuple[DoubleArray, DoubleArray]:
    """Stretches of time at random that cover a share of each recording, on the axis of all recordings.

    Starts are Poisson, lengths exponential, stretches may overlap: a moment is free of them all with probability
    ``exp(-starts per second * mean length)``.
    """
    before = early + 8 * mean_s
    count = rng.poisson(-np.log1p(-share) / mean_s * (seconds + before))
    owner = np.repeat(np.arange(len(seconds)), count)
    start = rng.random(len(owner)) * (seconds + before)[owner] - before
    end = np.minimum(start + rng.exponential(mean_s, len(owner)), seconds[owner])
    base = owner * float(APART_S)
    return base + start, np.asarray(base + end, np.float64)


def _rates(behaviour: Behaviour, takes: Takes, rng: np.random.Generator) -> DoubleArray:
    """Events per minute ``(R, U)``."""
    subjects, displays = int(takes.subject.max()) + 1, behaviour.displays
    own = _factor(behaviour.dispersion, (subjects, displays), rng) * _factor(behaviour.expressive, (subjects, 1), rng)
    rate = behaviour.per_min * own[takes.subject] * _factor(behaviour.session, (len(takes.subject), 1), rng)
    return np.asarray(np.where(takes.second[:, None] & behaviour.is_planted, rate * behaviour.ratio, rate))


def _factor(variance: float, shape: tuple[int, int], rng: np.random.Generator) -> DoubleArray:
    return rng.gamma(1 / variance, variance, shape) if variance else np.ones(shape)


def _durations(count: int, rng: np.random.Generator) -> DoubleArray:
    return np.maximum(rng.gamma(_DURATION_SHAPE, _DURATION_S / _DURATION_SHAPE, count), _SHORTEST_S)


def _with_offspring(
    cell: IntArray, onset: DoubleArray, offset: DoubleArray, offspring: float, rng: np.random.Generator
) -> tuple[IntArray, DoubleArray, DoubleArray]:
    """Events and those that they call forth once they are gone, generation after generation."""
    cells, onsets, offsets = [cell], [onset], [offset]
    while offspring and len(cell):
        children = rng.poisson(offspring, len(cell))
        cell, onset = np.repeat(cell, children), np.repeat(offset, children) + REST_S
        onset = onset + rng.exponential(_LAG_S, len(onset))
        offset = onset + _durations(len(onset), rng)
        cells.append(cell)
        onsets.append(onset)
        offsets.append(offset)
    return np.concatenate(cells), np.concatenate(onsets), np.concatenate(offsets)


def _as_one_talks(
    behaviour: Behaviour, takes: Takes, early: float, cell: IntArray, onset: DoubleArray, rng: np.random.Generator
) -> BoolArray:
    """Events that stay when displays of speech are thinned out in silence, and the others evenly."""
    start, end = stretches(behaviour.talk, _BURST_S, takes.seconds, rng, early)
    recording, display = np.divmod(cell, behaviour.displays)
    talking = covered(start, end, recording * APART_S + onset)
    of_speech = np.where(talking, 1.0, 1 / behaviour.talk_ratio)
    return np.asarray(rng.random(len(cell)) < np.where(display % 2 == 1, of_speech, _thinned(behaviour)))


def _thinned(behaviour: Behaviour) -> float:
    """Share of the events that :func:`_as_one_talks` leaves."""
    return behaviour.talk + (1 - behaviour.talk) / behaviour.talk_ratio if behaviour.talk else 1.0


def _one_at_a_time(
    cell: IntArray, onset: DoubleArray, offset: DoubleArray
) -> tuple[IntArray, DoubleArray, DoubleArray]:
    """Events of a cell in order of time, those that overlap or nearly do made one."""
    order = np.lexsort((onset, cell))
    cell, onset, offset = cell[order], onset[order], offset[order]
    base = cell * APART_S
    reach = np.maximum.accumulate(base + offset)
    new = np.append(True, (cell[1:] != cell[:-1]) | (base[1:] + onset[1:] > reach[:-1] + REST_S))[: len(cell)]
    first = np.flatnonzero(new)
    return cell[first], onset[first], (reach - base)[np.append(first[1:], len(cell))[: len(first)] - 1]
