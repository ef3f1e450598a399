"""Fields of configurations that must lie within bounds."""

from __future__ import annotations

import math
from typing import Any

from dfe.base.errors import ModelError

MAX_LEVELS = 64
MAX_SIZE = 32767
"""Codes at a level: what int16 holds."""


def bounded(name: str, value: Any, low: int, high: int) -> int:
    """The value, if it is a whole number within bounds.

    Raises:
        ModelError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ModelError(f"{name} is {value!r}, not a whole number from {low} to {high}")
    return value


def not_negative(name: str, value: Any, unit: str) -> float:
    """The value, if it is a finite number from 0 up.

    Raises:
        ModelError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise ModelError(f"{name} is {value!r}, not a number of {unit} from 0 up")
    return float(value)
