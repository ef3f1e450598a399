"""Shifts of gaze: quick changes of where the eyes look, within the head."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dfe.base.types import BoolArray, DoubleArray
from dfe.clock.clock import Clock
from dfe.clock.resampling import Timeline
from dfe.events.blink import find_blinks
from dfe.events.config import EventConfig
from dfe.events.hysteresis import Runs, runs
from dfe.recording.eyes import gaze_angles

SMOOTHING_S = 0.03
SHIFT = "gaze shift"
"""What events of this kind are called, with the way that they go; the subject's left and right."""

_OFF_SHARE = 0.5
_BEGUN, _DONE = 0.1, 0.9
_NEAR_BLINK_S = 0.1
_SLIGHT_BLINK = 0.12


@dataclass(frozen=True, eq=False)
class Shifts:
    """Shifts of gaze in order of time, all arrays ``(e,)``."""

    runs: Runs
    """Onset, fastest moment and end; the peak is the size of the shift."""
    direction: tuple[str, ...]


def find_shifts(clock: Clock, gaze: DoubleArray, lids: DoubleArray | None, config: EventConfig) -> Shifts:
    """Shifts of gaze of one face.

    What changes within ``config.gaze_window_s`` is a shift, slower drifts (the eyes keep hold of something while the
    head turns) are none. Lids that fall take the measured gaze along: changes at a blink, even a slight one, are left
    out.

    Args:
        clock: of the ``n`` valid rows.
        gaze: ``(n, 8)`` of the columns ``gaze_``.
        lids: ``(n, 2)`` closure of the left and the right eye; None where it is not known.
        config: thresholds.
    """
    span = max(2, round(config.gaze_window_s * config.rate))
    before, after = span // 2, span - span // 2
    time = Timeline.of(clock, rate=config.rate, smoothing_s=SMOOTHING_S, room=span + 1)
    looks = np.column_stack([time.smoothed(part) for part in gaze_angles(gaze).T])
    moved = np.zeros(len(looks))
    if len(looks) > span:
        inside = (time.stretch[span:] == time.stretch[:-span]) & time.seen[span:]
        change = np.linalg.norm(looks[span:] - looks[:-span], axis=1)
        moved[before:-after] = np.where(inside, change, 0.0)
    if lids is not None:
        slight = replace(config, blink_on=min(_SLIGHT_BLINK, config.blink_on), blink_min_s=0.0)
        moved[_at_blinks(time, find_blinks(clock, lids, slight))] = 0.0
    found = runs(moved, time, on=config.gaze_on, off=_OFF_SHARE * config.gaze_on, min_s=0.0, merge_s=0.0)
    return _shifts(found, looks, time, config)


def _at_blinks(time: Timeline, blinks: Runs) -> BoolArray:
    grid = np.where(time.seen, time.grid_s, -np.inf)
    last = np.searchsorted(blinks.onset_s - _NEAR_BLINK_S, grid, side="right") - 1
    ends = np.append(blinks.offset_s + _NEAR_BLINK_S, -np.inf)
    return np.asarray((last >= 0) & (grid <= ends[last]))


def _shifts(found: Runs, looks: DoubleArray, time: Timeline, config: EventConfig) -> Shifts:
    """Where each change begins and ends on the way from before to after, and which way it goes."""
    kept: list[tuple[float, float, float, float, bool, bool]] = []
    direction: list[str] = []
    grid = np.where(time.seen, time.grid_s, np.nan)
    index = np.flatnonzero(time.seen)
    seconds = grid[index]
    for e in range(len(found)):
        first, last = np.searchsorted(seconds, [found.onset_s[e], found.offset_s[e]])
        part = index[max(first - 1, 0) : last + 1]
        part = part[time.stretch[part] == time.stretch[index[min(first, len(index) - 1)]]]
        way = looks[part[-1]] - looks[part[0]]
        size = float(np.hypot(*way))
        if size < config.gaze_on:
            continue
        done = (looks[part] - looks[part[0]]) @ way / size**2
        begin = part[int(np.flatnonzero(done <= _BEGUN)[-1])] if (done <= _BEGUN).any() else part[0]
        later = part[(part > begin) & (done >= _DONE)]
        end = later[0] if len(later) else part[-1]
        apex = float(np.clip(found.apex_s[e], grid[begin], grid[end]))
        cut_before, cut_after = bool(found.cut_before[e]), bool(found.cut_after[e])
        kept.append((float(grid[begin]), apex, float(grid[end]), min(size, 1.0), cut_before, cut_after))
        left, up = float(way[0]), float(way[1])
        direction.append(("left" if left > 0 else "right") if abs(left) >= abs(up) else ("up" if up > 0 else "down"))
    columns = np.array(kept, np.float64).reshape(-1, 6).T
    onset, apex_s, offset, peak = columns[:4]
    return Shifts(Runs(onset, apex_s, offset, peak, columns[4] > 0, columns[5] > 0), tuple(direction))
