"""Whose face is whose, from a table of roles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path

import numpy as np

from dfe.base.errors import TableError
from dfe.base.recording_names import plain_path
from dfe.datasets.examples import NOT_SAID, Examples
from dfe.predict.reading import find_recording
from dfe.recording.recording import Recording
from dfe.recording.roles import Role, roles_at_hand, roles_of


def assign_faces(
    examples: Examples, folder: Path, roles: Sequence[Role] = (), where: str | PathLike[str] = "roles.csv"
) -> Examples:
    """The examples with the face, and the stretch of time, that is their subject's.

    Where no role says it, nothing is assigned: whoever reads the recording then takes its only face, or refuses it.

    Args:
        examples: whose recordings.
        folder: of the recordings.
        roles: whose face is whose; needed for recordings that show more than one person.
        where: the table of roles, for errors.

    Raises:
        TableError: a role of a face that is not there, or a subject whose face changes; or as of
            :func:`~dfe.recording.roles.roles_at_hand`.
    """
    count = len(examples)
    face = np.full(count, NOT_SAID) if examples.face is None else examples.face.copy()
    low = np.full(count, -np.inf) if examples.onset_s is None else examples.onset_s.copy()
    high = np.full(count, np.inf) if examples.offset_s is None else examples.offset_s.copy()
    known = roles_at_hand(roles, examples.recording, where)
    for place, name in enumerate(examples.recording):
        subject = str(examples.subject[place])
        own = [role for role in known if role.recording == plain_path(name) and role.subject == subject]
        path = find_recording(folder, name, missing_ok=True) if own else None
        if path is None:
            continue
        roles_of(own, name, np.unique(Recording.read(path, landmarks=False).face_ids).tolist(), where)
        if len(own) > 1:
            what = "the subject's face changes, or comes in several stretches"
            raise TableError(what, where=f"{where}, {name}", advice="merge the tracks with dfe faces")
        face[place] = own[0].face_id
        low[place], high[place] = max(low[place], own[0].start_s), min(high[place], own[0].end_s)
    windowed = np.isfinite(low).any() or np.isfinite(high).any()
    return replace(
        examples,
        face=face,
        onset_s=low if windowed else examples.onset_s,
        offset_s=high if windowed else examples.offset_s,
    )
