"""From rows of a table to subjects: who is left out and why, and the sums of those who stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dfe.base.column_kind import ColumnKind
from dfe.base.defects import SHORT
from dfe.base.errors import TableError, UsageError
from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.comparison.measures import RowSums
from dfe.comparison.table import GroupRow, GroupTable
from dfe.stats.contrasts import Design
from dfe.stats.groups import permutation_test
from dfe.stats.paired import sign_flip_test

EVERYONE = "all"
"""Name of the one group where groups are not compared."""


@dataclass(frozen=True)
class FlowStep:
    """How many are left after a step."""

    step: str
    recordings: tuple[int, ...]
    """In each group."""
    subjects: tuple[int, ...]


UNEQUAL_MINUTES = 4.0
"""From this ratio of usable minutes on a comparison is cautioned against."""
UNEQUAL_COVERAGE = 0.05
"""From this difference of the share of usable time on."""


@dataclass(frozen=True)
class Coverage:
    """How much of the recordings could be used, before anything was left out for it."""

    names: tuple[str, str]
    """The groups, or the conditions."""
    mean: tuple[float, float]
    """Share of time with a usable face, mean over subjects."""
    minutes: tuple[float, float]
    """Usable minutes, mean over subjects."""
    p: float
    """Permutation p of the difference of the shares."""
    p_minutes: float
    """The same of the minutes."""

    @property
    def cautions(self) -> tuple[str, ...]:
        """What docs/recovery.md found to inflate false discoveries, where it is so here; a sentence each."""
        found = []
        low, high = sorted(self.minutes)
        if low > 0 and high / low >= UNEQUAL_MINUTES:
            found.append(
                f"One side was seen {high / low:.1f} times as long as the other. Rates from short recordings scatter "
                "more, and in simulations this led to more false discoveries than asked for; compare equal minutes."
            )
        apart = abs(self.mean[0] - self.mean[1])
        if apart >= UNEQUAL_COVERAGE:
            found.append(
                f"The share of usable time differs by {apart:.0%}. Faces that are lost because of a display look like "
                "a difference in it."
            )
        return tuple(found)


@dataclass(frozen=True, eq=False)
class Subjects:
    """``S`` subjects that are compared, and the rows of the table that count."""

    rows: IntArray
    """``(m,)`` places of those rows."""
    subject: IntArray
    """``(m,)`` whose each is, 0 to S - 1."""
    condition: IntArray
    """``(m,)`` 0 or 1; 0 throughout where conditions are not compared."""
    design: Design
    """Of the subjects."""
    covariates: dict[str, list[str]]
    """By name, a cell for each subject."""

    def __len__(self) -> int:
        return len(self.design.second)

    def pooled(self, values: DoubleArray, condition: int | None = None) -> DoubleArray:
        """Sums of rows' values ``(n, ...)`` over each subject's rows (of one condition), ``(S, ...)``."""
        chosen = slice(None) if condition is None else self.condition == condition
        out = np.zeros((len(self), *values.shape[1:]))
        np.add.at(out, self.subject[chosen], values[self.rows[chosen]])
        return out


def choose_subjects(
    table: GroupTable, sums: RowSums, min_coverage: float, where: str
) -> tuple[Subjects, tuple[FlowStep, ...], tuple[FlowStep, ...], Coverage]:
    """Leave out what cannot be used, step by step.

    Returns:
        Who is left; how many were left after each step; how many of those who are left have each kind of known defect;
        and how much could be used.

    Raises:
        TableError: a covariate that differs between the rows of a subject and is no number.
        UsageError: fewer than two subjects left in a group.
    """
    rows, two = table.rows, table.conditions
    group = np.array([0 if table.groups is None else table.groups.index(row.group) for row in rows])
    condition = np.array([0 if two is None else two.index(row.condition) for row in rows])
    people = np.array([row.subject for row in rows])
    count = 1 if table.groups is None else 2
    flow: list[FlowStep] = []

    def counted(step: str, kept: BoolArray) -> FlowStep:
        mine = [kept & (group == one) for one in range(count)]
        return FlowStep(step, tuple(int(m.sum()) for m in mine), tuple(len(set(people[m])) for m in mine))

    def note(step: str, kept: BoolArray) -> None:
        flow.append(counted(step, kept))

    kept: BoolArray = np.ones(len(rows), np.bool_)
    note("in the table", kept)
    coverage = _coverage(table, sums, group, condition, people)
    kept &= sums.exposure_s > 0
    note("with a usable face", kept)
    kept &= sums.coverage >= min_coverage
    note(f"usable for {min_coverage:.0%} of the time or more", kept)
    if table.columns.covariates:
        kept &= np.array([all(row.covariates.values()) for row in rows])
        note("with all covariates", kept)
    if two is not None:
        both = set(people[kept & (condition == 0)]) & set(people[kept & (condition == 1)])
        kept &= np.array([who in both for who in people])
        note("in both conditions", kept)
    for step, name in zip(flow[-1].subjects, table.groups or (EVERYONE,), strict=True):
        if step < 2:
            what = (
                f"{step} subject{'' if step == 1 else 's'} left in {name} at {flow[-1].step!r}, a comparison needs two"
            )
            raise UsageError(what, where=where, advice="record more, or lower --min-coverage")
    having = {kind: kept & np.array([kind in found for found in sums.defects]) for kind in SHORT}
    doubts = tuple(
        counted(f"of these: {SHORT[kind]}", rows_with) for kind, rows_with in having.items() if rows_with.any()
    )
    chosen = np.flatnonzero(kept)
    names, subject = np.unique(people[chosen], return_inverse=True)
    first = np.array([chosen[subject == one][0] for one in range(len(names))])
    strata = np.unique([rows[i].stratum for i in first], return_inverse=True)[1]
    return (
        Subjects(
            rows=chosen,
            subject=subject.astype(np.int64),
            condition=condition[chosen],
            design=Design(group[first] == 1, strata.astype(np.int64)),
            covariates={
                kind.name: [_cell(kind, [rows[i] for i in chosen[subject == one]], where) for one in range(len(names))]
                for kind in table.kinds
            },
        ),
        tuple(flow),
        doubts,
        coverage,
    )


def _cell(kind: ColumnKind, rows: Sequence[GroupRow], where: str) -> str:
    """A subject's value: the same word in all rows, or the mean of numbers (age at several sessions)."""
    cells = [row.covariates[kind.name] for row in rows]
    if len(set(cells)) == 1:
        return cells[0]
    if kind.kind == "numbers":
        return repr(float(np.mean([float(cell) for cell in cells])))
    other = next(row for row in rows if row.covariates[kind.name] != cells[0])
    what = f"{kind.name} of subject {rows[0].subject} is {cells[0]!r} and {other.covariates[kind.name]!r}"
    raise TableError(what, where=f"{where}, line {other.line}", advice="give each subject one")


