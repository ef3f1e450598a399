"""Beam search in one shared codebook: several beginnings of a code sequence are kept, and the best whole one wins.

Greedy search takes at each level what helps most at once; a beam also follows what pays off later. Everything is done
in float64, and costs that differ by less than rounding makes are equal: the beginning that came first then wins, so a
row's codes are the same on every machine and in every batch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfe.base.types import CodeArray, DoubleArray
from dfe.quantizers.quantizer import Found
from dfe.quantizers.rvq.search import TIE

_BLOCK = 128
_FLOAT64_ROUNDING = 2.0**-53


class BeamSearch:
    """Residual search that keeps ``beam`` beginnings at each level.

    Args:
        codebook: ``(K, d)``; row 0 is zero.
        gains: ``(N,)``, positive.
        threshold: what a level costs if it speaks, in squared units of the latent (mm²); silence costs nothing.
        beam: beginnings that are kept.
    """

    def __init__(self, codebook: NDArray[Any], gains: NDArray[Any], threshold: float, beam: int) -> None:
        self.codebook: DoubleArray = np.asarray(codebook, np.float64)
        self.gains: DoubleArray = np.asarray(gains, np.float64)
        self.threshold, self.beam = float(threshold), beam
        gram = self.codebook @ self.codebook.T
        self._norms = np.diagonal(gram)
        self._prices = np.square(self.gains)[:, None] * self._norms + self.threshold
        self._prices[:, 0] = 0
        # How the products with the book change when a level says a code, by level.
        self._changes = self.gains[:, None, None] * gram

    def search(self, z: NDArray[Any]) -> Found:
        """Codes ``(n, N)`` of latents ``(n, d)``; after the first silence only silence. Nothing is in doubt."""
        codes = np.zeros((len(z), len(self.gains)), np.int16)
        for first in range(0, len(z), _BLOCK):
            part = np.asarray(z[first : first + _BLOCK], np.float64)
            rows = np.zeros((_BLOCK, z.shape[1]))
            rows[: len(part)] = part
            codes[first : first + len(part)] = self._block(rows)[: len(part)]
        return Found(codes, np.zeros(len(z), bool))

    def _block(self, z: DoubleArray) -> CodeArray:
        n, size = len(z), len(self.codebook)
        # A cost in units of what counts as a difference, and behind it the place: exact in float64, and never equal.
        width = self.beam * size
        tie = max(TIE, 4 * width * _FLOAT64_ROUNDING)
        most = 1 / (2 * width * _FLOAT64_ROUNDING)
        unit = tie * (np.square(z).sum(axis=1) + self.gains.max() ** 2 * self._norms.max() + self.threshold)
        per_unit = (1 / unit)[:, None]
        scores = (z @ self.codebook.T)[:, None]
        cost, speaks = np.zeros((n, 1)), np.ones((n, 1), bool)
        codes = np.zeros((n, 1, 0), np.int64)
        for level, gain in enumerate(self.gains):
            whole = scores * (-2 * gain)
            whole += cost[..., None] + self._prices[level]
            if not speaks.all():
                whole[~speaks, 1:] = np.inf
            whole = whole.reshape(n, -1)
            # After the last level only the best whole sequence is wanted.
            last = level + 1 == len(self.gains)
            chosen = _lowest(whole * per_unit, most, 1 if last else self.beam)
            begun, code = chosen // size, chosen % size
            cost = np.take_along_axis(whole, chosen, axis=1)
            codes = np.concatenate([np.take_along_axis(codes, begun[..., None], axis=1), code[..., None]], axis=2)
            speaks = np.take_along_axis(speaks, begun, axis=1) & (code > 0)
            if not last:
                scores = scores[np.arange(n)[:, None], begun]
                scores -= self._changes[level][code]
        return codes[:, 0].astype(np.int16)


def _lowest(units: DoubleArray, most: float, count: int) -> NDArray[np.int64]:
    """Places of the lowest costs of each row ``(n, count)`` or fewer, lowest first, of equal ones the first.

    Args:
        units: ``(n, m)`` costs in units of what counts as a difference; changed in place.
        most: units that a cost may count for.
        count: of places.
    """
    width = units.shape[1]
    np.rint(units, out=units)
    np.minimum(units, most, out=units)
    units *= width
    units += np.arange(width)
    if count < width:
        units = np.partition(units, count - 1, axis=1)[:, :count]
    units.sort(axis=1)
    return np.asarray(units - width * np.floor(units / width), np.int64)
