"""Does a comparison of groups find what was planted in made-up studies, and nothing else?

Each run makes a study (:mod:`simulation.simulate`), films it (:mod:`simulation.filming`), and compares the groups with
:mod:`dfe.stats.groups` as ``dfe compare`` does: a number for each subject and display, recordings in which the face is
seen for less than 70% of the time left out, displays that nobody shows not tested.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.stats.contrasts import Design, fit_contrast
from dfe.stats.effect_sizes import hedges_g
from dfe.stats.groups import permutation_test
from dfe.stats.significance import benjamini_hochberg
from simulation.filming import Camera, Counts, count_events, film
from simulation.simulate import Behaviour, Takes, make_events

Q = 0.1
"""The false discovery rate that is asked for."""
ALPHA = 0.05
LEAST_COVERAGE = 0.7
LENGTH_SPREAD = 0.2
"""Standard deviation of the logarithm of recordings' lengths."""

Unit = Literal["subject", "recording"]
Measure = Literal["per minute", "share", "count"]


@dataclass(frozen=True)
class Group:
    """Who is recorded, how often, and with what.

    Args:
        subjects: their number.
        minutes: of a recording, in the median.
        recordings: fewest and most recordings of a subject; any number between is as likely.
        camera: of all of them.
    """

    subjects: int = 20
    minutes: float = 5.0
    recordings: tuple[int, int] = (1, 1)
    camera: Camera = field(default_factory=Camera)


@dataclass(frozen=True)
class Condition:
    """A kind of study, and how it is analysed.

    ``unit`` and ``measure`` are right by default. Recordings taken for subjects, and counts not divided by exposure,
    are errors that a recovery test has to catch.
    """

    behaviour: Behaviour = field(default_factory=Behaviour)
    groups: tuple[Group, Group] = field(default_factory=lambda: (Group(), Group()))
    unit: Unit = "subject"
    measure: Measure = "per minute"


class MadeStudy(NamedTuple):
    """A filmed study, as numbers of S units."""

    values: DoubleArray
    """``(S, U)``"""
    second: BoolArray
    """``(S,)``"""
    happened: DoubleArray
    """``(2, U)`` events per minute of each group, seen or not."""
    left_out: int
    """Recordings in which too little was seen."""


class Recovery(NamedTuple):
    """What came out of many runs of a condition; standard errors (``_se``) are over runs."""

    runs: int
    fdp: float
    """False discovery proportion: share of displays found without a planted difference; 0 where none was found."""
    fdp_se: float
    any: float
    """Share of runs in which the largest of all effects is significant at 5%."""
    any_se: float
    power: float
    """Share of planted displays found; NaN where none was planted."""
    power_se: float
    coverage: float
    """Share of 95% intervals of Hedges' g that hold the g of the population filmed so."""
    coverage_se: float
    happened: float
    """Ratio of what happened in the groups, displays in the geometric mean: the planted ones, or all where none is."""
    counted: float
    """The same of what was counted (or of its share of time)."""
    counted_se: float
    """Relative."""
    left_out: float
    """Recordings left out per study."""

    @property
    def holds(self) -> bool:
        """Whether false discovery is at most ``Q`` plus two standard errors."""
        return self.fdp <= Q + 2 * self.fdp_se


def make_study(condition: Condition, rng: np.random.Generator) -> MadeStudy:
    """Make a study, film it and count."""
    takes = make_takes(condition.groups, rng)
    stream = make_events(condition.behaviour, takes, rng)
    cameras = condition.groups[0].camera, condition.groups[1].camera
    displays, recordings = condition.behaviour.displays, len(takes.subject)
    counts = count_events(film(cameras, takes, stream, rng), stream, recordings, displays)
    cell = takes.second[stream.recording] * displays + stream.display
    events = np.bincount(cell, minlength=2 * displays).reshape(2, displays)
    minutes = np.array([takes.seconds[~takes.second].sum(), takes.seconds[takes.second].sum()]) / 60
    kept = np.flatnonzero(counts.seen_s >= LEAST_COVERAGE * takes.seconds)
    names = takes.subject if condition.unit == "subject" else np.arange(recordings)
    unit = np.unique(names[kept], return_inverse=True)[1]
    second = np.zeros(unit.max() + 1, np.bool_)
    second[unit] = takes.second[kept]
    values = _values(Counts(*(part[kept] for part in counts)), unit, condition.measure)
    return MadeStudy(values, second, events / minutes[:, None], recordings - len(kept))


