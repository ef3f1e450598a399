"""How numbers are written on pages: one rule for shares, lengths of time, p values, signs and what is not known."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from math import isfinite

UNKNOWN = "–"
_LEAST_P = 0.001


_MANY_HOURS = 100
"""From so many on minutes say nothing more."""
_SUMMED = 9
"""Digits of a share that sums of seconds leave right."""


def percent(share: float | None) -> str:
    """``0.964`` as ``96%``; small shares keep a digit, and only a true whole is called 100%."""
    if share is None or not isfinite(share):
        return UNKNOWN
    if round(share, _SUMMED) in (0, 1):
        return f"{share:.0%}"
    hundred = 100 * share
    if hundred < 0.05:
        return "under 0.1%"
    digits = "0.1" if hundred < 9.95 or hundred >= 99.5 else "1"
    # Halves go up, as they do where scripts write the same share.
    return f"{Decimal(min(hundred, 99.9)).quantize(Decimal(digits), ROUND_HALF_UP)}%"


def tenths(share: float) -> str:
    """A share as percentage, always to a tenth, for columns; only a true whole is called 100%."""
    shown = f"{100 * share:z.1f}%".replace("-", "−")
    return ("100%" if share >= 1 else "99.9%") if shown == "100.0%" else shown


def number(value: float | None, digits: int = 1) -> str:
    """A number with thousands separators and a true minus sign, or a dash where it is unknown."""
    return UNKNOWN if value is None or not isfinite(value) else f"{value:z,.{digits}f}".replace("-", "−")


def signed(value: float | None, digits: int = 3) -> str:
    """A difference with its sign, a plus too; a dash where it is unknown."""
    return UNKNOWN if value is None or not isfinite(value) else f"{value:+.{digits}f}".replace("-", "−")


def p_value(p: float | None) -> str:
    """To three places; ``< 0.001`` below the least that they can say."""
    if p is None or not isfinite(p):
        return UNKNOWN
    return f"< {_LEAST_P}" if p < _LEAST_P else f"{p:.3f}"


def seconds(value: float | None) -> str:
    """A length of time: ``4.0 s``, ``12 min 30 s``, ``1 h 02 min`` or ``2,160 h``."""
    if value is None or not isfinite(value):
        return UNKNOWN
    if value < 59.95:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < _MANY_HOURS * 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{value / 3600:,.0f} h"


def count(n: int, one: str, many: str | None = None) -> str:
    """``1 face``, ``2 faces``, ``54,000 frames``."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def short(value: float) -> str:
    """To a tenth, without a zero at the end: ``2`` and ``2.5``."""
    return f"{value:.1f}".removesuffix(".0")
