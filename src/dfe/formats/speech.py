"""When people speak, from files of other tools, and whose face goes with which voice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path

import numpy as np

from dfe.base.errors import TableError, UsageError
from dfe.base.types import DoubleArray
from dfe.clock.spans import spans
from dfe.formats.labels import read_tiers
from dfe.formats.rttm import turns_of_rttm

SUFFIXES = (".rttm", ".eaf", ".textgrid")
"""Files that :func:`read_speech` reads, in small letters."""

SILENT_WORDS = frozenset({"", "sil", "sp", "silence", "silent", "pause", "<sil>", "<p>", "<p:>", "#", "-"})
"""What an annotation says where nobody speaks, in small letters."""

MAX_BYTES = 64 * 2**20

Annotation = tuple[float, float, str]
"""Start and end in seconds, and what it says."""


def read_speech(path: str | PathLike[str], recording: str | None = None) -> dict[str, DoubleArray]:
    """Stretches of speech ``(k, 2)`` in seconds, by speaker.

    RTTM (``SPEAKER`` lines; NIST Rich Transcription 2009), ELAN (``.eaf``; tiers with times of their own) and Praat's
    TextGrid (interval tiers, long or short). A tier is a speaker; annotations that are empty or say ``sil`` and the
    like are silence.

    Args:
        path: the file.
        recording: name of the recording without suffix; tells which lines of an RTTM file of several recordings count.

    Raises:
        TableError: missing, damaged, or none of these formats.
    """
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix not in SUFFIXES:
        raise TableError("is no file of speech", where=file, advice="give an .rttm, .eaf or .TextGrid file")
    tiers = turns_of_rttm(_content(file), file, recording) if suffix == ".rttm" else _tiers(file)
    if not tiers:
        raise TableError("names no speaker", where=file)
    for name, found in tiers.items():
        times = np.array([a[:2] for a in found], np.float64).reshape(-1, 2)
        if not np.isfinite(times).all() or (times[:, 1] < times[:, 0]).any():
            raise TableError(f"has an annotation of {name!r} that ends before it starts, or has no time", where=file)
    return {
        name: spans([a[:2] for a in found if a[2].strip().lower() not in SILENT_WORDS]) for name, found in tiers.items()
    }


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


def _tiers(path: Path) -> dict[str, list[Annotation]]:
    """Annotations by tier; a tier of points holds no speech."""
    tiers = read_tiers(path, own_times=True)
    return {
        name: [(label.start_s, label.end_s, label.value) for label in labels]
        for name, labels in tiers.items()
        if not labels or any(label.end_s > label.start_s for label in labels)
    }


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TableError("is too large to be a file of speech", where=path)
        return path.read_bytes()
    except FileNotFoundError:
        raise TableError("no such file", where=path) from None
    except OSError as error:
        raise TableError(f"cannot be read ({error.strerror})", where=path) from None


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
