"""The user's own study: one CSV table that says who is on each recording and what is to be predicted."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dfe.base.column_kind import ColumnKind, column_kind
from dfe.base.errors import TableError
from dfe.base.label_table import LabelRow, LabelTable, read_label_table
from dfe.base.numbers import is_missing, number, seconds
from dfe.base.recording_names import plain_path, plain_recording
from dfe.datasets.examples import Examples, Target
from dfe.stats.folds import TEST, TRAIN, VALIDATION

PATH, SUBJECT, LABEL = "path", "subject", "label"
_NEEDED = (PATH, SUBJECT, LABEL)
_KNOWN = (*_NEEDED, "session", "condition", "onset", "offset", "split", "face", "frame")
_PARTS = {"train": TRAIN, "training": TRAIN, "validation": VALIDATION, "val": VALIDATION, "dev": VALIDATION}
_PARTS |= {"test": TEST, "testing": TEST}
_FEW = 10
"""Whole numbers with no more different values than this are classes, unless the user says otherwise."""

LabelKind = Literal["auto", "classes", "number"]


@dataclass(frozen=True)
class Generic:
    """A table with columns ``path``, ``subject``, ``label``; optional ``session``, ``condition``, ``onset`` and
    ``offset`` (seconds), ``split`` (train, validation, test), ``face`` and ``frame``; any other is a covariate.

    Args:
        table: the CSV file, as people have it (see :class:`~dfe.base.cells.Cells`). ``path`` is the file's or the
            recording's name below the data set's folder, with its suffix or without; Windows' paths do.
        kind: of the labels; ``auto``: words, or up to ten different whole numbers, are classes.
        categories: covariates whose numbers are names.
        missing: codes in labels and covariates that say that nothing is known (999); ``none`` if no number does. A
            label that is one leaves its row out; an empty label is an error.
        level: ``subject``: the label is the person's, and two labels of one person are an error; ``task``: it changes.
        metric: by default balanced accuracy of classes and concordance (CCC) of numbers.
    """

    table: Path
    kind: LabelKind = "auto"
    level: Literal["subject", "task"] = "subject"
    metric: str | None = None
    categories: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    name: str = "generic"

    def media(self, root: Path) -> tuple[Path, ...]:
        """Files below ``root`` that the table names and that are there, each once."""
        named = dict.fromkeys(row.cells[PATH] for row in self._table().rows)
        return tuple(path for name in named if (path := _below(root, name)) is not None)

    def check(self, root: Path) -> tuple[str, ...]:
        """What is wrong with the table, or missing below ``root``."""
        try:
            self.examples(root)
        except TableError as error:
            return (str(error),)
        names = (row.cells[PATH] for row in self._table().rows)
        named = dict.fromkeys(name for name in names if Path(name).suffix.lower())
        absent = [name for name in named if _below(root, name) is None]
        return (f"{len(absent)} of {len(named)} files are not there, the first is {absent[0]}",) if absent else ()

    def examples(self, root: Path) -> Examples:  # noqa: ARG002 (names in the table are below it)
        """The table's rows.

        Raises:
            TableError: no such file, a column or a value missing, a label that is no number where numbers are wanted,
                one class, a person with two labels (where ``level`` is ``subject``), or a row twice;
                names file and line.
        """
        table = self._table()
        for row in table.rows:
            for column in _NEEDED:
                if is_missing(row.cells[column]):
                    raise self._error(row, f"no {column}", "fill it in, or take the row out")
        table.refuse_alike(SUBJECT, *(name for name in ("session", "condition") if name in table.names))
        table = self._without_codes(table)
        rows = table.rows
        recording = tuple(plain_recording(row.cells[PATH]) for row in rows)
        onset, offset = _seconds(table, "onset", -math.inf), _seconds(table, "offset", math.inf)
        face, frame = self._whole(rows, "face"), self._whole(rows, "frame")
        if onset is not None and offset is not None:
            for row, low, high in zip(rows, onset.tolist(), offset.tolist(), strict=True):
                if low >= high:
                    raise self._error(row, f"the window ends at {high:g} s, before its onset {low:g} s")
        names = self._names(rows, recording)
        target, labels = self._target(table)
        split = self._split(rows)
        self._one_group(rows)
        return Examples(
            names,
            recording,
            np.array([row.cells[SUBJECT] for row in rows], np.str_),
            {target.name: labels},
            (target,),
            split,
            onset,
            offset,
            frame,
            face,
            _words(rows, "condition"),
            _words(rows, "session"),
            {kind.name: _covariate(table, kind) for kind in self._kinds(table)},
        )

    def column_kinds(self) -> tuple[ColumnKind, ...]:
        """What the labels and each covariate of the table hold.

        Raises:
            TableError: it cannot be read, or a column holds numbers and words.
        """
        table = self._without_codes(self._table())
        return (self._label_kind(table), *self._kinds(table))

    def _label_kind(self, table: LabelTable) -> ColumnKind:
        return column_kind(
            LABEL,
            table.column(LABEL),
            self.table,
            decimal=table.decimal,
            words=self.kind == "classes",
            option="--label-kind classes for",
            codes=self.missing,
        )

    def _kinds(self, table: LabelTable) -> tuple[ColumnKind, ...]:
        table.need(*self.categories)
        names = [name for name in table.names if name not in _KNOWN]
        return tuple(
            column_kind(
                name,
                table.column(name),
                table.path,
                decimal=table.decimal,
                words=name in self.categories,
                codes=self.missing,
            )
            for name in names
        )

    def _without_codes(self, table: LabelTable) -> LabelTable:
        return table.without(self.missing, [name for name in table.names if name == LABEL or name not in _KNOWN])

    def _table(self) -> LabelTable:
        table = read_label_table(self.table, lower=True, short_rows=False)
        table.need(*_NEEDED)
        if not table.rows:
            raise TableError("holds no row", where=self.table)
        return table

    def _error(self, row: LabelRow, what: str, advice: str | None = None) -> TableError:
        return TableError(what, where=f"{self.table}, line {row.line}", advice=advice)

    def _whole(self, rows: Sequence[LabelRow], column: str) -> Any:
        if column not in rows[0].cells:
            return None
        for row in rows:
            if not row.cells[column].isdecimal():
                raise self._error(row, f"{column} {row.cells[column]!r} is no whole number")
        return np.array([int(row.cells[column]) for row in rows], np.int64)

    def _names(self, rows: Sequence[LabelRow], recording: Sequence[str]) -> tuple[str, ...]:
        first: dict[str, int] = {}
        for row, name in zip(rows, recording, strict=True):
            cells = [row.cells[c] for c in ("onset", "offset") if c in row.cells]
            marks = [f"{c} {row.cells[c]}" for c in ("face", "frame") if c in row.cells]
            key = " ".join([name, "-".join(cells), *marks] if any(cells) else [name, *marks])
            if key in first:
                raise self._error(row, f"{key} is also on line {first[key]}", "give each recording (window) one row")
            first[key] = row.line
        return tuple(first)

    def _target(self, table: LabelTable) -> tuple[Target, NDArray[Any]]:
        words = [cell for _, cell in table.column(LABEL)]
        found = self._label_kind(table)
        known = [word for word in words if word]
        numbers = [number(word, "", table.decimal) for word in words] if found.kind == "numbers" else []
        if len(set(known)) < 2:
            only = f"all {len(known)} labels are {known[0]!r}" if known else "no label is known"
            raise TableError(f"{only}: nothing to predict", where=self.table)
        if self.kind == "number" and found.kind != "numbers":
            row = table.rows[0]
            raise self._error(row, f"label {row.cells[LABEL]!r} is no number")
        whole = _few_whole([value for value in numbers if not math.isnan(value)])
        if self.kind == "number" or (self.kind == "auto" and numbers and not whole):
            return Target(LABEL, "number", self.metric or "ccc", (), self.level), np.array(numbers)
        table.refuse_alike(LABEL)
        places = dict(zip(words, numbers, strict=True)) if numbers else {}
        classes = sorted(set(known), key=lambda word: (places.get(word, _as_number(word)), word))
        target = Target(LABEL, "classes", self.metric or "balanced_accuracy", tuple(classes), self.level)
        return target, np.array(words, np.str_)

    def _split(self, rows: Sequence[LabelRow]) -> Any:
        if "split" not in rows[0].cells:
            return None
        for row in rows:
            if row.cells["split"].lower() not in _PARTS:
                raise self._error(row, f"split {row.cells['split']!r} is none of train, validation, test")
        return np.array([_PARTS[row.cells["split"].lower()] for row in rows], np.str_)

    def _one_group(self, rows: Sequence[LabelRow]) -> None:
        """Refuse a person with two labels where the label is the person's."""
        if self.level == "task":
            return
        first: dict[str, LabelRow] = {}
        for row in (row for row in rows if row.cells[LABEL]):
            before = first.setdefault(row.cells[SUBJECT], row)
            if before.cells[LABEL] != row.cells[LABEL]:
                raise self._error(
                    row,
                    f"its subject has label {row.cells[LABEL]!r} here and {before.cells[LABEL]!r} on line "
                    f"{before.line}",
                    "correct it, or use --label-of task if labels change within a person",
                )


