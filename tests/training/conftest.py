"""A small table of skewed rows on the real space, and settings that train in a second or two."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dfe.space.arkit import load_space
from dfe.space.base import ExpressionSpace
from dfe.tokenizer.config import EncoderConfig
from dfe.training.config import TrainConfig
from dfe.training.data import TrainingTable


@pytest.fixture(scope="session")
def space() -> ExpressionSpace:
    return load_space("arkit51/face41")


def make_table(space: ExpressionSpace, rows: int = 1500, seed: int = 0, name: str = "made up") -> TrainingTable:
    """Mixtures of a few displays with skewed strengths, so that there is something to find."""
    rng = np.random.default_rng(seed)
    displays = np.random.default_rng(99).gamma(0.2, 0.4, (12, space.dimension))
    x = np.clip(rng.gamma(0.3, 0.5, (rows, 12)) @ displays + rng.gamma(0.3, 0.05, (rows, space.dimension)), 0, 1)
    sources = np.array([f"Person_{i // 3}_{i % 3:04d}.jpg" for i in range(rows)], dtype=object)
    return TrainingTable(name, x.astype(np.float32), sources, np.ones(rows, dtype=bool), space.id)


@pytest.fixture(scope="session")
def table(space: ExpressionSpace) -> TrainingTable:
    return make_table(space)


@pytest.fixture(scope="session")
def quick() -> TrainConfig:
    return replace(
        TrainConfig(),
        levels=4,
        size=16,
        encoder=EncoderConfig(width=16, layers=1, heads=2, hidden=16),
        steps=60,
        batch=128,
        reseed_every=10,
        validate_every=20,
        checkpoint_every=20,
    )
