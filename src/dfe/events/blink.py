"""Blinks: short closures of both eyes, over whatever the lids do otherwise."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dfe.base.types import DoubleArray
from dfe.clock.clock import Clock
from dfe.clock.resampling import Timeline
from dfe.events.config import EventConfig
from dfe.events.hysteresis import Runs, runs

RATE = 50.0
"""Samples per second for blinks: at 25 a blink would be two or three of them."""

_OFF_SHARE = 0.4
_MERGE_S = 0.03


def find_blinks(clock: Clock, lids: DoubleArray, config: EventConfig) -> Runs:
    """Blinks of one face.

    Looking down and narrowed eyes lower the lid for longer than a blink does. What is shorter stands out in the white
    top-hat (the signal minus its morphological opening; Serra 1982) with a window of ``config.blink_max_s``.

    Args:
        clock: of the ``n`` valid rows.
        lids: ``(n, 2)`` closure of the left and the right eye, 1 is shut.
        config: thresholds.
    """
    window = max(2, round(config.blink_max_s * RATE))
    time = Timeline.of(clock, rate=RATE, room=window + 1)
    closed = np.minimum(*(top_hat(time.resampled(lid), time, window) for lid in lids.T))
    # The lids are not smoothed: at 15 frames a second a blink may be seen in a single one.
    return runs(
        closed, time, on=config.blink_on, off=_OFF_SHARE * config.blink_on, min_s=config.blink_min_s, merge_s=_MERGE_S
    )


def top_hat(signal: DoubleArray, time: Timeline, window: int) -> DoubleArray:
    """How far each sample ``(m,)`` stands out of what lasts longer than ``window`` samples; 0 between stretches.

    Nothing is known before and after a stretch, so what is high up to its ends does not stand out.
    """
    room = (window - 1, window - 1)
    low = np.pad(np.where(time.seen, signal, np.inf), room, constant_values=np.inf)
    # Windows by their first sample; those that a seen sample lies in all hold at least that one.
    eroded = sliding_window_view(low, window).min(axis=1)
    opened = sliding_window_view(eroded, window).max(axis=1)
    return np.where(time.seen, signal - np.where(time.seen, opened, 0.0), 0.0)
