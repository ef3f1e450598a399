"""Signals of a face's rows brought to an even rate on presentation times."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.clock.clock import Clock

REACH = 4.0
"""The Gaussian is cut off at this many standard deviations."""

_EPSILON_S = 1e-6


@dataclass(frozen=True, eq=False)
class Timeline:
    """Stretches of time in which a face is seen, and an even grid over them.

    All stretches lie one after the other in one array, with room between them that belongs to none, so that one
    convolution smooths them all and nothing leaks from one to the next. Samples fall on multiples of 1 / rate. Made by
    :meth:`of`.
    """

    spans: DoubleArray
    """``(s, 2)``: start and end of each stretch, seconds."""
    rate: float
    """Samples per second."""
    grid_s: DoubleArray
    """``(m,)``: time of each sample; NaN in the room between stretches."""
    stretch: IntArray
    """``(m,)``: the stretch of each sample, -1 in the room between."""
    seen: BoolArray
    """``(m,)``: samples that belong to a stretch."""
    _place: IntArray
    _means: _Means
    _kernel: DoubleArray
    _mass: DoubleArray

    @classmethod
    def of(cls, clock: Clock, *, rate: float, smoothing_s: float = 0.0, room: int = 1) -> Timeline:
        """Lay out the stretches between gaps.

        Args:
            clock: of the face's valid rows.
            rate: samples per second of the grid.
            smoothing_s: standard deviation of the Gaussian that :meth:`smoothed` applies; 0: none.
            room: samples between stretches, at least.
        """
        t = clock.times
        kernel = gaussian(smoothing_s, rate)
        room = max(room, len(kernel))
        first, last = np.flatnonzero(clock.first), np.flatnonzero(clock.last)
        start, end = t[first], t[last]
        one = np.ceil(start * rate - _EPSILON_S).astype(np.int64)
        # A stretch that lies between two samples has the later one.
        count = np.maximum(np.floor(end * rate + _EPSILON_S).astype(np.int64), one) - one + 1
        begin = np.cumsum(count + room) - count
        owner = np.repeat(np.arange(len(count)), count)
        offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        place = begin[owner] + offset
        grid = np.full(int((count + room).sum()) + room, np.nan)
        stretch = np.full(len(grid), -1)
        grid[place], stretch[place] = (one[owner] + offset) / rate, owner
        mass = np.convolve((stretch >= 0).astype(np.float64), kernel, "same") if len(t) else np.zeros(len(grid))
        return cls(
            spans=clock.stretches,
            rate=rate,
            grid_s=grid,
            stretch=stretch,
            seen=stretch >= 0,
            _place=place,
            _means=_means_of(t, grid[place], 0.5 / rate, first[owner], last[owner]),
            _kernel=kernel,
            _mass=np.where(stretch >= 0, mass, 1.0),
        )

    def resampled(self, signal: DoubleArray) -> DoubleArray:
        """Rows ``(n,)`` to the grid ``(m,)``, 0 in the room between stretches.

        A sample is the mean, over the time of the sample, of the lines that join the rows: fast cameras are averaged
        and not thinned out, slow and uneven ones interpolated.
        """
        out = np.zeros(len(self.grid_s))
        if len(signal):
            out[self._place] = self._means(signal)
        return out

    def smoothed(self, signal: DoubleArray) -> DoubleArray:
        """As :meth:`resampled`, and then smoothed within the stretches; the kernel is cut where a stretch ends."""
        out = self.resampled(signal)
        if len(self._kernel) == 1 or not len(signal):
            return out
        return np.where(self.seen, np.convolve(out, self._kernel, "same") / self._mass, 0.0)


def gaussian(sigma_s: float, rate: float) -> DoubleArray:
    """A symmetric kernel of sum 1: it delays nothing (zero phase). ``(1,)`` where ``sigma_s`` is 0."""
    sigma = sigma_s * rate
    radius = math.ceil(REACH * sigma)
    if sigma <= 0:
        return np.ones(1)
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    return np.asarray(weights / weights.sum())


class _Means(NamedTuple):
    """Means of the lines that join rows over k short times, as sums over a few rows that are worked out once."""

    half_step: DoubleArray
    low: IntArray
    high: IntArray
    rows: tuple[IntArray, IntArray, IntArray, IntArray]
    weights: tuple[DoubleArray, DoubleArray, DoubleArray, DoubleArray]
    area: DoubleArray

    def __call__(self, signal: DoubleArray) -> DoubleArray:
        """Rows ``(n,)`` to means ``(k,)``."""
        area = np.zeros(len(signal))
        np.cumsum((signal[1:] + signal[:-1]) * self.half_step, out=area[1:])
        mean = (area[self.high] - area[self.low]) * self.area
        for row, weight in zip(self.rows, self.weights, strict=True):
            mean += weight * signal[row]
        return mean


def _means_of(t: DoubleArray, middle: DoubleArray, half: float, first: IntArray, last: IntArray) -> _Means:
    """Means over ``middle - half`` to ``middle + half``, cut to the stretch from row ``first`` to row ``last``.

    The integral of the lines up to a moment b seconds after row i is that up to the row, plus
    ``b s_i + (s_(i+1) - s_i) b^2 / (2 step)``. Where a mean would be over no time it is the value on the line.
    """
    start, end = (t[first], t[last]) if len(t) else (middle, middle)
    low, high, point = (np.clip(m, start, end) for m in (middle - half, middle + half, middle))
    narrow = high - low < _EPSILON_S
    low, high = np.where(narrow, point, low), np.where(narrow, point, high)
    step = np.append(np.diff(t), 1.0)
    inner = np.maximum(last - 1, first)
    i, j = (np.minimum(np.searchsorted(t, edge, side="right") - 1, inner) for edge in (low, high))
    following = np.minimum(np.arange(len(t)) + 1, len(t) - 1)
    width = 1.0 / np.where(narrow, 1.0, high - low)
    a, b = low - t[i], high - t[j]
    later, earlier = b**2 / (2 * step[j]), a**2 / (2 * step[i])
    weights = (
        np.where(narrow, 1.0 - b / step[j], (b - later) * width),
        np.where(narrow, b / step[j], later * width),
        np.where(narrow, 0.0, (earlier - a) * width),
        np.where(narrow, 0.0, -earlier * width),
    )
    rows = (j, following[j], i, following[i])
    return _Means(np.diff(t) / 2, i, j, rows, weights, np.where(narrow, 0.0, width))
