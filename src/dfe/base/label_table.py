"""Tables that people write by hand (labels, groups, roles), read by :class:`~dfe.base.cells.Cells` into memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from dfe.base.alike import refuse_alike
from dfe.base.budget import LABEL_BYTES, LABEL_ROWS, allowed, too_large
from dfe.base.cells import Cells, plain_word, shown_names
from dfe.base.errors import TableError
from dfe.base.missing_codes import NONE, is_code, refuse_codes
from dfe.base.numbers import Decimal, is_missing, is_number, number


class LabelRow(NamedTuple):
    """One line of a table."""

    line: int
    """As an editor counts it."""
    cells: dict[str, str]
    """By column, without blanks around; empty where the line has none."""


class LabelTable(NamedTuple):
    """A table in memory."""

    path: Path
    names: tuple[str, ...]
    """Of its columns; those without a name are left out."""
    rows: tuple[LabelRow, ...]
    """Lines that are not empty."""
    decimal: Decimal
    """Its decimal mark."""
    notes: tuple[str, ...]
    """What had to be guessed or mended on reading."""

    def where(self, row: LabelRow) -> str:
        """File and line, for errors."""
        return f"{self.path}, line {row.line}"

    def column(self, name: str) -> list[tuple[int, str]]:
        """Lines and cells of a column."""
        return [(row.line, row.cells[name]) for row in self.rows]

    def need(self, *names: str) -> None:
        """Make sure that there are columns of these names.

        Raises:
            TableError: one is missing; the error lists those that there are.
        """
        missing = next((name for name in names if name not in self.names), None)
        if missing is not None:
            raise TableError(f"has no column {missing}", where=self.path, advice=f"it has {shown_names(self.names)}")

    def refuse_alike(self, *names: str | None) -> None:
        """Make sure that no two words of one of these columns differ in capitals, blanks or zeros alone.

        Raises:
            TableError: two do, and would count as two people, groups or categories.
        """
        for name in dict.fromkeys(names):
            if name is not None:
                said = [(line, cell) for line, cell in self.column(name) if not is_missing(cell)]
                refuse_alike(name, said, self.path)

    def refuse_codes(self, name: str, codes: Sequence[str]) -> None:
        """Make sure that in a column of numbers alone that name groups none seems to stand for a missing one.

        Args:
            name: of the column.
            codes: what the user said of such numbers; these were taken out.

        Raises:
            TableError: one does.
        """
        said = [one for one in self.column(name) if not is_missing(one[1])]
        if all(is_number(cell, self.decimal) for _, cell in said):
            refuse_codes(name, said, [number(cell, "", self.decimal) for _, cell in said], self.path, codes)

    def without(self, codes: Sequence[str], names: Sequence[str]) -> LabelTable:
        """The same with nothing in cells of these columns that hold a code for a missing number or word."""
        codes = [code for code in codes if code.casefold() != NONE]
        if not codes:
            return self
        rows = tuple(
            LabelRow(
                row.line,
                {
                    name: "" if name in names and is_code(cell, codes, self.decimal) else cell
                    for name, cell in row.cells.items()
                },
            )
            for row in self.rows
        )
        return self._replace(rows=rows)


def read_label_table(file: Path, *, lower: bool = False, short_rows: bool = True) -> LabelTable:
    """Read a table written by hand.

    Args:
        file: CSV as people have it, see :class:`~dfe.base.cells.Cells`.
        lower: names of columns in small letters.
        short_rows: let lines through that have fewer cells than there are columns; the others are empty.

    Raises:
        TableError: missing, no text, no CSV, larger than such tables are, or a line with more cells than columns.
    """
    cells = Cells(file, short_rows=short_rows, most=LABEL_BYTES, unit="line")
    header = [name.lower() if lower else name for name in cells.header]
    named = [(place, name) for place, name in enumerate(header) if name]
    double = next((name for i, (_, name) in enumerate(named) if name in [n for _, n in named[:i]]), None)
    if double is not None:
        raise TableError(f"has two columns {double!r}", where=file)
    rows: list[LabelRow] = []
    most = allowed(LABEL_ROWS)
    for line, row in cells:
        if not "".join(row).strip():
            continue
        words = [plain_word(cell) for cell in row]
        words += [""] * (len(header) - len(words))
        rows.append(LabelRow(line, {name: words[place] for place, name in named}))
        if len(rows) > most:
            raise too_large(f"has more than {most} lines, the limit for a table of labels", file)
    return LabelTable(file, tuple(name for _, name in named), tuple(rows), cells.decimal, cells.notes)
