"""TensorBoard's event files hold what the log holds."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the extra train")
pytest.importorskip("tensorboard", reason="needs the extra tensorboard")

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from dfe.base.installing import how_to_install
from dfe.training.config import TrainConfig
from dfe.training.loop import train
from dfe.training.tables import TrainingTable


def scalars(folder: Path) -> dict[tuple[str, int], float]:
    events = EventAccumulator(str(folder))
    events.Reload()
    return {(name, event.step): event.value for name in events.Tags()["scalars"] for event in events.Scalars(name)}


def logged(folder: Path) -> dict[tuple[str, int], float]:
    entries = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return {(name, e["step"]): float(value) for e in entries for name, value in e.items() if name != "step"}


def test_every_number_of_the_log_can_be_read_back(table: TrainingTable, quick: TrainConfig, tmp_path: Path) -> None:
    plain = train([table], tmp_path / "plain", quick)
    result = train([table], tmp_path / "events", quick, tensorboard=True)
    assert result.tokenizer.hash == plain.tokenizer.hash
    read = scalars(result.folder)
    assert read.keys() == logged(result.folder).keys()
    assert {name for name, _ in read} > {"loss", "reconstruction", "validation_error_mm", "displays_used"}
    for key, value in logged(result.folder).items():
        assert read[key] == pytest.approx(value, rel=1e-6)


def test_an_interrupted_run_is_read_as_one(table: TrainingTable, quick: TrainConfig, tmp_path: Path) -> None:
    def stop(done: int, total: int | None) -> None:
        if done == 55:
            raise KeyboardInterrupt

    config = replace(quick, validate_every=10, patience=30)
    with pytest.raises(KeyboardInterrupt):
        train([table], tmp_path, config, stop, tensorboard=True)
    train([table], tmp_path, config, tensorboard=True)
    assert len(list(tmp_path.glob("events.out.tfevents.*"))) == 2
    assert scalars(tmp_path).keys() == logged(tmp_path).keys()
    train([table], tmp_path, replace(quick, steps=3), overwrite=True, tensorboard=True)
    assert {step for _, step in scalars(tmp_path)} == {3}, "events of the tokenizer that was replaced are still there"


def test_from_the_command_line(dfe, table_file: Path, tmp_path: Path) -> None:
    words = ["train", table_file, "-o", tmp_path, "--size", 8, "--levels", 2, "--steps", 3, "--tensorboard"]
    ran = dfe(*words)
    assert ran.code == 0, ran.err
    assert scalars(tmp_path).keys() == logged(tmp_path).keys()


WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "tensorboard":
            raise ModuleNotFoundError("No module named 'tensorboard'", name="tensorboard")

sys.meta_path.insert(0, Missing())
from dfe.cli import main
main(sys.argv[1:])
"""


def test_a_missing_package_is_one_line_before_anything_is_read(table_file: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-c", WITHOUT, "train", str(table_file), "-o", str(tmp_path / "out"), "--tensorboard"]
    ran = subprocess.run(words, capture_output=True, text=True)
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    assert how_to_install("tensorboard") in ran.stderr
    assert not (tmp_path / "out").exists()
