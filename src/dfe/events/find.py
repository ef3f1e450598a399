"""Events of a recording, with the tokenizer that made its tokens and with what its displays are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path

import numpy as np

from dfe.base.errors import ModelError, TableError
from dfe.base.types import DoubleArray
from dfe.displays.names import Names
from dfe.displays.vocabulary import vocabulary_of
from dfe.events.config import EventConfig
from dfe.events.finding import Speech, detect
from dfe.events.found import EventList
from dfe.events.resting import as_asked
from dfe.formats.speech import check_inside, read_speech, speech_of_faces
from dfe.recording.recording import Recording
from dfe.tokenizer.file import load_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer


def find_events(
    recording: Recording,
    config: EventConfig | None = None,
    *,
    tokenizer: Tokenizer | str | PathLike[str] | None = None,
    speech: Speech | str | PathLike[str] | None = None,
    speaker: Mapping[str, int] | None = None,
    labels: Mapping[int, str] | None = None,
    names: Names | None = None,
) -> EventList:
    """Displays of skin and eyes, groups, blinks and shifts of gaze in a recording, called by what they do to a face.

    Args:
        recording: with tokens and presentation times.
        config: thresholds.
        tokenizer: that made the tokens, or its name or folder; by default the packaged one that the recording names.
        speech: a file of speech (RTTM, ELAN, TextGrid), or stretches by face.
        speaker: face of each speaker of the file; see :func:`dfe.formats.speech.speech_of_faces`.
        labels: the user's own names of displays, by number.
        names: the user's names, merges and groups; what :func:`dfe.displays.names.load_names` finds if None.

    Raises:
        TableError: no rows, no tokens, still pictures, or a file of speech that cannot be read.
        ModelError: another tokenizer made the tokens, or there is no such tokenizer.
        UsageError: it is not clear whose voice is whose.
    """
    if not isinstance(tokenizer, Tokenizer):
        tokenizer = tokenizer_of(recording) if tokenizer is None else load_tokenizer(tokenizer)
    recording = as_asked(recording, tokenizer, config)
    name = Path(recording.provenance.source.name).stem
    note = None
    if speech is not None and not isinstance(speech, Mapping):
        speech, note = speech_from_file(recording, speech, speaker, name)
    vocabulary = vocabulary_of(tokenizer, names, labels=labels)
    found = detect(recording, tokenizer, config, speech=speech, vocabulary=vocabulary)
    return found if note is None else replace(found, notes=(*found.notes, note))


def tokenizer_of(recording: Recording) -> Tokenizer:
    """The packaged tokenizer that made a recording's tokens.

    Raises:
        TableError: it has no tokens.
        ModelError: its tokenizer is none of the package's, or not the same.
    """
    made, where = recording.provenance.tokenizer, recording.provenance.source.name
    if made is None or not recording.levels:
        raise TableError("has no tokens", where=where, advice="encode it with dfe encode")
    try:
        return load_tokenizer(made.id)
    except ModelError:
        raise ModelError(
            f"its tokenizer {made.id} does not come with the package",
            where=where,
            advice="name the tokenizer's folder with --tokenizer (in Python tokenizer=)",
        ) from None


def speech_from_file(
    recording: Recording, path: str | PathLike[str], speaker: Mapping[str, int] | None, name: str
) -> tuple[Speech, str | None]:
    """Stretches of speech of the faces of a recording, and what to say of them: which labels were taken for speech.

    ``name`` picks the recording's lines from an RTTM file of several, and its video from several that ELAN links.
    """
    faces = [int(face) for face in np.unique(recording.face_ids[recording.success])]
    talk = read_speech(path, name)
    late = check_speech(recording, talk, path)
    of_faces = speech_of_faces(talk, faces, speaker, path)
    said = "; ".join(word for word in (talk.said(), late) if word)
    return {face: spans for face, spans in of_faces.items() if face in faces}, said or None


def check_speech(recording: Recording, talk: Mapping[str, DoubleArray], where: str | PathLike[str]) -> str | None:
    """What to say of speech that a recording is too short for; None of a part of a film, whose speech is all of it.

    Raises:
        TableError: more than half of the speech lies outside the recording.
    """
    options, clock = recording.provenance.options, recording.clock()
    if not len(clock.times) or any(options.get(name) is not None for name in ("start_s", "end_s")):
        return None
    start = float(clock.times[0])
    return check_inside(talk, start, start + clock.duration_s, where)
