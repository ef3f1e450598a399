"""Time as the main display, at unequal minutes: what finds differences where none are?

    python benchmarks/main_display.py [--studies 300] [--seed 0]

Studies of 20 displays, 0.3 to 6 events a minute of 0.4 to 1.6 s, over subjects who differ (gamma, variance 0.5).
"stand-in": centred log-ratios, a share of zero becomes 65% of the smallest share that anybody has (as dfe did it).
"together": parts that anybody lacks are taken together until no zeros are left. "shares": shares exchanged between
subjects. "cut": the stand-in when all are cut to the shorter time. "model": :mod:`dfe.stats.count_model` of seconds, as
dfe does it. Prints a table in Markdown: no display differs: share of p up to .05 and of studies with any q up to 0.05;
four displays come twice as often: power.
"""

from __future__ import annotations

import argparse
from typing import NamedTuple

import numpy as np

from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.stats.contrasts import Design
from dfe.stats.count_model import fit_counts
from dfe.stats.groups import permutation_test
from dfe.stats.prevalence import shown_enough
from dfe.stats.significance import FALSE_DISCOVERY, benjamini_hochberg

DISPLAYS, PLANTED, RATIO = 20, 4, 2.0
SLOWEST, FASTEST, SHORTEST_S, LONGEST_S, DISPERSION = 0.3, 6.0, 0.4, 1.6, 0.5
FULL, ZERO = 0.9, 0.65
PERMUTATIONS = 499
METHODS = ("stand-in", "together", "cut", "shares", "model")
KINDS = {
    "20 with 5 min, 20 with 5 min": ((20, 5.0), (20, 5.0)),
    "20 with 9 min, 20 with 3 min": ((20, 9.0), (20, 3.0)),
    "20 with 10 min, 20 with 2 min": ((20, 10.0), (20, 2.0)),
    "32 with 10 min, 8 with 2 min": ((32, 10.0), (8, 2.0)),
    "32 with 2 min, 8 with 10 min": ((32, 2.0), (8, 10.0)),
}
Sides = tuple[tuple[int, float], tuple[int, float]]


class Study(NamedTuple):
    """Seconds of S subjects."""

    seconds: DoubleArray
    """``(S, U)`` of each display as the main one."""
    whole: DoubleArray
    """``(S,)``"""
    second: BoolArray
    planted: BoolArray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print("| study | " + " | ".join(f"{name}: p ≤ .05, any, power" for name in METHODS) + " |")
    print("|---|" + "---:|" * len(METHODS))
    for name, sides in KINDS.items():
        done = judge(sides, options.studies, options.seed)
        cells = (", ".join(f"{cell:.2f}" for cell in done[method]) for method in METHODS)
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def judge(
    sides: Sides, studies: int, seed: int, methods: tuple[str, ...] = METHODS
) -> dict[str, tuple[float, float, float]]:
    """Share of p up to .05, of studies with any finding, and power, of each method."""
    small: dict[str, list[DoubleArray]] = {method: [] for method in methods}
    found, power = dict.fromkeys(methods, 0.0), dict.fromkeys(methods, 0.0)
    for run in range(studies):
        for planted in (0, PLANTED):
            made = made_study(sides, planted, np.random.default_rng([seed, run]))
            for method in methods:
                p, columns = evidence(method, made, sides, run)
                q = benjamini_hochberg(p) <= FALSE_DISCOVERY
                if planted:
                    power[method] += float(q[np.isin(columns, np.flatnonzero(made.planted))].sum()) / planted
                else:
                    small[method].append(p)
                    found[method] += float(q.any())
    return {
        m: (float(np.nanmean(np.concatenate(small[m]) <= 0.05)), found[m] / studies, power[m] / studies)
        for m in methods
    }


