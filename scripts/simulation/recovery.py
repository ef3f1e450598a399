"""Does a comparison of groups find what was planted in made-up studies, and nothing else?

Each run makes a study (:mod:`simulation.simulate`), films it (:mod:`simulation.filming`), and compares the groups as
``dfe compare`` does: recordings in which the face is seen for less than 70% of the time left out, displays that too few
show not tested; counts by the model of counts, and subjects' values by exchanging subjects.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.stats.contrasts import Design, fit_contrast
from dfe.stats.count_model import fit_counts
from dfe.stats.effect_sizes import hedges_g
from dfe.stats.groups import permutation_test
from dfe.stats.prevalence import shown_enough
from dfe.stats.significance import FALSE_DISCOVERY, benjamini_hochberg
from simulation.filming import Camera, Counts, count_events, film
from simulation.simulate import Behaviour, Takes, make_events

Q = FALSE_DISCOVERY
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
    count: DoubleArray
    """``(S, U)`` events."""
    minutes: DoubleArray
    """``(S,)`` that the counts are divided by."""
    second: BoolArray
    """``(S,)``"""
    happened: DoubleArray
    """``(2, U)`` events per minute of each group, seen or not."""
    left_out: int
    """Recordings in which too little was seen."""


class Found(NamedTuple):
    """What a method found; standard errors (``_se``) are over runs."""

    fdp: float
    """False discovery proportion: share of displays found without a planted difference; 0 where none was found."""
    fdp_se: float
    any: float
    """Share of runs in which any effect at all is significant at 5%: by the largest, or by Simes."""
    any_se: float
    power: float
    """Share of planted displays found; NaN where none was planted."""
    power_se: float
    coverage: float
    """Share of 95% intervals, of Hedges' g or of the ratio, that hold that of the population filmed so."""
    coverage_se: float

    @property
    def holds(self) -> bool:
        """Whether false discovery is at most ``Q`` plus two standard errors."""
        return self.fdp <= Q + 2 * self.fdp_se


class Recovery(NamedTuple):
    """What came out of many runs of a condition."""

    runs: int
    exchange: Found
    """By exchanging subjects."""
    model: Found | None
    """By the model of counts; None of shares of time."""
    happened: float
    """Ratio of what happened in the groups, displays in the geometric mean: the planted ones, or all where none is."""
    counted: float
    """The same of what was counted (or of its share of time)."""
    counted_se: float
    """Relative."""
    left_out: float
    """Recordings left out per study."""


def make_study(condition: Condition, rng: np.random.Generator) -> MadeStudy:
    """Make a study, film it and count."""
    takes = make_takes(condition.groups, rng)
    stream = make_events(condition.behaviour, takes, rng)
    cameras = condition.groups[0].camera, condition.groups[1].camera
    displays, recordings = condition.behaviour.displays, len(takes.subject)
    counts = count_events(film(cameras, takes, stream, rng), stream, recordings, displays)
    cell = takes.second[stream.recording] * displays + stream.display
    events = np.bincount(cell, minlength=2 * displays).reshape(2, displays)
    kept = np.flatnonzero(counts.seen_s >= LEAST_COVERAGE * takes.seconds)
    names = takes.subject if condition.unit == "subject" else np.arange(recordings)
    unit = np.unique(names[kept], return_inverse=True)[1]
    second = np.zeros(unit.max() + 1, np.bool_)
    second[unit] = takes.second[kept]
    counts = Counts(*(part[kept] for part in counts))
    values = _values(counts, unit, condition.measure)
    count = _values(counts, unit, "count")
    minutes = np.bincount(unit, counts.seen_s) / 60 if condition.measure == "per minute" else np.ones(len(count))
    return MadeStudy(values, count, minutes, second, events / minutes_of(takes)[:, None], recordings - len(kept))


def minutes_of(takes: Takes) -> DoubleArray:
    """Recorded in each group, ``(2,)``."""
    return np.array([takes.seconds[~takes.second].sum(), takes.seconds[takes.second].sum()]) / 60


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
    exchange, model = _Tally(runs, intervals, len(planted)), _Tally(runs, intervals, len(planted))
    mean, square = np.zeros((runs, 2, len(planted))), np.zeros((2, len(planted)))
    happened, left_out, count = np.zeros((2, len(planted))), 0, np.zeros(2)
    for run in range(runs):
        study = make_study(condition, np.random.default_rng([seed, run]))
        enough = shown_enough(study.values > 0)
        design = Design(study.second, np.zeros(len(study.second), np.int64))
        p, p_any = permutation_test(study.values[:, enough], design, permutations, seed=run)
        exchange.judge(run, p, enough, p_any)
        for g, group in enumerate((study.values[~study.second], study.values[study.second])):
            mean[run, g] = group.mean(axis=0)
            square[g] += ((group - mean[run, g]) ** 2).sum(axis=0)
            count[g] += len(group) - 1
        if run < len(exchange.low):
            none = np.zeros((len(study.second), 0))
            _, exchange.low[run], exchange.high[run] = hedges_g(fit_contrast(study.values, design, none))
        if condition.measure != "share":
            _model(model, run, study, enough)
        happened += study.happened
        left_out += study.left_out
    g = (mean[:, 1] - mean[:, 0]).mean(axis=0) / np.sqrt(square.sum(axis=0) / count.sum())
    log_ratio = np.log(mean[:, 1].mean(axis=0) / mean[:, 0].mean(axis=0))
    shown = planted if planted.any() else ~planted
    counted, counted_se = _ratio(mean[:, :, shown])
    return Recovery(
        runs,
        exchange.done(planted, g),
        None if condition.measure == "share" else model.done(planted, log_ratio),
        float(np.exp(np.log(happened[1, shown] / happened[0, shown]).mean())),
        counted,
        counted_se,
        left_out / runs,
    )


class _Tally:
    """What a method finds in runs of studies of so many displays."""

    def __init__(self, runs: int, intervals: int, displays: int) -> None:
        self.found = np.zeros((runs, displays), np.bool_)
        self.any = np.zeros(runs, np.bool_)
        self.low, self.high = np.full((2, min(runs, intervals), displays), np.nan)

    def judge(self, run: int, p: DoubleArray, tested: BoolArray, p_any: float | None = None) -> None:
        """Judge the p of the displays tested; without a p of any effect, Simes'."""
        q = benjamini_hochberg(p)
        self.found[run, tested] = q <= Q
        self.any[run] = (np.nanmin(q) if p_any is None else p_any) <= ALPHA

    def done(self, planted: BoolArray, truth: DoubleArray) -> Found:
        """Over all runs."""
        wrong = self.found[:, ~planted].sum(axis=1) / np.maximum(self.found.sum(axis=1), 1)
        right = self.found[:, planted].mean(axis=1) if planted.any() else np.full(len(wrong), np.nan)
        known = np.isfinite(self.low) | np.isfinite(self.high)
        held = (self.low <= truth) & (truth <= self.high)
        holds = (held & known).sum(axis=1) / known.sum(axis=1).clip(1)
        return Found(*_mean(wrong), *_mean(self.any), *_mean(right), *_mean(holds))


def _model(tally: _Tally, run: int, study: MadeStudy, tested: BoolArray) -> None:
    design = np.column_stack([study.second, np.ones(len(study.second))]).astype(np.float64)
    group = study.second.astype(np.int64)
    done = fit_counts(study.count[:, tested], study.minutes, design, np.array([1.0, 0.0]), group=group)
    tally.judge(run, done.p, tested)
    if run < len(tally.low):
        tally.low[run, tested], tally.high[run, tested] = done.low, done.high


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