def make_takes(groups: tuple[Group, Group], rng: np.random.Generator) -> Takes:
    """Recordings of the subjects of both groups."""
    times = np.concatenate([rng.integers(g.recordings[0], g.recordings[1] + 1, g.subjects) for g in groups])
    second = np.repeat([False, True], [group.subjects for group in groups])
    subject = np.repeat(np.arange(len(times)), times)
    median = np.where(second[subject], groups[1].minutes, groups[0].minutes) * 60
    return Takes(subject, second[subject], median * rng.lognormal(0, LENGTH_SPREAD, len(subject)))


def recover(
    condition: Condition,
    *,
    runs: int = 500,
    seed: int = 0,
    permutations: int = 999,
    intervals: int = 60,
) -> Recovery:
    """Make and compare so many studies.

    Args:
        condition: what kind of study.
        runs: their number, at least 2.
        seed: of all runs; each has its own random numbers, whatever the number of runs.
        permutations: of each comparison.
        intervals: intervals are worked out in the first so many runs.
    """
    planted = condition.behaviour.is_planted
    found = np.zeros((runs, len(planted)), np.bool_)
    any_effect = np.zeros(runs, np.bool_)
    mean, square = np.zeros((runs, 2, len(planted))), np.zeros((2, len(planted)))
    low, high = np.zeros((2, min(runs, intervals), len(planted)))
    happened, left_out, count = np.zeros((2, len(planted))), 0, np.zeros(2)
    for run in range(runs):
        study = make_study(condition, np.random.default_rng([seed, run]))
        design = Design(study.second, np.zeros(len(study.second), np.int64))
        p, p_any = permutation_test(study.values, design, permutations, seed=run)
        found[run] = benjamini_hochberg(np.where(study.values.any(axis=0), p, np.nan)) <= Q
        any_effect[run] = p_any <= ALPHA
        for g, group in enumerate((study.values[~study.second], study.values[study.second])):
            mean[run, g] = group.mean(axis=0)
            square[g] += ((group - mean[run, g]) ** 2).sum(axis=0)
            count[g] += len(group) - 1
        if run < len(low):
            none = np.zeros((len(study.second), 0))
            _, low[run], high[run] = hedges_g(fit_contrast(study.values, design, none))
        happened += study.happened
        left_out += study.left_out
    g = (mean[:, 1] - mean[:, 0]).mean(axis=0) / np.sqrt(square.sum(axis=0) / count.sum())
    holds = ((low <= g) & (g <= high)).mean(axis=1)
    shown = planted if planted.any() else ~planted
    counted, counted_se = _ratio(mean[:, :, shown])
    wrong = found[:, ~planted].sum(axis=1) / np.maximum(found.sum(axis=1), 1)
    right = found[:, planted].mean(axis=1) if planted.any() else np.full(runs, np.nan)
    return Recovery(
        runs,
        *_mean(wrong),
        *_mean(any_effect),
        *_mean(right),
        *_mean(holds),
        float(np.exp(np.log(happened[1, shown] / happened[0, shown]).mean())),
        counted,
        counted_se,
        left_out / runs,
    )


def _values(counts: Counts, unit: IntArray, measure: Measure) -> DoubleArray:
    seen = np.bincount(unit, counts.seen_s)
    sums = np.zeros((len(seen), counts.events.shape[1]))
    np.add.at(sums, unit, counts.on_s if measure == "share" else counts.events)
    if measure == "count":
        return sums
    return np.asarray(sums / (seen if measure == "share" else seen / 60)[:, None])


def _ratio(mean: DoubleArray) -> tuple[float, float]:
    """Geometric mean over displays of the ratio of the groups' means over all runs, of ``(runs, 2, U)``."""
    over_all = mean.mean(axis=0)
    relative = (mean / over_all).mean(axis=2)
    error = (relative[:, 1] - relative[:, 0]).std(ddof=1) / np.sqrt(len(mean))
    return float(np.exp(np.log(over_all[1] / over_all[0]).mean())), float(error)


def _mean(runs: DoubleArray | BoolArray) -> tuple[float, float]:
    return float(np.mean(runs)), float(np.std(runs, ddof=1) / np.sqrt(len(runs)))
