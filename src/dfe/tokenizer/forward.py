"""From an expression to its latent in numpy: the map to mesh coordinates plus the trained encoder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfe.tokenizer.config import EncoderConfig, TokenizerConfig

NORM_EPSILON = 1e-5


class Forward:
    """The part of a tokenizer that comes before the search.

    Args:
        config: shape of the tokenizer.
        weights: arrays named as in :meth:`TokenizerConfig.weight_shapes`.
    """

    def __init__(self, config: TokenizerConfig, weights: Mapping[str, NDArray[Any]]) -> None:
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
            z = z + self._encoder(offset, w, self._config.encoder)
        return z

    def direct(self, x: NDArray[Any]) -> NDArray[np.float64]:
        """Mesh coordinates ``(n, d)`` without the encoder: squared distances between rows are mesh errors in mm^2."""
        w = self._weights[np.float64]
        z: NDArray[np.float64] = (x.astype(np.float64) - w["neutral"]) @ w["to_latent"]
        return z

    def _encoder(self, offset: NDArray[Any], w: Mapping[str, NDArray[Any]], config: EncoderConfig) -> NDArray[Any]:
        tokens = np.stack([offset[:, region] @ w["encoder.coefficients"][region] for region in self._regions], axis=1)
        tokens = tokens + w["encoder.regions"]
        for layer in range(config.layers):
            name = f"encoder.layers.{layer}"
            tokens = tokens + _attention(_norm(tokens, w, f"{name}.norm1"), w, name, config.heads)
            hidden = np.maximum(_linear(_norm(tokens, w, f"{name}.norm2"), w, f"{name}.up"), 0)
            tokens = tokens + _linear(hidden, w, f"{name}.down")
        return _linear(_norm(tokens, w, "encoder.norm").mean(axis=1), w, "encoder.head")


def _linear(x: NDArray[Any], w: Mapping[str, NDArray[Any]], name: str) -> NDArray[Any]:
    flat = x.reshape(-1, x.shape[-1]) @ w[f"{name}.weight"].T + w[f"{name}.bias"]
    shaped: NDArray[Any] = flat.reshape(*x.shape[:-1], -1)
    return shaped


def _norm(x: NDArray[Any], w: Mapping[str, NDArray[Any]], name: str) -> NDArray[Any]:
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.square(centred).mean(axis=-1, keepdims=True)
    normed = centred / np.sqrt(variance + x.dtype.type(NORM_EPSILON))
    scaled: NDArray[Any] = normed * w[f"{name}.weight"] + w[f"{name}.bias"]
    return scaled


def _attention(x: NDArray[Any], w: Mapping[str, NDArray[Any]], name: str, heads: int) -> NDArray[Any]:
    n, tokens, width = x.shape
    qkv = _linear(x, w, f"{name}.qkv").reshape(n, tokens, 3, heads, width // heads)
    query, key, value = (qkv[:, :, part].transpose(0, 2, 1, 3) for part in range(3))
    scores = (query @ key.transpose(0, 1, 3, 2)) * x.dtype.type((width // heads) ** -0.5)
    scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
    mixed = (scores / scores.sum(axis=-1, keepdims=True)) @ value
    return _linear(mixed.transpose(0, 2, 1, 3).reshape(n, tokens, width), w, f"{name}.out")
