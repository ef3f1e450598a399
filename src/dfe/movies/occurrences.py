"""Where a corpus shows a display (its events), and some of these moments, spread over its people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import zip_longest
from os import PathLike
from pathlib import Path
from typing import Literal

import numpy as np

from dfe.base.errors import DfeError, UsageError
from dfe.base.types import Progress
from dfe.clock.spans import contains
from dfe.events.folder import EventOptions, Found
from dfe.events.rates import token_of
from dfe.events.survey import find_in_all, people_in

Pick = Literal["random", "strongest"]


@dataclass(frozen=True)
class Occurrence:
    """One event of a display or group."""

    recording: str
    """Name of its table, without suffix."""
    path: Path
    face_id: int
    person: str
    onset_s: float
    apex_s: float
    offset_s: float
    intensity: float
    """At the apex, mm."""
    censored: bool = False
    """Cut short by the end of what is seen."""


@dataclass(frozen=True)
class Occurrences:
    """All events of a display or group in a corpus."""

    label: str
    """What the display or group is called, with its number."""
    tokenizer: str
    all: tuple[Occurrence, ...]
    problems: tuple[DfeError, ...]
    """Recordings that could not be looked at."""

    @property
    def people(self) -> int:
        """How many show it."""
        return len({one.person for one in self.all})


def find_occurrences(
    unit: str,
    paths: Sequence[str | PathLike[str]],
    options: EventOptions | None = None,
    progress: Progress | None = None,
) -> Occurrences:
    """Every event of a display or group in some recordings, those that are cut short too.

    Args:
        unit: number of a display, or name of a group.
        paths: tables, or folders of them.
        options: thresholds, tokenizer, names, roles.
        progress: called after each recording.

    Raises:
        UsageError: no recording, two of the same name, no such display, or it has no event.
        TableError: no recording can be used, or the table of roles cannot be.
        ModelError: there is no such tokenizer.
    """
    survey = find_in_all(paths, options or EventOptions(), progress)
    found: list[Occurrence] = []
    labels: dict[str, str] = {}
    for name, one in survey.found.items():
        labels |= {str(number): f"{number} {given.label}" for number, given in one.events.names.items()}
        labels |= {group.token: group.label for group in one.events.groups}
        found += _occurrences(unit, name, survey.tables[name], one)
    if unit not in labels:
        groups = ", ".join(sorted(token for token in labels if not token.isdecimal()))
        advice = f"name a display's number, or a group: {groups}"
        raise UsageError(f"there is no display or group {unit!r}, or it is merged or unsteady", advice=advice)
    if not found:
        raise UsageError(f"{labels[unit]}: nobody shows it here", advice="lower --on, or name more recordings")
    return Occurrences(labels[unit], survey.tokenizer, tuple(found), survey.problems)


def choose(found: Iterable[Occurrence], count: int, pick: Pick = "random", seed: int = 0) -> tuple[Occurrence, ...]:
    """Up to ``count`` whole occurrences, from each person one in turn; the order of the recordings does not matter.

    Args:
        found: all of them; the strongest moment of those that are cut short may not have been seen.
        count: how many are wanted.
        pick: any of them, or each person's strongest first.
        seed: of the chance.

    Raises:
        UsageError: all are cut short.
    """
    found = [one for one in found if not one.censored]
    if not found:
        raise UsageError("nobody shows it from beginning to end here", advice="lower --on, or name more recordings")
    by_person: dict[str, list[Occurrence]] = {}
    for one in found:
        by_person.setdefault(one.person, []).append(one)

    def chance(one: Occurrence) -> bytes:
        return sha256(
            f"{seed} {one.recording} {one.face_id} {one.apex_s!r}".encode("utf-8", "surrogateescape")
        ).digest()

    def rank(one: Occurrence) -> tuple[float, bytes]:
        return (-one.intensity if pick == "strongest" else 0.0, chance(one))

    turns = sorted((sorted(mine, key=rank) for mine in by_person.values()), key=lambda mine: rank(mine[0]))
    spread = [one for turn in zip_longest(*turns) for one in turn if one is not None]
    return tuple(spread[:count])


def _occurrences(unit: str, name: str, path: Path, one: Found) -> list[Occurrence]:
    made = []
    for face in one.events.faces:
        mine = [e for e in one.events if e.face_id == face.face_id and e.kind in ("display", "group")]
        mine = [e for e in mine if token_of(e) == unit]
        for person in people_in(name, one, face):
            inside = contains(person.window, np.array([event.apex_s for event in mine]))
            for event in np.array(mine, object)[inside] if mine else ():
                times = (event.onset_s, event.apex_s, event.offset_s)
                made.append(Occurrence(name, path, face.face_id, person.id, *times, event.intensity, event.censored))
    return made
