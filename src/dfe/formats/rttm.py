"""Turns of speakers from RTTM files: ``SPEAKER file channel onset duration <NA> <NA> name <NA> <NA>``.

Format: NIST, The 2009 (RT-09) Rich Transcription Meeting Recognition Evaluation Plan, appendix A.
"""

from __future__ import annotations

import math
from pathlib import Path

from dfe.base.errors import TableError

_FIELDS = 8
_OTHER_TYPES = frozenset(
    [
        "SEGMENT",
        "NOSCORE",
        "NO_RT_METADATA",
        "LEXEME",
        "NON-LEX",
        "NON-SPEECH",
        "FILLER",
        "EDIT",
        "SU",
        "IP",
        "CB",
        "A/P",
        "SPKR-INFO",
    ]
)


def turns_of_rttm(data: bytes, where: Path, recording: str | None = None) -> dict[str, list[tuple[float, float, str]]]:
    """Turns, start and end in seconds, by speaker; lines of other types are left out.

    Args:
        data: the file.
        where: its name, for errors.
        recording: of several recordings in one file, the one that counts; one alone counts whatever it is called.

    Raises:
        TableError: a line that is not RTTM, or several recordings and none of this name.
    """
    turns: dict[str, dict[str, list[tuple[float, float, str]]]] = {}
    for number, line in enumerate(data.decode("utf-8-sig", "replace").splitlines(), start=1):
        fields = line.split()
        if not fields or fields[0].startswith(";;") or fields[0] != "SPEAKER":
            if fields and not fields[0].startswith(";;") and fields[0] not in _OTHER_TYPES:
                raise TableError("is not RTTM", where=f"{where}, line {number}")
            continue
        if len(fields) < _FIELDS:
            raise TableError(f"has {len(fields)} fields, not 10", where=f"{where}, line {number}")
        onset, duration = _number(fields[3]), _number(fields[4])
        if onset is None or duration is None:
            raise TableError("onset and duration are no times", where=f"{where}, line {number}")
        turns.setdefault(fields[1], {}).setdefault(fields[7], []).append((onset, onset + duration, "speech"))
    if len(turns) <= 1:
        return next(iter(turns.values()), {})
    if recording not in turns:
        names = ", ".join(list(turns)[:4])
        raise TableError(f"holds several recordings ({names}), none called {recording!r}", where=where)
    return turns[recording]


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None
