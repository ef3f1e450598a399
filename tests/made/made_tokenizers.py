"""A tokenizer with random weights on the real space, and rows that look like faces."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from dfe.quantizers.rvq.config import DecoderConfig, EncoderConfig, RvqConfig
from dfe.space.base import ExpressionSpace
from dfe.space.registry import load_space
from dfe.tokenizer.tokenizer import Tokenizer


@pytest.fixture(scope="session")
def space() -> ExpressionSpace:
    return load_space("arkit51/face41")


@pytest.fixture(scope="session")
def faces(space: ExpressionSpace) -> np.ndarray:
    """24,000 sparse, skewed rows between 0 and 1."""
    rng = np.random.default_rng(7)
    return np.clip(rng.gamma(0.35, 0.25, (24_000, space.dimension)), 0, 1).astype(np.float32)


def random_tokenizer(
    space: ExpressionSpace,
    *,
    levels: int = 8,
    size: int = 64,
    encoder: bool = True,
    threshold: float = 0.02,
    decoder: bool = False,
) -> Tokenizer:
    rng = np.random.default_rng(3)
    config = RvqConfig(
        regions=tuple(space.regions.values()),
        levels=levels,
        size=size,
        threshold_mm2=threshold,
        encoder=EncoderConfig(width=32, layers=2, heads=4, hidden=48) if encoder else None,
        decoder=DecoderConfig(width=24, layers=2, heads=3, hidden=40) if decoder else None,
    )
    values, vectors = np.linalg.eigh(space.gram)
    weights = {name: rng.normal(0, 0.2, shape) for name, shape in config.weight_shapes().items()}
    weights["neutral"] = rng.uniform(0, 0.1, space.dimension)
    weights["to_latent"] = (vectors * np.sqrt(values)) @ vectors.T
    weights["from_latent"] = (vectors / np.sqrt(values)) @ vectors.T
    weights["codebook"] = rng.gamma(0.35, 0.25, (size, space.dimension)) @ weights["to_latent"]
    weights["codebook"][0] = 0
    weights["gains"] = 0.75 ** np.arange(levels)
    return Tokenizer(
        name="random",
        version="1",
        space=space,
        config=config,
        weights={name: array.astype(np.float32) for name, array in weights.items()},
        card={"faces": 0},
    )


@pytest.fixture(scope="session")
def tokenizer(space: ExpressionSpace) -> Tokenizer:
    return random_tokenizer(space)


@pytest.fixture(scope="session")
def make_tokenizer(space: ExpressionSpace) -> Callable[..., Tokenizer]:
    return lambda **options: random_tokenizer(space, **options)
