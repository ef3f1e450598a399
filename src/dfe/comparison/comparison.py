"""Two groups of subjects, or two conditions within subjects, compared in what their faces do."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.frames import data_frame
from dfe.base.types import DoubleArray, Progress
from dfe.comparison.described import Compared
from dfe.comparison.designs.beside import Beside
from dfe.comparison.effects import (
    Analysis,
    EffectRow,
    Family,
    Measure,
    Settings,
    Side,
    effects,
)
from dfe.comparison.measures import RowSums
from dfe.comparison.options import CompareOptions
from dfe.comparison.prepare import prepare
from dfe.comparison.ratios import main_kinds, main_side, ratio_rows
from dfe.comparison.rows import COLUMNS, row_cells
from dfe.comparison.subjects import Coverage, FlowStep, Subjects
from dfe.comparison.table import GroupTable
from dfe.comparison.time_courses import Courses, mean_courses, measure_courses
from dfe.stats.clusters import ClusterTest, cluster_test
from dfe.stats.contrasts import Design
from dfe.stats.covariates import Covariates, code_covariates
from dfe.tokenizer.tokenizer import Tokenizer

if TYPE_CHECKING:
    import pandas as pd

_NONE = ("", "")
_MEASURES: tuple[Measure, ...] = ("per_min", "share", "intensity")
_RATIOS: tuple[Measure, ...] = ("rate_ratio", "pooled_ratio")


@dataclass(frozen=True, eq=False)
class TimeCourses:
    """Mean courses of two sides, and where they differ."""

    analysis: Analysis
    start_s: DoubleArray
    displays: tuple[int, ...]
    """Numbers of the columns."""
    mean: DoubleArray
    """``(2, bins, T)`` mm."""
    subjects: tuple[int, int]
    left_out: int
    """Subjects with too few bins."""
    test: ClusterTest


@dataclass(frozen=True, eq=False)
class Comparison:
    """All that a comparison found; nothing in it is about a single subject, but for ``sums``."""

    options: CompareOptions
    table: GroupTable
    tokenizer: Tokenizer
    rows: tuple[EffectRow, ...]
    families: tuple[Family, ...]
    flow: tuple[FlowStep, ...]
    doubts: tuple[FlowStep, ...]
    """Of those who are left, how many have each kind of known defect."""
    coverage: Coverage
    courses: tuple[TimeCourses, ...]
    notes: tuple[str, ...]
    beside: Beside
    """Contrasts of a file, and what is found when it is counted otherwise."""
    subjects: Subjects
    sums: RowSums
    covariates: Covariates

    @property
    def sides(self) -> tuple[str, str]:
        """What is compared, the first with the second."""
        two = self.table.groups or self.table.conditions
        assert two is not None
        return two[0], two[1]

    @property
    def sides_of_analyses(self) -> dict[str, tuple[str, str]]:
        """Names of what is compared, by analysis."""
        groups, conditions = ((two[0], two[1]) for two in (self.table.groups or _NONE, self.table.conditions or _NONE))
        return {"groups": groups, "conditions": conditions, "groups x conditions": groups}

    @property
    def compared(self) -> tuple[Compared, ...]:
        """What each analysis compared, for numbers beside its effects."""
        return tuple(
            Compared(
                analysis,
                self.sides_of_analyses[analysis],
                _sides(self.table, self.subjects, self.sums),
                self.subjects,
                self.covariates,
            )
            for analysis in _analyses(self.table)
        )

    def to_pandas(self) -> pd.DataFrame:
        """A row for each comparison, display (or region) and measure: the columns of ``results.csv``.

        Raises:
            DfeError: pandas is not installed.
        """
        sides = self.sides_of_analyses
        return data_frame([dict(zip(COLUMNS, row_cells(row, sides), strict=True)) for row in self.rows], COLUMNS)

    def _repr_html_(self) -> str:
        from dfe.pages.notebook import notebook_table

        shown = ("analysis", "measure", "token", "label", "mean_first", "mean_second", "effect", "p", "q")
        place = [COLUMNS.index(name) for name in shown]
        tested = sorted((row for row in self.rows if row.p == row.p), key=lambda row: row.p)
        cells = [row_cells(row, self.sides_of_analyses) for row in tested]
        rows = [[f"{one[i]:.3g}" if isinstance(one[i], float) else one[i] for i in place] for one in cells]
        return notebook_table(f"{len(rows)} rows that were tested, by p", shown, rows)


def compare(
    table: str | PathLike[str],
    recordings: str | PathLike[str],
    options: CompareOptions,
    *,
    tokenizer: Tokenizer | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Compare the recordings of a table.

    With groups alone, subjects' values are compared between groups. With conditions alone, subjects' values are
    compared between conditions. With both, the groups are compared over both conditions (of which a subject's
    value is the mean), the conditions in all subjects, and the differences between conditions between the groups.

    Args:
        table: CSV with a row for each recording (or part of one): ``recording``, the subject, the group.
        recordings: folder that ``dfe encode`` wrote.
        options: what is compared, and how; at least ``group`` or ``within``.
        tokenizer: that made the tokens, where it does not come with the package.
        progress: told of recordings done.

    Raises:
        TableError: the table, or a recording, cannot be used.
        ModelError: recordings of different tokenizers.
        UsageError: nothing to compare, too few subjects, or covariates that cannot be held constant.
    """
    if options.scores or options.cluster is not None or options.period is not None:
        raise UsageError("scores, clusters and periods are of a design", advice="ask dfe.compare_design")
    ready = prepare(table, recordings, options, several=False, tokenizer=tokenizer, progress=progress)
    read, sums, subjects, columns = ready.table, ready.sums, ready.subjects, options.columns
    covariates = Covariates(np.zeros((len(subjects), 0)), ())
    if columns.covariates:
        covariates = code_covariates(subjects.covariates, read.words)
    rows: list[EffectRow] = []
    families: list[Family] = []
    notes = list(ready.notes)
    for analysis in _analyses(read):
        sides = _sides(read, subjects, sums)
        # Ratios between groups are of all events by all minutes, whatever the condition.
        summed = (_side(None, subjects, sums),) if analysis == "groups" else sides
        for ratio in _RATIOS if analysis != "groups x conditions" else _RATIOS[:1]:
            found, judged = ratio_rows(analysis, ratio, sums.kinds, summed, subjects, covariates)
            rows += found
            families += judged
        for measure in _MEASURES:
            values = tuple(side.values(measure) for side in sides)
            found, judged = effects(analysis, measure, sums.kinds, values, subjects, covariates, options.settings)
            rows += found
            families += judged
        main = tuple(
            main_side(subjects.pooled(sums.main_s, condition), side.exposure_s)
            for condition, side in zip((None,) if len(summed) == 1 else (0, 1), summed, strict=True)
        )
        found, judged = ratio_rows(analysis, "main_ratio", main_kinds(sums.main), main, subjects, covariates)
        rows += found
        families += judged
    courses: tuple[TimeCourses, ...] = ()
    if columns.align is not None:
        kept_rows = [read.rows[i] for i in subjects.rows]
        measured = measure_courses(kept_rows, sums.vocabulary, options.window_s, options.bin_s, progress=progress)
        steady = tuple(int(kind.token) for kind in sums.kinds if kind.unit == "display")
        courses = tuple(_courses(a, measured, steady, subjects, options.settings) for a in _analyses(read))
    told, judged_as = options.confirmatory.judged(rows, families, _analyses(read)[-1])
    return Comparison(
        options, read, ready.tokenizer, told, judged_as, ready.flow, ready.doubts, ready.coverage, courses,
        tuple(dict.fromkeys(notes)), ready.beside, subjects, sums, covariates,
    )  # fmt: skip


