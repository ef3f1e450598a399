"""Words that every command understands: ``--debug``, ``--limit``, and ``-`` with ``--null`` for paths from a list."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from dfe.base.budget import VARIABLE, allowed
from dfe.base.errors import UsageError

DEBUG, LIMIT, NULL, LIST = "--debug", "--limit", "--null", "-"


class Words(NamedTuple):
    """A command line without these words, and what they said."""

    rest: list[str]
    debug: bool
    null: bool
    limit: str | None


def sorted_out(arguments: Sequence[str]) -> Words:
    """Take the words that every command understands out of a command line, wherever they stand."""
    rest: list[str] = []
    limit: str | None = None
    words = iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if name == LIMIT:
            limit = value if equals else next(words, "")
        elif word not in (DEBUG, NULL):
            rest.append(word)
    return Words(rest, DEBUG in arguments, NULL in arguments, limit)


@contextmanager
def lifted(limit: str | None) -> Iterator[None]:
    """While it lasts, all budgets of inputs are so many times as large; workers inherit it.

    Raises:
        UsageError: it is no number above 0.
    """
    if limit is None:
        yield
        return
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = limit
    try:
        if not limit.strip():
            raise UsageError(f"{LIMIT} needs a number", advice=f"write {LIMIT} 4 for four times as much")
        allowed(1)
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


def with_list(words: Sequence[str], *, null: bool) -> list[str]:
    """The words with the paths that standard input lists in place of ``-``.

    Args:
        words: of the command line.
        null: the list has a null byte after each path, as of ``find -print0``, and not a line's end.

    Raises:
        UsageError: ``null`` without a list, or null bytes without it.
    """
    if LIST not in words:
        if null:
            advice = f"write {LIST} where the paths go, as in find . -print0 | dfe encode {LIST} {NULL} -o out"
            raise UsageError(f"{NULL} does nothing without {LIST}", advice=advice)
        return list(words)
    text = _standard_input()
    if "\0" in text and not null:
        raise UsageError("the list of paths holds null bytes", advice=f"add {NULL} to read what find -print0 prints")
    parts = text.split("\0") if null else [line.rstrip("\r") for line in text.split("\n")]
    # A path that begins like an option is none.
    paths = [f".{os.sep}{part}" if part.startswith("-") else part for part in parts if part.strip()]
    return [one for word in words for one in (paths if word == LIST else [word])]


def _standard_input() -> str:
    raw = getattr(sys.stdin, "buffer", None)
    return sys.stdin.read() if raw is None else os.fsdecode(raw.read())
