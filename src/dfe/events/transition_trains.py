"""From recordings to the onsets that transitions are looked for in, person by person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Literal

import numpy as np

from dfe.base.errors import DfeError
from dfe.base.types import Stages, quiet
from dfe.clock.spans import both, total
from dfe.displays.units import Unit
from dfe.events.config import EventConfig
from dfe.events.folder import EventOptions, Found
from dfe.events.rates import token_of
from dfe.events.survey import find_in_all, people_in
from dfe.events.transition_config import TransitionConfig
from dfe.events.transitions import Train, Transition, in_sight, transitions

Of = Literal["displays", "groups"]


@dataclass(frozen=True)
class Transitions:
    """What follows what in some recordings."""

    units: tuple[Unit, ...]
    """Displays or groups that begin at all."""
    rows: tuple[Transition, ...]
    """By their places among the units."""
    people: int
    recordings: int
    seconds: float
    """In which faces are seen."""
    config: TransitionConfig
    events: EventConfig
    tokenizer: str
    problems: tuple[DfeError, ...]
    """Recordings that could not be used, and why."""


def find_transitions(
    paths: Sequence[str | PathLike[str]],
    options: EventOptions | None = None,
    config: TransitionConfig | None = None,
    *,
    of: Of = "displays",
    stages: Stages = quiet,
) -> Transitions:
    """Read recordings, find their events, and test which follows which.

    A person is who the roles say; without roles who the name says, as in ``sub-01_ses-2``; else each face of each
    recording. All roles that a person has on a face are one time of hers. Time that the roles of a face leave out is
    nobody's, and does not count.

    Args:
        paths: tables, or folders of them.
        options: thresholds, tokenizer, names, roles.
        config: what counts as following.
        of: displays, or groups of them.
        stages: of the work: looking at recordings, then draws.

    Raises:
        UsageError: no recording, two of the same name, or recordings of several tokenizers.
        TableError: no recording could be used, or the table of roles cannot be.
        ModelError: there is no such tokenizer.
    """
    options, config = options or EventOptions(), config or TransitionConfig()
    with stages("looking", "recordings") as progress:
        survey = find_in_all(paths, options, progress)
    found = survey.found
    kind = "display" if of == "displays" else "group"
    units = {unit.token: unit for one in found.values() for unit in _units(one, of)}
    used = {token_of(e) for one in found.values() for e in one.events if e.kind == kind}
    known = [units[token] for token in units if token in used]
    places = {unit.token: place for place, unit in enumerate(known)}
    trains = [train for name, one in found.items() for train in _trains(name, one, kind, places)]
    with stages("testing", "draws") as progress:
        rows = transitions(trains, len(known), config, progress)
    return Transitions(
        units=tuple(known),
        rows=rows,
        people=len({train.person for train in trains}),
        recordings=len(found),
        seconds=sum(total(train.seen) for train in trains),
        config=config,
        events=options.config or EventConfig(),
        tokenizer=survey.tokenizer,
        problems=survey.problems,
    )


def _units(one: Found, of: Of) -> Sequence[Unit]:
    if of == "groups":
        return one.events.groups
    return [Unit(str(n), "display", name.label, name.region, (n,)) for n, name in one.events.names.items()]


def _trains(name: str, one: Found, kind: str, places: dict[str, int]) -> Iterator[Train]:
    for face in one.events.faces:
        mine = [e for e in one.events if e.face_id == face.face_id and e.kind == kind and face.saw_begin(e)]
        onset = np.array([event.onset_s for event in mine])
        display = np.array([places[token_of(event)] for event in mine], np.int64)
        for person in people_in(name, one, face):
            seen = both(face.stretches, person.window)
            if len(seen) and not person.left_over:
                yield in_sight(Train(person.id, f"{name}, face {face.face_id}, {person.name}", seen, onset, display))
