"""Do the intervals of effect sizes hold the truth, and do they agree with p?

    python benchmarks/effect_intervals.py [--studies 2000] [--seed 0]

Studies of 5, 8, 15 and 30 subjects a side: normal values; counts of a common display (3 a minute) and of a rare one
(0.2 a minute) in 5 minutes, negative-binomial over subjects (dispersion 0.5); without a difference and with one (0.8 of
the spread, or twice the rate). Prints tables in Markdown: the share of intervals that hold the truth, the share of
studies whose interval is without 0 (of a ratio: 1) although the permutation's p is above .05, and the share without an
interval. "draws" are percentiles over draws of subjects, which the intervals of dfe replace. A last table: three sites
of different level and different mix of groups, and no effect within any of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.stats.contrasts import Design, fit_contrast
from dfe.stats.effect_sizes import average_d, average_g, cohens_dz, hedges_g
from dfe.stats.groups import permutation_test
from dfe.stats.paired import sign_flip_test
from dfe.stats.rate_ratios import group_ratio, paired_ratio

SIZES = (5, 8, 15, 30)
MINUTES, DISPERSION = 5.0, 0.5
PER_MIN = {"common": 3.0, "rare": 0.2}
_AT_ONCE = 50
"""Studies that share their draws and exchanges."""
PERMUTATIONS, DRAWS = 999, 1000
_TINY = 1e-12


class Studies(NamedTuple):
    """Studies of the same kind, one a column."""

    first: DoubleArray
    """``(n, T)``"""
    second: DoubleArray
    g: float
    """In the population: the difference over the root of the mean variance."""
    d_z: float
    ratio: float
    """NaN of values that are no counts."""


@dataclass
class Tally:
    """What became of the intervals of one kind."""

    held: int = 0
    known: int = 0
    odd: int = 0
    """Without 0 although p is above .05."""
    studies: int = 0

    def add(self, low: DoubleArray, high: DoubleArray, truth: float, none: float, p: DoubleArray) -> None:
        """Count studies; ``none`` is the value of no effect."""
        known = np.isfinite(low) & np.isfinite(high)
        self.held += int((known & (low <= truth) & (truth <= high)).sum())
        self.known += int(known.sum())
        self.odd += int((known & ((low > none) | (high < none)) & (p > 0.05)).sum())
        self.studies += len(p)

    @property
    def coverage(self) -> float:
        """Share of the intervals there are."""
        return self.held / max(self.known, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for title, judge in (("Two groups", judge_groups), ("Two conditions within subjects", judge_conditions)):
        print(f"\n{title}: {options.studies} studies a row\n")
        print("| values | effect | subjects | interval | holds | without 0, p > .05 | none |")
        print("|---|---|---:|---|---:|---:|---:|")
        for kind in ("normal", "common", "rare"):
            for effect in (False, True):
                for size in SIZES:
                    for name, tally in judge(kind, effect, size, options.studies, options.seed).items():
                        none, odd = 1 - tally.known / tally.studies, tally.odd / tally.studies
                        print(
                            f"| {kind} | {'yes' if effect else 'no'} | {size} | {name} | {tally.coverage:.3f} "
                            f"| {odd:.3f} | {none:.3f} |"
                        )
    print("\nThree sites that differ by 2 standard deviations each, g is 0 in all of them: intervals without 0\n")
    print(
        "| subjects | draws of subjects | noncentral t, within sites | ratio, log-delta within sites | p within sites |"
    )
    print("|---:|---:|---:|---:|---:|")
    for size in (18, 36, 60):
        shares = judge_sites(size, options.studies, options.seed)
        print(f"| {size} | " + " | ".join(f"{share:.3f}" for share in shares) + " |")


def judge_groups(kind: str, effect: bool, size: int, studies: int, seed: int) -> dict[str, Tally]:
    """Intervals of g, d_av and the ratio of two groups of so many subjects, before and after."""
    design = Design(np.repeat([False, True], size), np.zeros(2 * size, np.int64))
    none, time = np.zeros((2 * size, 0)), np.full(2 * size, MINUTES)
    tallies = {name: Tally() for name in ("g, draws", "g, noncentral t", "d_av, Bonett", "ratio, draws", "ratio")}
    for made, draw in _made(kind, effect, size, studies, seed, shared=False):
        values = np.concatenate([made.first, made.second])
        p, _ = permutation_test(values, design, PERMUTATIONS, draw)
        tallies["g, draws"].add(*bootstrap(values, design.second, drawn_g, draw), made.g, 0.0, p)
        contrast = fit_contrast(values, design, none)
        tallies["g, noncentral t"].add(*hedges_g(contrast)[1:], made.g, 0.0, p)
        tallies["d_av, Bonett"].add(*average_g(contrast, design.second)[1:], made.g, 0.0, p)
        if np.isfinite(made.ratio):
            tallies["ratio, draws"].add(*bootstrap(values, design.second, drawn_ratio, draw), made.ratio, 1.0, p)
            found = np.array([group_ratio(column, time, design, none) for column in values.T])
            tallies["ratio"].add(found[:, 1], found[:, 2], made.ratio, 1.0, p)
    return {name: tally for name, tally in tallies.items() if tally.studies}


def judge_conditions(kind: str, effect: bool, size: int, studies: int, seed: int) -> dict[str, Tally]:
    """The same of d_z, d_av and the ratio of two conditions in so many subjects."""
    time = np.full(size, MINUTES)
    tallies = {name: Tally() for name in ("d_z, draws", "d_z, noncentral t", "d_av, Bonett", "ratio")}
    for made, draw in _made(kind, effect, size, studies, seed, shared=True):
        differences = made.second - made.first
        p, _ = sign_flip_test(differences, PERMUTATIONS, draw)
        everyone = np.zeros(size, np.bool_)
        tallies["d_z, draws"].add(*bootstrap(differences, everyone, drawn_dz, draw), made.d_z, 0.0, p)
        tallies["d_z, noncentral t"].add(*cohens_dz(differences)[1:], made.d_z, 0.0, p)
        tallies["d_av, Bonett"].add(*average_d(made.first, made.second)[1:], made.g, 0.0, p)
        if np.isfinite(made.ratio):
            pairs = zip(made.first.T, made.second.T, strict=True)
            found = np.array([paired_ratio((one, time), (two, time)) for one, two in pairs])
            tallies["ratio"].add(found[:, 1], found[:, 2], made.ratio, 1.0, p)
    return {name: tally for name, tally in tallies.items() if tally.studies}


def judge_sites(subjects: int, studies: int, seed: int) -> tuple[float, ...]:
    """Share of intervals of g without 0, before and after, of ratios without 1, and of p up to .05.

    Sites are of one size, and their share of the second group is a sixth, a half and five sixths.
    """
    each = subjects // 3
    site = np.repeat(np.arange(3), each)
    second = np.concatenate([np.arange(each) < share for share in np.rint(each * np.array([1, 3, 5]) / 6)])
    design, none = Design(second, site), np.zeros((subjects, 0))
    time = np.full(subjects, MINUTES)
    rng = np.random.default_rng([seed, 7])
    wrong = np.zeros(4)
    for start in range(0, studies, _AT_ONCE):
        columns = min(_AT_ONCE, studies - start)
        values = rng.normal(size=(subjects, columns)) + 2.0 * site[:, None]
        low, high = bootstrap(values, second, drawn_g, start)
        wrong[0] += ((low > 0) | (high < 0)).sum()
        found = hedges_g(fit_contrast(values, design, none))
        wrong[1] += ((found.low > 0) | (found.high < 0)).sum()
        mean = PER_MIN["common"] * MINUTES * 2.0 ** (site[:, None] - 1)
        counts = negative_binomial(np.broadcast_to(mean, values.shape), rng)
        ratios = np.array([group_ratio(column, time, design, none) for column in counts.T])
        wrong[2] += ((ratios[:, 1] > 1) | (ratios[:, 2] < 1)).sum()
        wrong[3] += (permutation_test(values, design, PERMUTATIONS, start)[0] <= 0.05).sum()
    return tuple((wrong / studies).tolist())


def _made(
    kind: str, effect: bool, size: int, studies: int, seed: int, *, shared: bool
) -> Iterator[tuple[Studies, int]]:
    place = [*PER_MIN, "normal"].index(kind)
    rng = np.random.default_rng([seed, place, int(effect), size, int(shared)])
    for start in range(0, studies, _AT_ONCE):
        columns = min(_AT_ONCE, studies - start)
        if kind == "normal":
            yield made_normal(size, columns, 0.8 * effect, rng, shared), start
        else:
            yield made_counts(size, columns, PER_MIN[kind], 1.0 + effect, rng, shared), start


def made_normal(size: int, columns: int, g: float, rng: np.random.Generator, shared: bool) -> Studies:
    """Standard normal values; of the same subjects they correlate by a half."""
    own = np.sqrt(0.5) * rng.normal(size=(size, columns)) if shared else np.zeros((size, columns))
    rest = np.sqrt(0.5) if shared else 1.0
    first, second = (own + rest * rng.normal(size=(size, columns)) for _ in range(2))
    return Studies(first, second + g, g, g, np.nan)


def made_counts(
    size: int, columns: int, per_min: float, ratio: float, rng: np.random.Generator, shared: bool
) -> Studies:
    """Negative-binomial counts; the same subjects keep their level in both conditions."""
    one, two = MINUTES * per_min, MINUTES * per_min * ratio
    spread = (one + DISPERSION * one**2 + two + DISPERSION * two**2) / 2
    level = rng.gamma(1 / DISPERSION, DISPERSION, (size, columns))
    other = level if shared else rng.gamma(1 / DISPERSION, DISPERSION, (size, columns))
    first, second = rng.poisson(one * level), rng.poisson(two * other)
    differences = one + two + DISPERSION * (two - one) ** 2
    g, d_z = (two - one) / np.sqrt(spread), (two - one) / np.sqrt(differences)
    return Studies(first.astype(np.float64), second.astype(np.float64), float(g), float(d_z), ratio)


def negative_binomial(mean: DoubleArray, rng: np.random.Generator) -> DoubleArray:
    """Counts that vary by ``mu + DISPERSION mu^2``."""
    return rng.poisson(mean * rng.gamma(1 / DISPERSION, DISPERSION, mean.shape)).astype(np.float64)


Statistic = Callable[[DoubleArray, BoolArray, IntArray], DoubleArray]


def bootstrap(
    values: DoubleArray, second: BoolArray, statistic: Statistic, seed: int
) -> tuple[DoubleArray, DoubleArray]:
    """The older way: 95% percentiles over draws of subjects in their groups; draws without spread are dropped."""
    rng = np.random.default_rng([seed, 1])
    weights = np.zeros((DRAWS, len(second)), np.int64)
    for group in (~second, second):
        if group.any():
            weights[:, group] = rng.multinomial(group.sum(), np.full(group.sum(), 1 / group.sum()), DRAWS)
    drawn = statistic(values, second, weights)
    known = np.isfinite(drawn).any(axis=0)
    low, high = np.full(values.shape[1], np.nan), np.full(values.shape[1], np.nan)
    low[known], high[known] = np.nanpercentile(drawn[:, known], [2.5, 97.5], axis=0)
    return low, high


def drawn_g(values: DoubleArray, second: BoolArray, weights: IntArray) -> DoubleArray:
    """Hedges' g of each draw, ``(draws, T)``."""
    means, squares = [], np.zeros((len(weights), values.shape[1]))
    for group in (~second, second):
        mean, square = _moments(values, weights * group, int(group.sum()))
        means.append(mean)
        squares += square
    df = len(values) - 2
    return _over(means[1] - means[0], squares, df)


def drawn_dz(differences: DoubleArray, _: BoolArray, weights: IntArray) -> DoubleArray:
    """D_z of each draw."""
    mean, squares = _moments(differences, weights, len(differences))
    return _over(mean, squares, len(differences) - 1)


def drawn_ratio(values: DoubleArray, second: BoolArray, weights: IntArray) -> DoubleArray:
    """Ratio of the counts of each draw; exposures are equal."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((weights * second) @ values / ((weights * ~second) @ values))


def _moments(values: DoubleArray, weights: IntArray, count: int) -> tuple[DoubleArray, DoubleArray]:
    centre = values.mean(axis=0)
    mean = weights @ (values - centre) / count
    return mean + centre, (weights @ (values - centre) ** 2 - count * mean**2).clip(0)


def _over(mean: DoubleArray, squares: DoubleArray, df: int) -> DoubleArray:
    d = np.divide(mean, np.sqrt(squares / df), out=np.full(mean.shape, np.nan), where=squares > _TINY)
    return np.asarray(d * (1 - 3 / (4 * df - 1)))


if __name__ == "__main__":
    main()
