"""The sparse quantiser: a few displays of the codebook, each at a step of the ladder that all of them share."""

from __future__ import annotations

import numpy as np

from dfe.base.errors import ModelError
from dfe.base.types import CodeArray, DoubleArray, FloatArray, IntArray
from dfe.displays.displays import Displays
from dfe.quantizers.quantizer import Found, QuantizerKind, Weights
from dfe.quantizers.sparse.config import SparseConfig
from dfe.quantizers.sparse.search import SparseSearch, partners
from dfe.space.base import ExpressionSpace


class SparseQuantizer:
    """Codebook, ladder and search; implements :class:`dfe.quantizers.quantizer.Quantizer`.

    Args:
        config: codebook, ladder, search.
        weights: arrays of :meth:`SparseConfig.weight_shapes`.
        space: of the expressions.

    Raises:
        ModelError: arrays that contradict themselves.
    """

    additive = True

    def __init__(self, config: SparseConfig, weights: Weights, space: ExpressionSpace) -> None:
        codebook, ladder = weights["codebook"], weights["ladder"]
        if codebook[0].any() or weights["images"][0].any():
            raise ModelError("display 0 is not zero")
        if (np.diff(ladder, prepend=0) <= 0).any():
            raise ModelError("the steps of intensity do not rise from above 0")
        partner = partners(codebook, space.mirror(codebook), closed=config.closed)
        self.agreeing = config.faithful
        self._config, self._ladder = config, ladder
        self._neutral = weights["neutral"]
        gram = space.weighted_gram(config.emphasis)
        self._search = SparseSearch(codebook, weights["images"], ladder, gram, partner, config)
        row = np.concatenate([[-1], np.repeat(np.arange(config.size - 1), config.steps)])
        intensity = np.concatenate([[0], np.tile(ladder, config.size - 1)])
        self.displays = Displays.of(
            space,
            codebook[1:],
            np.tile(row, (config.levels, 1)),
            np.tile(intensity, (config.levels, 1)),
            usual=ladder[len(ladder) // 2],
        )

    @property
    def says(self) -> str:
        """How it finds displays and at which intensities, for people."""
        low, high = self._ladder.min(), self._ladder.max()
        return f"found all at once, at {self._config.steps} intensities from {low:.2f} to {high:.2f} mm"

    def encode(self, x: FloatArray) -> Found:
        """Codes; in doubt are rows where equally strong displays stood at the cut to N, and were left out together."""
        found = self._search.search(x.astype(np.float64) - self._neutral)
        return Found(self._config.code(found.display, found.step), found.tied)

    def encode_direct(self, x: FloatArray) -> CodeArray:
        """The same codes: there is no encoder."""
        return self.encode(x).codes

    def decode(self, codes: IntArray) -> DoubleArray:
        """The neutral plus the displays at their intensities."""
        return self.displays.added(self.displays.tokens(codes), self._neutral)


KIND = QuantizerKind("sparse", SparseConfig.from_json, SparseQuantizer)
