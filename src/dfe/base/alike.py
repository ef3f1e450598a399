"""Words of a table that are one word to a person and two to a program: ``F`` and ``f``, ``007`` and ``7``, ``P 1``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from os import PathLike

from dfe.base.errors import TableError
from dfe.base.numbers import refuse_broken

_WHOLE = re.compile(r"\+?0*(\d+)([.,]0{1,2})?")
"""No more zeros than two after the mark: ``1,000`` may be a thousand."""
_MINUS = re.compile(r"(?<=\s)-(?=\d)")
_BETWEEN = re.compile(r"[\s_-]+")
_LETTER_DIGIT = re.compile(r"(?<=[^\W\d_]) (?=\d)")
_ZEROS = re.compile(r"(?<![\d.,])0+(?=\d)")


def alike_key(word: str) -> str:
    """What words have in common that differ in capitals, blanks, zeros before a number, or as ``7`` and ``7.0``."""
    text = unicodedata.normalize("NFKC", word).casefold().strip()
    if whole := _WHOLE.fullmatch(text):
        return whole[1]
    signed = _MINUS.sub("\N{MINUS SIGN}", text)  # week -1 comes before week 1
    return _ZEROS.sub("", _LETTER_DIGIT.sub("", _BETWEEN.sub(" ", signed)))


def refuse_alike(name: str, cells: Sequence[tuple[int, str]], where: str | PathLike[str]) -> None:
    """Make sure that no two different cells of a column mean the same.

    Args:
        name: of the column.
        cells: with the numbers of their lines.
        where: the file, for errors.

    Raises:
        TableError: two do; it names both, and their lines; or a cell is a formula that failed.
    """
    first: dict[str, tuple[int, str]] = {}
    for line, cell in cells:
        refuse_broken(cell, f"{where}, line {line}")
        before, known = first.setdefault(alike_key(cell), (line, cell))
        if known != cell:
            what = f"column {name} has {cell[:40]!r} here and {known[:40]!r} on line {before}, as if they were two"
            advice = "write them alike if they are one, else call them by names that differ more"
            raise TableError(what, where=f"{where}, line {line}", advice=advice)