def _analyses(table: GroupTable) -> tuple[Analysis, ...]:
    if table.conditions is None:
        return ("groups",)
    return ("conditions",) if table.groups is None else ("groups", "conditions", "groups x conditions")


def _sides(table: GroupTable, subjects: Subjects, sums: RowSums) -> tuple[Side, ...]:
    """Sums of the subjects: in each condition, or of all of their time where there are none."""
    return tuple(_side(condition, subjects, sums) for condition in ((0, 1) if table.conditions else (None,)))


def _side(condition: int | None, subjects: Subjects, sums: RowSums) -> Side:
    parts = (sums.count, sums.exposure_s, sums.on_s, sums.intensity)
    return Side(*(subjects.pooled(part, condition) for part in parts))


def _courses(
    analysis: Analysis, measured: Courses, displays: tuple[int, ...], subjects: Subjects, settings: Settings
) -> TimeCourses:
    chosen = [display - 1 for display in displays]
    within = analysis != "groups"
    parts = []
    for condition in (0, 1) if within else (None,):
        mine = np.ones(len(subjects.rows), np.bool_) if condition is None else subjects.condition == condition
        seconds = np.zeros((len(subjects), measured.seconds.shape[1]))
        amount = np.zeros((*seconds.shape, len(chosen)))
        np.add.at(seconds, subjects.subject[mine], measured.seconds[mine])
        np.add.at(amount, subjects.subject[mine], measured.amount[mine][:, :, chosen])
        parts.append(mean_courses(seconds, amount))
    enough = np.all([good for _, good in parts], axis=0)
    courses = [mean[enough] for mean, _ in parts]
    second = subjects.design.second[enough]
    design = None if analysis == "conditions" else Design(second, subjects.design.stratum[enough])
    values = courses[0] if not within else courses[1] - courses[0]
    test = cluster_test(values, design, permutations=settings.permutations, seed=settings.seed)
    if analysis == "conditions":
        mean, numbers = np.stack([one.mean(axis=0) for one in courses]), (int(enough.sum()), int(enough.sum()))
    else:
        mean = np.stack([values[~second].mean(axis=0), values[second].mean(axis=0)])
        numbers = (int((~second).sum()), int(second.sum()))
    return TimeCourses(analysis, measured.start_s, displays, mean, numbers, int((~enough).sum()), test)
