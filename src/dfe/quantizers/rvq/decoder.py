"""The decoder's transformer, in numpy: what it adds to the sum of the codes.

The sum itself is :meth:`dfe.displays.displays.Displays.added`, the same for every quantiser.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfe.base.types import DoubleArray, IntArray
from dfe.quantizers.rvq.config import DecoderConfig, RvqConfig
from dfe.quantizers.rvq.search import BLOCK
from dfe.quantizers.rvq.transformer import block, linear, norm


class TransformerDecoder:
    """What the trained decoder adds to the sum, in float64; trained as :mod:`dfe.quantizers.rvq.train.decoder`.

    Args:
        config: shape of the quantiser.
        decoder: of the decoder.
        weights: arrays named as in :meth:`RvqConfig.weight_shapes`.
    """

    def __init__(self, config: RvqConfig, decoder: DecoderConfig, weights: Mapping[str, NDArray[Any]]) -> None:
        self._config, self._levels = decoder, config.levels
        named = {name: array for name, array in weights.items() if name.startswith("decoder.")}
        self._weights = {name: np.ascontiguousarray(array, np.float64) for name, array in named.items()}
        self._from_latent = weights["from_latent"].astype(np.float64)
        self._gains = weights["gains"].astype(np.float64)[:, None]
        self._words = weights["codebook"].astype(np.float64) @ self._weights["decoder.codes"]

    def shift(self, codes: IntArray) -> DoubleArray:
        """Codes ``(n, m)`` of the first m levels to ``(n, D)`` in units of the space; exactly zero where none speaks.

        Blocks are padded to one size and to all levels, so a row depends neither on its company nor on silence.
        """
        shift = np.zeros((len(codes), len(self._from_latent)))
        for first in range(0, len(codes), BLOCK):
            part = codes[first : first + BLOCK]
            rows = np.zeros((BLOCK, self._levels), np.int64)
            rows[: len(part), : part.shape[1]] = part
            shift[first : first + len(part)] = self._block(rows)[: len(part)]
        return shift

    def _block(self, codes: IntArray) -> DoubleArray:
        w, spoken = self._weights, codes > 0
        anything = spoken.any(axis=1, keepdims=True)
        # Attention must look somewhere: a face that says nothing looks at its silence, and what it sees is left out.
        present = spoken | ~anything
        tokens = self._gains * self._words[codes] + w["decoder.levels"]
        for layer in range(self._config.layers):
            tokens = block(tokens, w, f"decoder.layers.{layer}", self._config.heads, present)
        seen = np.where(present[..., None], norm(tokens, w, "decoder.norm"), 0.0)
        pooled = seen.sum(axis=1) / present.sum(axis=1, keepdims=True)
        return np.asarray(np.where(anything, linear(pooled, w, "decoder.head") @ self._from_latent, 0.0))
