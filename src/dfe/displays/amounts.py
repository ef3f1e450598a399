"""How much of each display a face shows, row by row: the signals that events are found in."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dfe.base.types import CodeArray, Displays, DoubleArray, IntArray
from dfe.space.base import ExpressionSpace


class Amounts:
    """Amount of each display in mm on the mesh, of the rows of one face.

    A display that is said at several levels (of a residual tokenizer) counts with the sum of its intensities.

    Args:
        codes: ``(n, N)``; 0 and -1 say nothing.
        displays: of the tokenizer that made them.
        unit_mm: ``(U,)`` from :func:`display_mm`.
    """

    def __init__(self, codes: CodeArray, displays: Displays, unit_mm: DoubleArray) -> None:
        rows = np.asarray(codes, np.int64)
        level = np.arange(rows.shape[1])
        unit = np.where(rows > 0, displays.unit[level, rows.clip(0)], -1)
        row, place = np.nonzero(unit >= 0)
        unit = unit[row, place]
        amount = displays.intensity[place, rows[row, place]].astype(np.float64) * unit_mm[unit]
        order = np.argsort(unit, kind="stable")
        self._rows = len(rows)
        self._row, self._amount = row[order], amount[order]
        self._bounds = np.searchsorted(unit[order], np.arange(len(unit_mm) + 1))

    def __iter__(self) -> Iterator[tuple[int, DoubleArray]]:
        """The displays that are said at all, from 0, each with its signal ``(n,)``."""
        for display in np.flatnonzero(np.diff(self._bounds)).tolist():
            part = slice(self._bounds[display], self._bounds[display + 1])
            signal: DoubleArray = np.bincount(self._row[part], self._amount[part], self._rows).astype(np.float64)
            yield display, signal


def display_mm(displays: Displays, space: ExpressionSpace) -> DoubleArray:
    """``(U,)``: root mean square displacement of the moving vertices at one unit of each display, mm."""
    directions = displays.directions.astype(np.float64)
    return np.asarray(np.sqrt(np.einsum("ud,de,ue->u", directions, space.gram, directions).clip(0)))


def out_of_book(codes: CodeArray, displays: Displays) -> IntArray:
    """Rows ``(k,)`` with a code that the tokenizer does not have."""
    levels, size = displays.unit.shape
    if codes.shape[1] > levels:
        return np.arange(len(codes))
    return np.flatnonzero((codes >= size).any(axis=1))
