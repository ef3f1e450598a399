"""When people speak, from files of other tools, and whose face goes with which voice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np

from dfe.base.errors import TableError, UsageError
from dfe.base.types import DoubleArray
from dfe.clock.spans import both, spans, total
from dfe.formats.label import annotation_bytes
from dfe.formats.labels import read_tiers
from dfe.formats.rttm import turns_of_rttm
from dfe.formats.silence import is_silence

SUFFIXES = (".rttm", ".eaf", ".textgrid")
"""Files that :func:`read_speech` reads, in small letters."""

_SHOWN, _LONG = 12, 30
_LATE_S = 1.0

Annotation = tuple[float, float, str]
"""Start and end in seconds, and what it says."""


@dataclass(frozen=True, eq=False)
class Talk(Mapping[str, DoubleArray]):
    """Stretches of speech ``(k, 2)`` in seconds, by speaker, and what was taken for speech."""

    stretches: dict[str, DoubleArray]
    spoken: tuple[str, ...] = ()
    """Different annotations that were taken for speech, those that look least like words first."""
    silent: tuple[str, ...] = ()
    """Different annotations that were taken for silence."""

    def __getitem__(self, speaker: str) -> DoubleArray:
        return self.stretches[speaker]

    def __iter__(self) -> Iterator[str]:
        return iter(self.stretches)

    def __len__(self) -> int:
        return len(self.stretches)

    def said(self) -> str | None:
        """Which labels were taken for speech, for people to check; None where there are none to check, as in RTTM."""
        if not self.spoken:
            return None
        more = f" and {len(self.spoken) - _SHOWN} others" if len(self.spoken) > _SHOWN else ""
        silent = ", ".join(word or "empty ones" for word in self.silent[:_SHOWN])
        words = ", ".join(word if len(word) <= _LONG else f"{word[:_LONG]}..." for word in self.spoken[:_SHOWN])
        return f"labels taken for speech: {words}{more}" + (f"; for silence: {silent}" if silent else "")


def read_speech(path: str | PathLike[str], recording: str | None = None) -> Talk:
    """Stretches of speech ``(k, 2)`` in seconds, by speaker.

    RTTM (``SPEAKER`` lines; NIST Rich Transcription 2009), ELAN (``.eaf``; tiers with times of their own) and Praat's
    TextGrid (interval tiers, long or short). A tier is a speaker; annotations that are empty or say ``sil`` and the
    like are silence (:func:`dfe.formats.silence.is_silence`).

    Args:
        path: the file.
        recording: name of the recording without suffix; tells which lines of an RTTM file of several recordings count,
            and which of several videos ELAN's times are about.

    Raises:
        TableError: missing, damaged, or none of these formats.
    """
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix not in SUFFIXES:
        raise TableError("is no file of speech", where=file, advice="give an .rttm, .eaf or .TextGrid file")
    rttm = suffix == ".rttm"
    tiers = turns_of_rttm(annotation_bytes(file), file, recording) if rttm else _tiers(file, recording)
    if not tiers:
        raise TableError("names no speaker", where=file)
    for name, found in tiers.items():
        times = np.array([a[:2] for a in found], np.float64).reshape(-1, 2)
        if not np.isfinite(times).all() or (times[:, 1] < times[:, 0]).any():
            raise TableError(f"has an annotation of {name!r} that ends before it starts, or has no time", where=file)
    stretches = {name: spans([a[:2] for a in found if not is_silence(a[2])]) for name, found in tiers.items()}
    if rttm:
        return Talk(stretches)
    words = dict.fromkeys(a[2].strip() for found in tiers.values() for a in found)
    silent = [word for word in words if is_silence(word)]
    return Talk(stretches, tuple(sorted((word for word in words if not is_silence(word)), key=_oddness)), tuple(silent))


def check_inside(talk: Mapping[str, DoubleArray], start: float, end: float, where: str | PathLike[str]) -> str | None:
    """What to say of speech that a recording is too short for; None if it lies inside.

    Args:
        talk: from :func:`read_speech`.
        start, end: of the recording, seconds.
        where: the file, for errors.

    Raises:
        TableError: more than half of the speech lies outside the recording, as of milliseconds or another recording.
    """
    everybodys = spans(np.concatenate([np.zeros((0, 2)), *talk.values()]))
    inside = total(both(everybodys, np.array([[start, end]])))
    if total(everybodys) > 2 * inside:
        first, last = float(everybodys[0, 0]), float(everybodys[-1, 1])
        what = f"speaks from {first:g} to {last:g} s, but the recording runs from {start:g} to {end:g} s"
        advice = "is it of this recording, and in seconds? correct it, or leave it out"
        raise TableError(what, where=where, advice=advice)
    late = float(everybodys[-1, 1]) - end if len(everybodys) else 0.0
    return f"{Path(where).name}: speech goes on for {late:.3g} s after the recording's end" if late > _LATE_S else None


def speech_of_faces(
    talk: Mapping[str, DoubleArray],
    faces: Sequence[int],
    speaker: Mapping[str, int] | None = None,
    where: str | PathLike[str] | None = None,
) -> dict[int, DoubleArray]:
    """Whose face goes with which voice.

    Args:
        talk: from :func:`read_speech`.
        faces: of the recording.
        speaker: face of each speaker; may be left out where there is one of each. Speakers that are not in it are
            nobody's; several may belong to one face.
        where: the file, for errors.

    Returns:
        Stretches of speech of each face whose voice is known.

    Raises:
        UsageError: it is not clear whose voice it is, or there is no such speaker.
    """
    if speaker is None:
        if not faces:
            return {}
        if len(talk) == 1 and len(faces) == 1:
            return {faces[0]: next(iter(talk.values()))}
        raise UsageError(
            f"has speakers {_listed(talk)}, and the recording faces {_listed(faces)}",
            where=where,
            advice="say whose face is whose, as in --speakers A=0 (in Python speaker={'A': 0})",
        )
    if unknown := [name for name in speaker if name not in talk]:
        raise UsageError(f"has no speaker {unknown[0]!r}", where=where, advice=f"speakers are {_listed(talk)}")
    out: dict[int, DoubleArray] = {}
    for name, face in speaker.items():
        out[face] = spans(np.concatenate([out.get(face, np.zeros((0, 2))), talk[name]]))
    return out


def _oddness(word: str) -> tuple[bool, int, str]:
    """Labels that are no plain words come first, then short ones: they may be silence of a kind not known here."""
    return word.replace(" ", "").replace("'", "").isalpha(), len(word), word


def _tiers(path: Path, recording: str | None) -> dict[str, list[Annotation]]:
    """Annotations by tier; a tier of points holds no speech."""
    tiers = read_tiers(path, own_times=True, recording=recording)
    return {
        name: [(label.start_s, label.end_s, label.value) for label in labels]
        for name, labels in tiers.items()
        if not labels or any(label.end_s > label.start_s for label in labels)
    }


def _listed(names: Mapping[str, object] | Sequence[int]) -> str:
    listed = [str(name) for name in names]
    return ", ".join(listed[:8]) + (" ..." if len(listed) > 8 else "") if listed else "none"


def speaker_faces(words: Iterable[str]) -> dict[str, int]:
    """Faces of speakers, from words as in ``A=0``.

    Raises:
        UsageError: a word is no ``NAME=FACE``.
    """
    faces = {}
    for word in words:
        name, sign, face = word.rpartition("=")
        if not sign or not name or not face.isdecimal():
            raise UsageError(f"{word!r} is not of the form NAME=FACE", advice="write it as in --speakers A=0 B=1")
        faces[name] = int(face)
    return faces
