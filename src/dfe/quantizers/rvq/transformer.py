"""Transformer blocks in numpy, for encoder and decoder alike; in torch :mod:`dfe.quantizers.rvq.train.encoder`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfe.base.types import BoolArray

NORM_EPSILON = 1e-5

Weights = Mapping[str, NDArray[Any]]


def block(tokens: NDArray[Any], w: Weights, name: str, heads: int, present: BoolArray | None = None) -> NDArray[Any]:
    """Pre-norm attention and ReLU MLP over ``(n, tokens, width)``, in the precision of ``tokens``.

    Args:
        tokens: ``(n, tokens, width)``.
        w: arrays by name.
        name: under which those of this block stand.
        heads: of the attention.
        present: ``(n, tokens)``, which tokens may be attended to, at least one a row; all of them if None.
    """
    tokens = tokens + _attention(norm(tokens, w, f"{name}.norm1"), w, name, heads, present)
    hidden = np.maximum(linear(norm(tokens, w, f"{name}.norm2"), w, f"{name}.up"), 0)
    after: NDArray[Any] = tokens + linear(hidden, w, f"{name}.down")
    return after


def linear(x: NDArray[Any], w: Weights, name: str) -> NDArray[Any]:
    """Affine map over the last axis, by ``name.weight`` and ``name.bias``."""
    flat = x.reshape(-1, x.shape[-1]) @ w[f"{name}.weight"].T + w[f"{name}.bias"]
    shaped: NDArray[Any] = flat.reshape(*x.shape[:-1], -1)
    return shaped


def norm(x: NDArray[Any], w: Weights, name: str) -> NDArray[Any]:
    """Layer norm over the last axis."""
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.square(centred).mean(axis=-1, keepdims=True)
    normed = centred / np.sqrt(variance + x.dtype.type(NORM_EPSILON))
    scaled: NDArray[Any] = normed * w[f"{name}.weight"] + w[f"{name}.bias"]
    return scaled


def _attention(x: NDArray[Any], w: Weights, name: str, heads: int, present: BoolArray | None) -> NDArray[Any]:
    n, tokens, width = x.shape
    qkv = linear(x, w, f"{name}.qkv").reshape(n, tokens, 3, heads, width // heads)
    query, key, value = (qkv[:, :, part].transpose(0, 2, 1, 3) for part in range(3))
    scores = (query @ key.transpose(0, 1, 3, 2)) * x.dtype.type((width // heads) ** -0.5)
    if present is not None:
        scores = np.where(present[:, None, None, :], scores, x.dtype.type(-np.inf))
    scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
    mixed = (scores / scores.sum(axis=-1, keepdims=True)) @ value
    return linear(mixed.transpose(0, 2, 1, 3).reshape(n, tokens, width), w, f"{name}.out")
