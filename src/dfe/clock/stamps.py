"""Presentation times of another tool's rows: their unit, holes in them, and times that run backwards."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.errors import TableError
from dfe.base.types import BoolArray, DoubleArray, IntArray

SLOWEST, FASTEST = 1.0, 240.0
"""Frames per second that recordings of faces have."""

_MILLISECOND = 1e-3
_LEAST_STEPS = 10
"""Of rounded times: different ones that tell a rate, less one."""
_ADVICE = "say how many frames a second it has"


class Times(NamedTuple):
    """When each row was."""

    time_s: DoubleArray
    """``(n,)`` seconds; rows of one frame share theirs, and later frames are later."""
    time_stamps: str
    """``ok`` or ``repaired``."""
    warnings: tuple[str, ...]


def frame_step(frame: IntArray, time: DoubleArray) -> float:
    """Time from a frame to the next, the median over the rows; NaN where no two rows tell.

    Times that were rounded to more than a step (a spreadsheet's 0.1 s) stand still and jump: their steps are not the
    frames', and the line through them tells.
    """
    line = _rounded_line(frame, time)
    if line is not None:
        return line[0]
    steps, frames = np.diff(time), np.diff(frame)
    usable = (frames > 0) & np.isfinite(steps) & (steps > 0)
    return float(np.median(steps[usable] / frames[usable])) if usable.any() else float("nan")


def _rounded_line(frame: IntArray, time: DoubleArray) -> tuple[float, float] | None:
    """Step and unit of rounded times; None if they are not: none stands still, or one jumps further or is off it."""
    known = np.isfinite(time)
    shown, times = frame[known], time[known]
    steps, frames = np.diff(times), np.diff(shown)
    if not ((frames > 0) & (steps == 0)).any() or (steps < 0).any() or not (steps > 0).any():
        return None
    unit = float(steps[steps > 0].min())
    if (steps > 1.01 * unit * frames).any():
        return None
    from_mean = shown - shown.mean()
    slope = float((from_mean * times).sum() / (from_mean**2).sum())
    off = np.abs(times - times.mean() - slope * from_mean).max()
    return (slope, unit) if off <= unit else None


def seconds_per_unit(frame: IntArray, time: DoubleArray, named: float = 1.0) -> float:
    """What the times have to be multiplied by to be seconds: 1 or 1/1000, whichever makes 1 to 240 frames a second.

    The two never both do. Tools are wrong about it in both ways: LibreFace's ``frame_time_in_ms`` holds seconds.

    Args:
        frame: ``(n,)`` numbers of the frames.
        time: ``(n,)`` as the table has them.
        named: what the column's name says; taken where neither is plausible, or a single frame leaves it open.
    """
    step = frame_step(frame, time)
    for unit in (1.0, _MILLISECOND):
        if np.isfinite(step) and 0.99 / FASTEST <= step * unit <= 1.01 / SLOWEST:
            return unit
    return named


def settle_times(frame: IntArray, time: DoubleArray, where: str, *, rate: float | None = None) -> Times:
    """Times that rise with the frames: the table's own where they do, set anew where they are missing or fall.

    Args:
        frame: ``(n,)`` numbers of the frames, never falling.
        time: ``(n,)`` seconds as the table has them; NaN where it has none.
        where: the file, for the error.
        rate: frames per second by which all times are set anew.

    Raises:
        TableError: there are no times to go by, they are too coarse, or the rate is none.
    """
    if rate is not None:
        if not (np.isfinite(rate) and rate > 0):
            raise TableError(f"{rate:g} is no number of frames per second", where=where)
        return Times(frame / rate, "repaired", ())
    first = np.flatnonzero(np.diff(frame, prepend=-1) > 0)
    own = np.cumsum(np.diff(frame, prepend=-1) > 0) - 1
    shown, times = frame[first], time[first]
    sound: BoolArray = np.isfinite(times)
    warnings = []
    if sound.all() and (np.diff(times) > 0).all():
        step = frame_step(shown, times)
        if np.isfinite(step) and not 0.99 * SLOWEST <= 1 / step <= 1.01 * FASTEST:
            warnings.append(f"its times mean {1 / step:.4g} frames a second; {_ADVICE} if that is wrong")
        return Times(times[own], "ok", tuple(warnings))
    step = frame_step(shown[sound], times[sound])
    if not np.isfinite(step):
        raise TableError("has no times that rise", where=where, advice=_ADVICE)
    line = _rounded_line(shown[sound], times[sound])
    if line is not None and np.ptp(times[sound]) < _LEAST_STEPS * line[1]:
        raise TableError(f"its times are rounded to {line[1]:g} s, too coarse for so few", where=where, advice=_ADVICE)
    start = float(times[sound][0] - (shown[sound][0] - shown[0]) * step) if sound[0] else float(shown[0] * step)
    what = "are missing in places" if not sound.all() else "do not rise throughout"
    if line is not None:
        what = f"are rounded to {line[1]:g} s"
    warnings.append(f"its times {what}: set anew at {1 / step:.4g} frames a second")
    return Times((start + (shown - shown[0]) * step)[own], "repaired", tuple(warnings))
