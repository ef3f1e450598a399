"""A recording as the viewer shows it: read, its events found, all that its page draws in one block."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dfe.base.errors import DfeError
from dfe.base.types import DoubleArray
from dfe.displays.names import Names
from dfe.displays.units import EYES
from dfe.displays.vocabulary import Vocabulary, vocabulary_of
from dfe.events.config import EventConfig
from dfe.events.find import tokenizer_of
from dfe.events.finding import detect
from dfe.events.found import EventList
from dfe.events.resting import as_asked
from dfe.pages.course import TICKS_PER_S, course_data
from dfe.pages.packed import packed
from dfe.recording.faces import FaceTrack, list_faces
from dfe.recording.provenance import Provenance
from dfe.recording.recording import Recording
from dfe.recording.schema import ARKIT
from dfe.report.courses import course_of, marks_of, rows_of
from dfe.report.payload import extent
from dfe.report.people import whereabouts
from dfe.tokenizer.file import load_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer

HUNDREDTHS = 100
"""Intensities of single tokens are told in hundredths of a millimetre."""
_NO_BOX = np.iinfo(np.int16).min


@dataclass(frozen=True, eq=False)
class Opened:
    """One recording, open. The table itself is not kept: an hour of it is large."""

    path: Path
    provenance: Provenance
    block: bytes
    """What the page draws, see :func:`dfe.pages.packed.packed`."""
    events: EventList | None
    """None where there can be none; the page says why."""
    frames: DoubleArray
    """``(f,)`` presentation times of its frames, seconds."""
    tokenizer: Tokenizer | None
    vocabulary: Vocabulary | None
    names: Names | None
    faces: tuple[int, ...]
    has_landmarks: bool


def open_recording(path: Path, tokenizer: str | None, names_of: Any, config: EventConfig, *, name: str) -> Opened:
    """Read a recording and make what its page draws.

    Args:
        path: the table.
        tokenizer: name or folder of the one that made its tokens; None: the packaged one that the recording names.
        names_of: called with the tokenizer, gives the user's names.
        config: what counts as an event.
        name: of the recording on the page.

    Raises:
        TableError: it cannot be read.
    """
    recording = Recording.read(path, landmarks=False)
    made, why = _tokenizer(recording, tokenizer)
    if made is not None:
        recording = as_asked(recording, made, config)
    # No chart draws the numbers behind the tokens, and they are half of what an hour takes in memory.
    recording.table = recording.table.drop_columns([*recording.layout.expression, *_beside(recording)])
    pa.default_memory_pool().release_unused()
    notes: list[str] = list(recording.provenance.notes)
    names: Names | None = None
    vocabulary: Vocabulary | None = None
    if made is not None:
        names = names_of(made)
        vocabulary = vocabulary_of(made, names)
    found: EventList | None = None
    if made is not None and vocabulary is not None:
        try:
            found = detect(recording, made, config, vocabulary=vocabulary)
            notes += found.notes
        except DfeError as error:
            why = str(error)
    tracks = _shown(recording, config)
    times = np.unique(recording.times[np.isfinite(recording.times)])
    marks = marks_of(found or ())
    faces, courses = [], []
    counted = recording.usable if config.all_rows is False else recording.success
    for track in tracks:
        course = course_of(recording, track.face_id, made, vocabulary, marks.get(track.face_id, ()), counted)
        courses.append(course)
        faces.append({**course_data(course), **_rows(recording, track, times)})
    start, end = extent(courses, float(times[-1]) if len(times) else None)
    source = recording.provenance.source
    block = packed(
        {
            "name": name,
            "source": source.name,
            "kind": source.kind if len(times) else "stills",
            "start": start,
            "end": end,
            "frames": {"time": _ticks(times), "number": _numbers(recording, times)},
            "picture": {"width": source.width, "height": source.height},
            "faces": faces,
            "tokenizer": recording.tokenizer_id or "",
            "why": why,
            "notes": list(dict.fromkeys(notes)),
            "displays": [] if made is None else _displays(made, names, vocabulary),
            "groups": [] if vocabulary is None else [_group(group) for group in vocabulary.groups],
            "merges": [] if vocabulary is None else [_merge(merge) for merge in vocabulary.merges],
            "eyes": [{"token": eye.token, "label": eye.label, "measure": eye.measure} for eye in EYES],
            "levels": recording.levels if made is not None else 0,
            "landmarks": bool(_kept_lists(path)),
        }
    )
    return Opened(
        path,
        recording.provenance,
        block,
        found,
        times,
        made,
        vocabulary,
        names,
        tuple(track.face_id for track in tracks),
        bool(_kept_lists(path)),
    )


def _beside(recording: Recording) -> tuple[str, ...]:
    return ARKIT if recording.layout.face_model else ()


def _tokenizer(recording: Recording, named: str | None) -> tuple[Tokenizer | None, str]:
    """The tokenizer behind the tokens, or why there are none to show."""
    try:
        found = tokenizer_of(recording) if named is None else load_tokenizer(named)
    except DfeError as error:
        return None, str(error)
    made = recording.provenance.tokenizer
    if made is None:
        return None, "This recording has no tokens yet: dfe encode makes them."
    if made.hash != found.hash:
        other = f"made by another tokenizer, {made.id} ({made.hash[:8]}); here is {found.id} ({found.hash[:8]})"
        return None, f"Its tokens were {other}. Name its folder with --tokenizer."
    return found, ""


def _shown(recording: Recording, config: EventConfig) -> list[FaceTrack]:
    """The faces that count."""
    if not len(recording):
        return []
    fleeting = {} if config.fleeting else recording.summary().fleeting
    return [track for track in list_faces(recording) if track.face_id not in fleeting]


def _rows(recording: Recording, track: FaceTrack, times: DoubleArray) -> dict[str, Any]:
    """What the film and the head need of each row: its frame, its box, its tokens."""
    rows = rows_of(recording, track.face_id)
    box = recording.boxes[rows].astype(np.float64)
    tokens = recording.tokens().at(rows)
    mm = np.where(tokens.says, np.nan_to_num(tokens.mm) * HUNDREDTHS, 0)
    return {
        "frame": np.searchsorted(times, recording.times[rows]).astype(np.int32),
        "box": np.where(np.isfinite(box), np.clip(np.rint(box), -32767, 32767), _NO_BOX).astype(np.int16),
        "display": np.maximum(tokens.display, 0).astype(np.uint16),
        "mm": np.clip(np.rint(mm), 0, 65535).astype(np.uint16),
        "share": track.share,
        "usable": track.usable_share,
        "where": whereabouts(recording.boxes[rows], recording.provenance.source.width) if len(rows) else "",
    }


def _numbers(recording: Recording, times: DoubleArray) -> NDArray[np.int32]:
    number = np.zeros(len(times), np.int32)
    known = np.isfinite(recording.times)
    number[np.searchsorted(times, recording.times[known])] = recording.frames[known]
    return number


def _ticks(times_s: DoubleArray) -> NDArray[np.int32]:
    return np.rint(times_s * TICKS_PER_S).astype(np.int32)


def _displays(made: Tokenizer, names: Names | None, vocabulary: Vocabulary | None) -> list[dict[str, Any]]:
    unsteady = frozenset() if vocabulary is None else vocabulary.unsteady
    usual = made.displays().usual_mm.tolist()
    return [
        {
            "display": one.display,
            "words": one.words,
            "region": one.region,
            "side": "both" if one.side == "symmetric" else one.side or "other",
            "name": "" if names is None else names.name(one.display),
            "note": "" if names is None else names.note(one.display),
            "usual": round(usual[one.display - 1], 4),
            "unsteady": one.display in unsteady,
        }
        for one in made.displays().described[1:]
    ]


def _group(group: Any) -> Mapping[str, Any]:
    return {"name": group.name, "displays": list(group.displays), "own": group.made_by == "user"}


def _merge(merge: Any) -> Mapping[str, Any]:
    return {"name": merge.name, "displays": list(merge.displays), "said": merge.said}


def _kept_lists(path: Path) -> Iterable[str]:
    """``landmarks`` if the table keeps them."""
    if path.suffix.lower() != ".parquet":
        return ()
    import pyarrow.parquet as pq

    names = pq.read_schema(path).names
    return ("landmarks",) if "landmarks" in names else ()
