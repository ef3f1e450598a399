"""What a drawn head does over a recording: an expression a frame, measured or said by its tokens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from dfe.base.errors import ModelError, UsageError
from dfe.base.types import DoubleArray, FloatArray, IntArray
from dfe.displays.tokens import Tokens
from dfe.displays.vocabulary import vocabulary_of
from dfe.encoding.resting import face_of
from dfe.facemodel.space import own_shape_space
from dfe.recording.recording import Recording
from dfe.space.base import ExpressionSpace
from dfe.space.registry import FACE_MODEL_ID, load_space
from dfe.tokenizer.file import load_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer

What = Literal["measured", "decoded"]


@dataclass(frozen=True, eq=False)
class Performance:
    """One face over the frames of a recording.

    Args:
        name: of the recording.
        space: of the expressions.
        frame: ``(T,)`` number of each frame of the source, ascending.
        time_s: ``(T,)`` presentation times, strictly ascending.
        measured: ``(T, D)``; NaN rows where the face is not seen.
        decoded: ``(T, D)`` what its tokens stand for; None where the recording has none.
        tokens: ``(T, N)`` of the frames, -1 where it is not seen.
        tokenizer: that made them.
        source_sha256: hash of the video; None where it is not known.
    """

    name: str
    space: ExpressionSpace
    frame: IntArray
    time_s: DoubleArray
    measured: FloatArray
    decoded: FloatArray | None
    tokens: Tokens | None
    tokenizer: Tokenizer | None
    source_sha256: str | None = None

    def expressions(self, what: What) -> FloatArray:
        """The expressions of one kind, ``(T, D)``."""
        if what == "measured":
            return self.measured
        if self.decoded is None:
            advice = "encode it with a tokenizer, or draw what was measured with --what measured"
            raise UsageError("has no tokens to draw", where=self.name, advice=advice)
        return self.decoded

    def words(self) -> list[tuple[str, ...]]:
        """Number and name of what the tokens of each frame say, the first token first; two may be called alike.

        Displays that the user has merged are said once, under the number of the first.
        """
        if self.tokenizer is None or self.tokens is None:
            return [()] * len(self.time_s)
        words = vocabulary_of(self.tokenizer)
        told = {number: f"{number} {name.label}" for number, name in words.names.items()}
        said = words.merged(self.tokens).display.tolist()
        return [tuple(dict.fromkeys(told[number] for number in row if number > 0)) for row in said]


def drawable(space: ExpressionSpace) -> ExpressionSpace:
    """The space that pictures of it are made in, if there is a face to draw.

    Raises:
        UsageError: its mesh has no triangles.
    """
    if not space.has_surface:
        raise UsageError(f"space {space.id} has no surface: there is no head to draw")
    return space.drawn


def read_performance(
    path: Path, face: int | None = None, tokenizer: str | Path | None = None, *, own_shape: bool = False
) -> Performance:
    """Read one face of a recording.

    Args:
        path: of the recording's table.
        face: its id; None for the only one.
        tokenizer: the one that made the tokens, where it is none of the package's.
        own_shape: draw the person's own face at rest, as it was fitted, in place of the head that is nobody's; pictures
            of it are pictures of the person.

    Raises:
        UsageError: pictures instead of a video, several faces and none chosen, a space without a surface, or no shape
            of the person known.
        TableError: no recording, or no such face.
        ModelError: the tokenizer is not here, or is another than the one that made the tokens.
    """
    recording = Recording.read(path, landmarks=False)
    space = drawable(load_space(recording.space_id, recording.provenance.space.version))
    ids = sorted({int(i) for i in recording.face_ids[recording.success]})
    if face is None:
        if len(ids) != 1:
            said = f"faces {', '.join(map(str, ids))}" if ids else "no faces"
            advice = "choose one with --face" if ids else None
            raise UsageError(f"has {said}", where=path, advice=advice)
        (face,) = ids
    if own_shape:
        space = _own_shape(recording, face, path)
    frame, first = np.unique(recording.frames, return_index=True)
    time = recording.times[first]
    if not np.isfinite(time).all() or len(time) < 2:
        raise UsageError("pictures without times, or a single frame: there is no movement to draw", where=path)
    later = np.concatenate([[True], time[1:] > np.maximum.accumulate(time)[:-1]])
    frame, time = frame[later].astype(np.int64), time[later]
    rows = recording.for_face(face)
    place = np.searchsorted(frame, rows.frames)
    known = (place < len(frame)) & (frame[np.minimum(place, len(frame) - 1)] == rows.frames)
    measured = np.full((len(frame), space.dimension), np.nan, np.float32)
    measured[place[known]] = rows.expressions()[known]
    source, made = recording.provenance.source, recording.provenance.tokenizer
    if made is None:
        return Performance(source.name, space, frame, time, measured, None, None, None, source.sha256)
    coder = load_tokenizer(tokenizer or made.id)
    if coder.hash != made.hash:
        raise ModelError(
            f"{coder.id} is not the tokenizer that made the tokens ({made.id})",
            where=path,
            advice="name that one's folder with --tokenizer",
        )
    tokens, of_face = Tokens.none(len(frame), recording.levels), rows.tokens()
    tokens.display[place[known]], tokens.mm[place[known]] = of_face.display[known], of_face.mm[known]
    return Performance(source.name, space, frame, time, measured, coder.decode(tokens), tokens, coder, source.sha256)


def _own_shape(recording: Recording, face: int, path: Path) -> ExpressionSpace:
    note = next((note for note in recording.provenance.resting if note.face == face), None)
    resting = None if note is None else face_of(note)
    if recording.space_id != FACE_MODEL_ID or resting is None:
        advice = f"encode the video with --space {FACE_MODEL_ID}"
        raise UsageError(f"holds no shape of face {face}", where=path, advice=advice)
    return own_shape_space(resting)
