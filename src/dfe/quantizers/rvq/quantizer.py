"""The residual quantiser: level after level, the code of one shared codebook that leaves least over."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from dfe.base.errors import ModelError
from dfe.base.types import CodeArray, DoubleArray, FloatArray, IntArray
from dfe.displays.displays import Displays
from dfe.quantizers.quantizer import Found, QuantizerKind, Weights
from dfe.quantizers.rvq.beam import BeamSearch
from dfe.quantizers.rvq.config import RvqConfig
from dfe.quantizers.rvq.decoder import TransformerDecoder
from dfe.quantizers.rvq.encoder import Encoder
from dfe.quantizers.rvq.search import GramSearch, encode_rows
from dfe.space.base import ExpressionSpace


class RvqQuantizer:
    """Encoder, codebook with a gain per level, search and decoder; implements
    :class:`dfe.quantizers.quantizer.Quantizer`.

    Every code of the codebook but the first is a display; the level gives the intensity.

    Args:
        config: levels, codebook, encoder, search, decoder.
        weights: arrays of :meth:`RvqConfig.weight_shapes`.
        space: of the expressions.

    Raises:
        ModelError: arrays that contradict themselves.
    """

    agreeing = False

    def __init__(self, config: RvqConfig, weights: Weights, space: ExpressionSpace) -> None:
        codebook, gains = weights["codebook"], weights["gains"]
        if (gains <= 0).any():
            raise ModelError("a gain is not positive")
        if codebook[0].any():
            raise ModelError("code 0 is not zero")
        self.additive = config.decoder is None
        self._config, self._gains, self._space = config, gains, space
        self._encoder = Encoder(config, weights)
        self._search: GramSearch | BeamSearch
        if config.beam == 1:
            self._search = GramSearch(codebook, gains, config.threshold_mm2)
        else:
            self._search = BeamSearch(codebook, gains, config.threshold_mm2, config.beam)
        self._neutral = weights["neutral"]
        self._summands = self._displays(codebook[1:].astype(np.float64) @ weights["from_latent"].astype(np.float64))
        self._decoder = None if config.decoder is None else TransformerDecoder(config, config.decoder, weights)

    @property
    def says(self) -> str:
        """How it finds displays and at which intensities, for people."""
        return (
            f"residual, {self._config.levels} levels with gains from {self._gains.min():.2f} to {self._gains.max():.2f}"
        )

    @cached_property
    def displays(self) -> Displays:
        """Those that are added; with a transformer in the decoder, what each code makes of a face by itself.

        A direction is then decode(code alone at level 1) - neutral, and the intensity of a level the length in mm of
        decode(code alone at that level) - neutral along it: a picture of first order.
        """
        if self._decoder is None:
            return self._summands
        levels, size = self._config.levels, self._config.size
        alone = np.zeros((levels, size, levels), np.int64)
        alone[np.arange(levels), :, np.arange(levels)] = np.arange(size)
        made = (self.decode(alone.reshape(-1, levels)) - self._neutral).reshape(levels, size, -1)[:, 1:]
        along = np.einsum("lkd,kd->lk", made, made[0] @ self._space.gram)
        moves = along[0] > 0
        gains = self._gains.astype(np.float64) / self._gains[0]
        return self._displays(made[0], np.where(moves, along / np.where(moves, along[0], 1.0), gains[:, None]))

    def encode(self, x: FloatArray) -> Found:
        """Codes; rows in doubt were computed again in float64."""
        if isinstance(self._search, BeamSearch):
            return self._search.search(self._encoder.latent(x))
        return encode_rows(self._search, x, self._encoder.latent)

    def encode_direct(self, x: FloatArray) -> CodeArray:
        """Codes without the encoder."""
        return self._search.search(self._encoder.direct(x)).codes

    def decode(self, codes: IntArray) -> DoubleArray:
        """The neutral plus the sum of the codes at their gains, and what the transformer adds to it."""
        x = self._summands.added(self._summands.tokens(codes), self._neutral)
        return x if self._decoder is None else x + self._decoder.shift(codes)

    def _displays(self, directions: DoubleArray, intensity: DoubleArray | None = None) -> Displays:
        """Code k of each level as display k; ``intensity`` ``(N, K - 1)`` is the gain if None."""
        levels, size = self._config.levels, self._config.size
        if intensity is None:
            intensity = np.repeat((self._gains.astype(np.float64) / self._gains[0])[:, None], size - 1, axis=1)
        row = np.tile(np.arange(-1, size - 1), (levels, 1))
        return Displays.of(self._space, directions, row, np.pad(intensity, ((0, 0), (1, 0))))


KIND = QuantizerKind("rvq", RvqConfig.from_json, RvqQuantizer)
