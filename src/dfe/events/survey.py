"""The events of many recordings of one tokenizer, and whose they are: what is asked of a whole corpus begins here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dfe.base.errors import DfeError, TableError, UsageError
from dfe.base.types import DoubleArray, Progress
from dfe.clock.spans import spans
from dfe.events.folder import EventOptions, Found, entities, finder, tables_by_name
from dfe.events.found import FaceTime
from dfe.events.rates import windows_of
from dfe.recording.recording import Recording


@dataclass(frozen=True)
class Survey:
    """What was found in some recordings of one tokenizer."""

    found: Mapping[str, Found]
    """By the names of the recordings."""
    tables: Mapping[str, Path]
    """Of all recordings, by their names."""
    tokenizer: str
    problems: tuple[DfeError, ...]
    """Recordings that could not be used, and why."""


def find_in_all(
    paths: Sequence[str | PathLike[str]], options: EventOptions, progress: Progress | None = None
) -> Survey:
    """Find the events of recordings, without writing them.

    Args:
        paths: tables, or folders of them.
        options: thresholds, tokenizer, speech, roles, names.
        progress: called after each recording.

    Raises:
        UsageError: no recording, two of the same name, or recordings of several tokenizers.
        TableError: no recording can be used, or the table of roles cannot be.
        ModelError: there is no such tokenizer.
    """
    tables = tables_by_name(paths)
    find = finder(options, list(tables))
    found: dict[str, Found] = {}
    problems: list[DfeError] = []
    for done, (name, path) in enumerate(tables.items(), start=1):
        try:
            found[name] = find(name, Recording.read(path, landmarks=False))
        except DfeError as error:
            problems.append(error)
        if progress is not None:
            progress(done, len(tables))
    if not found:
        first = problems[0]
        raise (
            first
            if len(problems) == 1
            else TableError(f"none of {len(problems)} recordings can be used; the first: {first}")
        )
    coders = sorted({one.events.tokenizer for one in found.values()})
    if len(coders) > 1:
        raise UsageError(f"recordings of {' and '.join(coders)}", advice="name those of one tokenizer")
    return Survey(found, tables, coders[0], tuple(problems))


class Person(NamedTuple):
    """Somebody whose face a face is, and when."""

    id: str
    """Tells a person from all others."""
    name: str
    """As the roles or the recording's name say; empty where nobody said."""
    window: DoubleArray
    """``(k, 2)`` stretches of time, whatever the person's role in them."""
    left_over: bool
    """Time that the roles of this face leave out."""


def people_in(name: str, found: Found, face: FaceTime) -> Iterator[Person]:
    """Who a face is, and when: as the roles say; without roles as the name says; else each face is somebody.

    Args:
        name: of the recording.
        found: what was found in it.
        face: one of its faces.
    """
    subject = entities(name).get("subject", "")
    windows: dict[str, list[DoubleArray]] = {}
    for who, _, window in windows_of(face, found.roles, subject):
        windows.setdefault(who, []).append(window)
    has_roles = any(role.face_id == face.face_id for role in found.roles)
    for who, mine in windows.items():
        yield Person(who or f"{name}, face {face.face_id}", who, spans(np.concatenate(mine)), has_roles and not who)
