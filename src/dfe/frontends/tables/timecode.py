"""SMPTE time codes of phone recordings, ``HH:MM:SS:FF.fff``, as seconds.

The frame field counts at the rate of the clock, whatever the rate of the recording: 60 on most phones, where a take of
30 frames a second then advances by two; other apps count at the take's own rate, 10 or 15 or whatever it is. Which one
is told by where the field begins anew. Before the field stands a semicolon where frame numbers are dropped (SMPTE ST
12: at nominal 30, two of them each minute except every tenth; four at 60). The fraction is one of a frame.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from dfe.base.errors import TableError
from dfe.base.types import BoolArray, DoubleArray

CLOCK_RATES = (10, 12, 15, 20, 24, 25, 30, 48, 50, 60, 100, 120, 240)
"""At which clocks usually count."""
DROPPING = (30, 60)
"""At which frame numbers are dropped."""

_FASTEST = 240
_DAY_S = 24 * 3600
_NTSC = 1000 / 1001
_SURE_AFTER_S = 3
_NEAR = 0.25
_AGREEING = 2


class TimeCodes(NamedTuple):
    """When the rows of a take were, by its own clock."""

    time_s: DoubleArray
    """``(n,)`` seconds from the first code; NaN where a row has none. After midnight the seconds go on."""
    clock: float
    """Frames that the clock counts in a second; NaN where no row has a code."""
    guessed: bool
    """Whether the codes leave it open at which rate the clock counts."""


def read_timecodes(codes: Sequence[str], where: Callable[[int], str]) -> TimeCodes:
    """Seconds of time codes; an empty cell is a row without one.

    Args:
        codes: ``n`` cells.
        where: file and line of a row, for the error.

    Raises:
        TableError: one is no time code.
    """
    fields = np.full((len(codes), 4), np.nan)
    drops = False
    for row, code in enumerate(codes):
        if not code:
            continue
        drops |= ";" in code
        try:
            hour, minute, second, frame = code.replace(";", ":").split(":")
            fields[row] = int(hour), int(minute), int(second), float(frame.replace(",", "."))
        except (ValueError, OverflowError):
            raise TableError(f"{code[:40]!r} is no time code", where=where(row)) from None
    known: BoolArray = np.array([bool(code) for code in codes], np.bool_)
    with np.errstate(invalid="ignore"):
        sane = (fields >= 0).all(axis=1) & (fields < [24, 60, 60, _FASTEST]).all(axis=1)
    if (known & ~sane).any():
        row = int(np.argmax(known & ~sane))
        raise TableError(f"{codes[row][:40]!r} is no time code", where=where(row))
    time = np.full(len(codes), np.nan)
    if not known.any():
        return TimeCodes(time, float("nan"), False)
    whole, frame_of = fields[known, :3] @ [3600, 60, 1], fields[known, 3]
    whole += _DAY_S * np.cumsum(np.diff(whole, prepend=whole[:1]) < -_DAY_S / 2)
    clock, sure = clock_rate(whole, frame_of, DROPPING if drops else CLOCK_RATES)
    minutes = np.floor_divide(whole, 60)
    dropped = round(clock / 15) * (minutes - np.floor_divide(minutes, 10)) if drops else np.zeros(len(whole))
    ticks = _on_the_grid(whole * clock - dropped + np.floor(frame_of), frame_of - np.floor(frame_of))
    time[known] = (ticks - ticks[0]) / (clock * _NTSC if drops else clock)
    return TimeCodes(time, clock * _NTSC if drops else float(clock), not sure)


def clock_rate(whole: DoubleArray, frame: DoubleArray, rates: Sequence[int] = CLOCK_RATES) -> tuple[int, bool]:
    """At which rate the frame field counts, and whether that is sure.

    From a row to the next within a second the field advances by the take's own step; into the next second it advances
    by the same and falls by the rate. Where no row tells, 30 or 60 is taken, or the smallest usual rate above.

    Args:
        whole: ``(n,)`` whole seconds.
        frame: ``(n,)`` numbers of frames within the second.
        rates: the usual ones.
    """
    highest = int(frame.max(initial=0))
    above = [rate for rate in rates if rate > highest] or [_FASTEST]
    seconds, steps = np.diff(whole), np.diff(np.floor(frame))
    inside, falls = steps[(seconds == 0) & (steps > 0)], -steps[seconds == 1]
    if not len(inside) or not len(falls):
        long = len(whole) > 0 and whole[-1] - whole[0] >= _SURE_AFTER_S
        return (above[0] if long or above[0] > 60 else 30 if highest < 30 else 60), long
    step = float(inside[inside <= 1.5 * np.median(inside)].mean())
    usual_falls = falls[np.abs(falls - np.median(falls)) <= step]
    told = float(usual_falls.mean()) + step
    near = min(above, key=lambda rate: abs(rate - told))
    agree = len(usual_falls) >= _AGREEING and 2 * len(usual_falls) > len(falls)
    if abs(near - told) <= (max(_NEAR, step / 2) if agree else _NEAR):
        return near, True
    if agree and len(rates) > len(DROPPING) and abs(round(told) - told) <= _NEAR and highest < round(told) <= _FASTEST:
        return round(told), True
    return above[0], False


def _on_the_grid(ticks: DoubleArray, fraction: DoubleArray) -> DoubleArray:
    """Whole ticks where they step evenly, holes apart; else ticks with their fractions.

    The fraction drifts against the clock by less than a tick then, and would only make even steps uneven.
    """
    exact = ticks + fraction
    whole, real = np.diff(ticks), np.diff(exact)
    rising = whole[whole > 0]
    if not len(rising):
        return exact
    step = float(np.median(rising))
    with np.errstate(invalid="ignore"):
        even = (whole % step == 0) & (np.rint(real / step) == whole / step)
    return ticks if even.all() else exact
