"""A small table of skewed rows on the real space, and settings that train in a second or two."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dfe.quantizers.rvq.config import EncoderConfig
from dfe.quantizers.rvq.settings import RvqSettings
from dfe.space.base import ExpressionSpace
from dfe.space.registry import load_space
from dfe.training.config import TrainConfig
from dfe.training.tables import TrainingTable
from made_tables import make_table, write_table


@pytest.fixture(scope="session")
def space() -> ExpressionSpace:
    return load_space("arkit51/face41")


@pytest.fixture(scope="session")
def table_file(tmp_path_factory: pytest.TempPathFactory, space: ExpressionSpace) -> Path:
    """300 rows to train on from the command line."""
    return write_table(tmp_path_factory.mktemp("tables") / "faces.parquet", make_table(space, 300).x, space)


@pytest.fixture(scope="session")
def table(space: ExpressionSpace) -> TrainingTable:
    return make_table(space)


@pytest.fixture(scope="session")
def quick() -> TrainConfig:
    return replace(
        TrainConfig(),
        levels=4,
        size=16,
        quantizer=RvqSettings(encoder=EncoderConfig(width=16, layers=1, heads=2, hidden=16)),
        steps=60,
        batch=128,
        reseed_every=10,
        validate_every=20,
        checkpoint_every=20,
    )
