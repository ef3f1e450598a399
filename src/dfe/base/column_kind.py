"""What a column of a table holds, numbers or words: decided once, over all its cells, and said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Literal

from dfe.base.alike import refuse_alike
from dfe.base.errors import TableError
from dfe.base.missing_codes import refuse_codes
from dfe.base.numbers import Decimal, is_missing, is_number, looks_like_date, number, refuse_broken

_FEW = 6
_WITH_UNIT = re.compile(r"[<>~+-]?\s*\d+(?:[.,]\d+)?\s*([^\W\d].*|%)")
_FEWEST_WITH_UNIT = 3


@dataclass(frozen=True)
class ColumnKind:
    """What a column holds."""

    name: str
    kind: Literal["numbers", "words"]
    values: int
    """Cells that say something."""
    empty: int
    """Cells that do not."""
    shown: str
    """The range of numbers, or the words that there are."""

    def __str__(self) -> str:
        values = f"{self.values} value{'' if self.values == 1 else 's'}"
        empty = f", {self.empty} empty" if self.empty else ""
        return f"{self.name}: {self.kind}, {values} ({self.shown}){empty}"


def column_kind(
    name: str,
    cells: Sequence[tuple[int, str]],
    where: str | PathLike[str],
    *,
    decimal: Decimal = "either",
    words: bool = False,
    option: str = "--categories",
    codes: Sequence[str] = (),
) -> ColumnKind:
    """Numbers if all cells that say something are numbers, words if none is.

    Args:
        name: of the column.
        cells: with the numbers of their lines.
        where: the file, for errors.
        decimal: its decimal mark.
        words: the user says that its numbers are names.
        option: how the user says so, for errors.
        codes: what the user said of numbers that stand for a missing one; these were taken out.

    Raises:
        TableError: it holds both, dates, numbers with a unit, words that differ in capitals or zeros alone, or a number
            that seems to stand for a missing one; the error names the line of the first such cell, or of the first of
            the rarer kind.
    """
    said = [(line, cell) for line, cell in cells if not is_missing(cell)]
    empty = len(cells) - len(said)
    for line, cell in said:
        refuse_broken(cell, f"{where}, line {line}")
    numbers = [is_number(cell, decimal) for _, cell in said]
    if words or not any(numbers):
        known = list(dict.fromkeys(cell for _, cell in said))
        dates = [(line, cell) for line, cell in said if looks_like_date(cell)]
        if dates and not words and 2 * len(dates) > len(said):
            line, cell = dates[0]
            advice = f"write what is meant as a number (an age, days), or say {option} {name} if dates are names here"
            what = f"column {name} holds dates, as in {cell[:40]!r}"
            raise TableError(what, where=f"{where}, line {line}", advice=advice)
        if not words and _have_unit(known):
            line, cell = said[0]
            what = f"column {name} holds numbers with words or signs beside them, as in {cell[:40]!r}"
            advice = f"write the numbers alone, or say {option} {name} if they are names"
            raise TableError(what, where=f"{where}, line {line}", advice=advice)
        refuse_alike(name, said, where)
        more = ", ..." if len(known) > _FEW else ""
        return ColumnKind(name, "words", len(said), empty, ", ".join(known[:_FEW]) + more or "none")
    if not all(numbers):
        most = 2 * sum(numbers) >= len(numbers)
        line, cell = next(pair for pair, is_one in zip(said, numbers, strict=True) if is_one != most)
        count = sum(is_one == most for is_one in numbers)
        one, many = ("word", "numbers") if most else ("number", "words")
        what = f"{cell[:40]!r} is a {one} in column {name} of {count} {many}"
        advice = f"correct it, empty it, or say {option} {name} if its numbers are names"
        raise TableError(what, where=f"{where}, line {line}", advice=advice)
    values = [number(cell, f"{where}, line {line}", decimal) for line, cell in said]
    refuse_codes(name, said, values, where, codes)
    return ColumnKind(name, "numbers", len(values), empty, f"{min(values):g} to {max(values):g}")


def _have_unit(words: Sequence[str]) -> bool:
    """Whether all words are numbers with one and the same unit: ``34 years``, ``85%``."""
    found = [_WITH_UNIT.fullmatch(word) for word in words]
    units = {match[1].casefold().rstrip("s.") for match in found if match}
    return len(words) >= _FEWEST_WITH_UNIT and all(found) and len(units) == 1
