"""SMPTE time codes of phone recordings, ``HH:MM:SS:FF.fff``, as seconds.

The frame field counts at the rate of the clock (60 on most phones), whatever the rate of the recording: a take of 30
frames per second then advances by two. Before the field stands a semicolon where frame numbers are dropped (SMPTE ST
12: at nominal 30, two of them each minute except every tenth; four at 60).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from dfe.base.errors import TableError
from dfe.base.types import DoubleArray

CLOCK_RATES = (24, 25, 30, 48, 50, 60, 100, 120, 240)
_DAY_S = 24 * 3600
_NTSC = 1000 / 1001
_SURE_AFTER_S = 3


def read_timecodes(codes: Sequence[str], where: Callable[[int], str]) -> DoubleArray:
    """Seconds from the first code, ``(n,)``; after midnight the clock starts again and the seconds go on.

    Args:
        codes: ``n`` time codes.
        where: file and line of a row, for the error.

    Raises:
        TableError: one is no time code.
    """
    fields = np.empty((len(codes), 4))
    drops = False
    for row, code in enumerate(codes):
        head, mark, last = code.rpartition(";")
        drops |= bool(mark)
        parts = (f"{head}:{last}" if mark else code).split(":")
        try:
            hour, minute, second, frame = parts
            fields[row] = int(hour), int(minute), int(second), float(frame.replace(",", "."))
        except ValueError:
            raise TableError(f"{code[:40]!r} is no time code", where=where(row)) from None
    sane = (fields >= 0).all(axis=1) & (fields < [24, 60, 60, CLOCK_RATES[-1]]).all(axis=1)
    if not sane.all():
        row = int(np.argmin(sane))
        raise TableError(f"{codes[row][:40]!r} is no time code", where=where(row))
    whole = fields[:, :3] @ [3600, 60, 1]
    whole += _DAY_S * np.cumsum(np.diff(whole, prepend=whole[:1]) < -_DAY_S / 2)
    clock = clock_rate(whole, fields[:, 3])
    if not drops:
        times = whole + fields[:, 3] / clock
        return times - times[:1]
    minutes = np.floor_divide(whole, 60)
    dropped = round(clock / 15) * (minutes - np.floor_divide(minutes, 10))
    counted = whole * clock + fields[:, 3] - dropped
    return np.asarray((counted - counted[:1]) / (clock * _NTSC))


def clock_rate(whole: DoubleArray, frame: DoubleArray) -> int:
    """The smallest usual rate that all numbers of frames stay below; 30 or 60 where a short take cannot tell.

    Args:
        whole: ``(n,)`` whole seconds.
        frame: ``(n,)`` numbers of frames within the second.
    """
    highest = float(frame.max(initial=0))
    fits = next(rate for rate in CLOCK_RATES if highest < rate)
    long = len(whole) > 0 and whole[-1] - whole[0] >= _SURE_AFTER_S
    return fits if long or fits > 60 else 30 if highest < 30 else 60
