"""What a tokenizer does with its arrays: codes of expressions, and the displays that codes say.

Two kinds: level after level from one book with a gain per level, or a set of graded displays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dfe.errors import ModelError
from dfe.space.base import ExpressionSpace
from dfe.tokenizer.beam import BeamSearch
from dfe.tokenizer.codec import GramSearch, Search, encode_rows
from dfe.tokenizer.config import TokenizerConfig
from dfe.tokenizer.forward import Forward
from dfe.tokenizer.sparse import STEP_PLACES, SparseConfig, SparseSearch, joined, partners
from dfe.types import CodeArray, Displays, DoubleArray, FloatArray

Weights = Mapping[str, NDArray[Any]]


class Coding(Protocol):
    """The part of a tokenizer that depends on its kind."""

    displays: Displays
    """Its displays, and which of them each code says at each level."""

    def encode(self, x: FloatArray) -> Search:
        """Codes of finite expressions ``(n, D)``, and which rows took a second look."""
        ...

    def encode_direct(self, x: FloatArray) -> CodeArray:
        """Codes without the encoder."""
        ...


class ResidualCoding:
    """Level after level, the code of one shared book that leaves least over.

    Args:
        config: levels, book, encoder, search.
        weights: arrays of :meth:`TokenizerConfig.weight_shapes`.
    """

    def __init__(self, config: TokenizerConfig, weights: Weights) -> None:
        if (weights["gains"] <= 0).any():
            raise ModelError("a gain is not positive")
        if weights["book"][0].any():
            raise ModelError("code 0 is not zero")
        self._forward = Forward(config, weights)
        gram = GramSearch(weights["book"], weights["gains"], config.threshold_mm2)
        self._gram = gram if config.beam == 1 else None
        self._beam = BeamSearch(weights["book"], weights["gains"], config.threshold_mm2, config.beam)
        templates = weights["book"].astype(np.float64) @ weights["from_latent"].astype(np.float64)
        gains = weights["gains"].astype(np.float64)
        unit = np.tile(np.arange(-1, config.size - 1), (config.levels, 1))
        intensity = np.where(unit >= 0, (gains / gains[0])[:, None], 0).astype(np.float32)
        self.displays = Displays((gains[0] * templates[1:]).astype(np.float32), unit, intensity)

    def encode(self, x: FloatArray) -> Search:
        if self._gram is None:
            return self._beam.search(self._forward.latent(x))
        return encode_rows(self._gram, x, self._forward.latent)

    def encode_direct(self, x: FloatArray) -> CodeArray:
        z = self._forward.direct(x)
        return (self._beam if self._gram is None else self._gram).search(z).codes


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

    def encode(self, x: FloatArray) -> Search:
        found = self._search.search(x.astype(np.float64) - self._neutral)
        return Search(joined(found), found.tied)

    def encode_direct(self, x: FloatArray) -> CodeArray:
        return self.encode(x).codes


def decode_table(displays: Displays) -> tuple[DoubleArray, ...]:
    """What each code adds to a face at each level, ``(C, D)`` for each of N levels; equal levels share one array."""
    directions = np.concatenate([np.zeros((1, displays.directions.shape[1])), displays.directions.astype(np.float64)])
    tables: list[DoubleArray] = []
    for level, (unit, intensity) in enumerate(zip(displays.unit, displays.intensity, strict=True)):
        same = level and np.array_equal(unit, displays.unit[0]) and np.array_equal(intensity, displays.intensity[0])
        tables.append(tables[0] if same else intensity.astype(np.float64)[:, None] * directions[unit + 1])
    return tuple(tables)
