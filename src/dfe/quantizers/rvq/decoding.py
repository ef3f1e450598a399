"""From codes to an expression in numpy: a sum of displays, and what a trained decoder adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfe.base.types import Displays, DoubleArray, IntArray
from dfe.quantizers.rvq.blocks import block, linear, norm
from dfe.quantizers.rvq.config import DecoderConfig, TokenizerConfig
from dfe.quantizers.rvq.search import BLOCK


class AdditiveDecoding:
    """A face as the neutral plus what each code adds to it at its level.

    Args:
        neutral: ``(D,)``.
        displays: and which of them each code says at each level.
    """

    def __init__(self, neutral: NDArray[Any], displays: Displays) -> None:
        self._neutral = neutral.astype(np.float64)
        self._displays = displays

    def decode(self, codes: IntArray) -> DoubleArray:
        """Codes ``(n, m)`` of the first m levels to expressions ``(n, D)``."""
        x = np.tile(self._neutral, (len(codes), 1))
        for level in range(codes.shape[1]):
            x += self._table[level][codes[:, level]]
        return x

    @cached_property
    def _table(self) -> tuple[DoubleArray, ...]:
        return decode_table(self._displays)


class TransformerDecoding:
    """What the trained decoder adds to the sum, in float64; see :class:`dfe.quantizers.rvq.decoder.TransformerDecoder`.

    Args:
        config: shape of the tokenizer.
        decoder: of the decoder.
        weights: arrays named as in :meth:`TokenizerConfig.weight_shapes`.
    """

    def __init__(self, config: TokenizerConfig, decoder: DecoderConfig, weights: Mapping[str, NDArray[Any]]) -> None:
        self._config, self._levels = decoder, config.levels
        named = {name: array for name, array in weights.items() if name.startswith("decoder.")}
        self._weights = {name: np.ascontiguousarray(array, np.float64) for name, array in named.items()}
        self._from_latent = weights["from_latent"].astype(np.float64)
        self._gains = weights["gains"].astype(np.float64)[:, None]
        self._words = weights["book"].astype(np.float64) @ self._weights["decoder.codes"]

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


def decode_table(displays: Displays) -> tuple[DoubleArray, ...]:
    """What each code adds to a face at each level, ``(C, D)`` for each of N levels; equal levels share one array."""
    directions = np.concatenate([np.zeros((1, displays.directions.shape[1])), displays.directions.astype(np.float64)])
    tables: list[DoubleArray] = []
    for level, (unit, intensity) in enumerate(zip(displays.unit, displays.intensity, strict=True)):
        same = level and np.array_equal(unit, displays.unit[0]) and np.array_equal(intensity, displays.intensity[0])
        tables.append(tables[0] if same else intensity.astype(np.float64)[:, None] * directions[unit + 1])
    return tuple(tables)
