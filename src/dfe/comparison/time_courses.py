"""How much of each display a face shows before and after a moment, as a mean over moments of each subject."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dfe.base.errors import TableError, UsageError
from dfe.base.types import BoolArray, DoubleArray, Progress
from dfe.comparison.table import GroupRow
from dfe.displays.vocabulary import Vocabulary
from dfe.recording.faces import sole_face
from dfe.recording.recording import Recording

BIN_S = 0.2
WINDOW_S = (-1.0, 3.0)
MOST_MISSING = 0.3
"""Share of bins that may be without a usable face: those between others are interpolated."""


class Courses(NamedTuple):
    """Sums of rows of a table, by bin of time around their moments."""

    start_s: DoubleArray
    """``(bins,)`` of each bin, from the moment on."""
    seconds: DoubleArray
    """``(n, bins)`` with a usable face."""
    amount: DoubleArray
    """``(n, bins, U)`` mm times seconds of each display."""


def measure_courses(
    rows: Sequence[GroupRow],
    vocabulary: Vocabulary,
    window_s: tuple[float, float] = WINDOW_S,
    bin_s: float = BIN_S,
    *,
    progress: Progress | None = None,
) -> Courses:
    """Sum up each row's displays around its moment.

    Raises:
        UsageError: a window that holds fewer than two bins.
        TableError: a moment outside of its recording.
    """
    bins = round((window_s[1] - window_s[0]) / bin_s) if bin_s > 0 else 0
    if bins < 2 or bins > 10_000:
        raise UsageError(f"a window of {window_s[0]:g} to {window_s[1]:g} s holds {bins} bins of {bin_s:g} s")
    seconds, amount = np.zeros((len(rows), bins)), np.zeros((len(rows), bins, vocabulary.size))
    for place, row in enumerate(rows):
        recording = Recording.read(row.path, landmarks=False)
        times = recording.times
        if not np.nanmin(times) <= row.align_s <= np.nanmax(times):
            what = f"{row.align_s:g} s (line {row.line}) is outside of the recording"
            raise TableError(what, where=row.path, advice="give seconds from the recording's start")
        at = np.floor((times - row.align_s - window_s[0]) / bin_s + 1e-9)
        face = sole_face(recording, row.path) if row.face is None else row.face
        mine = np.flatnonzero(recording.usable & (recording.face_ids == face) & (at >= 0) & (at < bins))
        each, bin_of = recording.seconds(recording.usable)[mine], at[mine].astype(np.int64)
        seconds[place] = np.bincount(bin_of, each, bins)
        for display, signal in vocabulary.merged(recording.tokens().at(mine)).signals():
            amount[place, :, display - 1] = np.bincount(bin_of, signal * each, bins)
        if progress is not None:
            progress(place + 1, len(rows))
    return Courses(np.asarray(window_s[0] + bin_s * np.arange(bins), np.float64), seconds, amount)


def mean_courses(seconds: DoubleArray, amount: DoubleArray) -> tuple[DoubleArray, BoolArray]:
    """Means ``(S, bins, U)`` in mm of subjects' sums, and which subjects have enough bins, ``(S,)``."""
    known = seconds > 0
    enough = known.mean(axis=1) >= 1 - MOST_MISSING
    mean = np.divide(amount, seconds[:, :, None], out=np.zeros_like(amount), where=known[:, :, None])
    place = np.arange(seconds.shape[1])
    for subject in np.flatnonzero(enough & ~known.all(axis=1)):
        have = known[subject]
        for display in range(amount.shape[2]):
            mean[subject, ~have, display] = np.interp(place[~have], place[have], mean[subject, have, display])
    return mean, enough
