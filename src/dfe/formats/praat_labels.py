"""Annotations of Praat's files, read: TextGrid, long and short text format, UTF-8 or UTF-16."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import islice
from os import PathLike
from pathlib import Path

from dfe.base.errors import TableError
from dfe.formats.label import Label, Tiers, annotation_bytes

_ADVICE = "save it in Praat as a text file"
_TOKEN = re.compile(
    r'"([^"]*(?:""[^"]*)*)"|![^\n]*|<(exists|absent)>|(?<![^\s])(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?=\s|$)'
)


def read_textgrid(path: str | PathLike[str]) -> Tiers:
    """Intervals with a text, and points as intervals of no length, of a ``.TextGrid`` file.

    Raises:
        TableError: missing, no TextGrid in text format, or damaged.
    """
    path = Path(path)
    tokens = _praat_tokens(path, annotation_bytes(path))
    try:
        return _textgrid_tiers(tokens)
    except StopIteration:
        raise TableError("damaged: it ends too early", where=path, advice=_ADVICE) from None
    except ValueError as error:
        what = f"damaged: it changes too early, at {str(error)[:60]}"
        raise TableError(what, where=path, advice=_ADVICE) from None


def _praat_tokens(path: Path, data: bytes) -> Iterator[str | float]:
    """Texts and numbers of a file in Praat's text format; everything else is there for people."""
    if data.startswith(b"ooBinaryFile"):
        raise TableError("a binary TextGrid", where=path, advice=_ADVICE)
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        if encoding == "utf-16":
            raise TableError("damaged: no proper UTF-16", where=path, advice=_ADVICE) from None
        text = data.decode("latin-1")
    head = text[:200].replace(" ", "")
    if "ooTextFile" not in head or '"TextGrid"' not in head:
        raise TableError("no TextGrid in text format", where=path, advice=_ADVICE)
    return islice(_tokens_of(text), 2, None)


def _tokens_of(text: str) -> Iterator[str | float]:
    for match in _TOKEN.finditer(text):
        string, flag, number = match.groups()
        if string is not None:
            yield string.replace('""', '"')
        elif flag or number:
            yield flag or float(number)


def _textgrid_tiers(tokens: Iterator[str | float]) -> Tiers:
    def number() -> float:
        token = next(tokens)
        if not isinstance(token, float) or not math.isfinite(token):
            raise ValueError(repr(token))
        return token

    def word() -> str:
        token = next(tokens)
        if not isinstance(token, str):
            raise ValueError(repr(token))
        return token

    tiers: dict[str, list[Label]] = {}
    number(), number()
    if word() == "absent":
        return {}
    for _ in range(int(number())):
        kind, tier = word(), word()
        if kind not in ("IntervalTier", "TextTier"):
            raise ValueError(f"a tier of kind {kind[:40]!r}")
        labels = tiers.setdefault(tier, [])
        number(), number()
        for _ in range(int(number())):
            start = number()
            end = number() if kind == "IntervalTier" else start
            if end < start:
                raise ValueError(f"{end:g}, where an interval ends before it begins")
            if value := word().strip():
                labels.append(Label(tier, start, end, value))
    return {tier: tuple(labels) for tier, labels in tiers.items()}
