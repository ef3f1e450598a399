"""Windows of recordings as examples: ``windows.csv`` with recording, onset, duration, condition.

Times are seconds of the recording. Where the markers were written by another clock, a column ``clock_offset`` holds
what has to be added to the marker's times to get the recording's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dfe.base.errors import TableError
from dfe.base.recording_names import RecordingNames
from dfe.datasets.examples import Examples
from dfe.datasets.rows import read_rows


@dataclass(frozen=True)
class Window:
    """One stretch of one recording."""

    recording: str
    onset_s: float
    duration_s: float
    condition: str
    where: str
    """File and row, for errors."""


def read_windows(path: Path) -> tuple[Window, ...]:
    """Windows of a CSV file; ``condition`` and ``clock_offset`` may be left out.

    Raises:
        TableError: it cannot be read, lacks a column, or a row makes no sense; names the row.
    """
    found = []
    for row in read_rows(path, ("recording",), ("onset",), ("duration",)):
        offset = row.number("clock_offset") if "clock_offset" in row.cells else 0.0
        onset, duration = row.number("onset") + (0.0 if math.isnan(offset) else offset), row.number("duration")
        if not (math.isfinite(onset) and math.isfinite(duration) and duration > 0):
            raise TableError("onset and duration must be seconds, the duration above 0", where=row.where)
        condition = row.word("condition") if "condition" in row.cells else ""
        found.append(Window(row.word("recording"), onset, duration, condition, row.where))
    if not found:
        raise TableError("holds no window", where=path)
    return tuple(found)


def in_windows(examples: Examples, windows: tuple[Window, ...]) -> Examples:
    """Each example cut into the windows of its recording, with the example's labels, subject and covariates.

    Recordings without a window are left out; the names of the new examples end in the window's place, ``clip#1``.

    Raises:
        TableError: a window of a recording that no example is about or that may be several, or the same window twice.
    """
    places: dict[str, list[int]] = {}
    for place, name in enumerate(examples.recording):
        places.setdefault(name, []).append(place)
    rows: list[int] = []
    names: list[str] = []
    taken: list[Window] = []
    counted: dict[int, int] = {}
    seen: set[tuple[str, float, float]] = set()
    known = RecordingNames(places)
    for window, recording in zip(windows, known.all_meant((w.recording, w.where) for w in windows), strict=True):
        if recording is None:
            what = f"no example is about recording {window.recording!r}, but {known.at_hand(window.recording)}"
            raise TableError(what, where=window.where, advice="name recordings as the labels do")
        key = (recording, window.onset_s, window.duration_s)
        if key in seen:
            raise TableError("the same window is there already", where=window.where, advice="keep one of the two")
        seen.add(key)
        for place in places[recording]:
            counted[place] = counted.get(place, 0) + 1
            rows.append(place)
            names.append(f"{examples.name[place]}#{counted[place]}")
            taken.append(window)
    return replace(
        examples.repeated(np.array(rows), tuple(names)),
        onset_s=np.array([window.onset_s for window in taken]),
        offset_s=np.array([window.onset_s + window.duration_s for window in taken]),
        condition=np.array([window.condition for window in taken]),
    )
