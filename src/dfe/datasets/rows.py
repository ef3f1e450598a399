"""Label files of data sets: found below a folder, read row by row, with errors that name file and row."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dfe.base.cells import Cells, plain_word, shown_names
from dfe.base.errors import TableError
from dfe.base.numbers import Decimal, number

_DEPTH = 3
"""Archives unpack into a folder, or a folder in a folder; label files are looked for so deep."""


@dataclass(frozen=True)
class Row:
    """One row of a label file.

    Args:
        where: file and row, as a text editor counts it.
        cells: by the column's name in small letters.
        decimal: the table's decimal mark.
    """

    where: str
    cells: Mapping[str, str]
    decimal: Decimal = "either"

    def word(self, *names: str) -> str:
        """The cell of the first of these columns that there is; blanks around it do not count.

        Raises:
            TableError: there is none of them.
        """
        for name in names:
            if name.lower() in self.cells:
                return plain_word(self.cells[name.lower()])
        raise TableError(f"has no column {names[0]}", where=self.where)

    def number(self, *names: str) -> float:
        """The number in that cell; NaN where it is empty or says so.

        Raises:
            TableError: it holds something else.
        """
        return number(self.word(*names), self.where, self.decimal)

    def number_within(self, low: float, high: float, *names: str) -> float:
        """The same, within a range.

        Raises:
            TableError: it lies outside.
        """
        value = self.number(*names)
        if not math.isnan(value) and not low <= value <= high:
            raise TableError(f"{names[0]} is {value:g}, outside {low:g} to {high:g}", where=self.where)
        return value

    def class_of(self, classes: Sequence[str], *names: str, unknown: Sequence[int] = ()) -> str:
        """The class whose place the cell tells, from 0; ``""`` where it is empty or one of the ``unknown`` numbers.

        Raises:
            TableError: a number that stands for no class.
        """
        value = self.number(*names)
        if math.isnan(value) or value in unknown:
            return ""
        if value not in range(len(classes)):
            what = f"{names[0]} is {value:g}, which is none of the classes 0 to {len(classes) - 1}"
            raise TableError(what, where=self.where)
        return classes[int(value)]


def read_rows(path: Path, *needed: Sequence[str]) -> Iterator[Row]:
    """Rows of a CSV file, as :class:`~dfe.base.cells.Cells` reads it; names of columns in any case.

    Args:
        path: the file.
        needed: columns that there must be, each by the names under which it comes.

    Raises:
        TableError: it cannot be read, lacks a column, or a row is broken.
    """
    cells = Cells(path)
    header = tuple(name.lower() for name in cells.header)
    for names in needed:
        if not any(name.lower() in header for name in names):
            raise TableError(f"has no column {names[0]}", where=path, advice=f"it has {shown_names(cells.header)}")
    for line, row in cells:
        if not any(cell.strip() for cell in row):
            continue
        yield Row(f"{path}, row {line}", dict(zip(header, row, strict=True)), cells.decimal)


class Once:
    """Keys that have been seen, so that no label comes twice."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}

    def add(self, key: str, where: str) -> None:
        """Take in a key.

        Raises:
            TableError: it is empty, or has come before.
        """
        if not key:
            raise TableError("has no key", where=where, advice="fill it in, or take the row out")
        if key in self._first:
            before = self._first[key].rpartition(", ")[2]
            raise TableError(f"{key} is there already, in {before}", where=where, advice="keep one of the two")
        self._first[key] = where


def find_file(root: Path, *names: str) -> Path:
    """As :func:`optional_file`, where there must be one.

    Raises:
        TableError: none is there, or two of the same name at the same depth.
    """
    found = optional_file(root, *names)
    if found is None:
        raise TableError("is not there", where=root / names[0], advice="put it there, from the data set's own archive")
    return found


def optional_file(root: Path, *names: str) -> Path | None:
    """The file of that name in a folder, or up to three folders below it; upper and lower case are alike.

    Args:
        root: the data set's folder.
        names: under which the file comes; the first that is there is taken, and of one name the least deep.

    Raises:
        TableError: no such folder, or two files of the same name at the same depth.
    """
    if not root.is_dir():
        raise TableError("no such folder", where=root, advice="name the folder that the data set was unpacked into")
    for name in names:
        for depth in range(_DEPTH + 1):
            found = _at_depth(root, depth, name)
            if len(found) > 1:
                other = found[1].relative_to(root).as_posix()
                raise TableError(f"is there twice, here and in {other}", where=found[0], advice="move one of them away")
            if found:
                return found[0]
    return None


def _at_depth(root: Path, depth: int, name: str) -> list[Path]:
    pattern = "/".join(["*"] * depth + ["".join(f"[{c.lower()}{c.upper()}]" if c.isalpha() else c for c in name)])
    return sorted(path for path in root.glob(pattern) if path.is_file())
