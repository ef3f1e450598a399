"""Whose recording a file is, from where it lies: ``{subject}/{subject}_{task}.mp4``, or names in the way of BIDS."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePath
from typing import NamedTuple

from dfe.base.errors import UsageError
from dfe.base.printable import printable_line
from dfe.events.folder import entities

FIELDS = ("subject", "session", "task")
_PIECE = re.compile(r"\{([^{}]*)\}|(\*+)|([^{}*]+)|(.)")
_ANY_SUFFIX = ".*"
_SUFFIX = re.compile(r"\.(\w+|\*)$")
_EXAMPLE = "as in {subject}/{subject}_{task}.mp4"


class Whose(NamedTuple):
    """Whose recording it is; empty where the path does not say."""

    subject: str = ""
    session: str = ""
    task: str = ""


class Pattern:
    """Finds subject, session and task in paths.

    Args:
        text: the last parts of a path, with ``{subject}``, ``{session}`` and ``{task}`` where these stand and ``*`` for
            whatever does not matter; a field that stands twice must say the same twice. Without a suffix at its end,
            any will do. Where a path fits in several ways, each field from the left on takes as little as it can. None:
            entities as of BIDS, anywhere in the path.

    Raises:
        UsageError: a field that there is not, no field at all, or nothing between two fields.
    """

    def __init__(self, text: str | None = None) -> None:
        self.text = text
        parts = [] if text is None else _split(unicodedata.normalize("NFC", text))
        self._depth = len(parts)
        self._least, self._most = (_compiled("/".join(parts), most=most) for most in (False, True))
        if text is not None and not self._least.groupindex:
            raise UsageError(f"the pattern {text!r} says nothing of a subject", advice=f"write it {_EXAMPLE}")

    def read(self, path: PurePath) -> Whose | None:
        """What the path says; None where the pattern does not fit."""
        if self.text is None:
            found = _entities(PurePath(unicodedata.normalize("NFC", str(path))))
        else:
            found = _fitted(self._least, self._end_of(path))
        return found if found is None else Whose(*map(_as_text, found))

    def is_unclear(self, path: PurePath) -> bool:
        """Whether the path says something else where fields take as much as they can: where one ends is not clear."""
        if self.text is None:
            return False
        end = self._end_of(path)
        return _fitted(self._least, end) != _fitted(self._most, end)

    def _end_of(self, path: PurePath) -> str:
        """As much of a path as the pattern tells of; some systems write an accent as a character of its own, and a
        subject is the same, however its folder is written.
        """
        return unicodedata.normalize("NFC", "/".join(path.parts[-self._depth :]))


def _fitted(wanted: re.Pattern[str], end: str) -> Whose | None:
    found = wanted.fullmatch(end)
    return None if found is None else Whose(**found.groupdict())


def _split(text: str) -> list[str]:
    parts = PurePath(text).parts
    last = parts[-1] if parts else ""
    return [*parts[:-1], last if _SUFFIX.search(last) else f"{last}{_ANY_SUFFIX}"] if parts else []


def _compiled(text: str, *, most: bool) -> re.Pattern[str]:
    """What paths must look like, with fields that take as much as they can, or as little."""
    out, known, before = "", set[str](), False
    for field, star, plain, odd in _PIECE.findall(text.removesuffix(_ANY_SUFFIX)):
        if before and not plain:
            advice = "write what stands between the two, as in {subject}_{task}"
            raise UsageError(f"where one field of the pattern {text!r} ends is not clear", advice=advice)
        before = not plain
        if star:
            out += "[^/]*?" if most else "[^/]*"
        elif plain:
            out += re.escape(plain)
        elif odd or field not in FIELDS:
            what = f"the pattern holds {odd or '{' + field + '}'}"
            raise UsageError(what, advice=f"the fields are {', '.join('{' + f + '}' for f in FIELDS)}, {_EXAMPLE}")
        else:
            out += f"(?P={field})" if field in known else f"(?P<{field}>[^/]+{'' if most else '?'})"
            known.add(field)
    return re.compile(out + (r"\.[^./]*" if text.endswith(_ANY_SUFFIX) else ""))


def _as_text(said: str) -> str:
    """What a path says, with bytes that are no text as messages show them."""
    try:
        said.encode()
    except UnicodeEncodeError:
        return printable_line(said)
    return said


def _entities(path: PurePath) -> Whose | None:
    """By the folders and the name together; what the name says, the last, counts where they differ."""
    said = entities(path.with_suffix("").as_posix())
    return Whose(said["subject"], said.get("session", ""), said.get("condition", "")) if "subject" in said else None
