"""Tokens: which displays a coding says of a face, and at what intensity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfe.base.types import CodeArray, DoubleArray, FloatArray, IntArray

NOTHING = 0
"""In place of a display where nothing is said."""

NO_FACE = -1
"""In place of a display where there is no face."""


class Tokens(NamedTuple):
    """What is said of ``n`` faces, each with at most N tokens: a display and its intensity.

    The columns ``tok_k`` and ``mm_k`` of a recording.
    """

    display: CodeArray
    """``(n, N)``: number of the display, from 1; 0 where nothing is said, -1 where there is no face."""
    mm: FloatArray
    """``(n, N)``: root mean square movement of the face's moving vertices, mm; NaN where nothing is said."""

    @classmethod
    def none(cls, rows: int, levels: int) -> Tokens:
        """Tokens of so many rows without a face."""
        return cls(np.full((rows, levels), NO_FACE, np.int16), np.full((rows, levels), np.nan, np.float32))

    @property
    def says(self) -> NDArray[np.bool_]:
        """``(n, N)``: where a display is said."""
        return np.asarray(self.display > NOTHING)

    def at(self, rows: ArrayLike) -> Tokens:
        """Tokens of some of the rows, by their places or by a mask."""
        chosen = np.asarray(rows)
        return Tokens(self.display[chosen], self.mm[chosen])

    def first(self, count: int) -> Tokens:
        """The first tokens of each face only."""
        return Tokens(self.display[:, :count], self.mm[:, :count])

    def amounts(self, displays: int) -> FloatArray:
        """``(n, U)`` mm: how much of each of ``U`` displays a face shows, all its tokens of a display together.

        Column 0 is display 1.
        """
        mm = np.zeros((len(self.display), displays), np.float32)
        row, place = np.nonzero(self.says)
        np.add.at(mm, (row, self.display[row, place].astype(np.int64) - 1), self.mm[row, place])
        return mm

    def signals(self) -> Iterator[tuple[int, DoubleArray]]:
        """Of each display that is said at all its number and how much of it each row shows, ``(n,)`` mm."""
        for number, rows, mm in self.said():
            yield number, np.bincount(rows, mm, len(self.display)).astype(np.float64)

    def said(self) -> Iterator[tuple[int, IntArray, DoubleArray]]:
        """Of each display that is said at all its number, the rows that say it, and how much, mm; ``(k,)`` each.

        A row that says it twice comes twice. One display at a time: sorting all of an hour at once takes ten times as
        much memory.
        """
        for number in np.unique(self.display[self.says]).tolist():
            row, place = np.nonzero(self.display == number)
            yield number, row, self.mm[row, place].astype(np.float64)

    def new(self) -> NDArray[np.bool_]:
        """``(n, N)``: where a face says a display for the first time; residual levels may say one twice."""
        new = self.says
        for place in range(1, new.shape[1]):
            new[:, place] &= (self.display[:, :place] != self.display[:, place : place + 1]).all(axis=1)
        return new


def numbers(display: NDArray[np.integer]) -> IntArray:
    """Numbers of displays as an index: 0 where nothing is said or there is no face."""
    return np.maximum(display.astype(np.int64), NOTHING)
