"""Does the model of counts find what was planted in made-up counts, and nothing else; and does exchanging subjects?

    python benchmarks/count_model.py [--studies 300] [--seed 0]

Studies of 40 displays, 0.2 to 4 a minute, over subjects who differ (gamma, variance "dispersion"). Groups of other
sizes, minutes and dispersions; subjects who never show a display while the others show it the more (zero inflation, the
mean stays). Prints tables in Markdown. No display differs: the share of studies with any false discovery at q up to
0.05, which is the false discovery rate then, and the share of p up to .05. Eight displays are twice as frequent in the
second group: false discovery rate, power, and the share of 95% intervals that hold the planted ratio. "exchange" is the
permutation of subjects' rates, "model" is :mod:`dfe.stats.count_model`; both after the same filter on how many show a
display, which does not know the groups.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dfe.base.types import BoolArray, DoubleArray
from dfe.stats.contrasts import Design
from dfe.stats.count_model import fit_counts
from dfe.stats.groups import permutation_test
from dfe.stats.prevalence import shown_enough
from dfe.stats.significance import FALSE_DISCOVERY, benjamini_hochberg

DISPLAYS, PLANTED, RATIO = 40, 8, 2.0
SLOWEST, FASTEST = 0.2, 4.0
PERMUTATIONS = 999
METHODS = ("exchange", "model")


@dataclass(frozen=True)
class Side:
    """A group.

    Args:
        subjects: how many.
        minutes: of each, in the median; they differ by a fifth.
        dispersion: variance of a subject's own factor on each display, mean 1.
        never: share of subjects who never show a display, each display's own.
    """

    subjects: int = 20
    minutes: float = 5.0
    dispersion: float = 0.5
    never: float = 0.0


@dataclass(frozen=True)
class Kind:
    """A kind of study."""

    name: str
    first: Side = Side()
    second: Side = Side()
    together: float = 0.0
    """Variance of a subject's factor on all displays."""
    varied: float = 1.0
    """Displays' dispersions run from 1 / varied to varied times the group's."""


class Study(NamedTuple):
    """Counts of S subjects."""

    count: DoubleArray
    minutes: DoubleArray
    second: BoolArray
    planted: BoolArray


KINDS = (
    Kind("20 and 20 subjects, 5 min"),
    Kind("8 and 8 subjects", Side(8), Side(8)),
    Kind("30 and 10 subjects", Side(30), Side(10)),
    Kind("32 with 10 min, 8 with 2 min", Side(32, 10), Side(8, 2)),
    Kind("32 with 2 min, 8 with 10 min", Side(32, 2), Side(8, 10)),
    Kind("20 with 10 min, 20 with 2 min", Side(20, 10), Side(20, 2)),
    Kind("dispersion 0.2 and 1.5", Side(dispersion=0.2), Side(dispersion=1.5)),
    Kind("dispersion 0.2 of 32, 1.5 of 8", Side(32, dispersion=0.2), Side(8, dispersion=1.5)),
    Kind("dispersion 1.5 of 32, 0.2 of 8", Side(32, dispersion=1.5), Side(8, dispersion=0.2)),
    Kind("40% never, in one group of 20", Side(), Side(never=0.4)),
    Kind("40% never, in 8 of 40", Side(32), Side(8, never=0.4)),
    Kind("40% never, in both", Side(never=0.4), Side(never=0.4)),
    Kind("displays differ in dispersion, 0.1 to 2.5", varied=5.0),
    Kind("people expressive as a whole", together=0.3),
)


