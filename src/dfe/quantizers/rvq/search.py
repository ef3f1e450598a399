"""Exact residual search in one shared codebook, in numpy: float32 first, float64 wherever float32 cannot tell.

With a codebook C and a gain per level g, the score of code k at level l is what it saves, halved and divided by g:
``r.c - g |c|^2 / 2``. All scores follow from one product ``Z C'`` and the Gram matrix ``C C'``, because a chosen code
changes every score by a known row. The zero code's score is ``threshold / (2 g)``: a code must save more than the
threshold to beat silence. The first silent level ends the sequence.

Ties are defined: codes whose scores differ by no more than ``TIE * scale`` are equally good and the lowest index wins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfe.base.types import DoubleArray
from dfe.quantizers.quantizer import Found

TIE = 1e-11
"""Relative difference of two float64 scores that counts as none; far above what float64 rounding makes."""

FLOAT32_DOUBT = 4e-6
"""Relative difference of two float32 scores below which a row is searched again in float64."""

BLOCK = 512
"""Rows per block; a row's arithmetic never depends on how many rows it comes with."""

Latent = Callable[[NDArray[Any], type[np.floating[Any]]], NDArray[Any]]
"""Computes ``(rows, d)`` latents of a block of expressions in the precision asked for."""


class GramSearch:
    """Greedy residual search over one shared codebook.

    Args:
        codebook: ``(K, d)``; row 0 is zero.
        gains: ``(N,)``, positive.
        threshold: saving in squared units of the latent (mm^2) that a level has to exceed in order to speak.
    """

    def __init__(self, codebook: NDArray[Any], gains: NDArray[Any], threshold: float) -> None:
        self.codebook: DoubleArray = np.asarray(codebook, dtype=np.float64)
        self.gains: DoubleArray = np.asarray(gains, dtype=np.float64)
        self.threshold = float(threshold)
        gram = self.codebook @ self.codebook.T
        half = np.diagonal(gram) / 2
        silence = self.threshold / 2 / self.gains
        start = -self.gains[0] * half
        start[0] = silence[0]
        steps = np.empty((len(self.gains) - 1, *gram.shape))
        for level, (gain, following) in enumerate(zip(self.gains[:-1], self.gains[1:], strict=True)):
            steps[level] = gain * gram + (following - gain) * half
            steps[level][:, 0] = silence[level] - silence[level + 1]
        self._reach = float(np.sqrt(2 * half.max()))
        self._floor = float(self.gains.max() * 2 * half.max() + silence.max())
        self._tables = {
            dtype: (self.codebook.T.astype(dtype), start.astype(dtype), steps.astype(dtype))
            for dtype in (np.dtype(np.float32), np.dtype(np.float64))
        }

    def scale(self, z: NDArray[Any]) -> NDArray[Any]:
        """Size of the largest score that each latent ``(n, d)`` can meet, ``(n,)``; tolerances are relative to it."""
        scale: NDArray[Any] = np.sqrt(np.einsum("nd,nd->n", z, z)) * self._reach + self._floor
        return scale

    def search(self, z: NDArray[Any]) -> Found:
        """Search ``(n, d)`` latents in their own precision, float32 or float64.

        Doubt: at some level the two best scores were closer than the precision can tell. In float32 the codes of such a
        row may be wrong; in float64 it means a tie, broken by the lowest index.
        """
        pieces = [self._block(z[first : first + BLOCK]) for first in range(0, len(z), BLOCK)]
        if not pieces:
            return Found(np.zeros((0, len(self.gains)), dtype=np.int16), np.zeros(0, dtype=bool))
        return Found(np.concatenate([p.codes for p in pieces]), np.concatenate([p.doubt for p in pieces]))

    def _block(self, z: NDArray[Any]) -> Found:
        exact = z.dtype == np.float64
        codebook, start, steps = self._tables[z.dtype]
        n, levels = len(z), len(self.gains)
        rows = np.arange(n)
        margin = (self.scale(z) * (TIE if exact else FLOAT32_DOUBT)).astype(z.dtype)
        scores = z @ codebook
        scores += start
        codes = np.zeros((n, levels), dtype=np.int16)
        doubt = np.zeros(n, dtype=bool)
        speaks = np.ones(n, dtype=bool)
        for level in range(levels):
            best = scores.argmax(axis=1)
            top = scores[rows, best]
            scores[rows, best] = -np.inf
            # numpy finds the place of a row's maximum faster than the maximum itself.
            second = scores[rows, scores.argmax(axis=1)]
            close = (top - second <= margin) & speaks
            scores[rows, best] = top
            doubt |= close
            if exact and close.any():
                tied = np.flatnonzero(close)
                best[tied] = (scores[tied] >= (top[tied] - margin[tied])[:, None]).argmax(axis=1)
            speaks &= best > 0
            codes[:, level] = np.where(speaks, best, 0)
            if level + 1 == levels or not speaks.any():
                break
            scores -= steps[level].take(best, axis=0)
        return Found(codes, doubt)


def encode_rows(search: GramSearch, x: NDArray[Any], latent: Latent) -> Found:
    """Codes of ``(n, D)`` finite expressions: by definition those that float64 arithmetic gives.

    Every row is searched in float32 first; a row with a doubtful margin at any level goes through latent and search
    again in float64. Blocks are padded to one size, so neither path depends on how rows are batched.

    Returns:
        The codes, with ``doubt`` marking the rows that were computed twice.
    """
    codes = np.zeros((len(x), len(search.gains)), dtype=np.int16)
    doubt = np.zeros(len(x), dtype=bool)
    for first in range(0, len(x), BLOCK):
        rows = slice(first, min(first + BLOCK, len(x)))
        codes[rows], doubt[rows] = _padded(search, x[rows], latent, np.float32)
    again = np.flatnonzero(doubt)
    for first in range(0, len(again), BLOCK):
        chosen = again[first : first + BLOCK]
        codes[chosen] = _padded(search, x[chosen], latent, np.float64).codes
    return Found(codes, doubt)


def _padded(search: GramSearch, x: NDArray[Any], latent: Latent, dtype: type[np.floating[Any]]) -> Found:
    block = np.zeros((BLOCK, x.shape[1]), dtype=x.dtype)
    block[: len(x)] = x
    found = search.search(latent(block, dtype))
    return Found(found.codes[: len(x)], found.doubt[: len(x)])
