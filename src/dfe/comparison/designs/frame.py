"""A design as arrays: who is in which group, the scores, what is held constant, and the values asked about."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from dfe.base.errors import TableError, UsageError
from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.comparison.effects import Side
from dfe.comparison.measures import RowSums
from dfe.comparison.subjects import Subjects
from dfe.comparison.table import GroupTable
from dfe.stats.covariates import code_covariates

DesignMeasure = Literal["per_min", "share", "intensity"]
DESIGN_MEASURES: tuple[DesignMeasure, ...] = ("per_min", "share", "intensity")


@dataclass(frozen=True, eq=False)
class Frame:
    """``S`` subjects (or clusters) of a design with ``k`` groups, ``C`` conditions and ``B`` scores."""

    group: IntArray
    """``(S,)`` places in :attr:`groups`."""
    groups: tuple[str, ...]
    """None of them where groups are not compared."""
    scores: DoubleArray
    """``(S, B)``."""
    score_names: tuple[str, ...]
    held: DoubleArray
    """``(S, h)`` covariates, each with mean 0."""
    block: IntArray
    """``(S,)`` strata: subjects are compared and exchanged within one only."""
    conditions: tuple[str, ...] = ()
    period: IntArray | None = None
    """``(S, C)`` places in :attr:`periods`."""
    periods: tuple[str, ...] = ()
    cluster: IntArray | None = None
    """``(S,)``; None where nobody shares anything."""
    names: dict[str, str] = field(default_factory=dict)
    """Columns of the table that are behind ``group``, ``condition``, ``period``, ``cluster``."""

    def __len__(self) -> int:
        return len(self.group)

    def take(self, rows: BoolArray | IntArray) -> Frame:
        """Some of the subjects."""
        return replace(
            self,
            group=self.group[rows],
            scores=self.scores[rows],
            held=self.held[rows],
            block=self.block[rows],
            period=None if self.period is None else self.period[rows],
            cluster=None if self.cluster is None else self.cluster[rows],
        )


def frame_of(table: GroupTable, subjects: Subjects) -> Frame:
    """The design of the subjects who are left.

    Raises:
        UsageError: a score or a covariate that is the same for all.
    """
    columns = table.columns
    own = {name: cells for name, cells in subjects.covariates.items() if name in columns.covariates}
    held = code_covariates(own, table.words).matrix if own else np.zeros((len(subjects), 0))
    scores = np.zeros((len(subjects), len(columns.scores)))
    for place, name in enumerate(columns.scores):
        scores[:, place] = [float(cell) for cell in subjects.covariates[name]]
        if np.ptp(scores[:, place]) == 0:
            raise UsageError(f"the score {name} is {scores[0, place]:g} for all subjects", advice="leave it out")
    period, periods = _periods(table, subjects)
    return Frame(
        group=subjects.group,
        groups=table.groups or (),
        scores=scores,
        score_names=columns.scores,
        held=held,
        block=subjects.design.stratum,
        conditions=table.conditions or (),
        period=period,
        periods=periods,
        cluster=subjects.cluster,
        names={
            "group": columns.group or "group",
            "condition": columns.condition or "condition",
            "period": columns.period or "period",
            "cluster": columns.cluster or "cluster",
        },
    )


def values_of(table: GroupTable, subjects: Subjects, sums: RowSums, measure: DesignMeasure) -> DoubleArray:
    """``(S, C, T)`` values of subjects in conditions (C is 1 without any); NaN where there is none."""
    conditions: tuple[int | None, ...] = tuple(range(len(table.conditions))) if table.conditions else (None,)
    parts = (sums.count, sums.exposure_s, sums.on_s, sums.intensity)
    sides = [Side(*(subjects.pooled(part, condition) for part in parts)) for condition in conditions]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack([side.values(measure) for side in sides], axis=1)


def check_periods(table: GroupTable, where: str) -> None:
    """Refuse a condition that a subject has in two periods, and periods that are all the same.

    Raises:
        TableError: names the subject and the condition.
        UsageError: there is one period only.
    """
    if table.columns.period is None:
        return
    seen: dict[tuple[str, str], str] = {}
    for row in table.rows:
        before = seen.setdefault((row.subject, row.condition), row.period)
        if before != row.period:
            what = f"{row.condition} of subject {row.subject} is in two periods, {before} and {row.period}"
            raise TableError(what, where=where, advice="give each condition of a subject one")
    if len(set(seen.values())) < 2:
        what = f"{table.columns.period} is {next(iter(seen.values()), '')!r} everywhere"
        raise UsageError(what, where=where, advice="leave --period out")


def _periods(table: GroupTable, subjects: Subjects) -> tuple[IntArray | None, tuple[str, ...]]:
    if table.columns.period is None or table.conditions is None:
        return None, ()
    rows = [table.rows[i] for i in subjects.rows]
    said = sorted({row.period for row in rows}, key=_in_order)
    period = np.zeros((len(subjects), len(table.conditions)), np.int64)
    for row, who, condition in zip(rows, subjects.subject.tolist(), subjects.condition.tolist(), strict=True):
        period[who, condition] = said.index(row.period)
    return period, tuple(said)


def _in_order(word: str) -> tuple[float, str]:
    try:
        return float(word), word
    except ValueError:
        return np.inf, word
