"""Interval tiers of Praat's TextGrid files, long or short, in UTF-8 or UTF-16.

Both forms are read by Praat's own rule ("TextGrid file formats" in its manual): only strings in quotes, numbers and
flags in angle brackets that stand free count; all else, such as ``intervals [1]:`` or ``xmin =``, is commentary.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

from dfe.errors import TableError

_PIECE = re.compile(r'"((?:[^"]|"")*)"|![^\n]*|(<[^<>\s]*>)|(\S+)')
_ADVICE = "save it as a text file in Praat"


def tiers_of_textgrid(data: bytes, where: Path) -> dict[str, list[tuple[float, float, str]]]:
    """Intervals, start and end in seconds and text, by tier; tiers of points have none and are left out.

    Tiers of the same name are joined.

    Raises:
        TableError: not a TextGrid, or it ends early.
    """
    if data.startswith(b"ooBinaryFile"):
        raise TableError("is a binary TextGrid", where=where, advice=_ADVICE)
    pieces = _pieces(_text(data, where))
    try:
        return _tiers(pieces)
    except StopIteration:
        raise TableError("ends early: damaged or truncated", where=where, advice=_ADVICE) from None
    except ValueError as error:
        raise TableError(f"is no TextGrid ({error})", where=where, advice=_ADVICE) from None


def _text(data: bytes, where: Path) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        if encoding == "utf-16":
            raise TableError("is damaged: no proper UTF-16", where=where, advice=_ADVICE) from None
        return data.decode("latin-1")


def _pieces(text: str) -> Iterator[str | float]:
    """Free-standing strings (with a leading quote), flags, and numbers; the rest of a line after ``!`` is a comment."""
    for match in _PIECE.finditer(text):
        string, flag, word = match.groups()
        if string is not None:
            yield '"' + string.replace('""', '"')
        elif flag is not None:
            yield flag
        elif word is not None:
            try:
                value = float(word)
            except ValueError:
                continue
            if math.isfinite(value):
                yield value


def _tiers(pieces: Iterator[str | float]) -> dict[str, list[tuple[float, float, str]]]:
    if _string(pieces) != "ooTextFile" or _string(pieces) != "TextGrid":
        raise ValueError("it does not begin like one")
    _number(pieces)
    _number(pieces)
    if next(pieces) != "<exists>":
        return {}
    tiers: dict[str, list[tuple[float, float, str]]] = {}
    for _ in range(_count(pieces)):
        kind, name = _string(pieces), _string(pieces)
        _number(pieces)
        _number(pieces)
        if kind == "IntervalTier":
            tier = tiers.setdefault(name, [])
            for _ in range(_count(pieces)):
                tier.append((_number(pieces), _number(pieces), _string(pieces)))
        elif kind == "TextTier":
            for _ in range(_count(pieces)):
                _number(pieces)
                _string(pieces)
        else:
            raise ValueError(f"a tier of kind {kind[:40]!r}")
    return tiers


def _string(pieces: Iterator[str | float]) -> str:
    piece = next(pieces)
    if not isinstance(piece, str) or not piece.startswith('"'):
        raise ValueError(f"{piece!r:.40} where a text should be")
    return piece[1:]


def _number(pieces: Iterator[str | float]) -> float:
    piece = next(pieces)
    if not isinstance(piece, float):
        raise ValueError(f"{piece!r:.40} where a number should be")
    return piece


def _count(pieces: Iterator[str | float]) -> int:
    value = _number(pieces)
    if value != int(value) or value < 0:
        raise ValueError(f"{value:g} where a count should be")
    return int(value)
