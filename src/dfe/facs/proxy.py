"""AU proxy: intensities 0 to 5 of action units from expression coefficients, by the frozen table of ``units``."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.errors import UsageError
from dfe.base.types import CodeArray, DoubleArray, FloatArray
from dfe.facs.units import BANDS, UNITS, AuUnit
from dfe.space.base import ExpressionSpace

LEVELS = len(BANDS) + 1
"""Codes of a unit: nothing, A, B, C, D, E."""

_VALUES = np.array([0.0, *BANDS, 1.0])
_INTENSITIES = np.array([0.0, *(k + 0.5 for k in range(len(BANDS))), float(len(BANDS))])

LEVEL_VALUES: DoubleArray = np.array(
    [0.0, *((low + high) / 2 for low, high in zip(BANDS, [*BANDS[1:], 1], strict=True))]
)
"""``(6,)``: the value between 0 and 1 that each whole intensity stands for: the middle of its band, 0 for none."""


def units_in(space: ExpressionSpace) -> tuple[AuUnit, ...]:
    """The units whose coefficients the space has, all of them, in the order of the table.

    Raises:
        UsageError: it has the coefficients of none, as spaces that are not ARKit's.
    """
    known = set(space.names)
    units = tuple(unit for unit in UNITS if all(name in known for _, name in unit.parts))
    if not units:
        raise UsageError(f"no action unit has a proxy in space {space.id!r}", advice="use an arkit51 space")
    return units


def au_intensities(x: ArrayLike, space: ExpressionSpace) -> FloatArray:
    """AU proxy of expressions ``(n, D)``: intensities 0 to 5, ``(n, A)`` float32, a column for each of `units_in`.

    Whole numbers are the FACS letters: 1 is A (trace), 5 is E (maximum). Coefficients are taken between 0 and 1. An AU
    that the space cannot speak of has no column, least of all one of zeros. A row that is not finite is NaN.

    Raises:
        UsageError: the rows do not have D columns, or the space has no AU proxy.
    """
    rows = np.asarray(x, np.float64)
    if rows.ndim != 2 or rows.shape[1] != space.dimension:
        raise UsageError(f"space {space.id!r} has rows of {space.dimension} coefficients, not shape {rows.shape}")
    inside = np.clip(rows, 0.0, 1.0)
    values = [_value(inside, unit, space) for unit in units_in(space)]
    intensities = np.interp(np.column_stack(values), _VALUES, _INTENSITIES)
    intensities[~np.isfinite(rows).all(axis=1)] = np.nan
    said: FloatArray = intensities.astype(np.float32)
    return said


def au_codes(intensities: ArrayLike) -> CodeArray:
    """Intensities ``(n, A)`` rounded to 0..5, halves up, ``(n, A)`` int16; a row with NaN becomes -1 throughout."""
    rows = np.asarray(intensities, np.float32)
    finite = np.isfinite(rows).all(axis=1)
    codes = np.full(rows.shape, -1, np.int16)
    codes[finite] = np.clip(np.floor(rows[finite] + np.float32(0.5)), 0, LEVELS - 1).astype(np.int16)
    return codes


def _value(inside: DoubleArray, unit: AuUnit, space: ExpressionSpace) -> DoubleArray:
    weighted = [weight * inside[:, space.index(name)] for weight, name in unit.parts]
    value = np.max(weighted, axis=0) if unit.line.how == "max" else np.sum(weighted, axis=0)
    low, high = unit.line.window
    stretched: DoubleArray = np.clip((value - low) / (high - low), 0.0, 1.0)
    return stretched