def _coverage(table: GroupTable, sums: RowSums, group: IntArray, condition: IntArray, people: np.ndarray) -> Coverage:
    names, subject = np.unique(people, return_inverse=True)

    def pooled(values: DoubleArray, chosen: BoolArray) -> DoubleArray:
        return np.bincount(subject[chosen], values[chosen], len(names)).astype(np.float64)

    def measures(chosen: BoolArray) -> DoubleArray:
        valid, total = pooled(sums.exposure_s, chosen), pooled(sums.total_s, chosen)
        return np.column_stack([np.divide(valid, total, out=np.zeros_like(valid), where=total > 0), valid / 60])

    if table.conditions is not None:
        one, two = measures(condition == 0), measures(condition == 1)
        both = np.array([len(set(condition[subject == i])) == 2 for i in range(len(names))], np.bool_)
        one, two = one[both], two[both]
        if len(one) < 2:
            raise UsageError("fewer than two subjects are in both conditions")
        p, _ = sign_flip_test(two - one)
        means, which = (one.mean(axis=0), two.mean(axis=0)), table.conditions
    else:
        assert table.groups is not None
        values = measures(np.ones(len(people), np.bool_))
        second = np.array([group[subject == i][0] == 1 for i in range(len(names))], np.bool_)
        if min(second.sum(), (~second).sum()) < 2:
            raise UsageError("a comparison needs two subjects in each group")
        p, _ = permutation_test(values, Design(second, np.zeros(len(second), np.int64)))
        means, which = (values[~second].mean(axis=0), values[second].mean(axis=0)), table.groups
    return Coverage(
        which,
        (float(means[0][0]), float(means[1][0])),
        (float(means[0][1]), float(means[1][1])),
        float(p[0]),
        float(p[1]),
    )
