"""From what the workers saw to one recording: faces are told apart, then measured against a face at rest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dfe.base.errors import MediaError
from dfe.base.stamps import Stamps
from dfe.base.version import __version__
from dfe.encoding.coders import UNCORRECTED
from dfe.encoding.face_model import NEUTRAL as RESTING
from dfe.encoding.face_model import FaceModelRows, face_space_ref, in_face_space, mesh_fitter
from dfe.encoding.options import EncodeOptions
from dfe.encoding.tasks import Observed, front_end_for
from dfe.encoding.watch import Watch, changed_defect
from dfe.facemodel.track import join_seen
from dfe.frontends.blurred import blurred_defect, detail_of_rows
from dfe.frontends.repeats import Repeats, find_repeats, repeats_defect
from dfe.frontends.standstill import (
    Standstill,
    find_standstills,
    freezes_defect,
    momentary,
    standstill_defect,
    still_seconds,
)
from dfe.frontends.tracks import changed_faces, identify, only_largest
from dfe.recording.build import build_recording
from dfe.recording.provenance import PictureNote, Provenance, SpaceRef, creation_time
from dfe.recording.recording import Recording
from dfe.recording.rows import RowBuffer
from dfe.recording.schema import POINTS


def assemble(parts: Sequence[Observed], options: EncodeOptions) -> Recording:
    """One recording out of the parts of one source, in their order.

    Face ids are assigned here, over the whole recording, so they do not depend on how the work was shared.

    Raises:
        MediaError: no frame was looked at, since none lies in the cut that the options ask for.
    """
    rows, watch = parts[0].rows, parts[0].watch
    if len(parts) > 1:
        rows, watch = RowBuffer(options.landmarks, rows.layout), Watch()
        for part in parts:
            rows.extend(part.rows)
            watch.extend(part.watch)
    info = parts[0].info
    if info is None:
        raise ValueError("the first part does not say what the source is")
    if not len(rows):
        what = f"no frame lies in the cut; the recording lasts {info.duration_s or 0:.2f} s"
        raise MediaError(what, where=info.name, advice="change --start, --end or --every")
    pictures = watch.pictures()
    boxes = pictures.one_size(rows.frames, rows.boxes)
    looks = pictures.looks_of(rows.frames)
    ids = identify(rows.frames, rows.times, boxes, looks=looks, cuts=pictures.begins)
    if options.largest_only:
        ids = only_largest(ids)
    stills = info.kind == "stills"
    changes = pictures.cuts[:0] if stills else changed_faces(rows.frames, boxes, looks)
    detail = detail_of_rows(ids, pictures.details, stills=stills)
    standing = find_standstills(rows.frames, rows.times, ids, looks)
    freezes = momentary(standing, options.usability.max_still_s)
    repeats = find_repeats(rows.frames, rows.times, ids, pictures.changes)
    known = parts[0].defects
    touched = changed_between(parts)
    defects = (
        *known,
        *changed_defect(touched, parts[0].called),
        *pictures.defects(known, max_faces=options.max_faces, changes=changes, stills=stills),
        *blurred_defect(ids, detail, options.usability.min_detail, stills=stills),
        *standstill_defect(standing, options.usability.max_still_s),
        *freezes_defect(freezes),
        *repeats_defect(repeats),
    )
    provenance = Provenance(
        source=info,
        space=parts[0].space,
        neutral=UNCORRECTED,
        package_version=__version__,
        frontend=parts[0].front_end,
        mirrored=options.mirrored,
        options=options.provenance(),
        pictures=picture_notes(repeats, freezes),
        defects=defects,
        created=creation_time(),
    )
    still_s = still_seconds(standing, len(rows))
    recording = build_recording(
        rows, provenance, face_ids=ids, usability=options.usability, still_s=still_s, detail=detail
    )
    if options.fits_pictures:
        found = np.flatnonzero(rows.success)
        kept = [part.faces for part in parts if part.faces is not None]
        frozen = still_s[found] > options.usability.max_still_s
        faces = FaceModelRows(join_seen(kept), mesh_fitter(), POINTS) if kept else None
        recording = in_face_space(recording, faces, rows.frames[found], ids[found], options.neutral, frozen)
    return recording


def picture_notes(repeats: Sequence[Repeats], freezes: Sequence[Standstill]) -> tuple[PictureNote, ...]:
    """How often the pictures of faces change, of those of which there is something to say."""
    notes = []
    for one in repeats:
        frozen = [other.seconds for other in freezes if other.face == one.face]
        known = np.isfinite(one.share)
        if known or frozen:
            share, rate = (round(one.share, 4), round(one.picture_rate, 3)) if known else (None, None)
            notes.append(PictureNote(one.face, share, rate, len(frozen), round(sum(frozen), 3)))
    return tuple(notes)


def changed_between(parts: Sequence[Observed]) -> list[Path]:
    """Files that changed while one of the parts was read, or between two of them."""
    found = {path for part in parts for path in part.changed}
    first: Stamps = {}
    for part in parts:
        found |= {path for path, state in part.files.items() if first.setdefault(path, state) != state}
    return sorted(found)


def measured_space(options: EncodeOptions) -> SpaceRef:
    """The space in which pictures are measured under these options.

    Raises:
        UsageError: the front end needs an option that was not given.
        ModelError: its weights are missing or damaged.
    """
    if options.fits_pictures:
        return face_space_ref()
    space = front_end_for(options, still=False).space
    return SpaceRef(space.id, space.version, space.hash)


def measured_neutral(options: EncodeOptions) -> str:
    """What is done about a person's own neutral face under these options."""
    return RESTING if options.fits_pictures else UNCORRECTED