@dataclass
class Tally:
    """What became of the studies of one kind under one method."""

    any_false: int = 0
    small: int = 0
    tested: int = 0
    wrong: float = 0.0
    found: int = 0
    held: int = 0
    intervals: int = 0
    studies: int = 0

    def add(self, p: DoubleArray, planted: BoolArray, low: DoubleArray | None, high: DoubleArray | None) -> None:
        """Count one study."""
        found = benjamini_hochberg(p) <= FALSE_DISCOVERY
        self.studies += 1
        self.any_false += int(found[~planted].any())
        self.small += int((p[~planted] <= 0.05).sum())
        self.tested += int(np.isfinite(p[~planted]).sum())
        self.wrong += found[~planted].sum() / max(int(found.sum()), 1)
        self.found += int(found[planted].sum())
        if low is not None and high is not None:
            truth = np.where(planted, np.log(RATIO), 0.0)
            known = np.isfinite(p)
            self.held += int(((low <= truth) & (truth <= high))[known].sum())
            self.intervals += int(known.sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print("| study | any false: exchange | model | p ≤ .05: exchange | model | 95% intervals: model "
          "| planted, FDR: exchange | model | power: exchange | model | intervals |")  # fmt: skip
    print("|---|" + "---:|" * 10)
    for kind in KINDS:
        none = judge(kind, 0, options.studies, options.seed)
        some = judge(kind, PLANTED, options.studies, options.seed)
        cells = [none[m].any_false / options.studies for m in METHODS]
        cells += [none[m].small / none[m].tested for m in METHODS] + [none["model"].held / none["model"].intervals]
        cells += [some[m].wrong / options.studies for m in METHODS]
        cells += [some[m].found / options.studies / PLANTED for m in METHODS]
        cells += [some["model"].held / some["model"].intervals]
        print(f"| {kind.name} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |", flush=True)


def judge(kind: Kind, planted: int, studies: int, seed: int, methods: tuple[str, ...] = METHODS) -> dict[str, Tally]:
    """Methods on so many studies."""
    tallies = {name: Tally() for name in methods}
    for run in range(studies):
        made = made_study(kind, planted, np.random.default_rng([seed, run]))
        shown = shown_enough(made.count > 0)
        count, true = made.count[:, shown], made.planted[shown]
        if "exchange" in methods:
            design = Design(made.second, np.zeros(len(made.second), np.int64))
            p, _ = permutation_test(count / made.minutes[:, None], design, PERMUTATIONS, run)
            tallies["exchange"].add(p, true, None, None)
        x = np.column_stack([np.ones(len(count)), made.second]).astype(np.float64)
        done = fit_counts(count, made.minutes, x, np.array([0.0, 1.0]), group=made.second.astype(np.int64))
        tallies["model"].add(done.p, true, done.low, done.high)
    return tallies


def made_study(kind: Kind, planted: int, rng: np.random.Generator) -> Study:
    """Counts of a study in which so many displays are ``RATIO`` times as frequent in the second group."""
    sides = (kind.first, kind.second)
    second = np.repeat([False, True], [side.subjects for side in sides])
    minutes = np.concatenate([side.minutes * rng.lognormal(0, 0.2, side.subjects) for side in sides])
    true = np.zeros(DISPLAYS, np.bool_)
    if planted:
        true[((np.arange(planted) + 0.5) * DISPLAYS / planted).astype(np.int64)] = True
    varied = kind.varied ** rng.permutation(np.linspace(-1, 1, DISPLAYS))
    own = np.concatenate([_own(side, varied, rng) for side in sides])
    if kind.together:
        own = own * rng.gamma(1 / kind.together, kind.together, (len(own), 1))
    rate = np.geomspace(SLOWEST, FASTEST, DISPLAYS) * np.where(second[:, None] & true, RATIO, 1.0)
    return Study(rng.poisson(rate * own * minutes[:, None]).astype(np.float64), minutes, second, true)


def _own(side: Side, varied: DoubleArray, rng: np.random.Generator) -> DoubleArray:
    spread = side.dispersion * varied
    own = rng.gamma(1 / spread, spread, (side.subjects, len(varied)))
    return np.asarray(own * (rng.random(own.shape) >= side.never) / (1 - side.never))


if __name__ == "__main__":
    main()
