"""From the stamps of a video's packets to the presentation time of every frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, cast

import numpy as np

from dfe.base.types import DoubleArray, IntArray
from dfe.clock.clock import usual_step

_REORDER_LIMIT = 32
"""Decoders hold back 16 frames at most; a frame further than twice that from its place has a wrong stamp."""


@dataclass(frozen=True, eq=False)
class Timeline:
    """Presentation times of the ``n`` frames of a video, in presentation order."""

    times_s: DoubleArray
    """``(n,)`` seconds from the start of the recording, strictly increasing."""
    stamps: IntArray
    """``(n,)`` the container's own stamps, ascending, by which decoded frames are recognised; empty if repaired."""
    time_stamps: Literal["ok", "repaired"]
    repair: str | None = None
    """What was wrong and what the times rest on now."""
    counted: bool = False
    """Whether the times are the frames' numbers over a rate, since the file has none that can be used."""

    @property
    def frame_rate(self) -> float:
        """Average frames per second; 0 for fewer than two frames."""
        if len(self.times_s) < 2:
            return 0.0
        return float((len(self.times_s) - 1) / (self.times_s[-1] - self.times_s[0]))

    def is_variable(self, tick_s: float) -> bool:
        """Whether gaps between frames differ by more than the container's rounding (``tick_s``) explains."""
        gaps = np.diff(self.times_s)
        return bool(gaps.size) and bool(np.abs(gaps - usual_step(self.times_s)).max() > 1.5 * tick_s + 0.002)

    def indices(self, start_s: float | None, end_s: float | None) -> tuple[int, int]:
        """First index and last index + 1 of the frames shown at ``start_s <= time < end_s``."""
        # Half a microsecond: a stamp of 1/30 s must not fall out for being written 0.033333.
        low = 0 if start_s is None else int(np.searchsorted(self.times_s, start_s - 5e-7))
        high = len(self.times_s) if end_s is None else int(np.searchsorted(self.times_s, end_s - 5e-7))
        return low, high


def build_timeline(
    pts: Sequence[int | None],
    dts: Sequence[int | None],
    *,
    time_base: Fraction,
    start_s: float | None,
    rate: float,
    trust: bool = True,
) -> Timeline:
    """Times of all frames from their packets' stamps.

    Stamps that are missing, doubled or run backwards are repaired: from the order of decoding where that is sound,
    between sound neighbours where stamps are doubled, else from the frame number and the average rate.

    Args:
        pts: presentation stamps in the order of decoding, in units of ``time_base``.
        dts: decoding stamps, likewise.
        time_base: seconds per unit.
        start_s: start of the container in seconds, where it says one; times are relative to it.
        rate: average frames per second that the container announces, for frames without stamps.
        trust: False where the container is known to store decoding stamps as presentation stamps.
    """
    if pts and all(stamp is not None for stamp in pts):
        in_order = np.array(pts, dtype=np.int64)
        by_time = np.argsort(in_order, kind="stable")
        stamps = in_order[by_time]
        in_place = bool(np.abs(by_time - np.arange(len(by_time))).max() <= _REORDER_LIMIT)
        origin = float(stamps[0] * time_base) if start_s is None else start_s
        times = stamps.astype(np.float64) * float(time_base) - origin
        doubled = int((np.diff(stamps) == 0).sum())
        if in_place and not doubled and trust:
            return Timeline(times, stamps, "ok")
        if in_place and not trust and not doubled:
            return _repaired(times, "the container does not say when frames are shown; times are those of decoding")
        if in_place and 0 < doubled <= len(stamps) // 2:
            spread = _spread(times, 1 / rate)
            return _repaired(spread, f"{doubled} frames share the time of another; times lie between their neighbours")
        wrong = "time stamps are doubled" if in_place else "time stamps run backwards"
    else:
        decoding = np.array([stamp for stamp in dts if stamp is not None], dtype=np.int64)
        if len(decoding) == len(pts) and len(pts) and (np.diff(decoding) > 0).all():
            times = (decoding - decoding[0]).astype(np.float64) * float(time_base)
            return _repaired(times, "presentation time stamps are missing; times are those of decoding")
        wrong = "time stamps are missing"
    counted = np.arange(len(pts), dtype=np.float64) / rate
    repair = f"{wrong}; times are counted at {rate:g} frames per second"
    return Timeline(counted, np.empty(0, np.int64), "repaired", repair, counted=True)


def _repaired(times: DoubleArray, repair: str) -> Timeline:
    return Timeline(times, np.empty(0, np.int64), "repaired", repair)


def _spread(times: DoubleArray, gap_s: float) -> DoubleArray:
    """Equal times spread evenly up to the next later one."""
    first = np.flatnonzero(np.diff(times, prepend=-np.inf) > 0)
    positions = np.append(first, len(times))
    ends = np.append(times[first], times[-1] + gap_s * (len(times) - first[-1]))
    return cast(DoubleArray, np.interp(np.arange(len(times)), positions, ends))
