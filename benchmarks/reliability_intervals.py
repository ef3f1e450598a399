"""Do intervals of reliability hold the truth, and how far off is a figure for minutes or days that nobody saw?

    python benchmarks/reliability_intervals.py [--studies 500] [--seed 0]

Three simulations, printed as tables in Markdown. Intervals of ICC(A,1) of two halves at 5, 10, 20 and 30 people: by
drawing people anew (percentiles) and after McGraw and Wong, for normal rates, common and rare counts. Odd and even
minutes against first and second halves, where a person's rate drifts slowly. And reliability on another day: halves of
one session stepped up by Spearman and Brown to 30 minutes, against variance components of two sessions.
"""

from __future__ import annotations

import argparse
import math
from typing import NamedTuple

import numpy as np

from dfe.base.types import DoubleArray
from dfe.stats.bootstrap import Estimate, SubjectBootstrap
from dfe.stats.components import nested_components
from dfe.stats.icc import icc_a1

PEOPLE = (5, 10, 20, 30)
TRUE = 0.6
PER_HALF = {"normal": math.inf, "common counts": 12.0, "rare counts": 2.0}
"""Mean events in a half; people's own rates are gamma distributed so that the halves' ICC is :data:`TRUE`."""


class Coverage(NamedTuple):
    """Share of studies whose interval holds the truth, and the mean width of intervals."""

    held: float
    width: float
    blank: float
    """Share of studies without an interval, which count as not held."""


class OtherDay(NamedTuple):
    """Means over studies."""

    true: float
    seen: float
    """That of one session of the minutes that were seen, on another day."""
    extrapolated: float
    """Halves of one session, stepped up to 30 minutes by Spearman and Brown: what was done before."""
    sessions: float
    """Dependability of the minutes that were seen, from two sessions."""


def halves(kind: str, people: int, rng: np.random.Generator) -> DoubleArray:
    """``(people, 2)`` rates of one simulated study whose ICC(A,1) is :data:`TRUE` in the population."""
    mean = PER_HALF[kind]
    if mean == math.inf:
        own = rng.normal(size=(people, 1)) * math.sqrt(TRUE)
        return own + rng.normal(size=(people, 2)) * math.sqrt(1 - TRUE)
    # Between people mean^2 / shape, within a half mean.
    shape = mean * (1 - TRUE) / TRUE
    own = rng.gamma(shape, mean / shape, (people, 1))
    return rng.poisson(np.repeat(own, 2, axis=1)).astype(np.float64)


def by_drawing(rows: DoubleArray, draws: int, seed: int) -> Estimate:
    """The interval before: percentiles over people drawn anew."""
    bootstrap = SubjectBootstrap(np.arange(len(rows)), draws, seed)
    return bootstrap.statistic(lambda weights: plain_icc(np.repeat(rows, weights.astype(int), axis=0)))


def coverage(kind: str, people: int, studies: int, draws: int = 400, seed: int = 0) -> tuple[Coverage, Coverage]:
    """Of the interval before and of that after, on the same studies."""
    rng = np.random.default_rng([seed, people, list(PER_HALF).index(kind)])
    found: tuple[list[Estimate], list[Estimate]] = ([], [])
    for study in range(studies):
        rows = halves(kind, people, rng)
        found[0].append(by_drawing(rows, draws, study))
        found[1].append(icc_a1(rows))
    one, two = (_coverage(np.array(each)) for each in found)
    return one, two


def halves_of_a_drift(studies: int, people: int = 30, minutes: int = 20, seed: int = 0) -> tuple[float, float, float]:
    """True ICC of two stretches of 10 minutes an hour apart, and the means of odd and even minutes and of blocks.

    A minute's normal rate is the person's (variance 1), a drift (variance 1, correlation 0.9 from minute to minute) and
    error (variance 4).
    """
    rng, half, rho = np.random.default_rng(seed), minutes // 2, 0.9
    apart = np.abs(np.subtract.outer(np.arange(minutes), np.arange(minutes)))
    drift = np.linalg.cholesky(rho**apart)
    odd, blocks = [], []
    for _ in range(studies):
        rows = rng.normal(size=(people, 1)) + rng.normal(size=(people, minutes)) @ drift.T
        rows += 2 * rng.normal(size=(people, minutes))
        odd.append(plain_icc(np.c_[rows[:, 0::2].mean(axis=1), rows[:, 1::2].mean(axis=1)]))
        blocks.append(plain_icc(np.c_[rows[:, :half].mean(axis=1), rows[:, half:].mean(axis=1)]))
    within = float((rho ** apart[:half, :half]).mean()) + 4 / half
    return 1 / (1 + within), float(np.mean(odd)), float(np.mean(blocks))


