"""A coder whose faces are a base plus one table entry for each code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfe.base.errors import UsageError
from dfe.base.types import CodeArray, Displays, DoubleArray, FloatArray, IntArray
from dfe.space.base import ExpressionSpace

NO_FACE = -1
"""Stands in place of a code where there is no expression to encode."""

Search = Callable[[DoubleArray], IntArray]
"""Finite expressions ``(n, D)`` to codes ``(n, N)``; each row's codes depend on that row alone."""

_ROWS_AT_ONCE = 4096


@dataclass(frozen=True, eq=False)
class AdditiveCoder:
    """A coding of expressions, decoded by adding up the displays of a table.

    Args:
        id: name under which results are reported.
        space: of the expressions it codes.
        base: ``(D,)`` float32, the expression that no code at all stands for.
        table: its displays; a level has the codes whose unit is not -1, and code 0.
        search: how codes are found.

    Raises:
        UsageError: the parts do not fit together.
    """

    id: str
    space: ExpressionSpace
    base: FloatArray
    table: Displays
    search: Search

    def __post_init__(self) -> None:
        directions, unit, intensity, _ = self.table
        d = self.space.dimension
        if self.base.shape != (d,) or directions.ndim != 2 or directions.shape[1] != d:
            raise UsageError(f"base and displays of coder {self.id} are not of the {d} coefficients of {self.space_id}")
        if unit.shape != intensity.shape or unit.ndim != 2 or unit.min() < -1 or unit.max() >= len(directions):
            raise UsageError(f"the codes of coder {self.id} do not fit its {len(directions)} displays")
        if not all(np.isfinite(a).all() for a in (self.base, directions, intensity)) or intensity[unit < 0].any():
            raise UsageError(f"coder {self.id} has a code that adds what is not finite, or adds something to nothing")
        if unit.shape[1] > np.iinfo(np.int16).max:
            raise UsageError(f"coder {self.id} has {unit.shape[1]} codes a level; int16 holds 32767")
        for array in (self.base, directions, unit, intensity):
            array.setflags(write=False)

    def __repr__(self) -> str:
        return f"<AdditiveCoder {self.id}: {self.levels} of {self.size} codes, {self.space_id}>"

    @property
    def space_id(self) -> str:
        """Identity of the space whose vectors it codes."""
        return self.space.id

    @property
    def levels(self) -> int:
        """Codes per face, N."""
        return len(self.table.unit)

    @property
    def size(self) -> int:
        """Codes at a level, K, code 0 included; the largest where levels differ."""
        return len(self.table.unit.T)

    def encode(self, x: ArrayLike) -> CodeArray:
        """Expressions ``(n, D)`` to codes ``(n, N)``; rows that are not finite (no face) become -1.

        Raises:
            UsageError: the rows do not have D columns.
        """
        rows = np.asarray(x)
        if rows.ndim != 2 or rows.shape[1] != self.space.dimension or not np.issubdtype(rows.dtype, np.number):
            raise UsageError(
                f"coder {self.id} codes rows of {self.space.dimension} coefficients of {self.space_id}, "
                f"not {_described(rows)}"
            )
        rows = rows.astype(np.float32)
        codes = np.full((len(rows), self.levels), NO_FACE, dtype=np.int16)
        finite = np.flatnonzero(np.isfinite(rows).all(axis=1))
        for start in range(0, len(finite), _ROWS_AT_ONCE):
            part = finite[start : start + _ROWS_AT_ONCE]
            codes[part] = self.search(rows[part].astype(np.float64))
        return codes

    def decode(self, codes: ArrayLike) -> FloatArray:
        """Codes ``(n, m)`` of the first m levels to expressions ``(n, D)``; rows with a -1 become NaN.

        Raises:
            UsageError: more columns than levels, or a code that a level does not have.
        """
        rows = np.asarray(codes)
        if rows.ndim != 2 or rows.shape[1] > self.levels or not np.issubdtype(rows.dtype, np.integer):
            raise UsageError(f"coder {self.id} decodes rows of up to {self.levels} codes, not {_described(rows)}")
        if rows.size and (rows.min() < NO_FACE or rows.max() >= self.size):
            raise UsageError(f"coder {self.id} has codes 0 to {self.size - 1}, not {rows.min()} to {rows.max()}")
        directions, unit, intensity, _ = self.table
        x = np.tile(self.base.astype(np.float64), (len(rows), 1))
        for level in range(rows.shape[1]):
            said = rows[:, level]
            if ((unit[level, said] < 0) & (said > 0)).any():
                raise UsageError(f"coder {self.id} has no code {said.max()} at level {level + 1}")
            x += intensity[level, said].astype(np.float64)[:, None] * directions[unit[level, said]]
        x[(rows == NO_FACE).any(axis=1)] = np.nan
        return x.astype(np.float32)

    def displays(self) -> Displays:
        """The displays it is made of."""
        return self.table


def mean_face(train: FloatArray) -> FloatArray:
    """``(D,)``: the mean of expressions ``(n, D)``, a base to start from."""
    mean: FloatArray = train.mean(axis=0, dtype=np.float64).astype(np.float32)
    return mean


def _described(rows: NDArray[Any]) -> str:
    return f"an array of shape {rows.shape} and type {rows.dtype}"
