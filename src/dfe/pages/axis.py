"""Axes of charts: from values to places, with round numbers at the ticks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

_TICKS = 5
_ROOM, _BEYOND = 1.12, 0.1
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Axis:
    """From ``low`` to ``high``, linear or logarithmic.

    Args:
        label: what it shows, with the unit.
        low, high: its ends, in the unit; low below high, and above 0 on a logarithmic axis.
        ticks: values that are written beside it.
        log: whether it is logarithmic.
        percent: whether values are shares to be written as percentages.
    """

    label: str
    low: float
    high: float
    ticks: tuple[float, ...] = ()
    log: bool = False
    percent: bool = False

    @classmethod
    def over(
        cls,
        label: str,
        values: Iterable[float],
        *,
        log: bool = False,
        percent: bool = False,
        within: tuple[float | None, float | None] = (None, None),
    ) -> Axis:
        """An axis that holds some values, those that are not finite (or not above 0, on a logarithmic one) left out.

        Args:
            label, log, percent: as above.
            values: to be shown.
            within: ends that the axis has in any case, such as 0; None where the values say.
        """
        shown = [v for v in (*values, *within) if v is not None and isfinite(v) and (v > 0 or not log)]
        low, high = min(shown, default=1.0 if log else 0.0), max(shown, default=1.0)
        if log:
            ticks = tuple(tick for tick in _log_ticks(low, high) if low / _ROOM <= tick <= high * _ROOM)
            return cls(label, low / _ROOM, high * _ROOM, ticks, log, percent)
        ticks = _linear_ticks(low, high if high > low else low + 1)
        return cls(label, min(low, ticks[0]), max(high, ticks[-1]), ticks, log, percent)

    def place(self, value: float, start: float, end: float) -> float:
        """Where a value lies when the axis runs from ``start`` to ``end``; values off the axis lie at its ends."""
        at, low, high = min(max(value, self.low), self.high), self.low, self.high
        if self.log:
            at, low, high = log10(at), log10(low), log10(high)
        return start + (end - start) * (at - low) / (high - low)

    def says(self, value: float) -> str:
        """A value as it is read off the axis, to about three digits."""
        return _minus(f"{100 * value:.3g}%" if self.percent else f"{value:.3g}")

    def tick(self, value: float) -> str:
        """The words at a tick."""
        return _minus(f"{round(100 * value, 6):g}%" if self.percent else f"{value:g}")


def _minus(words: str) -> str:
    return words.replace("-", "−")


def _linear_ticks(low: float, high: float) -> tuple[float, ...]:
    rough = (high - low) / _TICKS
    power = 10.0 ** floor(log10(rough))
    step = next(s * power for s in _STEPS if s * power >= rough * (1 - 1e-9))
    # A value that lies but little beyond a tick asks for no further one.
    first, last = floor(low / step + _BEYOND), ceil(high / step - _BEYOND)
    return tuple(round(i * step, 12) for i in range(first, max(last, first + 1) + 1))


def _log_ticks(low: float, high: float) -> tuple[float, ...]:
    """1, 2, 5, 10 ... from at or below ``low`` to at or above ``high``."""
    powers = range(floor(log10(low)) - 1, ceil(log10(high)) + 2)
    steps = [float(f"{digit}e{power}") for power in powers for digit in (1, 2, 5)]
    first = max(i for i, step in enumerate(steps) if step <= low * (1 + 1e-9))
    last = min(i for i, step in enumerate(steps) if step >= high * (1 - 1e-9))
    return tuple(steps[first : max(last, first + 1) + 1])
