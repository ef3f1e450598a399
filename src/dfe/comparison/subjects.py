"""From rows of a table to subjects: who is left out and why, and the sums of those who stay."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

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
from dfe.stats.terms import Term, levels, term_test


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
UNEQUAL_NOISE = 2.0
"""From this ratio of noise on, where the noisier side has :data:`NOISY_MM` or more."""
NOISY_MM = 0.1
"""Less noise makes too few events for a difference of it to matter (decision 10)."""


@dataclass(frozen=True)
class Coverage:
    """How much of the recordings could be used, before anything was left out for it."""

    names: tuple[str, ...]
    """The groups, or the conditions."""
    mean: tuple[float, ...]
    """Share of time with a usable face, mean over subjects."""
    minutes: tuple[float, ...]
    """Usable minutes, mean over subjects."""
    p: float
    """Permutation p of the difference of the shares; NaN where nothing is compared in it."""
    p_minutes: float
    """The same of the minutes."""
    noise_mm: tuple[float, ...]
    """Noise of what is measured of the faces, mean over subjects; NaN where it is known of none."""

    @property
    def cautions(self) -> tuple[str, ...]:
        """What docs/recovery.md found to inflate false discoveries, where it is so here; a few sentences each."""
        found = []
        low, high = min(self.minutes), max(self.minutes)
        if low > 0 and high / low >= UNEQUAL_MINUTES:
            found.append(
                f"One side was seen {high / low:.1f} times as long as the other. Rates from short recordings scatter "
                "more. In simulations the permutation test (p of means) then made more false discoveries than asked "
                "for; the model of counts (ratios of rates) did not. Compare equal minutes."
            )
        apart = max(self.mean) - min(self.mean)
        if apart >= UNEQUAL_COVERAGE:
            found.append(
                f"The share of usable time differs by {apart:.0%}. Faces that are lost because of a display look like "
                "a difference in it."
            )
        known = [noise for noise in self.noise_mm if not math.isnan(noise)] or [0.0]
        calm, noisy = min(known), max(known)
        if noisy >= NOISY_MM and 0 < calm <= noisy / UNEQUAL_NOISE:
            found.append(
                f"Faces tremble {noisy / calm:.1f} times as much on one side ({noisy:.2f} and {calm:.2f} mm from frame "
                "to frame), by a worse picture, or since they never rest. Noise makes weak events on faces that hardly "
                "move. See whether a difference stays with --on 0.4."
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
    """``(m,)`` places in the conditions; 0 throughout where conditions are not compared."""
    design: Design
    """Of the subjects: the second group (if there are two), and strata."""
    covariates: dict[str, list[str]]
    """By name, a cell for each subject; of scores, too."""
    group: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    """``(S,)`` places in the groups."""
    cluster: IntArray | None = None
    """``(S,)`` what subjects share beyond themselves; None where nothing is said of that."""

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
    """Leave out what cannot be used, step by step; of any number of groups and conditions.

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
    count = len(table.levels)
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
    if table.kinds:
        kept &= np.array([all(row.covariates.values()) for row in rows])
        note(_complete(table), kept)
    if two is not None:
        seen = [set(people[kept & (condition == one)]) for one in range(len(two))]
        all_of_them = set.intersection(*seen)
        kept &= np.array([who in all_of_them for who in people])
        note("in both conditions" if len(two) == 2 else f"in all {len(two)} conditions", kept)
    for step, name in zip(flow[-1].subjects, table.levels, strict=True):
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
    strata, clusters = (
        np.unique([getattr(rows[i], what) for i in first], return_inverse=True)[1].astype(np.int64)
        for what in ("stratum", "cluster")
    )
    return (
        Subjects(
            rows=chosen,
            subject=subject.astype(np.int64),
            condition=condition[chosen],
            design=Design(group[first] == 1, strata),
            covariates={
                kind.name: [_cell(kind, [rows[i] for i in chosen[subject == one]], where) for one in range(len(names))]
                for kind in table.kinds
            },
            group=group[first].astype(np.int64),
            cluster=None if table.columns.cluster is None else clusters,
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
        share = np.divide(valid, total, out=np.zeros_like(valid), where=total > 0)
        told = chosen & np.isfinite(sums.noise_mm)
        weight, noise = pooled(sums.exposure_s, told), pooled(sums.exposure_s * sums.noise_mm, told)
        noise = np.divide(noise, weight, out=np.full_like(weight, np.nan), where=weight > 0)
        return np.column_stack([share, valid / 60, noise])

    if table.conditions is not None:
        count = len(table.conditions)
        all_of_them = np.array([len(set(condition[subject == i])) == count for i in range(len(names))], np.bool_)
        if all_of_them.sum() < 2:
            raise UsageError(f"fewer than two subjects are in {'both' if count == 2 else f'all {count}'} conditions")
        sides = [measures(condition == one)[all_of_them] for one in range(count)]
        p, which = _p_of_conditions([side[:, :2] for side in sides]), table.conditions
    else:
        values = measures(np.ones(len(people), np.bool_))
        place = np.array([group[subject == i][0] for i in range(len(names))], np.int64)
        sides = [values[place == one] for one in range(len(table.levels))]
        if min(map(len, sides)) < 2:
            raise UsageError("a comparison needs two subjects in each group")
        p, which = _p_of_groups(values[:, :2], place, len(sides)), table.levels
    shares, minutes, noise = (tuple(_mean(side[:, column]) for side in sides) for column in range(3))
    return Coverage(which, shares, minutes, float(p[0]), float(p[1]), noise)


def _mean(values: DoubleArray) -> float:
    """Over subjects of whom it is known; NaN where it is of none."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _p_of_conditions(sides: Sequence[DoubleArray]) -> DoubleArray:
    if len(sides) == 2:
        return sign_flip_test(sides[1] - sides[0])[0]
    who = np.tile(np.arange(len(sides[0])), len(sides))
    what = np.repeat(np.arange(len(sides)), len(sides[0]))
    return term_test(np.concatenate(sides), Term(levels(what, len(sides)), np.zeros((len(who), 0)), who)).p


def _p_of_groups(values: DoubleArray, place: IntArray, count: int) -> DoubleArray:
    nowhere = np.zeros(len(place), np.int64)
    if count == 1:
        return np.full(values.shape[1], np.nan)
    if count == 2:
        return permutation_test(values, Design(place == 1, nowhere))[0]
    return term_test(values, Term(levels(place, count), np.zeros((len(place), 0)), nowhere)).p


def _complete(table: GroupTable) -> str:
    asked = (("covariates", table.columns.covariates), ("scores", table.columns.scores))
    return f"with all {' and '.join(words for words, there in asked if there)}"
