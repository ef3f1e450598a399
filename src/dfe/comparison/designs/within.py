"""Scores that change from one recording of a person to the next: whether displays go with them within people.

A person's mean score is compared between people, like any other score. What a recording's score is above or below the
person's own mean is compared within people, and exchanged among a person's own recordings only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dfe.base.types import DoubleArray
from dfe.comparison.designs.frame import DesignMeasure, Frame
from dfe.comparison.designs.questions import Question
from dfe.comparison.designs.ratios import Counts, with_ratios
from dfe.comparison.designs.rows import DesignFamily, DesignRow, rows_of
from dfe.comparison.effects import Settings, Side
from dfe.comparison.measures import RowSums
from dfe.comparison.subjects import Subjects
from dfe.comparison.table import GroupTable
from dfe.stats.terms import levels

WITHIN = "recordings within subjects"
LEAST_SUBJECTS = 3
"""Whose score changes: fewer are asked nothing."""


@dataclass(frozen=True, eq=False)
class WithinPeople:
    """One score in the recordings of people."""

    question: Question
    frame: Frame
    """Of recordings, each person a cluster; the score less the person's mean, conditions held constant."""
    side: Side


def within_people(table: GroupTable, subjects: Subjects, sums: RowSums) -> tuple[WithinPeople, ...]:
    """The scores that change within three people or more."""
    rows = [table.rows[i] for i in subjects.rows]
    who, count = subjects.subject, len(subjects)
    each = np.bincount(who, minlength=count)
    asked = []
    for name in table.columns.scores:
        score = np.array([float(row.covariates[name]) for row in rows])
        own = score - (np.bincount(who, score, count) / each)[who]
        if len(np.unique(who[np.abs(own) > 1e-9 * max(float(np.ptp(score)), 1e-300)])) < LEAST_SUBJECTS:
            continue
        conditions = max(len(table.conditions or ()), 1)
        frame = Frame(
            group=np.zeros(len(rows), np.int64),
            groups=(),
            scores=own[:, None],
            score_names=(name,),
            held=levels(subjects.condition.astype(np.int64), conditions),
            block=np.zeros(len(rows), np.int64),
            cluster=who,
            names={"group": "group", "condition": "condition", "period": "period", "cluster": "subject"},
        )
        parts = (sums.count, sums.exposure_s, sums.on_s, sums.intensity)
        side = Side(*(part[subjects.rows] for part in parts))
        asked.append(WithinPeople(Question("score", "slope", f"{name} within people", score=0), frame, side))
    return tuple(asked)


def within_rows(
    asked: WithinPeople, measure: DesignMeasure, sums: RowSums, settings: Settings
) -> tuple[list[DesignRow], list[DesignFamily]]:
    """Answers of one score and one measure, with ratios of rates."""
    with np.errstate(invalid="ignore", divide="ignore"):
        values: DoubleArray = asked.side.values(measure)[:, None]
    rows, families = rows_of((asked.question,), measure, sums.kinds, values, asked.frame, settings)
    if measure == "per_min":
        counts = Counts(asked.side.count[:, None], asked.side.exposure_s[:, None])
        rows = with_ratios(rows, counts, asked.frame)
    return [replace(row, of=WITHIN) if row.of else row for row in rows], families
