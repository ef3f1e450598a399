"""Effects of a comparison, display by display: sizes, intervals, evidence and what to be careful about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, get_args

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.comparison.measures import CountedUnit, Kind
from dfe.comparison.subjects import Subjects
from dfe.stats.covariates import Covariates, compare_adjusted
from dfe.stats.draws import PERMUTATIONS
from dfe.stats.effect_sizes import Effects
from dfe.stats.groups import GroupEffects
from dfe.stats.paired import PairedEffects, compare_conditions
from dfe.stats.prevalence import fewest_subjects, shown_enough
from dfe.stats.significance import benjamini_hochberg

Analysis = Literal["groups", "conditions", "groups x conditions"]
UNITS: tuple[CountedUnit, ...] = get_args(CountedUnit)
Measure = Literal["rate_ratio", "pooled_ratio", "per_min", "share", "intensity", "main_ratio"]
MEASURES: dict[Measure, str] = {
    "rate_ratio": "ratio of rates, model of counts",
    "per_min": "events per usable minute, mean of subjects",
    "pooled_ratio": "ratio of rates, all events by all minutes",
    "share": "share of usable time",
    "intensity": "mean intensity of events, mm",
    "main_ratio": "ratio of time as the main display, model of time",
}
"""One question each: the ratio for a subject, the difference of subjects' means, the ratio of the groups' sums."""
RATIOS: tuple[Measure, ...] = ("rate_ratio", "pooled_ratio", "main_ratio")
"""Measures whose effect is a ratio, 1 where there is none."""
Role = Literal["confirmatory", "exploratory"]
FEWEST = 5
"""Subjects on each side that a mean intensity needs: those without an event have none."""
UNSTEADY = "unsteady display"
NOBODY = "nobody shows it"
NO_SPREAD = "no spread: no effect and no interval"
TOO_FEW = "too few subjects for an effect and its interval"
TOO_FEW_SHOW = "too few subjects show it"


@dataclass(frozen=True)
class EffectRow:
    """One display (or region) and one measure; the effect is of the second group or condition against the first."""

    analysis: Analysis
    measure: Measure
    kind: Kind
    subjects: tuple[int, int]
    mean: tuple[float, float]
    """Over subjects; for an interaction the mean differences between the conditions in each group."""
    effect: float
    """Strata and covariates held constant: Hedges' g, Cohen's d_z between conditions, or a ratio of rates."""
    low: float
    high: float
    """95% interval."""
    p: float
    """Of this effect: by exchange, of a ratio by its model; NaN where nothing was tested."""
    q: float = np.nan
    """Benjamini-Hochberg over the displays (or the regions) of this analysis and measure."""
    role: Role = "exploratory"
    average: float = np.nan
    average_low: float = np.nan
    average_high: float = np.nan
    """The same difference over the root of the two sides' mean variance (d_av), with Bonett's 95% interval."""
    df: float = np.nan
    """Degrees of freedom of a ratio."""
    error: float = np.nan
    """Standard error of a ratio's logarithm."""
    dispersion: tuple[float, float] = (np.nan, np.nan)
    """Of the model of counts on each side: subjects' counts vary by ``mu + dispersion mu^2``."""
    inflation: float = np.nan
    """Of the model of counts: how many times the spread that displays share this one's contrast varies by."""
    flags: tuple[str, ...] = ()

    @property
    def size(self) -> str:
        """What the effect is."""
        if self.measure in RATIOS:
            return "ratio of ratios" if self.analysis == "groups x conditions" else "ratio"
        return "d_z" if self.analysis == "conditions" else "g"


class Family(NamedTuple):
    """Rows that are judged together."""

    analysis: Analysis
    measure: Measure
    unit: CountedUnit
    tested: int
    too_few: int
    """Rows that somebody shows, but fewer subjects than ``least``: left out before the false discovery rate."""
    least: int
    """Subjects, of any group, that have to show a display for it to be tested."""
    p_any: float
    """P of any effect among them: by permutation of the largest one, of models by Simes; NaN where there is none."""
    role: Role = "exploratory"
    dispersion: tuple[float, ...] = ()
    """Of the model of counts, that displays share, by group."""
    between: tuple[float, ...] = ()
    """How much of it is a subject's own level in both conditions, by group."""


@dataclass(frozen=True)
class Settings:
    """How evidence is found.

    Args:
        permutations: B.
        seed: of the permutations.
    """

    permutations: int = PERMUTATIONS
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Side:
    """Values of subjects in a group or a condition, as sums: ``(S, T)`` but for the exposure ``(S,)``."""

    count: DoubleArray
    exposure_s: DoubleArray
    on_s: DoubleArray
    intensity: DoubleArray

    def values(self, measure: Measure) -> DoubleArray:
        """``(S, T)``: sums over sums; NaN where a subject has no event to take an intensity of."""
        time = self.exposure_s[:, None]
        if measure == "intensity":
            none: DoubleArray = np.full(self.count.shape, np.nan)
            return np.divide(self.intensity, self.count, out=none, where=self.count > 0)
        return np.asarray(60 * self.count / time if measure == "per_min" else self.on_s / time)


