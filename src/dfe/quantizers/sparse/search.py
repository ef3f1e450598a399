"""The search: a face as a small set of displays, each at one of a few intensities, found all at once.

A residual search asks at each level for the one code that helps most. Little things tip that choice, and later levels
then correct it. Here all displays compete at once, in a non-negative lasso ("Regression shrinkage and selection via
the lasso", Tibshirani 1996) solved by FISTA (Beck & Teboulle 2009) in a fixed number of steps: the strengths that it
gives change smoothly with the face. The strongest displays that agree with the face are said, and their intensities
are then chosen together from a ladder of steps that all displays share.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import ModelError
from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.quantizers.sparse.config import SparseConfig

SAME_STRENGTH = 1e-9
"""Strengths in mm that differ by less are equal; far above what float64 rounding makes."""

BLOCK = 512
"""Rows per block; a row's arithmetic never depends on how many rows it comes with."""


class Selection(NamedTuple):
    """What was found in ``n`` faces, strongest display first."""

    display: IntArray
    """``(n, N)``; 0 where nothing more is said."""
    step: IntArray
    """``(n, N)``: 1 to Q; 0 where nothing is said."""
    tied: BoolArray
    """``(n,)``: displays as strong as each other stood at the cut to N, and were all left out."""


class SparseSearch:
    """Non-negative sparse selection from a codebook of displays.

    Args:
        codebook: ``(K, D)``, row 0 zero.
        images: ``(K, D)``: a display may be said if the face's inner product with its image is positive (where the
            config is faithful).
        ladder: ``(Q,)`` mm, rising.
        gram: ``(D, D)``, mm²: in which faces are compared, as of :meth:`ExpressionSpace.weighted_gram`.
        partner: ``(K,)``: the display that each becomes under the left-right flip; itself where it has no side.
        config: how to search.
    """

    def __init__(
        self,
        codebook: NDArray[Any],
        images: NDArray[Any],
        ladder: NDArray[Any],
        gram: DoubleArray,
        partner: IntArray,
        config: SparseConfig,
    ) -> None:
        book = np.asarray(codebook[1:], np.float64)
        self._config = config
        self._match = gram @ book.T
        self._images = np.asarray(images[1:], np.float64).T
        self._gram = book @ self._match
        self._slope = float(np.linalg.eigvalsh(self._gram)[-1])
        self._ladder = np.asarray(ladder, np.float64)
        self._edges = (self._ladder[1:] + self._ladder[:-1]) / 2
        self._partner = np.asarray(partner[1:], np.int64) - 1

    def search(self, offset: DoubleArray) -> Selection:
        """Displays of faces ``(n, D)``, as offsets from the neutral; every row by itself."""
        n = len(offset)
        found = [self._block(offset[first : first + BLOCK]) for first in range(0, n, BLOCK)]
        if not found:
            none = np.zeros((0, self._config.levels), np.int64)
            return Selection(none, none, np.zeros(0, bool))
        return Selection(*(np.concatenate(part)[:n] for part in zip(*found, strict=True)))

    def strengths(self, offset: DoubleArray) -> DoubleArray:
        """``(n, K - 1)`` mm: how much of each display the lasso finds, zero where the face disagrees with it.

        In a config that is not faithful, disagreement does not count.
        """
        match = offset @ self._match
        strength = ahead = np.zeros_like(match)
        pace = 1.0
        for _ in range(self._config.iterations):
            step = ahead - (ahead @ self._gram - match + self._config.penalty_mm) / self._slope
            following = np.maximum(step, 0.0)
            faster = (1 + math.sqrt(1 + 4 * pace * pace)) / 2
            ahead = following + (pace - 1) / faster * (following - strength)
            strength, pace = following, faster
        if not self._config.faithful:
            return np.asarray(strength)
        return np.asarray(np.where(offset @ self._images > 0, strength, 0.0))

    def _block(self, offset: DoubleArray) -> Selection:
        rows = np.zeros((BLOCK, offset.shape[1]))
        rows[: len(offset)] = offset
        display, strength, tied = self._strongest(self.strengths(rows))
        step = self._intensities(rows, display, strength)
        said = np.arange(len(offset))
        return Selection((display + 1)[said], np.where(display >= 0, step + 1, 0)[said], tied[said])

    def _strongest(self, strengths: DoubleArray) -> tuple[IntArray, DoubleArray, BoolArray]:
        """The displays said ``(n, N)``, -1 where none, their strengths, and which rows tied at the cut.

        Equal strengths at the cut are all left out: to keep one of two mirror images would favour a side.
        """
        levels = self._config.levels
        even = np.rint(strengths / SAME_STRENGTH)
        order = np.argsort(-even, axis=1, kind="stable")[:, : levels + 1]
        ranked = np.take_along_axis(even, order, axis=1)
        audible = ranked[:, :levels] * SAME_STRENGTH > self._config.least_mm
        beyond = ranked[:, levels:] if ranked.shape[1] > levels else np.full((len(ranked), 1), -1.0)
        level_with_next = (ranked[:, :levels] == beyond) & audible
        kept = audible & ~level_with_next
        display = np.where(kept, order[:, :levels], -1)
        strength = np.take_along_axis(strengths, order[:, :levels], axis=1)
        return display, np.where(kept, strength, 0.0), level_with_next.any(axis=1)

    def _intensities(self, offset: DoubleArray, display: IntArray, strength: DoubleArray) -> IntArray:
        """Steps ``(n, N)`` from 0: each display in turn takes the one that leaves least over, a few times.

        A display that is as strong as its mirror image before it takes that one's step.
        """
        rows, levels = np.arange(len(display)), self._config.levels
        said = display >= 0
        unit = np.where(said, display, 0)
        step = np.searchsorted(self._edges, strength)
        amount = np.where(said, self._ladder[step], 0.0)
        left = np.take_along_axis(offset @ self._match, unit, axis=1)
        shared = self._gram[unit[:, :, None], unit[:, None, :]]
        left -= np.einsum("nij,nj->ni", shared, amount)
        twin = np.zeros(display.shape, bool)
        twin[:, 1:] = said[:, 1:] & (self._partner[unit[:, 1:]] == unit[:, :-1]) & (unit[:, 1:] != unit[:, :-1])
        twin[:, 1:] &= np.abs(strength[:, 1:] - strength[:, :-1]) <= SAME_STRENGTH
        for _ in range(self._config.sweeps):
            for level in range(levels):
                best = np.searchsorted(self._edges, left[:, level] + amount[:, level])
                if level:
                    best = np.where(twin[:, level], step[:, level - 1], best)
                changed = np.where(said[:, level], self._ladder[best], 0.0)
                left -= (changed - amount[:, level])[:, None] * shared[:, :, level]
                step[rows, level], amount[:, level] = best, changed
        return step


def partners(codebook: NDArray[Any], mirrored: NDArray[Any], *, closed: bool = True) -> IntArray:
    """``(K,)``: which row of a codebook ``(K, D)`` each row's mirror image is; itself in one that need not be closed.

    Raises:
        ModelError: it is to be closed under the left-right flip, and is not.
    """
    if not closed:
        return np.arange(len(codebook))
    place = {row.tobytes(): index for index, row in enumerate(np.ascontiguousarray(codebook))}
    found = [place.get(row.tobytes(), -1) for row in np.ascontiguousarray(mirrored)]
    if -1 in found:
        raise ModelError(f"display {found.index(-1)} has no mirror image in the codebook")
    return np.array(found, np.int64)
