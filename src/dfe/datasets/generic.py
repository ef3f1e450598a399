"""The user's own study: one CSV table that says who is on each recording and what is to be predicted."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import TableError
from dfe.datasets.about import NOT_KNOWN
from dfe.datasets.examples import Examples, Target
from dfe.media.inputs import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from dfe.stats.folds import TEST, TRAIN, VALIDATION

PATH, SUBJECT, LABEL = "path", "subject", "label"
_NEEDED = (PATH, SUBJECT, LABEL)
_KNOWN = (*_NEEDED, "session", "condition", "onset", "offset", "split", "face", "frame")
_PARTS = {"train": TRAIN, "training": TRAIN, "validation": VALIDATION, "val": VALIDATION, "dev": VALIDATION}
_PARTS |= {"test": TEST, "testing": TEST}
_ABSENT = NOT_KNOWN | {""}
_SUFFIXES = VIDEO_SUFFIXES | PICTURE_SUFFIXES | {".parquet", ".csv"}
_FEW = 10
"""Whole numbers with no more different values than this are classes, unless the user says otherwise."""

LabelKind = Literal["auto", "classes", "number"]


class _Row(NamedTuple):
    line: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Generic:
    """A table with columns ``path``, ``subject``, ``label``; optional ``session``, ``condition``, ``onset`` and
    ``offset`` (seconds), ``split`` (train, validation, test), ``face`` and ``frame``; any other is a covariate.

    Args:
        table: the CSV file (UTF-8, with a header). ``path`` is the file's or the recording's name below the data set's
            folder, with its suffix or without.
        kind: of the labels; ``auto``: words, or up to ten different whole numbers, are classes.
        level: ``subject``: the label is the person's, and two labels of one person are an error; ``task``: it changes.
        metric: by default balanced accuracy of classes and concordance (CCC) of numbers.
    """

    table: Path
    kind: LabelKind = "auto"
    level: Literal["subject", "task"] = "subject"
    metric: str | None = None
    name: str = "generic"

    def media(self, root: Path) -> tuple[Path, ...]:
        """Files below ``root`` that the table names and that are there, each once."""
        named = dict.fromkeys(row.cells[PATH] for row in self._rows())
        return tuple(path for name in named if (path := root / name).is_file())

    def check(self, root: Path) -> tuple[str, ...]:
        """What is wrong with the table, or missing below ``root``."""
        try:
            self.examples(root)
        except TableError as error:
            return (str(error),)
        named = dict.fromkeys(row.cells[PATH] for row in self._rows() if Path(row.cells[PATH]).suffix.lower())
        absent = [name for name in named if not (root / name).is_file()]
        return (f"{len(absent)} of {len(named)} files are not there, the first is {absent[0]}",) if absent else ()

    def examples(self, root: Path) -> Examples:  # noqa: ARG002 (names in the table are below it)
        """The table's rows.

        Raises:
            TableError: no such file, a column or a value missing, a label that is no number where numbers are wanted,
                one class, a person with two labels (where ``level`` is ``subject``), or a row twice;
                names file and line.
        """
        rows = self._rows()
        for row in rows:
            for column in _NEEDED:
                if row.cells[column] in _ABSENT:
                    raise self._error(row, f"no {column}", "fill it in, or take the row out")
        recording = tuple(_recording(row.cells[PATH]) for row in rows)
        onset, offset = self._seconds(rows, "onset", -math.inf), self._seconds(rows, "offset", math.inf)
        face, frame = self._whole(rows, "face"), self._whole(rows, "frame")
        if onset is not None and offset is not None:
            for row, low, high in zip(rows, onset.tolist(), offset.tolist(), strict=True):
                if low >= high:
                    raise self._error(row, f"the window ends at {high:g} s, before its onset {low:g} s")
        names = self._names(rows, recording)
        target, labels = self._target(rows)
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
            {c: _covariate([r.cells[c] for r in rows]) for c in rows[0].cells if c not in _KNOWN},
        )

    def _rows(self) -> list[_Row]:
        try:
            with self.table.open(newline="", encoding="utf-8-sig") as file:
                reader = csv.reader(file, strict=True)
                lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if any(cells)]
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            what = error.strerror if isinstance(error, OSError) else str(error)
            raise TableError(f"cannot be read as CSV ({what})", where=self.table) from error
        if len(lines) < 2:
            raise TableError("holds no row", where=self.table)
        header = [name.lower() for name in lines[0][1]]
        if absent := [column for column in _NEEDED if column not in header]:
            advice = f"it has: {', '.join(header)}"
            raise TableError(f"no column {absent[0]!r}", where=self.table, advice=advice)
        if len(set(header)) < len(header) or "" in header:
            raise TableError("a column has no name, or that of another column", where=self.table)
        rows = []
        for line, cells in lines[1:]:
            if len(cells) != len(header):
                what = f"{len(cells)} cells under {len(header)} columns"
                raise TableError(what, where=f"{self.table}, line {line}")
            rows.append(_Row(line, dict(zip(header, cells, strict=True))))
        return rows

    def _error(self, row: _Row, what: str, advice: str | None = None) -> TableError:
        return TableError(what, where=f"{self.table}, line {row.line}", advice=advice)

    def _number(self, row: _Row, column: str) -> float:
        try:
            value = float(row.cells[column])
        except ValueError as error:
            raise self._error(row, f"{column} {row.cells[column]!r} is no number") from error
        if not math.isfinite(value):
            raise self._error(row, f"{column} {row.cells[column]!r} is not finite")
        return value

    def _seconds(self, rows: Sequence[_Row], column: str, default: float) -> Any:
        if column not in rows[0].cells:
            return None
        absent = [row.cells[column] in _ABSENT for row in rows]
        return np.array(
            [default if none else self._number(row, column) for row, none in zip(rows, absent, strict=True)]
        )

    def _whole(self, rows: Sequence[_Row], column: str) -> Any:
        if column not in rows[0].cells:
            return None
        for row in rows:
            if not row.cells[column].isdecimal():
                raise self._error(row, f"{column} {row.cells[column]!r} is no whole number")
        return np.array([int(row.cells[column]) for row in rows], np.int64)

    def _names(self, rows: Sequence[_Row], recording: Sequence[str]) -> tuple[str, ...]:
        first: dict[str, int] = {}
        for row, name in zip(rows, recording, strict=True):
            cells = [row.cells[c] for c in ("onset", "offset") if c in row.cells]
            marks = [f"{c} {row.cells[c]}" for c in ("face", "frame") if c in row.cells]
            key = " ".join([name, "-".join(cells), *marks] if any(cells) else [name, *marks])
            if key in first:
                raise self._error(row, f"{key} is also on line {first[key]}", "give each recording (window) one row")
            first[key] = row.line
        return tuple(first)

    def _target(self, rows: Sequence[_Row]) -> tuple[Target, NDArray[Any]]:
        words = [row.cells[LABEL] for row in rows]
        kind = self.kind
        if kind == "auto":
            kind = "number" if all(map(_is_number, words)) and not _few_whole(words) else "classes"
        if len(set(words)) < 2:
            raise TableError(f"all {len(words)} labels are {words[0]!r}: nothing to predict", where=self.table)
        if kind == "number":
            values = np.array([self._number(row, LABEL) for row in rows])
            return Target(LABEL, "number", self.metric or "ccc", (), self.level), values
        classes = sorted(set(words), key=lambda word: (float(word), word) if _is_number(word) else (math.inf, word))
        target = Target(LABEL, "classes", self.metric or "balanced_accuracy", tuple(classes), self.level)
        return target, np.array(words, np.str_)

    def _split(self, rows: Sequence[_Row]) -> Any:
        if "split" not in rows[0].cells:
            return None
        for row in rows:
            if row.cells["split"].lower() not in _PARTS:
                raise self._error(row, f"split {row.cells['split']!r} is none of train, validation, test")
        return np.array([_PARTS[row.cells["split"].lower()] for row in rows], np.str_)

    def _one_group(self, rows: Sequence[_Row]) -> None:
        """Refuse a person with two labels where the label is the person's."""
        if self.level == "task":
            return
        first: dict[str, _Row] = {}
        for row in rows:
            before = first.setdefault(row.cells[SUBJECT], row)
            if before.cells[LABEL] != row.cells[LABEL]:
                raise self._error(
                    row,
                    f"its subject has label {row.cells[LABEL]!r} here and {before.cells[LABEL]!r} on line "
                    f"{before.line}",
                    "correct it, or use --label-of task if labels change within a person",
                )


def _recording(path: str) -> str:
    plain = path.replace("\\", "/").removeprefix("./")
    suffix = Path(plain).suffix
    return plain[: -len(suffix)] if suffix.lower() in _SUFFIXES else plain


def _words(rows: Sequence[_Row], column: str) -> Any:
    return np.array([row.cells[column] for row in rows], np.str_) if column in rows[0].cells else None


def _covariate(cells: Sequence[str]) -> NDArray[Any]:
    known = [cell not in _ABSENT for cell in cells]
    if any(known) and all(_is_number(cell) for cell, there in zip(cells, known, strict=True) if there):
        return np.array([float(c) if there else math.nan for c, there in zip(cells, known, strict=True)])
    return np.array([cell if there else "" for cell, there in zip(cells, known, strict=True)], np.str_)


def _is_number(word: str) -> bool:
    try:
        return math.isfinite(float(word))
    except ValueError:
        return False


def _few_whole(words: Sequence[str]) -> bool:
    return len(set(words)) <= _FEW and all(float(word).is_integer() for word in set(words))
