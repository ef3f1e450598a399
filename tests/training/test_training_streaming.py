"""Training on rows that do not fit in memory gives what training in memory gives, however they are cut into tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dfe.space.base import ExpressionSpace

pytest.importorskip("torch", reason="needs the extra train")

from dfe.quantizers.rvq.settings import RvqSettings
from dfe.quantizers.settings import Settings
from dfe.quantizers.sparse.settings import SparseSettings
from dfe.recording.recording import Recording
from dfe.training import loop
from dfe.training.config import TrainConfig
from dfe.training.data import load_data
from dfe.training.loop import train
from dfe.training.tables import TrainingTable
from made_tables import make_table, write_table


@pytest.fixture(scope="module")
def shards(space: ExpressionSpace, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Path]]:
    """600 rows in one file, and the same rows in three."""
    folder = tmp_path_factory.mktemp("shards")
    whole = write_table(folder / "whole.parquet", make_table(space, 600).x, space)
    recording = Recording.read(whole)
    parts = []
    for first, last in ((0, 120), (120, 450), (450, 600)):
        path = folder / f"part-{first:04d}.parquet"
        Recording(recording.table.slice(first, last - first), recording.provenance).write(path)
        parts.append(path)
    return whole, parts


@pytest.mark.parametrize("quantizer", [RvqSettings(encoder=None), SparseSettings()], ids=["rvq", "sparse"])
@pytest.mark.parametrize("neutral", ["mode", "mean"])
def test_shards_and_files_give_the_tokenizer_of_one_table_in_memory(
    shards: tuple[Path, list[Path]],
    quantizer: Settings,
    neutral: str,
    quick: TrainConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole, parts = shards
    config = replace(quick, quantizer=quantizer, neutral=neutral, steps=12, batch=64, reseed_every=5)
    in_memory = train([whole], tmp_path / "memory", config)
    monkeypatch.setattr(loop, "load_data", lambda *args, **words: load_data(*args, **words, held_bytes=10_000))
    streamed = train(parts, tmp_path / "streamed", config)
    assert (streamed.folder / "tokenizer.safetensors").read_bytes() == (
        in_memory.folder / "tokenizer.safetensors"
    ).read_bytes()
    assert streamed.measured == in_memory.measured
    assert sorted(path.name for path in streamed.folder.iterdir()) == sorted(p.name for p in in_memory.folder.iterdir())


def test_a_table_is_read_a_part_at_a_time(
    shards: tuple[Path, list[Path]], space: ExpressionSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    monkeypatch.setattr("dfe.training.tables.BLOCK_ROWS", 100)
    taken = loop.load_data.__globals__["check_fits"]

    def noted(part: TrainingTable, space: ExpressionSpace) -> None:
        sizes.append(len(part.x))
        taken(part, space)

    monkeypatch.setattr("dfe.training.data.check_fits", noted)
    cut = load_data([shards[0]], space, TrainConfig())
    assert sizes == [100] * 6
    monkeypatch.setattr("dfe.training.tables.BLOCK_ROWS", 65_536)
    one = load_data([shards[0]], space, TrainConfig())
    assert cut.fingerprint == one.fingerprint
    assert cut.tables == one.tables
    np.testing.assert_array_equal(cut.validation.whole(), one.validation.whole())
