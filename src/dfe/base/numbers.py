"""Numbers as people and tools write them in cells: decimal points or commas, and the many words for a missing one."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Literal

from dfe.base.errors import TableError

_NOTHING = ("", "nan", "na", "n/a", "n.a.", "k.a.", "<na>", "#n/a", "#nv", "#n/d", "#null!", "null", ".")
MISSING = (*_NOTHING, "-nan", "none", "nan(ind)", "-nan(ind)", "1.#ind", "-1.#ind", "1.#qnan")
"""How a cell says that there is no number, in lower case: of R, SPSS, spreadsheets in several languages, German forms;
the later ones are those of C's printf on Windows."""

_NO_WORD = frozenset(_NOTHING)
_BROKEN = re.compile(r"#[A-ZÄÖÜÉ/0-9¡]+[!?]")

Decimal = Literal["point", "comma", "either"]
"""Which mark a table is known to use; ``either``: its cells do not tell."""

_COMMA = re.compile(r"[+-]?\d*,\d+(e[+-]?\d+)?", re.IGNORECASE)
_POINT = re.compile(r"[+-]?\d*\.\d+(e[+-]?\d+)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_DATE = re.compile(
    r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}.*|\d{1,2}\.?[ -]?[a-zäöûé]{3,9}\.?([ -]?\d{2,4})?|[a-zäöûé]{3,9}\.?[ -]\d{2,4}"
    r"|\d+:\d\d(:\d\d([.,]\d+)?)?( ?[ap]m)?",
    re.IGNORECASE,
)
_MONTHS = frozenset(
    ("jan", "feb", "mar", "mär", "mrz", "apr", "may", "mai", "jun", "jul", "aug", "sep", "oct", "okt", "nov", "dec",
     "dez", "fév", "avr", "jui", "aoû", "déc")
)  # fmt: skip


def is_missing(word: str) -> bool:
    """Whether a cell of words says nothing: empty, ``NA``, ``NaN``, ``NULL``, ``.`` and the like, in any case.

    ``None`` as Python writes it counts; ``none`` does not, for it is a word that people mean.
    """
    return word.lower() in _NO_WORD or word == "None"


def refuse_broken(cell: str, where: str) -> None:
    """Make sure that a cell is no formula that a spreadsheet could not work out (``#REF!``, ``#WERT!``).

    Raises:
        TableError: it is.
    """
    if _BROKEN.fullmatch(cell) and not is_missing(cell):
        advice = "mend the formula, or empty the cell"
        raise TableError(f"{cell!r} is a spreadsheet's word for a formula that failed", where=where, advice=advice)


def decimal_mark(cells: Iterable[str], delimiter: str) -> Decimal:
    """Which decimal mark some cells of a table use.

    What may have thousands' marks (``1,234``) counts only where nothing else tells, and only if the delimiter is not
    the comma: then the comma is there for numbers.
    """
    sure = {",": 0, ".": 0}
    open_to_doubt = 0
    for cell in cells:
        text = cell.strip()
        if _THOUSANDS.fullmatch(text):
            open_to_doubt += "," in text and "." not in text
        elif _COMMA.fullmatch(text):
            sure[","] += 1
        elif _POINT.fullmatch(text):
            sure["."] += 1
    if bool(sure[","]) != bool(sure["."]):
        return "comma" if sure[","] else "point"
    return "comma" if open_to_doubt and delimiter != "," and not sure["."] else "either"


def number(cell: str, where: str, decimal: Decimal = "either") -> float:
    """The number in a cell; NaN where it is empty or says so.

    Args:
        cell: with a decimal point or comma, perhaps in quotes or with blanks around.
        where: file and line, for the error.
        decimal: which mark the table uses; it decides what ``1,234`` is.

    Raises:
        TableError: it holds something else: infinity, a date, or a number that could be two (``1,234``).
    """
    text = cell.strip()
    try:
        value = float(text)
        if math.isfinite(value) and "_" not in text and not (decimal == "comma" and _THOUSANDS.fullmatch(text)):
            return value
    except ValueError:
        pass
    return _number(text.strip("\"'\u00a0 "), text, where, decimal)


def _number(text: str, shown: str, where: str, decimal: Decimal) -> float:
    if text.lower() in MISSING:
        return math.nan
    if _THOUSANDS.fullmatch(text) and not (decimal == "comma" and "." not in text and text.count(",") == 1):
        both = "," in text and "." in text
        plain = text.replace(",", "").replace(".", "")
        point = text.replace(",", ".") if text.count(",") + text.count(".") == 1 else None
        if decimal != "comma" and "," not in text and text.count(".") == 1:
            return float(text)
        what = f"{shown[:40]!r} may be {plain}" + (f" or {point}" if point and not both else "")
        raise TableError(what, where=where, advice="write numbers without marks between thousands")
    text = text.replace(",", ".") if "." not in text else text
    if _NUMBER.fullmatch(text):
        value = float(text)
        if math.isfinite(value):
            return value
    advice = "a spreadsheet may have made a date of it" if looks_like_date(text) else None
    raise TableError(f"{shown[:40]!r} is no number", where=where, advice=advice)


def is_number(cell: str, decimal: Decimal = "either") -> bool:
    """Whether :func:`number` finds a number in a cell; one that could be two counts as one."""
    try:
        return math.isfinite(number(cell, "", decimal))
    except TableError:
        return bool(_THOUSANDS.fullmatch(cell.strip()))


def looks_like_date(text: str) -> bool:
    """Whether a cell is a date or a time of day as spreadsheets show them: ``2024-05-01``, ``01.05.24``, ``5-May``."""
    if not _DATE.fullmatch(text):
        return False
    letters = re.sub(r"[^a-zäöûé]", "", text.lower())
    return not letters or letters in ("am", "pm", "t", "tz") or letters[:3] in _MONTHS


def seconds(cell: str, name: str, otherwise: float, where: str, decimal: Decimal = "either") -> float:
    """The seconds in a cell; ``otherwise`` where it says nothing.

    Raises:
        TableError: it holds no number.
    """
    try:
        value = number(cell, where, decimal)
    except TableError as error:
        advice = error.advice or "write seconds, as in 83.5"
        raise TableError(f"{name} {cell[:40]!r} is no time in seconds", where=where, advice=advice) from None
    return otherwise if math.isnan(value) else value
