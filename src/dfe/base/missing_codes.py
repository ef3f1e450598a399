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
"""Said in place of codes, or after them: no other number stands for a missing one."""


def doubtful_codes(values: Sequence[float]) -> tuple[float, ...]:
    """Numbers that are usual as codes for "missing" and lie away from all others.

    One below 0 where no other is, or one further from the nearest other than these are from each other. Codes may come
    in twos (-98 and -99), so all that could be one are set apart first.
    """
    known = {value for value in values if math.isfinite(value)}
    could = {v for v in known if v in _USUAL or -v in _BELOW_ZERO}
    others = known - could
    if len(others) < _FEWEST:
        return ()
    low, high = min(others), max(others)
    apart = ((value, max(low - value, value - high)) for value in sorted(could, key=abs, reverse=True))
    return tuple(value for value, gap in apart if gap > high - low or (value < 0 <= low))


def refuse_codes(
    name: str,
    cells: Sequence[tuple[int, str]],
    values: Sequence[float],
    where: str | PathLike[str],
    codes: Sequence[str] = (),
) -> None:
    """Make sure that no number of a column seems to stand for a missing one.

    Args:
        name: of the column.
        cells: with the numbers of their lines.
        values: the numbers in them.
        where: the file, for errors.
        codes: what the user said of codes, which were taken out; with :data:`NONE` among them all others are numbers.

    Raises:
        TableError: one does; it names the line.
    """
    found = () if says_none(codes) else doubtful_codes(values)
    if not found:
        return
    line, cell = cells[list(values).index(found[0])]
    others = [value for value in values if value not in found]
    what = (
        f"{cell!r} in column {name} may stand for a missing number: the others are {min(others):g} to {max(others):g}"
    )
    if len(found) > 1:
        what = what.replace(":", f" (and {', '.join(f'{code:g}' for code in found[1:])} too):", 1)
    taken, new = " ".join([*codes, ""]), " ".join(f"{code:g}" for code in found)
    they, are = ("it", "it is a true number") if len(found) == 1 else ("they", "they are true numbers")
    advice = f"say --missing {taken}{new} if {they} do{'es' * (they == 'it')}, --missing {taken}{NONE} if {are}"
    raise TableError(what, where=f"{where}, line {line}", advice=advice)


def says_none(codes: Sequence[str]) -> bool:
    """Whether the user said that no further number stands for a missing one."""
    return any(code.strip().casefold() == NONE for code in codes)


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
