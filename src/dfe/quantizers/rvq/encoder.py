"""The encoder, in numpy: from an expression to its latent, mesh coordinates in mm plus what the transformer shifts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfe.quantizers.rvq.config import EncoderConfig, RvqConfig
from dfe.quantizers.rvq.transformer import block, linear, norm


class Encoder:
    """The part of the quantiser that comes before the search; trained as :mod:`dfe.quantizers.rvq.train.encoder`.

    Args:
        config: shape of the quantiser.
        weights: arrays named as in :meth:`RvqConfig.weight_shapes`.
    """

    def __init__(self, config: RvqConfig, weights: Mapping[str, NDArray[Any]]) -> None:
        self._config = config
        self._regions = [np.asarray(region, dtype=np.intp) for region in config.regions]
        self._weights: dict[type, dict[str, NDArray[Any]]] = {
            dtype: {name: np.ascontiguousarray(array, dtype=dtype) for name, array in weights.items()}
            for dtype in (np.float32, np.float64)
        }

    def latent(self, x: NDArray[Any], dtype: type[np.floating[Any]] = np.float64) -> NDArray[Any]:
        """Latents ``(n, d)`` in mm of expressions ``(n, D)``, computed in ``dtype`` throughout."""
        w = self._weights[np.float32 if dtype is np.float32 else np.float64]
        offset = x.astype(dtype) - w["neutral"]
        z: NDArray[Any] = offset @ w["to_latent"]
        if self._config.encoder is not None:
            z = z + self._shift(offset, w, self._config.encoder)
        return z

    def direct(self, x: NDArray[Any]) -> NDArray[np.float64]:
        """Mesh coordinates ``(n, d)`` without the encoder: squared distances between rows are mesh errors in mm^2."""
        w = self._weights[np.float64]
        z: NDArray[np.float64] = (x.astype(np.float64) - w["neutral"]) @ w["to_latent"]
        return z

    def _shift(self, offset: NDArray[Any], w: Mapping[str, NDArray[Any]], config: EncoderConfig) -> NDArray[Any]:
        tokens = np.stack([offset[:, region] @ w["encoder.coefficients"][region] for region in self._regions], axis=1)
        tokens = tokens + w["encoder.regions"]
        for layer in range(config.layers):
            tokens = block(tokens, w, f"encoder.layers.{layer}", config.heads)
        return linear(norm(tokens, w, "encoder.norm").mean(axis=1), w, "encoder.head")
