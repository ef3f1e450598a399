"""What a tokenizer does with its arrays: codes of expressions, what they decode to, and the displays that they say.

Two kinds: level after level from one book with a gain per level, or a set of graded displays.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import ModelError
from dfe.base.types import CodeArray, Displays, DoubleArray, FloatArray, IntArray
from dfe.quantizers.rvq.beam import BeamSearch
from dfe.quantizers.rvq.config import TokenizerConfig
from dfe.quantizers.rvq.decoding import AdditiveDecoding, TransformerDecoding
from dfe.quantizers.rvq.forward import Forward
from dfe.quantizers.rvq.search import GramSearch, Search, encode_rows
from dfe.quantizers.sparse.search import STEP_PLACES, SparseConfig, SparseSearch, joined, partners
from dfe.space.base import ExpressionSpace

Weights = Mapping[str, NDArray[Any]]


class Coding(Protocol):
    """The part of a tokenizer that depends on its kind."""

    @property
    def displays(self) -> Displays:
        """Its displays, and which of them each code says at each level."""
        ...

    def encode(self, x: FloatArray) -> Search:
        """Codes of finite expressions ``(n, D)``, and which rows took a second look."""
        ...

    def encode_direct(self, x: FloatArray) -> CodeArray:
        """Codes without the encoder."""
        ...

    def decode(self, codes: IntArray) -> DoubleArray:
        """Expressions ``(n, D)`` that codes ``(n, m)`` of the first m levels stand for."""
        ...


class ResidualCoding:
    """Level after level, the code of one shared book that leaves least over.

    Args:
        config: levels, book, encoder, search, decoder.
        weights: arrays of :meth:`TokenizerConfig.weight_shapes`.
        space: of the expressions.
    """

    def __init__(self, config: TokenizerConfig, weights: Weights, space: ExpressionSpace) -> None:
        if (weights["gains"] <= 0).any():
            raise ModelError("a gain is not positive")
        if weights["book"][0].any():
            raise ModelError("code 0 is not zero")
        self._forward = Forward(config, weights)
        book, threshold = weights["book"], config.threshold_mm2
        self._search: GramSearch | BeamSearch
        if config.beam == 1:
            self._search = GramSearch(book, weights["gains"], threshold)
        else:
            self._search = BeamSearch(book, weights["gains"], threshold, config.beam)
        templates = weights["book"].astype(np.float64) @ weights["from_latent"].astype(np.float64)
        gains = weights["gains"].astype(np.float64)
        unit = np.tile(np.arange(-1, config.size - 1), (config.levels, 1))
        intensity = np.where(unit >= 0, (gains / gains[0])[:, None], 0).astype(np.float32)
        self._summands = Displays((gains[0] * templates[1:]).astype(np.float32), unit, intensity)
        self._sum = AdditiveDecoding(weights["neutral"], self._summands)
        self._transformer = None if config.decoder is None else TransformerDecoding(config, config.decoder, weights)
        self._neutral, self._gram = weights["neutral"].astype(np.float64), space.gram

    @cached_property
    def displays(self) -> Displays:
        """Those that are added; with a transformer in the decoder, what each code makes of a face by itself.

        A direction is then decode(code alone at level 1) - neutral, and the intensity of a level the length in mm of
        decode(code alone at that level) - neutral along it, in lengths of the direction: a picture of first order.
        """
        if self._transformer is None:
            return self._summands
        summands = self._summands
        levels, size = summands.unit.shape
        alone = np.zeros((levels, size, levels), np.int64)
        alone[np.arange(levels), :, np.arange(levels)] = np.arange(size)
        made = (self.decode(alone.reshape(-1, levels)) - self._neutral).reshape(levels, size, -1)
        directions = made[0]
        along = np.einsum("lkd,kd->lk", made, directions @ self._gram)
        moves = along[0] > 0
        intensity = np.where(moves, along / np.where(moves, along[0], 1.0), summands.intensity).astype(np.float32)
        return Displays(directions[1:].astype(np.float32), summands.unit, intensity)

    def decode(self, codes: IntArray) -> DoubleArray:
        x = self._sum.decode(codes)
        return x if self._transformer is None else x + self._transformer.shift(codes)

    def encode(self, x: FloatArray) -> Search:
        if isinstance(self._search, BeamSearch):
            return self._search.search(self._forward.latent(x))
        return encode_rows(self._search, x, self._forward.latent)

    def encode_direct(self, x: FloatArray) -> CodeArray:
        return self._search.search(self._forward.direct(x)).codes


class SparseCoding:
    """A face as a few graded displays, found all at once.

    Args:
        config: book, ladder, search.
        weights: arrays of :meth:`SparseConfig.weight_shapes`.
        space: of the expressions.
    """

    def __init__(self, config: SparseConfig, weights: Weights, space: ExpressionSpace) -> None:
        book, gains = weights["displays"], weights["gains"]
        if book[0].any() or weights["images"][0].any():
            raise ModelError("display 0 is not zero")
        if (np.diff(gains, prepend=0) <= 0).any():
            raise ModelError("the steps of intensity do not rise from above 0")
        partner = partners(book, space.mirror(book), closed=config.closed)
        self._neutral = weights["neutral"].astype(np.float64)
        self._search = SparseSearch(book, weights["images"], gains, space.gram, partner, config)
        unit, intensity = np.full(config.codes, -1), np.zeros(config.codes, np.float32)
        for step, gain in enumerate(gains, start=1):
            said = np.arange(1, config.size) * STEP_PLACES + step
            unit[said], intensity[said] = np.arange(config.size - 1), gain
        self.displays = Displays(book[1:], np.tile(unit, (config.levels, 1)), np.tile(intensity, (config.levels, 1)))
        self._sum = AdditiveDecoding(weights["neutral"], self.displays)

    def encode(self, x: FloatArray) -> Search:
        found = self._search.search(x.astype(np.float64) - self._neutral)
        return Search(joined(found), found.tied)

    def encode_direct(self, x: FloatArray) -> CodeArray:
        return self.encode(x).codes

    def decode(self, codes: IntArray) -> DoubleArray:
        return self._sum.decode(codes)
