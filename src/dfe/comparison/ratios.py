"""Ratios of rates in a comparison: for a subject, by a model of counts; and of the groups' sums.

The model serves seconds as well, in which a display is the main one: whoever was seen for longer has the smaller shares
that are above zero at all, so that logarithms of subjects' shares differ where nothing else does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.comparison.effects import (
    NOBODY,
    TOO_FEW_SHOW,
    UNITS,
    UNSTEADY,
    Analysis,
    EffectRow,
    Family,
    Measure,
    Side,
    numbers,
)
from dfe.comparison.measures import Kind
from dfe.comparison.subjects import Subjects
from dfe.stats.contrasts import full_rank, held_constant, residual_group
from dfe.stats.count_model import CountEffects, fit_counts
from dfe.stats.covariates import Covariates
from dfe.stats.prevalence import fewest_subjects, shown_enough
from dfe.stats.rate_ratios import NONE, RateRatio, group_ratio, paired_ratio
from dfe.stats.significance import benjamini_hochberg

ONE_SIDE = "no events on one side"
TOO_LITTLE = "too few events or subjects for what is held constant"


def ratio_rows(
    analysis: Analysis,
    measure: Measure,
    kinds: Sequence[Kind],
    sides: tuple[Side, ...],
    subjects: Subjects,
    covariates: Covariates,
) -> tuple[list[EffectRow], list[Family]]:
    """Rows of a measure of ratios, and their families.

    Args:
        analysis: what is compared; pooled ratios are of groups or conditions alone.
        measure: which ratio.
        kinds: what the columns are.
        sides: sums of subjects, of both conditions where there are such.
        subjects: whose they are.
        covariates: held constant.
    """
    shows = np.any([side.count > 0 for side in sides], axis=0)
    shown, enough = shows.any(axis=0), shown_enough(shows)
    second = subjects.design.second
    who = numbers(analysis, np.ones(len(subjects), np.bool_), second)
    rates, silent = _rates(analysis, sides, second)
    if measure == "main_ratio" and analysis != "groups x conditions":
        rates = (rates[0] / 60, rates[1] / 60)
    rows: list[EffectRow] = []
    families: list[Family] = []
    for unit in UNITS:
        columns = np.array([i for i, kind in enumerate(kinds) if kind.unit == unit], np.int64)
        if not len(columns):
            continue
        tested = columns[enough[columns]]
        made: list[Found] = []
        shared: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())
        if measure == "pooled_ratio":
            made = [Found(ratio) for ratio in _pooled(analysis, sides, tested, subjects, covariates)]
        elif len(tested):
            done = model_counts(analysis, sides, tested, subjects, covariates)
            made, shared = _modelled(done), (tuple(done.shared.tolist()), tuple(done.shared_between.tolist()))
        found = dict(zip(tested.tolist(), made, strict=True))
        p = [found[c].ratio.p if c in found else np.nan for c in columns.tolist()]
        q = benjamini_hochberg(p)
        for column, adjusted in zip(columns.tolist(), q.tolist(), strict=True):
            kind = kinds[column]
            flags: tuple[str, ...] = (UNSTEADY,) if kind.unsteady else ()
            ratio, spread, inflation = found.get(column, Found(NONE))
            if column not in found:
                flags += (TOO_FEW_SHOW if shown[column] else NOBODY,)
            elif silent[column]:
                flags += (ONE_SIDE,)
            elif not np.isfinite(ratio.p):
                flags += (TOO_LITTLE,)
            mean = (float(rates[0][column]), float(rates[1][column]))
            rows.append(
                EffectRow(
                    analysis, measure, kind, who, mean, ratio.value, ratio.low, ratio.high, ratio.p, adjusted,
                    df=ratio.df, error=ratio.error, dispersion=spread,
                    inflation=inflation, flags=flags,
                )
            )  # fmt: skip
        known = [value for value in q.tolist() if value == value]
        rare = int((shown & ~enough)[columns].sum())
        least = fewest_subjects(len(subjects))
        # The smallest adjusted p is that of Simes (1986, Biometrika 73, 751) for any effect at all.
        any_p = min(known, default=np.nan)
        families.append(
            Family(analysis, measure, unit, len(known), rare, least, any_p, dispersion=shared[0], between=shared[1])
        )
    return rows, families


def main_side(main_s: DoubleArray, exposure_s: DoubleArray) -> Side:
    """Seconds of subjects ``(S, 1 + U)`` in which nothing, or each display, is the main one: of any display, of each.

    Args:
        main_s: nothing first.
        exposure_s: ``(S,)``.
    """
    shown = main_s[:, 1:]
    seconds = np.column_stack([shown.sum(axis=1), shown])
    return Side(seconds, exposure_s, seconds, np.zeros_like(seconds))


def main_kinds(main: Sequence[Kind]) -> tuple[Kind, ...]:
    """What the columns of :func:`main_side` are."""
    return (Kind("any", "any display", "", ""), *main[1:])


class Found(NamedTuple):
    """What is known of one column."""

    ratio: RateRatio
    dispersion: tuple[float, float] = (np.nan, np.nan)
    inflation: float = np.nan


def model_counts(
    analysis: Analysis, sides: tuple[Side, ...], columns: IntArray, subjects: Subjects, covariates: Covariates
) -> CountEffects:
    """The model of counts of some columns; rows are subjects, or subjects in conditions.

    Raises:
        UsageError: strata or covariates that say which group a subject is in.
    """
    everyone, design = np.arange(len(subjects)), model_design(analysis, len(sides), subjects, covariates)
    return fit_counts(
        np.concatenate([side.count[:, columns] for side in sides]),
        np.concatenate([side.exposure_s for side in sides]) / 60,
        design,
        np.eye(design.shape[1])[0],
        subject=np.tile(everyone, len(sides)),
        group=np.tile(subjects.design.second.astype(np.int64), len(sides)),
    )


def model_design(analysis: Analysis, conditions: int, subjects: Subjects, covariates: Covariates) -> DoubleArray:
    """Columns of the model ``(S * conditions, k)``: what is asked about, then all that is held constant.

    Raises:
        UsageError: too many covariates, or strata or covariates that say which group a subject is in.
    """
    second = np.tile(subjects.design.second.astype(np.float64), conditions)
    condition = np.repeat(np.arange(conditions), len(subjects)).astype(np.float64)
    basis = held_constant(subjects.design.stratum, covariates.matrix)
    if analysis != "conditions":
        residual_group(subjects.design, basis)
    held = np.tile(basis, (conditions, 1))
    if analysis == "groups":
        return np.column_stack([second, held])
    if analysis == "conditions":
        # Groups may differ in what the conditions do: asked about is the mean over subjects.
        apart = (second - second.mean()) * condition
        return full_rank(np.column_stack([condition, held, second, apart]))
    return full_rank(np.column_stack([second * condition, held, second, condition]))


def ratios_found(done: CountEffects) -> list[RateRatio]:
    """What the model of counts found, as ratios."""
    with np.errstate(over="ignore"):
        ends = np.exp([done.log_ratio, done.low, done.high])
    return [RateRatio(*row) for row in np.column_stack([*ends, done.p, done.df, done.error]).tolist()]


def _modelled(done: CountEffects) -> list[Found]:
    spread = done.dispersion if len(done.dispersion) == 2 else np.repeat(done.dispersion, 2, axis=0)
    numbers = np.column_stack([*spread, done.inflation]).tolist()
    return [Found(ratio, (row[0], row[1]), row[2]) for ratio, row in zip(ratios_found(done), numbers, strict=True)]


def _pooled(
    analysis: Analysis, sides: tuple[Side, ...], columns: IntArray, subjects: Subjects, covariates: Covariates
) -> Iterator[RateRatio]:
    for column in columns:
        counts = [side.count[:, column] for side in sides]
        if analysis == "groups":
            yield group_ratio(counts[0], sides[0].exposure_s, subjects.design, covariates.matrix)
        else:
            one, two = ((count, side.exposure_s) for count, side in zip(counts, sides, strict=True))
            yield paired_ratio(one, two)


def _rates(
    analysis: Analysis, sides: tuple[Side, ...], second: BoolArray
) -> tuple[tuple[DoubleArray, DoubleArray], BoolArray]:
    """Events a minute of both sides, all subjects together ``(T,)``; of an interaction, ratios between the conditions
    in both groups. And where one side has no events.
    """
    everyone = np.ones(len(second), np.bool_)
    parts = {
        "groups": [(sides[0], ~second), (sides[0], second)],
        "conditions": [(side, everyone) for side in sides],
        "groups x conditions": [(side, mine) for mine in (~second, second) for side in sides],
    }[analysis]
    rates = [60 * side.count[mine].sum(axis=0) / side.exposure_s[mine].sum() for side, mine in parts]
    silent = np.any([rate == 0 for rate in rates], axis=0)
    if len(rates) == 4:
        with np.errstate(divide="ignore", invalid="ignore"):
            return (rates[1] / rates[0], rates[3] / rates[2]), silent
    return (rates[0], rates[1]), silent
