"""The displays of a coding as the measures see them: products in mm, and which of them a face's codes say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import UsageError
from dfe.base.types import BoolArray, CodeArray, DoubleArray, IntArray
from dfe.displays.displays import STILL_MM, Displays
from dfe.space.base import ExpressionSpace

SILENT = -1
"""Stands in place of a display where a level says nothing."""

_ROWS_AT_ONCE = 256
_Value = TypeVar("_Value", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Units:
    """The signed displays of a coding, U of them, and their geometry on the mesh.

    A direction said with positive and with negative intensities is two displays: a lip corner that rises and one that
    falls look different, count as different words, and lie at cosine -1. Intensities are positive ever after. The same
    display at another level or intensity is the same display. Directions that no code says are none.

    Displays are numbered in the order of their directions: those said with positive intensities first, then
    the negative ones. Where every intensity is positive and every direction is said, numbers are those of ``displays``.

    Args:
        displays: as a coder gives them.
    """

    displays: Displays

    def __len__(self) -> int:
        """Number of signed displays, U."""
        return len(self.axis)

    @property
    def space(self) -> ExpressionSpace:
        """In which they live."""
        return self.displays.space

    @property
    def levels(self) -> int:
        """Codes per face at most, N."""
        return self.displays.levels

    @property
    def axis(self) -> IntArray:
        """``(U,)``: the row of ``displays.directions`` that each display lies along."""
        return self._book.axis

    @property
    def unit(self) -> IntArray:
        """``(N, K)``: the signed display said by each code; :data:`SILENT` where it says nothing."""
        return self._book.unit

    @cached_property
    def directions(self) -> DoubleArray:
        """``(U, D)``: what 1 mm of each display adds to a face, in units of the space."""
        return np.asarray(self._book.sign[:, None] * self.displays.directions[self.axis].astype(np.float64))

    @cached_property
    def products(self) -> DoubleArray:
        """``(U, U)``, mm²: inner products of the displacements, as a mean over the moving vertices."""
        return np.asarray(self.directions @ self.space.gram @ self.directions.T)

    @cached_property
    def energies(self) -> DoubleArray:
        """``(U,)``, mm²: mean squared displacement of the moving vertices: 1, or 0 where nothing moves."""
        return np.asarray(np.maximum(np.einsum("ud,ud->u", self.directions @ self.space.gram, self.directions), 0.0))

    @cached_property
    def moves(self) -> BoolArray:
        """``(U,)``: displays that move some vertex at all."""
        return np.asarray(self.energies > STILL_MM**2)

    @cached_property
    def unit_directions(self) -> DoubleArray:
        """``(U, D)``: the displays scaled to unit energy, a root mean square of 1 mm; zero where nothing moves."""
        scale = np.sqrt(np.where(self.moves, self.energies, np.inf))
        return np.asarray(self.directions / scale[:, None])

    @cached_property
    def cosines(self) -> DoubleArray:
        """``(U, U)``: cosines in mm between displays; zero with those that move nothing."""
        return self.cosines_with(self.unit_directions)

    @cached_property
    def mirror_cosines(self) -> DoubleArray:
        """``(U, U)``, symmetric: cosine of one display with the mirror image of the other."""
        return self.cosines_with(self.unit_directions[:, self.space.partner])

    def cosines_with(self, unit_directions: DoubleArray) -> DoubleArray:
        """Cosines ``(U, m)`` in mm of the displays with m other directions ``(m, D)`` of unit energy."""
        return np.asarray(np.clip(self.unit_directions @ self.space.gram @ unit_directions.T, -1.0, 1.0))

    def said(self, codes: CodeArray) -> IntArray:
        """Codes ``(n, m)`` of the first m levels to the displays they say, ``(n, m)``; -1 where a level is silent.

        Raises:
            UsageError: more columns than levels, or a code that the coding does not have.
        """
        rows = self._checked(codes)
        return np.where(rows < 0, SILENT, self.unit[np.arange(rows.shape[1]), rows])

    def intensities(self, codes: CodeArray) -> DoubleArray:
        """How many mm of its display each code says, ``(n, m)``, never negative; 0 where a level is silent."""
        rows = self._checked(codes)
        intensity = np.abs(self.displays.mm.astype(np.float64))[np.arange(rows.shape[1]), rows]
        return np.where(self.said(codes) == SILENT, 0.0, intensity)

    def uses(self, codes: CodeArray) -> IntArray:
        """How often each display is said in codes ``(n, m)``, ``(U,)``."""
        said = self.said(codes)
        return np.bincount(said[said != SILENT], minlength=len(self)).astype(np.int64)

    def vertex_energies(self) -> DoubleArray:
        """``(U, V_moving)``, mm²: squared displacement of each moving vertex by the unit-energy displays."""
        basis = self.space.basis[:, self.space.moving].astype(np.float64)
        flat = basis.reshape(self.space.dimension, -1)
        energies = np.empty((len(self), basis.shape[1]))
        for start in range(0, len(self), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            moved = (self.unit_directions[part] @ flat).reshape(-1, *basis.shape[1:])
            energies[part] = np.einsum("uvk,uvk->uv", moved, moved)
        return energies

    @cached_property
    def _book(self) -> _Book:
        unit, intensity = self.displays.number - 1, self.displays.mm
        speaks = unit >= 0
        key = 2 * unit + (intensity < 0)
        keys = np.unique(key[speaks])
        keys = keys[np.argsort(keys % 2, kind="stable")]
        number = np.full(2 * len(self.displays.directions) + 1, SILENT)
        number[keys] = np.arange(len(keys))
        sign = np.where(keys % 2, -1.0, 1.0)
        return _Book(keys // 2, sign, np.where(speaks, number[np.where(speaks, key, 0)], SILENT))

    def _checked(self, codes: CodeArray) -> CodeArray:
        rows = np.asarray(codes)
        levels, size = self.displays.number.shape
        if rows.ndim != 2 or rows.shape[1] > levels or (rows.size and (rows.max() >= size or rows.min() < -1)):
            raise UsageError(f"codes of shape {rows.shape} do not fit {levels} levels of {size} codes")
        return rows


def of_said(values: NDArray[_Value], said: IntArray) -> NDArray[_Value]:
    """Values ``(U, ...)`` of displays for each one said ``(n, m)``: ``(n, m, ...)``, 0 where a level is silent."""
    return np.concatenate([values, np.zeros((1, *values.shape[1:]), values.dtype)])[said]


class _Book(NamedTuple):
    axis: IntArray
    sign: DoubleArray
    unit: IntArray