def _below(root: Path, name: str) -> Path | None:
    """The file of that name below a folder, whichever system's slashes and Unicode it is written in."""
    plain = plain_path(name)
    tried = (root / name, root / plain, root / unicodedata.normalize("NFD", plain))
    return next((path for path in tried if path.is_file()), None)


def _words(rows: Sequence[LabelRow], column: str) -> Any:
    return np.array([row.cells[column] for row in rows], np.str_) if column in rows[0].cells else None


def _seconds(table: LabelTable, column: str, default: float) -> Any:
    if column not in table.names:
        return None
    return np.array(
        [seconds(row.cells[column], column, default, table.where(row), table.decimal) for row in table.rows]
    )


def _covariate(table: LabelTable, kind: ColumnKind) -> NDArray[Any]:
    cells = [row.cells[kind.name] for row in table.rows]
    if kind.kind == "numbers":
        return np.array([math.nan if is_missing(cell) else number(cell, "", table.decimal) for cell in cells])
    return np.array(["" if is_missing(cell) else cell for cell in cells], np.str_)


def _as_number(word: str) -> float:
    """Of classes that are called by numbers, so that 10 comes after 9."""
    try:
        value = float(word)
    except ValueError:
        return math.inf
    return value if math.isfinite(value) else math.inf


def _few_whole(numbers: Sequence[float]) -> bool:
    return len(set(numbers)) <= _FEW and all(value.is_integer() for value in numbers)
