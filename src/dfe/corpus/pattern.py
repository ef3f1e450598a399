"""Whose recording a file is, from where it lies: ``{subject}/{subject}_{task}.mp4``, or names in the way of BIDS."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePath
from typing import NamedTuple

from dfe.base.errors import UsageError
from dfe.events.folder import entities

FIELDS = ("subject", "session", "task")
_PIECE = re.compile(r"\{([^{}]*)\}|(\*)|([^{}*]+)|(.)")
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
            any will do. None: entities as of BIDS, anywhere in the path.

    Raises:
        UsageError: a field that there is not, or no field at all.
    """

    def __init__(self, text: str | None = None) -> None:
        self.text = text
        plain = None if text is None else unicodedata.normalize("NFC", text)
        self._parts = None if plain is None else [_compiled(part) for part in _split(plain)]
        if self._parts is not None and not any(part.groupindex for part in self._parts):
            raise UsageError(f"the pattern {text!r} says nothing of a subject", advice=f"write it {_EXAMPLE}")

    def read(self, path: PurePath) -> Whose | None:
        """What the path says; None where the pattern does not fit."""
        # Some systems write an accent as a character of its own: a subject is the same, however its folder is written.
        path = type(path)(unicodedata.normalize("NFC", str(path)))
        if self._parts is None:
            return _entities(path)
        said: dict[str, str] = {}
        parts = (*path.parts[:-1], path.name)[-len(self._parts) :]
        if len(parts) < len(self._parts):
            return None
        for wanted, part in zip(self._parts, parts, strict=True):
            found = wanted.fullmatch(part)
            if found is None:
                return None
            for name, value in found.groupdict().items():
                if said.setdefault(name, value) != value:
                    return None
        return Whose(**said)


def _split(text: str) -> list[str]:
    parts = PurePath(text).parts
    last = parts[-1] if parts else ""
    return [*parts[:-1], last if PurePath(last).suffix else f"{last}.*"] if parts else []


def _compiled(part: str) -> re.Pattern[str]:
    out, known = "", set[str]()
    for field, star, plain, odd in _PIECE.findall(part):
        if star:
            out += ".*"
        elif plain:
            out += re.escape(plain)
        elif odd or field not in FIELDS:
            what = f"the pattern holds {odd or '{' + field + '}'}"
            raise UsageError(what, advice=f"the fields are {', '.join('{' + f + '}' for f in FIELDS)}, {_EXAMPLE}")
        else:
            out += f"(?P={field})" if field in known else f"(?P<{field}>.+?)"
            known.add(field)
    return re.compile(out)


def _entities(path: PurePath) -> Whose | None:
    """By the folders and the name together; what the name says, the last, counts where they differ."""
    said = entities(path.with_suffix("").as_posix())
    return Whose(said["subject"], said.get("session", ""), said.get("condition", "")) if "subject" in said else None
