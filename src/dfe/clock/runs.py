"""Stretches of a recording in which a display is said, on presentation times and with an eye on gaps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.types import BoolArray, DoubleArray, IntArray

GAP_S = 0.2
"""A hole in the rows of a face that is longer than this ends every stretch, and nobody knows how long it was."""

_ROWS_OF_GAP = 3


class Runs(NamedTuple):
    """Stretches of rows that follow each other; m of them, by display, then by time."""

    display: IntArray
    """``(m,)`` column of ``said``."""
    seconds: DoubleArray
    """``(m,)`` from the first row to the first one that says it no more."""
    censored: BoolArray
    """``(m,)`` True where it touches a gap, or the first or last row: it may have been longer."""


def usual_step(times: DoubleArray) -> float:
    """Median time between different times of a recording's rows in seconds; 0 where there is one time alone."""
    steps = np.diff(np.unique(times))
    return float(np.median(steps)) if len(steps) else 0.0


def row_seconds(times: DoubleArray, usual: float) -> DoubleArray:
    """Time that each row of one face stands for, ``(n,)`` of rising times: up to the next row, a gap not counted.

    The last row, and a row before a gap, stand for the usual step of the recording.
    """
    steps = np.diff(times)
    return np.append(np.where(steps > gap_length(usual), usual, steps), usual)


def gap_length(usual_step: float) -> float:
    """Seconds between rows from which on there is a gap: 0.2, or three usual steps of a recording of few frames."""
    return max(GAP_S, _ROWS_OF_GAP * usual_step)


def find_runs(times: DoubleArray, said: BoolArray, usual: float) -> Runs:
    """Stretches of one face.

    Args:
        times: ``(n,)`` seconds, rising.
        said: ``(n, K)``, which rows say which display.
        usual: step between rows of the recording, seconds.
    """
    count = len(times)
    if not count:
        return Runs(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, bool))
    seconds = row_seconds(times, usual)
    begins = np.append(True, np.diff(times) > gap_length(usual))
    ends = np.append(begins[1:], True)
    before = np.vstack([np.zeros((1, said.shape[1]), bool), said[:-1]])
    after = np.vstack([said[1:], np.zeros((1, said.shape[1]), bool)])
    first = said & (~before | begins[:, None])
    last = said & (~after | ends[:, None])
    display, start = np.nonzero(first.T)
    stop = np.nonzero(last.T)[1]
    passed = np.append(0.0, np.cumsum(seconds))
    return Runs(display, passed[stop + 1] - passed[start], begins[start] | ends[stop])
