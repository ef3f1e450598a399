"""Whose face is whose: ``roles.csv`` with the columns recording, face_id, start, end, subject, role."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from os import PathLike
from pathlib import Path

from dfe.base.errors import TableError
from dfe.base.label_table import read_label_table
from dfe.base.numbers import Decimal, seconds
from dfe.base.recording_names import RecordingNames, few, plain_path, plain_recording

COLUMNS = ("recording", "face_id", "start", "end", "subject", "role")


@dataclass(frozen=True)
class Role:
    """One face of one recording belongs to a subject, from a start to an end."""

    recording: str
    """Name of the recording's table as the table of roles has it, without suffix; of :func:`roles_at_hand` the whole
    one."""
    face_id: int
    start_s: float
    """Minus infinity where the cell is empty: from the beginning."""
    end_s: float
    """Infinity where the cell is empty: to the end."""
    subject: str
    role: str
    """What the subject does in the recording, such as ``client``; empty where it does not matter."""
    row: int = 0
    """Line of the file, for errors."""


def read_roles(path: str | PathLike[str]) -> tuple[Role, ...]:
    """Read a table of roles; ``start``, ``end`` and ``role`` may be empty or left out.

    Raises:
        TableError: missing, no such table, a cell that makes no sense, or a face that is two subjects' at once.
    """
    file = Path(path)
    table = read_label_table(file, lower=True)
    missing = [name for name in ("recording", "face_id", "subject") if name not in table.names]
    if missing:
        advice = f"its first line must be {','.join(COLUMNS)}"
        raise TableError(f"has no column {missing[0]}", where=file, advice=advice)
    table.refuse_alike("subject", "role" if "role" in table.names else None)
    roles = [_role(row.cells, table.where(row), row.line, table.decimal) for row in table.rows]
    check_overlaps(roles, where=file)
    return tuple(roles)


def check_overlaps(roles: Iterable[Role], where: str | PathLike[str]) -> None:
    """Refuse a face that belongs to two subjects, or has two roles, at the same time.

    Raises:
        TableError: naming both lines.
    """
    by_face: dict[tuple[str, int], list[Role]] = {}
    for role in roles:
        by_face.setdefault((role.recording, role.face_id), []).append(role)
    for (recording, face), mine in by_face.items():
        mine.sort(key=lambda role: (role.start_s, role.end_s))
        for one, other in pairwise(mine):
            if other.start_s < one.end_s:
                lines = sorted((one.row, other.row))
                raise TableError(
                    f"lines {lines[0]} and {lines[1]} overlap: face {face} of {recording} is {one.subject!r} and "
                    f"{other.subject!r} at once",
                    where=where,
                    advice="end one before the other starts",
                )


def roles_at_hand(roles: Sequence[Role], recordings: Iterable[str], where: str | PathLike[str]) -> tuple[Role, ...]:
    """The roles of recordings that are at hand, each with the name that its recording has here.

    What a name means is said by :mod:`dfe.base.recording_names`.

    Args:
        roles: of the table.
        recordings: names of their tables, without suffix, with ``/`` between folders.
        where: the table of roles, for errors.

    Raises:
        TableError: it names none of the recordings, a name may mean several, several may mean one, or a face is two
            subjects' at once.
    """
    names = RecordingNames(map(plain_path, recordings))
    meant = names.all_meant((role.recording, f"{where}, line {role.row}") for role in roles)
    found = [replace(role, recording=one) for role, one in zip(roles, meant, strict=True) if one is not None]
    if names.known and not found:
        what = f"names none of these recordings: {few(role.recording for role in roles)} in the table, "
        advice = "name them as dfe encode named their tables"
        raise TableError(what + names.at_hand(), where=where, advice=advice)
    check_overlaps(found, where)
    return tuple(found)


def roles_of(roles: Sequence[Role], recording: str, faces: Iterable[int], where: str | PathLike[str]) -> list[Role]:
    """The roles in one recording.

    Args:
        roles: of many recordings, as of :func:`roles_at_hand`.
        recording: name of the recording's table, without suffix.
        faces: that the recording has.
        where: the table of roles, for errors.

    Raises:
        TableError: a role of a face that the recording does not have.
    """
    mine = [role for role in roles if role.recording == plain_path(recording)]
    known = sorted(set(faces))
    for role in mine:
        if role.face_id not in known:
            listed = ", ".join(str(face) for face in known[:8]) or "none"
            raise TableError(
                f"{recording} has no face {role.face_id}",
                where=f"{where}, line {role.row}" if role.row else where,
                advice=f"its faces are: {listed}; dfe faces lists them",
            )
    return mine


def _role(values: dict[str, str], where: str, line: int, decimal: Decimal) -> Role:
    for name in ("recording", "subject"):
        if not values.get(name):
            raise TableError(f"the {name} is missing", where=where)
    face = values.get("face_id", "")
    if not face.isdecimal() or len(face) > 5:
        raise TableError(f"face_id {face!r} is no number of a face", where=where)
    start = seconds(values.get("start", ""), "start", -math.inf, where, decimal)
    end = seconds(values.get("end", ""), "end", math.inf, where, decimal)
    if not start < end:
        raise TableError(f"ends at {end:g} s, before it starts at {start:g} s", where=where)
    name = plain_recording(values["recording"])
    return Role(name, int(face), start, end, values["subject"], values.get("role", ""), line)
