"""The table of a comparison: a row for each recording (or a part of one), whose it is and what group that person is in.

Columns: ``recording`` (or ``path``), the subject and the group under any name, and where there are such: ``face_id``,
``onset`` and ``offset`` in seconds, ``session``, a condition and covariates.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from os import PathLike
from pathlib import Path

from dfe.base.column_kind import ColumnKind, column_kind
from dfe.base.errors import TableError, UsageError
from dfe.base.label_table import LabelRow, LabelTable, read_label_table
from dfe.base.numbers import is_missing, number, seconds
from dfe.base.recording_names import RecordingNames
from dfe.comparison.windows import read_windows
from dfe.recording.storage import recordings_by_name

EVERYONE = "all"
"""Name of the one group where groups are not compared."""
CONDITION = "condition"
"""Column of a file of windows that says the condition, unless another is named."""
MOST_LEVELS = 12
"""Groups or conditions that can be compared at once."""


@dataclass(frozen=True)
class Columns:
    """Names of columns.

    Args:
        subject: whose face it is.
        group: None where groups are not compared.
        covariates: what is held constant.
        condition: what is compared within subjects; None where nothing is.
        stratum: subjects are exchanged within it only.
        align: seconds in the recording at which time courses are aligned.
        scores: numbers of subjects (a scale's score) that values may rise or fall with.
        cluster: what subjects share beyond themselves (a dyad, a class).
        period: which came first, second and so on, of what is compared within subjects.
    """

    subject: str = "subject"
    group: str | None = None
    covariates: tuple[str, ...] = ()
    condition: str | None = None
    stratum: str | None = None
    align: str | None = None
    scores: tuple[str, ...] = ()
    cluster: str | None = None
    period: str | None = None


@dataclass(frozen=True)
class GroupRow:
    """One recording, or a part of one."""

    recording: str
    """As the table says it."""
    path: Path
    subject: str
    group: str = ""
    condition: str = ""
    session: str = ""
    stratum: str = ""
    covariates: Mapping[str, str] = field(default_factory=dict)
    """Cells by name, of :attr:`Columns.scores` too; numbers as Python writes them; empty where there is no value."""
    face: int | None = None
    """face_id; None where the table does not say, and the recording has to show one person alone."""
    onset_s: float = -math.inf
    offset_s: float = math.inf
    align_s: float = math.nan
    line: int = 0
    """Of the table, or of the file of windows, for errors."""
    file: str = ""
    """In which the line stands; empty: in the table."""
    cluster: str = ""
    period: str = ""

    @property
    def said(self) -> str:
        """Line and file, as in ``line 3 of study.csv``."""
        return f"line {self.line}" + (f" of {self.file}" if self.file else "")


@dataclass(frozen=True)
class GroupTable:
    """The rows of the groups (or conditions) that are compared."""

    rows: tuple[GroupRow, ...]
    groups: tuple[str, ...] | None
    """The others are compared with the first; two but for designs of several."""
    conditions: tuple[str, ...] | None
    columns: Columns
    left_out: Mapping[str, int]
    """Rows of other groups and conditions, by their name."""
    kinds: tuple[ColumnKind, ...] = ()
    """What each covariate and each score holds."""
    notes: tuple[str, ...] = ()
    """What had to be guessed or mended on reading."""

    @property
    def words(self) -> tuple[str, ...]:
        """Names of the covariates that hold words, or numbers that are names."""
        return tuple(kind.name for kind in self.kinds if kind.kind == "words")

    @property
    def levels(self) -> tuple[str, ...]:
        """Names of the groups; one where groups are not compared."""
        return self.groups or (EVERYONE,)


def read_group_table(
    path: str | PathLike[str],
    recordings: Path,
    columns: Columns,
    *,
    groups: tuple[str, ...] | None = None,
    conditions: tuple[str, ...] | None = None,
    categories: Sequence[str] = (),
    missing: Sequence[str] = (),
    others: bool = False,
    windows: Path | None = None,
    several: bool = False,
) -> GroupTable:
    """Read a table, find its recordings, and check that it can be compared.

    Args:
        path: CSV as people have it, see :class:`~dfe.base.cells.Cells`.
        recordings: folder that ``dfe encode`` wrote.
        columns: names of columns.
        groups: which, the first to be compared with; in alphabetical order if None.
        conditions: the same for conditions.
        categories: covariates whose numbers are names.
        missing: codes in groups, covariates and scores that say that nothing is known.
        others: whether there may be recordings that are not in the table.
        windows: parts of the recordings, see :mod:`dfe.comparison.windows`; the condition stands there.
        several: whether there may be more than two groups or conditions, or neither.

    Raises:
        TableError: names file and line: no such column, an empty cell, a subject in two groups, a row that comes twice,
            words that differ in capitals or zeros alone, a covariate of numbers and words,
            a recording that is missing or one that is not in the table.
        UsageError: not two groups or two conditions, or a score of words.
    """
    file = Path(path)
    table = read_label_table(file)
    inside = None if windows is None else read_windows(windows, columns.condition or CONDITION, columns.period)
    there = columns if inside is None else inside.left(columns)
    needed = [
        there.subject, there.group, there.condition, there.stratum, there.align, there.cluster, there.period,
        *there.covariates, *there.scores,
    ]  # fmt: skip
    key = "path" if "path" in table.names and "recording" not in table.names else "recording"
    table.need(key, *(name for name in needed if name is not None))
    if strange := [name for name in categories if name not in columns.covariates]:
        listed = ", ".join(columns.covariates) or "none"
        raise UsageError(f"{strange[0]!r} of --categories is no covariate", where=file, advice=f"those are: {listed}")
    if not table.rows:
        raise TableError("has no rows", where=file)
    table.refuse_alike(there.subject, there.group, there.condition, there.stratum, there.cluster, there.period)
    measured = tuple(dict.fromkeys((*columns.covariates, *columns.scores)))
    table = table.without(missing, measured if there.group is None else (*measured, there.group))
    if there.group is not None and groups is None:
        table.refuse_codes(there.group, missing)
    kinds = tuple(
        column_kind(
            name,
            table.column(name),
            file,
            decimal=table.decimal,
            words=name in categories,
            codes=missing,
        )
        for name in measured
    )
    if words := next((kind.name for kind in kinds if kind.kind == "words" and kind.name in columns.scores), None):
        advice = f"compare its groups with --group {words}"
        raise UsageError(f"{words} of --scores holds words, and a score is a number", where=file, advice=advice)
    found = recordings_by_name(recordings)
    names = RecordingNames(found)
    named = [(_said(row, key, table.where(row)), table.where(row)) for row in table.rows]
    paths = [found[name] for name in names.all_found(named, recordings)]
    rows = [_row(row, table, key, there, kinds, path) for row, path in zip(table.rows, paths, strict=True)]
    check_twice(rows, file)
    _check_subjects(rows, columns, file)
    unused = sorted(set(found.values()) - {row.path for row in rows})
    if unused and not others:
        name = unused[0].relative_to(recordings).as_posix()
        more = f" and {len(unused) - 1} more" if len(unused) > 1 else ""
        advice = "add rows for them, or leave them out with --unmatched drop"
        raise TableError(f"has no row for {name}{more} in {recordings}", where=file, advice=advice)
    if inside is not None:
        rows = inside.cut(rows, [found[name] for name in names.all_found(inside.named(), recordings)], others=others)
        check_twice(rows, inside.path)
    left_out: dict[str, int] = defaultdict(int)
    if columns.group is not None:
        groups = _levels([row.group for row in rows], groups, "groups", columns.group, file, several)
        rows = _kept(rows, "group", groups, left_out)
    if columns.condition is not None or inside is not None:
        name = columns.condition or CONDITION
        where = file if inside is None else inside.path
        conditions = _levels([row.condition for row in rows], conditions, "conditions", name, where, several)
        rows = _kept(rows, "condition", conditions, left_out)
    return GroupTable(tuple(rows), groups, conditions, columns, dict(left_out), kinds, table.notes)


def _row(
    row: LabelRow,
    table: LabelTable,
    key: str,
    columns: Columns,
    kinds: Sequence[ColumnKind],
    path: Path,
) -> GroupRow:
    where, values, decimal = table.where(row), row.cells, table.decimal

    def cell(column: str | None) -> str:
        if column is None:
            return ""
        return _said(row, column, where)

    def covariate(kind: ColumnKind) -> str:
        said = values[kind.name]
        if is_missing(said):
            return ""
        return said if kind.kind == "words" else repr(number(said, where, decimal)).removesuffix(".0")

    align = columns.align
    onset = seconds(values.get("onset", ""), "onset", -math.inf, where, decimal)
    offset = seconds(values.get("offset", ""), "offset", math.inf, where, decimal)
    if not onset < offset:
        raise TableError(f"ends at {offset:g} s, before it starts at {onset:g} s", where=where)
    face = values.get("face_id", "")
    if face and (not face.isdecimal() or len(face) > 5):
        raise TableError(f"face_id {face!r} is no number of a face", where=where)
    return GroupRow(
        recording=cell(key),
        path=path,
        subject=cell(columns.subject),
        group=cell(columns.group),
        condition=cell(columns.condition),
        session=values.get("session", ""),
        stratum=cell(columns.stratum),
        covariates={kind.name: covariate(kind) for kind in kinds},
        face=int(face) if face else None,
        onset_s=onset,
        offset_s=offset,
        align_s=math.nan if align is None else seconds(cell(align), align, math.nan, where, decimal),
        line=row.line,
        cluster=cell(columns.cluster),
        period=cell(columns.period),
    )


def _said(row: LabelRow, column: str, where: str) -> str:
    if is_missing(row.cells[column]):
        raise TableError(f"{column} is empty", where=where, advice="fill it in, or leave the line out")
    return row.cells[column]


def check_twice(rows: Sequence[GroupRow], file: Path) -> None:
    """Refuse rows of one face that are about the same time.

    Raises:
        TableError: naming both lines.
    """
    by_face: dict[tuple[Path, int], list[GroupRow]] = defaultdict(list)
    for row in rows:
        by_face[row.path, row.face or 0].append(row)
    for mine in by_face.values():
        mine.sort(key=lambda row: (row.onset_s, row.offset_s, row.line))
        for one, other in pairwise(mine):
            if other.onset_s < one.offset_s:
                lines = sorted((one.line, other.line))
                what = f"lines {lines[0]} and {lines[1]} are about the same time of {one.recording}"
                raise TableError(what, where=file, advice="leave one out, or set onset and offset apart")


def _check_subjects(rows: Iterable[GroupRow], columns: Columns, file: Path) -> None:
    """What belongs to a person must be the same in all of that person's lines."""
    seen: dict[str, GroupRow] = {}
    for row in rows:
        first = seen.setdefault(row.subject, row)
        for what, name in (("group", columns.group), ("stratum", columns.stratum), ("cluster", columns.cluster)):
            if getattr(row, what) != getattr(first, what):
                raise TableError(
                    f"subject {row.subject} is in two groups of {name}: "
                    f"{getattr(first, what)!r} (line {first.line}) and {getattr(row, what)!r}",
                    where=f"{file}, line {row.line}",
                    advice="correct one of them",
                )


def _levels(
    words: Sequence[str], wanted: tuple[str, ...] | None, what: str, column: str, file: Path, several: bool
) -> tuple[str, ...]:
    known = sorted(set(words))
    if wanted is not None:
        absent = next((name for name in wanted if name not in known), None)
        if absent is not None or len(set(wanted)) < len(wanted) or len(wanted) < 2:
            number = "two " if len(wanted) == 2 else ""
            raise UsageError(
                f"{column} has no {number}{what} {', '.join(wanted)}; it has {', '.join(known)}", where=file
            )
        return wanted
    if len(known) < 2 or (len(known) > 2 and not several) or len(known) > MOST_LEVELS:
        listed = ", ".join(known[:8])
        number = f"2 to {MOST_LEVELS}" if several else "two"
        advice = f"say which {number if several else 'two'} with --{what}" if len(known) > 2 else "name another column"
        raise UsageError(f"{column} has {len(known)} {what} ({listed}), not {number}", where=file, advice=advice)
    return tuple(known)


def _kept(rows: list[GroupRow], what: str, chosen: tuple[str, ...], left_out: dict[str, int]) -> list[GroupRow]:
    for row in rows:
        if getattr(row, what) not in chosen:
            left_out[getattr(row, what)] += 1
    return [row for row in rows if getattr(row, what) in chosen]
