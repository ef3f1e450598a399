"""Times of rows that a tool saved as arrays: in seconds, rising with the frames, or none."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import TableError
from dfe.base.types import DoubleArray, IntArray
from dfe.clock.stamps import frame_step, seconds_per_unit

_EPOCH_S = 1e6
"""Times above this count from some calendar's beginning, not from the recording's."""
_MILLISECOND = 1e-3


class Times(NamedTuple):
    """When each row was."""

    time_s: DoubleArray
    """``(n,)`` seconds; NaN throughout where there are neither times nor a rate."""
    time_stamps: str
    """``ok`` or ``repaired``."""
    notes: tuple[str, ...] = ()


def stated_rate(array: NDArray[Any], path: Path) -> float:
    """The rate that a file says it has.

    Raises:
        TableError: it is no number of frames per second.
    """
    value = float(array.ravel()[0]) if array.size == 1 and array.dtype.kind in "iuf" else float("nan")
    if not (np.isfinite(value) and value > 0):
        raise TableError("its rate is no number of frames per second", where=path, advice="give the rate")
    return value


def times_of_rows(
    frame: IntArray, own: DoubleArray | None, rate: float | None, path: Path, *, milliseconds: bool = False
) -> Times:
    """Times of rows, by the rate if there is one, else by the file's own.

    Whether those are seconds or milliseconds is told by which makes 1 to 240 frames a second, since tools name them
    wrongly in both ways. Times that do not rise throughout are set anew at their usual step.

    Args:
        frame: ``(n,)`` numbers of the frames, never falling.
        own: ``(n,)`` times as the file has them.
        rate: frames per second.
        path: named in errors.
        milliseconds: what the name of the times says; taken where their steps do not tell.

    Raises:
        TableError: the rate is none, or the times never rise.
    """
    if rate is not None:
        if not (np.isfinite(rate) and rate > 0):
            raise TableError(f"{rate:g} is no number of frames per second", where=path)
        return Times(frame / rate, "repaired")
    if own is None:
        note = "no times and no rate: the rows are taken for separate pictures; give the rate of a video"
        return Times(np.full(len(frame), np.nan), "ok", (note,) if len(frame) > 1 else ())
    new = np.diff(frame, prepend=-1) > 0
    place = np.cumsum(new) - 1
    shown, times = frame[new], own[new]
    steps = np.diff(times)
    rising = np.isfinite(steps) & (steps > 0)
    if len(shown) > 1 and not rising.any():
        raise TableError("has no times that rise", where=path, advice="give the rate")
    step = frame_step(shown, times)
    scale = seconds_per_unit(shown, times, _MILLISECOND if milliseconds else 1.0)
    if rising.all() and np.isfinite(times).all():
        seconds = times * scale
        return Times((seconds - (seconds[0] if seconds[0] > _EPOCH_S else 0))[place], "ok")
    if not np.isfinite(step):
        return Times(np.full(len(frame), np.nan), "ok")
    note = f"its times do not rise throughout: set anew at {1 / (step * scale):.4g} frames a second"
    return Times(((shown - shown[0]) * step * scale)[place], "repaired", (note,))
