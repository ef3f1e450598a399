"""Recordings as if they had been measured against everybody's resting face: what a person's own changes.

A resting face that goes a little along a display keeps that display on all of the time, if nothing is taken off. So
films are measured against each person's own; this puts it back.
"""

from __future__ import annotations

import numpy as np

from dfe.events.config import EventConfig
from dfe.recording.recording import Recording
from dfe.tokenizer.tokenizer import Tokenizer


def as_asked(recording: Recording, tokenizer: Tokenizer, config: EventConfig | None) -> Recording:
    """The recording that is counted: as it is, or against everybody's resting face, as the configuration says."""
    if config is None or config.resting_face == "recorded":
        return recording
    return against_everybodys(recording, tokenizer)


def against_everybodys(recording: Recording, tokenizer: Tokenizer) -> Recording:
    """A recording with each face's own resting face put back into what it shows, and coded anew.

    What is put back is what the recording says was taken off: by how much the face at rest differs from everybody's.
    ``dfe encode --neutral population`` does a little more, since it believes less of a face to be its shape. Faces
    whose recording keeps no resting face stay as they are.
    """
    x = recording.expressions().astype(np.float64)
    own = {note.face: np.array(note.numbers["rest"]) for note in recording.provenance.resting if "rest" in note.numbers}
    changed = False
    for face, rest in own.items():
        mine = recording.face_ids == face
        if face is not None and mine.any() and rest.any():
            x[mine] += rest
            changed = True
    if not changed:
        return recording
    return recording.with_tokens(tokenizer.encode(x.astype(np.float32)), tokenizer.provenance())
