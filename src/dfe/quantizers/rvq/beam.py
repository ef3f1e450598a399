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

_BLOCK = 256


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
        self._gram = self.codebook @ self.codebook.T
        self._norms = np.diagonal(self._gram)

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
        unit = TIE * (np.square(z).sum(axis=1) + self.gains.max() ** 2 * self._norms.max() + self.threshold)
        scores = (z @ self.codebook.T)[:, None]
        cost, speaks = np.zeros((n, 1)), np.ones((n, 1), bool)
        codes = np.zeros((n, 1, 0), np.int64)
        for gain in self.gains:
            change = gain * gain * self._norms + self.threshold - 2 * gain * scores
            change[..., 1:] = np.where(speaks[..., None], change[..., 1:], np.inf)
            change[..., 0] = 0
            whole = (cost[..., None] + change).reshape(n, -1)
            chosen = self._best(np.rint(whole / unit[:, None]))
            begun, code = chosen // size, chosen % size
            cost = np.take_along_axis(whole, chosen, axis=1)
            codes = np.concatenate([np.take_along_axis(codes, begun[..., None], axis=1), code[..., None]], axis=2)
            speaks = np.take_along_axis(speaks, begun, axis=1) & (code > 0)
            scores = np.take_along_axis(scores, begun[..., None], axis=1) - gain * self._gram[code]
        return codes[:, 0].astype(np.int16)

    def _best(self, costs: DoubleArray) -> NDArray[np.int64]:
        """Places of the ``beam`` lowest costs of each row, lowest first, of equal ones the first."""
        count = min(self.beam, costs.shape[1])
        if count == costs.shape[1]:
            return np.argsort(costs, axis=1, kind="stable")
        # All that cost no more than the last one kept, the first of them in place: partition alone is not stable.
        last = np.partition(costs, count - 1, axis=1)[:, count - 1 : count]
        within = np.where(costs < last, 2, np.where(costs == last, 1, 0)).astype(np.int8)
        kept = np.argsort(-within, axis=1, kind="stable")[:, :count]
        kept.sort(axis=1)
        order = np.argsort(np.take_along_axis(costs, kept, axis=1), axis=1, kind="stable")
        return np.take_along_axis(kept, order, axis=1)
