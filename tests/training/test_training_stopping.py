"""Early stopping on people kept apart: when it stops, what is kept, and that a kill changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the extra train")

from safetensors import safe_open  # noqa: E402

from dfe.base.errors import UsageError  # noqa: E402
from dfe.quantizers.rvq.settings import RvqSettings  # noqa: E402
from dfe.tokenizer.file import load_tokenizer  # noqa: E402
from dfe.training.checkpoint import CHECKPOINT  # noqa: E402
from dfe.training.config import PRESETS, TrainConfig  # noqa: E402
from dfe.training.loop import train  # noqa: E402
from dfe.training.tables import TrainingTable  # noqa: E402
from dfe.training.validation import Best  # noqa: E402


def entries_of(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def hasty(quick: TrainConfig) -> TrainConfig:
    """Learns so fast that it soon gets worse."""
    return replace(
        quick, quantizer=RvqSettings(encoder=None), learning_rate=0.2, validate_every=5, checkpoint_every=4, patience=2
    )


def test_patience_counts_validations_without_a_better_one() -> None:
    model, best = torch.nn.Linear(1, 1), Best(2)
    seen = []
    for step, error in enumerate([3.0, 2.0, 2.0, 1.0, float("nan"), 1.5], start=1):
        with torch.no_grad():
            model.weight.fill_(step)
        best.take(step, error, model)
        seen.append((best.step, best.waited, best.stops))
    assert seen == [(1, 0, False), (2, 0, False), (2, 1, False), (4, 0, False), (4, 1, False), (4, 2, True)]
    other, again = torch.nn.Linear(1, 1), Best(2)
    again.load(best.state())
    assert (again.error, again.step, again.waited, again.stops) == (1.0, 4, 2, True)
    again.restore(other)
    assert other.weight.item() == 4


def test_training_stops_and_keeps_the_best_validation(table: TrainingTable, hasty: TrainConfig, tmp_path: Path) -> None:
    told: list[str] = []
    steps: list[int] = []
    result = train([table], tmp_path / "a", hasty, lambda done, _: steps.append(done), tell=told.append)
    entries = entries_of(result.folder)
    errors = {entry["step"]: entry["validation_error_mm"] for entry in entries}
    best = min(errors, key=lambda step: errors[step])
    last = entries[-1]
    assert (last["kept_step"], last["stopped_early"]) == (best, True)
    assert last["step"] == best + 10 == steps[-1] < 60
    assert not any("kept_step" in entry for entry in entries[:-1])
    assert result.measured["error_mm"] == pytest.approx(errors[best], rel=1e-2)
    assert result.measured["error_mm"] != pytest.approx(errors[last["step"]], rel=1e-3)
    card = load_tokenizer(result.folder).card
    assert card["stopping"] == {"step": last["step"], "kept_step": best, "stopped_early": True}
    assert card["training"]["patience"] == 2
    assert told[-1] == f"stopped at step {last['step']}: validation was best at step {best}, and those weights are kept"
    whole = train([table], tmp_path / "b", replace(hasty, patience=0))
    assert entries_of(whole.folder)[: len(entries) - 1] == entries[:-1]


def test_the_best_is_kept_where_training_runs_to_its_end(
    table: TrainingTable, hasty: TrainConfig, tmp_path: Path
) -> None:
    result = train([table], tmp_path, replace(hasty, patience=50))
    errors = {entry["step"]: entry["validation_error_mm"] for entry in entries_of(tmp_path)}
    best = min(errors, key=lambda step: errors[step])
    assert result.tokenizer.card["stopping"] == {"step": 60, "kept_step": best, "stopped_early": False}
    assert result.measured["error_mm"] == pytest.approx(errors[best], rel=1e-2)


@pytest.mark.parametrize("sparse", [True, False])
def test_a_run_killed_at_any_time_keeps_the_same_weights(
    table: TrainingTable, hasty: TrainConfig, tmp_path: Path, sparse: bool
) -> None:
    config = hasty
    if sparse:
        displays = PRESETS["displays"]
        config = replace(hasty, quantizer=displays.quantizer, losses=displays.losses, neutral="zero", learning_rate=0.3)
    whole = train([table], tmp_path / "whole", config)
    stopped = whole.tokenizer.card["stopping"]["step"]
    assert stopped < 60

    def kill_at(step: int):
        def progress(done: int, total: int | None) -> None:
            if done == step:
                raise KeyboardInterrupt

        return progress

    for step in (7, 13, stopped):
        folder = tmp_path / f"killed at {step}"
        with pytest.raises(KeyboardInterrupt):
            train([table], folder, config, kill_at(step))
        resumed = train([table], folder, config)
        assert resumed.tokenizer.hash == whole.tokenizer.hash
        for name in ("tokenizer.safetensors", "tokenizer.json", "log.jsonl"):
            assert (folder / name).read_bytes() == (whole.folder / name).read_bytes()


def test_without_patience_nothing_is_kept_aside(table: TrainingTable, quick: TrainConfig, tmp_path: Path) -> None:
    def stop(done: int, total: int | None) -> None:
        if done == 25:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train([table], tmp_path, quick, stop)
    with safe_open(tmp_path / CHECKPOINT, framework="pt") as file:
        assert not [name for name in file.keys() if name.startswith("best")]  # noqa: SIM118
    result = train([table], tmp_path, quick)
    assert "stopping" not in result.tokenizer.card
    assert "device" not in result.tokenizer.card["training"]
    with pytest.raises(UsageError, match="patience is -1"):
        replace(quick, patience=-1)