def evidence(method: str, made: Study, sides: Sides, seed: int) -> tuple[DoubleArray, IntArray]:
    """P of parts, and which display each is; -1 is none, or several together."""
    design = Design(made.second, np.zeros(len(made.second), np.int64))
    shown = np.flatnonzero(shown_enough(made.seconds > 0))
    if method == "model":
        x = np.column_stack([made.second, np.ones(len(made.second))]).astype(np.float64)
        group = made.second.astype(np.int64)
        return fit_counts(made.seconds[:, shown], made.whole, x, np.array([1.0, 0.0]), group=group).p, shown
    if method == "shares":
        shares = made.seconds[:, shown] / made.whole[:, None]
        return permutation_test(shares, design, PERMUTATIONS, seed)[0], shown
    if method == "cut":
        made = cut(made, 60 * min(minutes for _, minutes in sides), np.random.default_rng([seed, 1]))
    parts, columns = (together if method == "together" else stand_in)(made)
    return permutation_test(parts, design, PERMUTATIONS, seed)[0], columns


def stand_in(made: Study) -> tuple[DoubleArray, IntArray]:
    """Centred log-ratios with one share for none; displays that fewer than half have are taken together."""
    kept = np.flatnonzero((made.seconds > 0).mean(axis=0) >= 0.5)
    rest = np.setdiff1d(np.arange(made.seconds.shape[1]), kept)
    parts = np.column_stack([_nothing(made), made.seconds[:, kept], made.seconds[:, rest].sum(axis=1)])
    parts = parts[:, parts.any(axis=0)] / made.whole[:, None]
    columns = np.concatenate([[-1], kept, [-1]])[: parts.shape[1]]
    logs = np.log(np.where(parts > 0, parts, ZERO * parts[parts > 0].min()))
    return logs - logs.mean(axis=1, keepdims=True), columns


def together(made: Study) -> tuple[DoubleArray, IntArray]:
    """The same without zeros: the rarest are taken together until everybody has all parts."""
    order = np.argsort(made.seconds.sum(axis=0))
    lacking = int((~(made.seconds > 0).all(axis=0)).sum())
    several = np.isin(np.arange(DISPLAYS), np.flatnonzero(~(made.seconds > 0).all(axis=0)))
    for display in order:
        if not lacking or (made.seconds[:, several].sum(axis=1) > 0).all():
            break
        several[display] = True
    kept = np.flatnonzero(~several)
    parts = np.column_stack([_nothing(made), made.seconds[:, kept], made.seconds[:, several].sum(axis=1)])
    logs = np.log(parts[:, (parts > 0).all(axis=0)])
    columns = np.concatenate([[-1], kept, [-1]])[: logs.shape[1]]
    return logs - logs.mean(axis=1, keepdims=True), columns


def cut(made: Study, seconds: float, rng: np.random.Generator) -> Study:
    """The first so many seconds: a beta share of each display's events fall into them."""
    share = np.minimum(1.0, seconds / made.whole)[:, None]
    events = np.maximum(made.seconds / (SHORTEST_S + LONGEST_S) * 2, 1e-9)
    kept = rng.binomial(np.ceil(events).astype(np.int64), share) / np.ceil(events)
    return made._replace(seconds=made.seconds * np.where(share < 1, kept, 1.0), whole=made.whole * share[:, 0])


def made_study(sides: Sides, planted: int, rng: np.random.Generator) -> Study:
    """Seconds of main displays; so many of the displays come ``RATIO`` times as often in the second group."""
    second = np.repeat([False, True], [size for size, _ in sides])
    whole = 60 * np.where(second, sides[1][1], sides[0][1]) * rng.lognormal(0, 0.2, len(second))
    true = np.zeros(DISPLAYS, np.bool_)
    if planted:
        true[((np.arange(planted) + 0.5) * DISPLAYS / planted).astype(np.int64)] = True
    own = rng.gamma(1 / DISPERSION, DISPERSION, (len(second), DISPLAYS))
    rate = np.geomspace(SLOWEST, FASTEST, DISPLAYS) * np.where(second[:, None] & true, RATIO, 1.0)
    lasts = rng.permutation(np.geomspace(SHORTEST_S, LONGEST_S, DISPLAYS))
    events = rng.poisson(rate * own * whole[:, None] / 60)
    seconds = np.where(events > 0, rng.gamma(np.maximum(2 * events, 1e-9), 0.5) * lasts, 0.0)
    seconds *= np.minimum(1.0, FULL * whole / seconds.sum(axis=1).clip(1e-9))[:, None]
    return Study(seconds, whole, second, true)


def _nothing(made: Study) -> DoubleArray:
    return np.asarray(made.whole - made.seconds.sum(axis=1))


if __name__ == "__main__":
    main()
