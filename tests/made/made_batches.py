"""Inputs of the networks that look at faces, and servers that run these in batches."""

from __future__ import annotations

import numpy as np

SHAPES = {"landmarks": (256, 256, 3), "coefficients": (146, 2), "covering": (1, 64, 64)}


def faces_for(name: str, count: int, seed: int = 0) -> np.ndarray:
    """What a network may be given for so many faces: noise, spread as pixels, points or standardised greys are."""
    rng = np.random.default_rng(seed)
    shape = (count, *SHAPES[name])
    if name == "landmarks":
        return rng.integers(0, 256, shape).astype(np.uint8)
    return rng.normal(*((128, 40) if name == "coefficients" else (0, 1)), shape).astype(np.float32)


def filled_up(values: np.ndarray, batch: int) -> np.ndarray:
    """With zeros, to a batch."""
    return np.concatenate([values, np.zeros((batch - len(values), *values.shape[1:]), values.dtype)])
