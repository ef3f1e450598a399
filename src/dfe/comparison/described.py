"""Numbers that a paper reports and a meta-analysis needs: n, means, SDs, raw differences, counts and minutes.

Journal Article Reporting Standards (Appelbaum and others, 2018, *American Psychologist* 73, 3): for each comparison of
subjects' values how many, means and standard deviations, the difference in the measure's own unit with its interval and
standard error, its standardised size with a standard error, and for rates the events and minutes behind them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import BoolArray, DoubleArray
from dfe.comparison.effects import Analysis, EffectRow, Measure, Side, over_conditions
from dfe.comparison.measures import Kind
from dfe.comparison.subjects import Subjects
from dfe.stats.contrasts import Design, fit_contrast
from dfe.stats.covariates import Covariates
from dfe.stats.effect_sizes import LEVEL
from dfe.stats.slopes import slope_interval

MEASURES: tuple[Measure, ...] = ("per_min", "share", "intensity")
COLUMNS = (
    "analysis", "role", "measure", "kind", "token", "label", "first", "second",
    "n_first", "mean_first", "sd_first", "showing_first", "events_first", "minutes_first",
    "n_second", "mean_second", "sd_second", "showing_second", "events_second", "minutes_second", "correlation",
    "difference", "difference_low", "difference_high", "difference_se", "effect_is", "effect", "effect_se",
    "log_rate_ratio", "log_rate_ratio_se",
)  # fmt: skip
"""Of effects.csv."""


class Raw(NamedTuple):
    """A difference in the measure's unit, strata and covariates held constant; NaN where it cannot be had."""

    value: float
    low: float
    high: float
    error: float


@dataclass(frozen=True, eq=False)
class Compared:
    """What one analysis compared.

    Args:
        analysis: which.
        names: of what is compared, the second with the first.
        sides: sums of subjects, of both conditions where there are such.
        subjects: whose they are.
        covariates: held constant.
    """

    analysis: Analysis
    names: tuple[str, str]
    sides: tuple[Side, ...]
    subjects: Subjects
    covariates: Covariates


def described(compared: Compared, kinds: Sequence[Kind], rows: Iterable[EffectRow]) -> Iterator[tuple[object, ...]]:
    """The cells of :data:`COLUMNS`, a row for each measure and kind.

    Args:
        compared: groups, conditions, or what conditions do in the groups.
        kinds: what the sides' columns are.
        rows: of the comparison: standardised effects and ratios.
    """
    analysis, second = compared.analysis, compared.subjects.design.second
    found = {(row.measure, row.kind.unit, row.kind.token): row for row in rows if row.analysis == analysis}
    for measure in MEASURES:
        values = [side.values(measure) for side in compared.sides]
        for column, kind in enumerate(kinds):
            row = found[measure, kind.unit, kind.token]
            known = np.all([np.isfinite(value[:, column]) for value in values], axis=0)
            each = [value[known, column] for value in values]
            paired = analysis == "conditions"
            asked = over_conditions(analysis, each)
            two = each if paired else [asked[~second[known]], asked[second[known]]]
            behind = [_behind(compared, place, column) for place in (0, 1)]
            numbers = [(len(v), _mean(v), _sd(v), *more) for v, more in zip(two, behind, strict=True)]
            together = _correlation(*each) if paired else np.nan
            raw = _paired(asked) if paired else _adjusted(asked, known, compared)
            ratio = found["rate_ratio", kind.unit, kind.token]
            logs = (np.nan, np.nan)
            if measure == "per_min" and 0 < ratio.effect < np.inf:
                logs = (float(np.log(ratio.effect)), ratio.error)
            yield (
                analysis, row.role, measure, kind.unit, kind.token, kind.label, *compared.names, *numbers[0],
                *numbers[1], together, *raw, row.size, row.effect, _error(row, len(two[0]), len(two[1])), *logs,
            )  # fmt: skip


def _behind(compared: Compared, place: int, column: int) -> tuple[int, int, float]:
    """Who shows a display at all, its events, and minutes, of one side; of conditions in groups, of both conditions."""
    second = compared.subjects.design.second
    if compared.analysis == "conditions":
        mine, sides = np.ones(len(second), np.bool_), compared.sides[place : place + 1]
    else:
        mine, sides = second == bool(place), compared.sides
    count = np.sum([side.count[mine, column] for side in sides], axis=0)
    minutes = float(sum(side.exposure_s[mine].sum() for side in sides)) / 60
    return int((count > 0).sum()), int(count.sum()), minutes


def _adjusted(values: DoubleArray, known: BoolArray, compared: Compared) -> Raw:
    design, matrix = compared.subjects.design, compared.covariates.matrix[known]
    mine = Design(design.second[known], design.stratum[known])
    if min(mine.second.sum(), (~mine.second).sum()) < 1:
        return _NOTHING
    try:
        fit = fit_contrast(values[:, None], mine, matrix[:, matrix.std(axis=0) > 0])
    except UsageError:
        return _NOTHING
    slope = slope_interval(fit)
    error = float(np.sqrt(fit.variance[0] / fit.information)) if fit.df > 0 else np.nan
    return Raw(float(slope.value[0]), float(slope.low[0]), float(slope.high[0]), error)


def _paired(differences: DoubleArray) -> Raw:
    from scipy.special import stdtrit

    if len(differences) < 2:
        return _NOTHING
    mean, error = float(differences.mean()), float(differences.std(ddof=1) / len(differences) ** 0.5)
    reach = float(stdtrit(len(differences) - 1, (1 + LEVEL) / 2)) * error
    return Raw(mean, mean - reach, mean + reach, error)


def _error(row: EffectRow, first: int, second: int) -> float:
    """Standard error of g or d_z in large samples (Hedges and Olkin, 1985; Borenstein and others, 2009)."""
    if not np.isfinite(row.effect):
        return np.nan
    if row.size == "d_z":
        return float(np.sqrt(1 / first + row.effect**2 / (2 * first)))
    return float(np.sqrt(1 / first + 1 / second + row.effect**2 / (2 * (first + second))))


def _correlation(one: DoubleArray, two: DoubleArray) -> float:
    if len(one) < 3 or not one.std() or not two.std():
        return np.nan
    return float(np.corrcoef(one, two)[0, 1])


def _mean(values: DoubleArray) -> float:
    return float(values.mean()) if len(values) else np.nan


def _sd(values: DoubleArray) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else np.nan


_NOTHING = Raw(np.nan, np.nan, np.nan, np.nan)
