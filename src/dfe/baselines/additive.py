"""A coder whose faces are a base plus one table entry for each code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfe.base.errors import UsageError
from dfe.base.types import CodeArray, DoubleArray, FloatArray, IntArray
from dfe.displays.displays import Displays
from dfe.displays.tokens import NO_FACE
from dfe.space.base import ExpressionSpace

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
        table: its displays; a level has the codes that say one, and code 0.
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
        if self.base.shape != (self.space.dimension,) or self.table.space is not self.space:
            raise UsageError(f"base and displays of coder {self.id} are not of space {self.space_id}")
        if not np.isfinite(self.base).all():
            raise UsageError(f"the base of coder {self.id} is not finite")
        if self.table.codes > np.iinfo(np.int16).max:
            raise UsageError(f"coder {self.id} has {self.table.codes} codes a level; int16 holds 32767")
        self.base.setflags(write=False)

    def __repr__(self) -> str:
        return f"<AdditiveCoder {self.id}: {self.levels} of {self.size} codes, {self.space_id}>"

    @property
    def space_id(self) -> str:
        """Identity of the space whose vectors it codes."""
        return self.space.id

    @property
    def levels(self) -> int:
        """Codes per face, N."""
        return self.table.levels

    @property
    def size(self) -> int:
        """Codes at a level, K, code 0 included; the largest where levels differ."""
        return self.table.codes

    def encode_codes(self, x: ArrayLike) -> CodeArray:
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

    def decode_codes(self, codes: ArrayLike) -> FloatArray:
        """Codes ``(n, m)`` of the first m levels to expressions ``(n, D)``; rows with a -1 become NaN.

        Raises:
            UsageError: more columns than levels, or a code that a level does not have.
        """
        return self.table.decode(codes, self.base, f"coder {self.id}")

    def displays(self) -> Displays:
        """The displays it is made of."""
        return self.table


def mean_face(train: FloatArray) -> FloatArray:
    """``(D,)``: the mean of expressions ``(n, D)``, a base to start from."""
    mean: FloatArray = train.mean(axis=0, dtype=np.float64).astype(np.float32)
    return mean


def _described(rows: NDArray[Any]) -> str:
    return f"an array of shape {rows.shape} and type {rows.dtype}"
