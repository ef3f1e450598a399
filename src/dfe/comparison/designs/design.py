"""A study of any design compared: several groups or conditions, scores, periods, clusters."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.frames import data_frame
from dfe.base.label_table import read_label_table
from dfe.base.types import DoubleArray, Progress
from dfe.comparison.designs.beside import Beside
from dfe.comparison.designs.frame import DESIGN_MEASURES, Frame, values_of
from dfe.comparison.designs.questions import questions_of
from dfe.comparison.designs.ratios import Counts, with_ratios
from dfe.comparison.designs.rows import COLUMNS, DesignFamily, DesignRow, LevelMean, level_means, row_cells, rows_of
from dfe.comparison.designs.within import within_people, within_rows
from dfe.comparison.measures import RowSums
from dfe.comparison.options import CompareOptions
from dfe.comparison.prepare import Prepared, prepare
from dfe.comparison.subjects import Coverage, FlowStep, Subjects
from dfe.comparison.table import GroupTable
from dfe.tokenizer.tokenizer import Tokenizer

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class DesignComparison:
    """All that a comparison of a design found; nothing in it is about a single subject, but for ``sums``."""

    options: CompareOptions
    table: GroupTable
    tokenizer: Tokenizer
    frame: Frame
    rows: tuple[DesignRow, ...]
    families: tuple[DesignFamily, ...]
    means: tuple[LevelMean, ...]
    flow: tuple[FlowStep, ...]
    doubts: tuple[FlowStep, ...]
    coverage: Coverage
    notes: tuple[str, ...]
    beside: Beside
    subjects: Subjects
    sums: RowSums

    def to_pandas(self) -> pd.DataFrame:
        """A row for each question, measure and display: the columns of ``tests.csv``.

        Raises:
            DfeError: pandas is not installed.
        """
        return data_frame([dict(zip(COLUMNS, row_cells(row), strict=True)) for row in self.rows], COLUMNS)


def is_design(table: str | PathLike[str], options: CompareOptions) -> bool:
    """Whether a study is more than two groups, two conditions, or both.

    Raises:
        TableError: the table, or the file of windows, cannot be read, or has no such column.
    """
    if options.scores or options.cluster is not None or options.period is not None:
        return True
    levels = [options.groups, options.conditions]
    columns = [(options.group, Path(table)), (options.columns.condition, options.windows or Path(table))]
    for chosen, (name, path) in zip(levels, columns, strict=True):
        if chosen is not None:
            if len(chosen) > 2:
                return True
        elif name is not None:
            read = read_label_table(Path(path))
            read.need(name)
            if len({cell for _, cell in read.column(name)}) > 2:
                return True
    return False


def compare_design(
    table: str | PathLike[str],
    recordings: str | PathLike[str],
    options: CompareOptions,
    *,
    tokenizer: Tokenizer | None = None,
    progress: Progress | None = None,
) -> DesignComparison:
    """Compare the recordings of a table in all that its design asks.

    Args:
        table: CSV with a row for each recording (or part of one).
        recordings: folder that ``dfe encode`` wrote.
        options: the design; at least ``group``, ``within``, ``by`` or ``windows``.
        tokenizer: that made the tokens, where it does not come with the package.
        progress: told of recordings done.

    Raises:
        TableError: the table, or a recording, cannot be used.
        ModelError: recordings of different tokenizers.
        UsageError: nothing to compare, too few subjects, or columns that cannot be held constant.
    """
    if options.align is not None:
        raise UsageError("time courses are compared of two groups or two conditions alone", advice="leave --align out")
    ready = prepare(table, recordings, options, several=True, tokenizer=tokenizer, progress=progress)
    rows: list[DesignRow] = []
    families: list[DesignFamily] = []
    means: list[LevelMean] = []
    questions = questions_of(ready.frame)
    changing = within_people(ready.table, ready.subjects, ready.sums)
    for measure in DESIGN_MEASURES:
        values = values_of(ready.table, ready.subjects, ready.sums, measure)
        found, judged = rows_of(questions, measure, ready.sums.kinds, values, ready.frame, options.settings)
        if measure == "per_min":
            found = with_ratios(found, counts_of(ready), ready.frame)
        for score in changing:
            more, judged_too = within_rows(score, measure, ready.sums, options.settings)
            found, judged = [*found, *more], [*judged, *judged_too]
        rows += found
        families += judged
        means += level_means(measure, ready.sums.kinds, values, ready.frame)
    return DesignComparison(
        options, ready.table, ready.tokenizer, ready.frame, tuple(rows), tuple(families), tuple(means), ready.flow,
        ready.doubts, ready.coverage, (*ready.notes, *_notes(ready)), ready.beside, ready.subjects, ready.sums,
    )  # fmt: skip


def counts_of(ready: Prepared) -> Counts:
    """Events and time of subjects in conditions."""
    conditions: tuple[int | None, ...] = tuple(range(len(ready.frame.conditions))) or (None,)

    def stacked(values: DoubleArray) -> DoubleArray:
        return np.stack([ready.subjects.pooled(values, one) for one in conditions], axis=1)

    return Counts(stacked(ready.sums.count), stacked(ready.sums.exposure_s))


def _notes(ready: Prepared) -> list[str]:
    frame, notes = ready.frame, []
    if frame.cluster is not None:
        shared = len(np.unique(frame.cluster))
        name = frame.names["cluster"]
        notes.append(
            f"{len(frame)} subjects share {shared} values of {name}: what is the same for all who share one is "
            f"compared between means of these, what differs among them is compared within them."
        )
    if frame.conditions and len(frame.score_names) + frame.held.shape[1]:
        notes.append("Scores and covariates play no part in what conditions do on the whole, but in how it differs.")
    return notes
