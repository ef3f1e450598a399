"""What stands beside any comparison: contrasts of a file, and the same questions counted otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from dfe.base.types import Progress
from dfe.comparison.designs.contrast_file import ContrastFile
from dfe.comparison.designs.frame import DesignMeasure, Frame, values_of
from dfe.comparison.designs.named import NamedRow
from dfe.comparison.designs.questions import Question, questions_of
from dfe.comparison.designs.rows import DesignRow, rows_of
from dfe.comparison.effects import Settings
from dfe.comparison.measures import RowSums, measure_rows
from dfe.comparison.speaking import Talking
from dfe.comparison.subjects import Subjects
from dfe.comparison.table import GroupTable
from dfe.events.config import EventConfig
from dfe.recording.neutrals import ANOTHER, INTERVAL, OWN
from dfe.tokenizer.tokenizer import Tokenizer

EVERYBODYS_FACE = "against everybody's resting face"
ALL_TIME = "in all of the time"
AS_ASKED = "as asked"
MEASURES: tuple[DesignMeasure, ...] = ("per_min", "share")
"""What is counted otherwise."""


class Variant(NamedTuple):
    """The same questions, counted otherwise."""

    name: str
    rows: tuple[DesignRow, ...]


@dataclass(frozen=True)
class Beside:
    """Contrasts and variants of a comparison."""

    file: ContrastFile | None = None
    named: tuple[NamedRow, ...] = ()
    variants: tuple[Variant, ...] = ()
    """The first is as it was asked; none where nothing can be counted otherwise."""


class Counting(NamedTuple):
    """How the rows of a table were measured."""

    config: EventConfig
    tokenizer: Tokenizer
    names: Path | None
    talk: Talking | None


def variants_of(
    table: GroupTable,
    subjects: Subjects,
    sums: RowSums,
    frame: Frame,
    how: Counting,
    settings: Settings,
    progress: Progress | None = None,
) -> tuple[Variant, ...]:
    """Questions about two groups, two conditions and scores, counted otherwise; the answers as asked come first.

    Errors as of :func:`~dfe.comparison.measures.measure_rows`.
    """
    changed: list[tuple[str, EventConfig, Talking | None]] = []
    if how.config.resting_face == "recorded" and {OWN, INTERVAL, ANOTHER} & set(sums.neutrals):
        changed.append((EVERYBODYS_FACE, replace(how.config, resting_face="population"), how.talk))
    if how.talk is not None and how.talk.part != "all":
        changed.append((ALL_TIME, how.config, replace(how.talk, part="all")))
    questions = [question for question in questions_of(frame) if question.form != "any"]
    if not changed or not questions:
        return ()

    def answered(name: str, counted: RowSums) -> Variant:
        rows: list[DesignRow] = []
        for measure in MEASURES:
            values = values_of(table, subjects, counted, measure)
            rows += rows_of(questions, measure, counted.kinds, values, frame, settings)[0]
        return Variant(name, tuple(rows))

    made = [answered(AS_ASKED, sums)]
    for name, config, talk in changed:
        counted, _ = measure_rows(
            table.rows, config=config, tokenizer=how.tokenizer, names=how.names, talk=talk, progress=progress
        )
        made.append(answered(name, counted))
    return tuple(made)


def same_question(
    rows: Sequence[DesignRow], question: Question, measure: DesignMeasure, token: str
) -> DesignRow | None:
    """The row of a variant about a question, a measure and a display."""
    return next((r for r in rows if (r.question, r.measure, r.kind.token) == (question, measure, token)), None)
