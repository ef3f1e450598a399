"""Training from table to tokenizer: better than where it began, repeatable, and not to be stopped by a kill."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dfe.base.errors import ModelError, OutputError, TableError, UsageError
from dfe.space.base import ExpressionSpace
from dfe.tokenizer.file import load_tokenizer

torch = pytest.importorskip("torch", reason="needs the extra train")

from dfe.quantizers.rvq.settings import RvqSettings  # noqa: E402
from dfe.training.checkpoint import CHECKPOINT  # noqa: E402
from dfe.training.config import TrainConfig  # noqa: E402
from dfe.training.loop import train  # noqa: E402
from dfe.training.tables import TrainingTable  # noqa: E402


def log_of(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def test_training_leaves_a_tokenizer_that_is_better_than_its_start(
    table: TrainingTable, quick: TrainConfig, tmp_path: Path
) -> None:
    seen: list[tuple[int, int | None]] = []
    begun = train([table], tmp_path / "begun", replace(quick, steps=1))
    result = train(
        [table], tmp_path / "done", quick, lambda done, total: seen.append((done, total)), card={"terms": "none"}
    )
    assert seen == [(step, 60) for step in range(1, 61)]
    assert result.measured["error_mm"] < begun.measured["error_mm"] < result.measured["mean_face_mm"]
    assert sorted(p.name for p in result.folder.iterdir()) == ["log.jsonl", "tokenizer.json", "tokenizer.safetensors"]
    loaded = load_tokenizer(result.folder)
    assert loaded.hash == result.tokenizer.hash
    assert loaded.card["terms"] == "none"
    assert loaded.card["validation"] == result.measured
    assert loaded.card["training"]["steps"] == 60
    (counted,) = loaded.card["tables"]
    assert counted["validation"] == result.measured["faces"] == 1500 - counted["training"]
    assert counted["error_mm"] == result.measured["error_mm"]
    assert not loaded.weights["codebook"][0].any()
    entries = log_of(result.folder)
    assert [entry["step"] for entry in entries] == [20, 40, 60]
    assert entries[-1]["validation_error_mm"] == pytest.approx(result.measured["error_mm"], rel=1e-2)
    for term in ("reconstruction", "commitment", "codebook", "sparsity", "orthogonality", "usage"):
        assert np.isfinite(entries[-1][term])


def test_the_same_tables_and_settings_give_the_same_bytes(
    table: TrainingTable, quick: TrainConfig, tmp_path: Path
) -> None:
    torch.rand(7)
    first = train([table], tmp_path / "a", quick)
    torch.rand(3)
    again = train([table], tmp_path / "b", quick)
    for name in ("tokenizer.safetensors", "tokenizer.json", "log.jsonl"):
        assert (first.folder / name).read_bytes() == (again.folder / name).read_bytes()
    assert train([table], tmp_path / "c", replace(quick, seed=1)).tokenizer.hash != first.tokenizer.hash


KILLED = """
import sys, time
sys.path.insert(0, {here!r})
from made_tables import make_table
from dfe.space.registry import load_space
from dfe.quantizers.rvq.config import EncoderConfig
from dfe.quantizers.rvq.settings import RvqSettings
from dfe.quantizers.settings import LossWeights
from dfe.training.config import TrainConfig
from dfe.training.loop import train
def stopping(done, total):
    print(done, flush=True)
    if done == 35:
        time.sleep(600)
train([make_table(load_space("arkit51/face41"))], sys.argv[1], {config!r}, stopping)
"""


def test_a_killed_run_goes_on_to_the_same_tokenizer(table: TrainingTable, quick: TrainConfig, tmp_path: Path) -> None:
    whole = train([table], tmp_path / "whole", quick)
    folder = tmp_path / "killed"
    code = KILLED.format(here=str(Path(__file__).parents[1] / "made"), config=quick)
    process = subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) == 35:
            break
    process.kill()
    process.wait()
    assert (folder / CHECKPOINT).exists()
    assert not (folder / "tokenizer.json").exists()
    steps: list[int] = []
    resumed = train([table], folder, quick, lambda done, _: steps.append(done))
    assert steps[0] > 1, "it began anew"
    assert resumed.tokenizer.hash == whole.tokenizer.hash
    for name in ("tokenizer.safetensors", "tokenizer.json", "log.jsonl"):
        assert (folder / name).read_bytes() == (whole.folder / name).read_bytes()


def stop_at(step: int) -> object:
    def progress(done: int, total: int | None) -> None:
        if done == step:
            raise KeyboardInterrupt

    return progress


def test_a_checkpoint_only_continues_its_own_run(table: TrainingTable, quick: TrainConfig, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train([table], tmp_path, quick, stop_at(45))
    with pytest.raises(ModelError, match="other settings or tables"):
        train([table], tmp_path, replace(quick, seed=5))
    changed = table.x.copy()
    changed[0, 0] += 0.01
    with pytest.raises(ModelError, match="other settings or tables"):
        train([replace(table, x=changed)], tmp_path, quick)
    path = tmp_path / CHECKPOINT
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelError, match="no checkpoint that can be read"):
        train([table], tmp_path, quick)


def test_a_finished_tokenizer_is_not_trained_over(table: TrainingTable, quick: TrainConfig, tmp_path: Path) -> None:
    short = replace(quick, steps=2)
    train([table], tmp_path, short)
    with pytest.raises(OutputError, match="holds a tokenizer already"):
        train([table], tmp_path, short)
    train([table], tmp_path, short, overwrite=True)
    assert len(log_of(tmp_path)) == 1


@pytest.mark.parametrize("mode", ["mean", "zero", "given"])
def test_the_neutral_is_what_was_asked_for(
    table: TrainingTable, quick: TrainConfig, space: ExpressionSpace, tmp_path: Path, mode: str
) -> None:
    given = np.linspace(0, 1, space.dimension, dtype=np.float32) if mode == "given" else None
    config = replace(quick, steps=1, quantizer=RvqSettings(encoder=None), neutral="mode" if mode == "given" else mode)
    tokenizer = train([table], tmp_path, config, validation=[table], neutral=given).tokenizer
    expected = {"mean": table.x.mean(axis=0), "zero": np.zeros(41), "given": given}[mode]
    np.testing.assert_allclose(tokenizer.neutral, expected, atol=1e-6)
    assert load_tokenizer(tmp_path).subject_neutral == "none"
    with pytest.raises(UsageError, match="not 41 finite numbers"):
        train([table], tmp_path / "x", config, neutral=np.zeros(3, dtype=np.float32))


def test_torch_is_left_as_it_was_found(table: TrainingTable, quick: TrainConfig, tmp_path: Path) -> None:
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled(), torch.random.get_rng_state()
    train([table], tmp_path, replace(quick, steps=2))
    assert torch.get_num_threads() == before[0]
    assert torch.are_deterministic_algorithms_enabled() == before[1]
    assert torch.equal(torch.random.get_rng_state(), before[2])


def test_a_folder_that_cannot_be_made(table: TrainingTable, quick: TrainConfig, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        train([table], tmp_path / "file" / "below", replace(quick, steps=1))


def test_tables_of_two_neutral_modes_are_not_mixed(table: TrainingTable, quick: TrainConfig, tmp_path: Path) -> None:
    median = replace(table, subject_neutral="median")
    assert train([median], tmp_path / "a", replace(quick, steps=1)).tokenizer.subject_neutral == "median"
    with pytest.raises(TableError, match="neutral mode"):
        train([table, median], tmp_path / "b", replace(quick, steps=1))
