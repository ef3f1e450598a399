"""The same film under two names, as where a file was copied or uploaded twice: one person would count as two."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from os import PathLike

from dfe.base.errors import TableError
from dfe.recording.recording import Recording


@dataclass(frozen=True)
class FaceStretch:
    """A stretch of time of a face in a recording, as a table asks for it."""

    sha256: str | None
    """Of the film; None where it is not known."""
    recording: str
    """Where it is, so that recordings of one name in different folders are two."""
    face: int
    start_s: float
    end_s: float
    said: str
    """What asks for it, for errors: ``line 3``."""


def whole_of(recording: Recording) -> tuple[float, float]:
    """When a recording begins and ends, in seconds; pictures have no times, and are always there."""
    clock = recording.clock()
    if not len(clock.times):
        return -math.inf, math.inf
    start = float(clock.times[0])
    return start, start + clock.duration_s


def copies_in(parts: Iterable[FaceStretch]) -> tuple[FaceStretch, FaceStretch] | None:
    """The first two recordings that show the same time of one face of one film; None if there are none."""
    by_film: dict[tuple[str, int], dict[tuple[str, float, float], FaceStretch]] = defaultdict(dict)
    for part in parts:
        if part.sha256:
            by_film[part.sha256, part.face].setdefault((part.recording, part.start_s, part.end_s), part)
    for mine in by_film.values():
        if len({name for name, _, _ in mine}) < 2:
            continue
        for one, other in combinations(mine.values(), 2):
            if one.recording != other.recording and max(one.start_s, other.start_s) < min(one.end_s, other.end_s):
                return one, other
    return None


def refuse_copies(parts: Iterable[FaceStretch], where: str | PathLike[str]) -> None:
    """Make sure that no two recordings show the same time of one face of one film.

    Args:
        parts: of all recordings.
        where: the table that asks for them, for errors.

    Raises:
        TableError: two do; it names both.
    """
    found = copies_in(parts)
    if found is not None:
        one, other = found
        what = f"{one.said} and {other.said} are about one film: {one.recording} and {other.recording} are copies"
        raise TableError(what, where=where, advice="leave one out, or put the right recording in its place")


def copy_notes(parts: Iterable[FaceStretch]) -> tuple[str, ...]:
    """A sentence where recordings are copies, for a data set whose tables nobody here can correct; else none."""
    if copies_in(parts) is None:
        return ()
    return (
        "Some recordings of the data set are copies of one film under different names: who is in both counts twice, "
        "and a model may be tested on what it was trained on.",
    )
