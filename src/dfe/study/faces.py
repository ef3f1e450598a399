"""Which face of a recording is the subject's: the only one, or the one that a table of roles names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path

import numpy as np

from dfe.errors import TableError
from dfe.recording.clock import row_seconds
from dfe.recording.recording import Recording
from dfe.recording.roles import Role, roles_of
from dfe.study.examples import Examples
from dfe.study.measures import find_recording

LASTING_SHARE = 0.05
"""A face counts as a second person if it is seen for at least this share of the first one's time."""


def lasting_faces(recording: Recording) -> tuple[int, ...]:
    """Faces of a video that are seen for more than a moment; of still pictures face 0 alone, the largest of each."""
    if np.isnan(recording.times).all():
        return (0,)
    seconds, faces = row_seconds(recording.times), recording.face_ids
    shown = {int(face): float(seconds[faces == face].sum()) for face in np.unique(faces) if face >= 0}
    longest = max(shown.values(), default=0.0)
    return tuple(face for face, time in sorted(shown.items()) if time >= LASTING_SHARE * longest)


def assign_faces(
    examples: Examples, folder: Path, roles: Sequence[Role] = (), where: str | PathLike[str] = "roles.csv"
) -> Examples:
    """The examples with the face, and the stretch of time, that is their subject's.

    Args:
        examples: whose recordings; one that is not there is left to whoever matches names.
        folder: of the recordings.
        roles: whose face is whose; needed for recordings that show more than one person.
        where: the table of roles, for errors.

    Raises:
        TableError: a recording with several faces and no role of the example's subject, a role of a face that is not
            there, or a subject whose face changes.
    """
    count = len(examples)
    face = np.zeros(count, np.int64) if examples.face is None else examples.face.copy()
    low = np.full(count, -np.inf) if examples.onset_s is None else examples.onset_s.copy()
    high = np.full(count, np.inf) if examples.offset_s is None else examples.offset_s.copy()
    known: dict[str, tuple[int, ...]] = {}
    for place, name in enumerate(examples.recording):
        if name not in known:
            path = find_recording(folder, name, missing_ok=True)
            known[name] = () if path is None else lasting_faces(Recording.read(path, landmarks=False))
        if not known[name]:
            continue
        mine = roles_of(roles, Path(name).name, known[name], where)
        own = [role for role in mine if role.subject == str(examples.subject[place])]
        if not own and (len(known[name]) < 2 or examples.face is not None):
            continue
        if not own:
            listed = ", ".join(map(str, known[name]))
            what = f"shows {len(known[name])} faces ({listed}), and nobody said which is the subject's"
            advice = "give a table of roles (docs/events.md), or encode with --largest-only"
            raise TableError(what, where=name, advice=advice)
        if len({role.face_id for role in own}) > 1 or len(own) > 1:
            what = "the subject's face changes, or comes in several stretches"
            raise TableError(what, where=f"{where}, {name}", advice="merge the tracks with dfe faces")
        face[place] = own[0].face_id
        low[place], high[place] = max(low[place], own[0].start_s), min(high[place], own[0].end_s)
    windowed = np.isfinite(low).any() or np.isfinite(high).any()
    return replace(
        examples,
        face=face if face.any() or examples.face is not None else None,
        onset_s=low if windowed else examples.onset_s,
        offset_s=high if windowed else examples.offset_s,
    )
