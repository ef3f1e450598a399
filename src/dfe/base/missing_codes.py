"""Numbers that stand for a missing one, as statistics programs write them: 999, -99, -9."""

from __future__ import annotations

import math
from collections.abc import Sequence
from os import PathLike

from dfe.base.errors import TableError
from dfe.base.numbers import Decimal, number

_USUAL = {99, 999, 9999, 99999, 88, 888, 77, 777, 98, 97, 998, 997, 9998, 9997}
_BELOW_ZERO = {9, 8, 7, *_USUAL}
_FEWEST = 2
NONE = "none"
"""Said in place of codes: no number stands for a missing one."""


def doubtful_code(values: Sequence[float]) -> float | None:
    """A number that is usual as a code for "missing" and lies away from all others; None if there is none.

    One below 0 where no other is, or one further from the nearest other than these are from each other. Codes may come
    in twos (-98 and -99), so all that could be one are set apart first.
    """
    known = {value for value in values if math.isfinite(value)}
    could = {v for v in known if v in _USUAL or -v in _BELOW_ZERO}
    others = known - could
    if len(others) < _FEWEST:
        return None
    low, high = min(others), max(others)
    for value in sorted(could, key=abs, reverse=True):
        gap = max(low - value, value - high)
        if gap > high - low or (value < 0 <= low):
            return value
    return None


def refuse_codes(
    name: str, cells: Sequence[tuple[int, str]], values: Sequence[float], where: str | PathLike[str]
) -> None:
    """Make sure that no number of a column seems to stand for a missing one.

    Args:
        name: of the column.
        cells: with the numbers of their lines.
        values: the numbers in them.
        where: the file, for errors.

    Raises:
        TableError: one does; it names the line.
    """
    code = doubtful_code(values)
    if code is None:
        return
    line, cell = cells[list(values).index(code)]
    others = [value for value in values if value != code]
    what = (
        f"{cell!r} in column {name} may stand for a missing number: the others are {min(others):g} to {max(others):g}"
    )
    advice = f"say --missing {code:g} if it does, --missing {NONE} if it is a true number"
    raise TableError(what, where=f"{where}, line {line}", advice=advice)


def is_code(cell: str, codes: Sequence[str], decimal: Decimal = "either") -> bool:
    """Whether a cell is one of the codes, as a word or as a number (``999`` and ``999.0``)."""
    word = cell.strip().casefold()
    if any(word == code.strip().casefold() for code in codes):
        return True
    value = _value(word, decimal)
    return value is not None and any(value == _value(code, "either") for code in codes)


def _value(text: str, decimal: Decimal) -> float | None:
    try:
        value = number(text, "", decimal)
    except TableError:
        return None
    return value if math.isfinite(value) else None