def other_day(studies: int, people: int = 30, minutes: int = 6, seed: int = 0) -> OtherDay:
    """Normal rates: variance 1 between people, 0.7 between a person's sessions, 0.5 between minutes of a session."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), 2 * minutes)
    session = np.tile(np.repeat([0, 1], minutes), people)
    before, after = [], []
    for _ in range(studies):
        day = rng.normal(size=(people, 1)) + rng.normal(size=(people, 2)) * math.sqrt(0.7)
        rows = day[:, :, None] + rng.normal(size=(people, 2, minutes)) * math.sqrt(0.5)
        r = max(plain_icc(np.c_[rows[:, 0, 0::2].mean(axis=1), rows[:, 0, 1::2].mean(axis=1)]), 0.0)
        times = 30 / (minutes / 2)
        before.append(times * r / (1 + (times - 1) * r))
        (found,) = nested_components(rows.reshape(-1, 1), np.ones(rows.size), person, session)
        after.append(found.dependability(minutes))
    true, seen = 1 / (1 + 0.7 + 0.5 / 30), 1 / (1 + 0.7 + 0.5 / minutes)
    return OtherDay(true, seen, float(np.mean(before)), float(np.mean(after)))


def plain_icc(rows: DoubleArray) -> float:
    """ICC(A,1) of two columns, without the interval that would cost most of the time."""
    n = len(rows)
    mean, apart = rows.mean(axis=1), rows[:, 0] - rows[:, 1]
    of_rows = 2 * mean.var(ddof=1)
    of_columns = n * apart.mean() ** 2 / 2
    error = ((apart - apart.mean()) ** 2).sum() / 2 / (n - 1)
    whole = of_rows + error + 2 * (of_columns - error) / n
    return float((of_rows - error) / whole) if whole > 0 else float("nan")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(f"\n95% intervals of ICC(A,1) of two halves, true {TRUE}, {options.studies} studies a row\n")
    print("| rates | people | held: drawing people | width | held: McGraw and Wong | width | blank |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for kind in PER_HALF:
        for people in PEOPLE:
            one, two = coverage(kind, people, options.studies, seed=options.seed)
            print(
                f"| {kind} | {people} | {one.held:.2f} | {one.width:.2f} | {two.held:.2f} | {two.width:.2f} "
                f"| {two.blank:.2f} |",
                flush=True,
            )
    true, odd, blocks = halves_of_a_drift(options.studies, seed=options.seed)
    print("\nHalves of 20 minutes with a slow drift, 30 people\n")
    print("| 10 minutes an hour later | odd and even minutes | first and second half |\n|---:|---:|---:|")
    print(f"| {true:.2f} | {odd:.2f} | {blocks:.2f} |")
    day = other_day(options.studies, seed=options.seed)
    print("\nReliability on another day, 30 people, sessions of 6 minutes\n")
    print("| true, 30 minutes | one session, stepped up to 30 | true, 6 minutes | two sessions, 6 minutes |")
    print("|---:|---:|---:|---:|")
    print(f"| {day.true:.2f} | {day.extrapolated:.2f} | {day.seen:.2f} | {day.sessions:.2f} |")


def _coverage(found: DoubleArray) -> Coverage:
    low, high = found[:, 1], found[:, 2]
    held = (low <= TRUE) & (high >= TRUE)
    known = ~np.isnan(low)
    return Coverage(float(held.mean()), float((high - low)[known].mean()), float((~known).mean()))


if __name__ == "__main__":
    main()