def effects(
    analysis: Analysis,
    measure: Measure,
    kinds: Sequence[Kind],
    sides: tuple[DoubleArray, ...],
    subjects: Subjects,
    covariates: Covariates,
    settings: Settings,
) -> tuple[list[EffectRow], list[Family]]:
    """Compare columns of values: one set of rows, or one for each condition.

    Displays, regions, displays of the eyes and groups are families of their own. What too few show is in no family.
    """
    shows = np.any([np.nan_to_num(side) != 0 for side in sides], axis=0)
    shown, enough = shows.any(axis=0), shown_enough(shows)
    rows: list[EffectRow] = []
    families: list[Family] = []
    for unit in UNITS:
        columns = np.array([i for i, kind in enumerate(kinds) if kind.unit == unit], np.int64)
        if not len(columns):
            continue
        made: dict[int, EffectRow] = {}
        p_any, tested = np.nan, columns[enough[columns]]
        second = subjects.design.second
        compared = (np.ones_like(second),) if analysis == "conditions" else (~second, second)
        for group, known in alike(np.all([np.isfinite(side[:, tested]) for side in sides], axis=0), tested):
            if not enough_known(measure, known, compared):
                continue
            done = _compare(
                analysis, tuple(side[known][:, group] for side in sides), known, subjects, covariates, settings
            )
            if len(group) == len(tested):
                p_any = done.p_any
            made |= {
                int(column): _row(analysis, measure, kinds[column], done, i, known, subjects)
                for i, column in enumerate(group)
            }
        q = benjamini_hochberg(np.array([made[c].p if c in made else np.nan for c in columns.tolist()]))
        for column, adjusted in zip(columns.tolist(), q.tolist(), strict=True):
            row = made.get(column)
            if row is None:
                why = NOBODY if not shown[column] else TOO_FEW_SHOW
                row = _untested(analysis, measure, kinds[column], sides, column, subjects, why)
            rows.append(replace(row, q=adjusted))
        rare = int((shown & ~enough)[columns].sum())
        least = fewest_subjects(len(shows))
        families.append(Family(analysis, measure, unit, len(made), rare, least, float(p_any)))
    return rows, families


def over_conditions(analysis: Analysis, sides: Sequence[DoubleArray]) -> DoubleArray:
    """What groups are compared in: subjects' mean over the conditions, which weigh alike, or their difference."""
    return np.mean(sides, axis=0) if analysis == "groups" else sides[1] - sides[0]


def alike(known: BoolArray, columns: IntArray) -> Iterator[tuple[IntArray, BoolArray]]:
    """Columns that are known ``(S, len(columns))`` for the same subjects, and those subjects."""
    if not len(columns):
        return
    patterns, which = np.unique(known, axis=1, return_inverse=True)
    for i in range(patterns.shape[1]):
        yield columns[which.ravel() == i], patterns[:, i]


def enough_known(measure: Measure, known: BoolArray, sides: Iterable[BoolArray]) -> bool:
    """Whether enough subjects ``(S,)`` have a value on each of the sides that are compared."""
    least = FEWEST if measure == "intensity" else 2
    return all(int((known & side).sum()) >= least for side in sides)


def _compare(
    analysis: Analysis,
    sides: tuple[DoubleArray, ...],
    known: BoolArray,
    subjects: Subjects,
    covariates: Covariates,
    settings: Settings,
) -> GroupEffects | PairedEffects:
    how = {"permutations": settings.permutations, "seed": settings.seed}
    if analysis == "conditions":
        return compare_conditions(sides[0], sides[1], **how)
    values = over_conditions(analysis, sides)
    design = subjects.design._replace(second=subjects.design.second[known], stratum=subjects.design.stratum[known])
    matrix = covariates.matrix[known]
    held = Covariates(matrix[:, matrix.std(axis=0) > 0], covariates.names)
    try:
        return compare_adjusted(values, design, held, **how)
    except UsageError:
        if known.all():
            raise
        # Too few of those who show it are left for what is held constant: no effect, and no evidence.
        none = np.full(values.shape[1], np.nan)
        unknown = Effects(none, none, none)
        return GroupEffects(np.full((2, len(none)), np.nan), unknown, unknown, 0, none, none, np.nan)


def _row(
    analysis: Analysis,
    measure: Measure,
    kind: Kind,
    done: GroupEffects | PairedEffects,
    i: int,
    known: BoolArray,
    subjects: Subjects,
) -> EffectRow:
    size = done.d_z if isinstance(done, PairedEffects) else done.g
    flags: tuple[str, ...] = (UNSTEADY,) if kind.unsteady else ()
    if not np.isfinite(size.low[i]):
        flags += (TOO_FEW if done.df < 2 else NO_SPREAD,)
    return EffectRow(
        analysis=analysis,
        measure=measure,
        kind=kind,
        subjects=numbers(analysis, known, subjects.design.second),
        mean=(float(done.mean[0, i]), float(done.mean[1, i])),
        effect=float(size.value[i]),
        low=float(size.low[i]),
        high=float(size.high[i]),
        p=float(done.p[i]),
        average=float(done.average.value[i]),
        average_low=float(done.average.low[i]),
        average_high=float(done.average.high[i]),
        flags=flags,
    )


def _untested(
    analysis: Analysis,
    measure: Measure,
    kind: Kind,
    sides: tuple[DoubleArray, ...],
    column: int,
    subjects: Subjects,
    why: str,
) -> EffectRow:
    known = np.all([np.isfinite(side[:, column]) for side in sides], axis=0)
    nobody = why == NOBODY and measure != "intensity"
    mean = (0.0, 0.0) if nobody else (np.nan, np.nan)
    flags = (why,) + ((UNSTEADY,) if kind.unsteady else ())
    who = numbers(analysis, known, subjects.design.second)
    return EffectRow(analysis, measure, kind, who, mean, np.nan, np.nan, np.nan, np.nan, flags=flags)


def numbers(analysis: Analysis, known: BoolArray, second: BoolArray) -> tuple[int, int]:
    """Subjects on each side."""
    if analysis == "conditions":
        return int(known.sum()), int(known.sum())
    return int((known & ~second).sum()), int((known & second).sum())
