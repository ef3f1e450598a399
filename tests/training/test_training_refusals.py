"""What cannot be trained on, or asked for, is one line on the command line; what is left out is said and counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra train")

from dfe.base.errors import UsageError
from dfe.quantizers.rvq.settings import RvqSettings
from dfe.quantizers.settings import LossWeights
from dfe.quantizers.sparse.settings import SparseSettings
from dfe.space.base import ExpressionSpace
from dfe.tokenizer.file import load_tokenizer
from dfe.training.config import PRESETS, TrainConfig
from dfe.training.loop import train
from dfe.training.tables import TrainingTable
from made_tables import make_table, write_table

SMALL = ("--size", 8, "--levels", 2, "--steps", 2)


def refused(ran: Any, code: int, *parts: str) -> None:
    assert ran.code == code, ran
    lines = ran.err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("dfe: ")
    for part in parts:
        assert part in lines[0]
    assert not ran.out


def other_space(space: ExpressionSpace, folder: Path) -> Path:
    return write_table(folder / "t.parquet", make_table(space, 60).x, space, space_id="arkit51/other41")


def other_version(space: ExpressionSpace, folder: Path) -> Path:
    return write_table(folder / "t.parquet", make_table(space, 60).x, space, space_hash="00" * 32)


def few(space: ExpressionSpace, folder: Path) -> Path:
    return write_table(folder / "t.parquet", make_table(space, 7).x, space)


def empty(space: ExpressionSpace, folder: Path) -> Path:
    return write_table(folder / "t.parquet", np.full((9, 41), np.nan, np.float32), space)


def still(space: ExpressionSpace, folder: Path) -> Path:
    return write_table(folder / "t.parquet", np.full((90, 41), 0.25, np.float32), space)


def damaged(space: ExpressionSpace, folder: Path) -> Path:
    (folder / "t.parquet").write_bytes(b"PAR1 and no more")
    return folder / "t.parquet"


@pytest.mark.parametrize(
    ("make", "parts"),
    [
        (other_space, ["t.parquet: holds", "of space arkit51/other41, not 41 of arkit51/face41; encode it again"]),
        (other_version, ["t.parquet: was made in another version of space arkit51/face41; encode it again"]),
        (few, ["hold 6 usable faces to train on, fewer than the 8 codes; give more tables, or ask for fewer"]),
        (empty, ["hold 0 usable faces", "; give more tables"]),
        (still, ["no face ever moves in these tables; give tables in which faces move"]),
        (damaged, ["t.parquet: "]),
    ],
)
def test_tables_that_cannot_be_trained_on(
    dfe, space: ExpressionSpace, tmp_path: Path, make: Callable[..., Path], parts: list[str]
) -> None:
    words = ("-o", tmp_path / "out", "--space", space.id, *SMALL)
    refused(dfe("train", make(space, tmp_path), *words), 1, *parts)
    assert not (tmp_path / "out").exists()


def test_tables_of_two_neutral_modes(dfe, space: ExpressionSpace, table_file: Path, tmp_path: Path) -> None:
    other = write_table(tmp_path / "median.parquet", make_table(space, 60).x, space, neutral="median")
    ran = dfe("train", table_file, other, "-o", tmp_path / "out", *SMALL)
    refused(ran, 1, "median.parquet: its neutral mode is 'median'", "is 'none'; train on tables of one mode")
    ran = dfe("train", table_file, "--validation", other, "-o", tmp_path / "out", *SMALL)
    refused(ran, 1, "its neutral mode is 'median'")


def test_rows_without_a_face_are_left_out_said_and_counted(dfe, space: ExpressionSpace, tmp_path: Path) -> None:
    x = make_table(space, 300).x
    x[:51] = np.nan
    ran = dfe("train", write_table(tmp_path / "t.parquet", x, space), "-o", tmp_path / "out", *SMALL)
    assert ran.code == 0, ran.err
    assert ran.err.count("of 300 rows 51 hold no face or a number that is not finite, and 0 are not usable") == 1
    (counted,) = load_tokenizer(tmp_path / "out").card["tables"]
    assert (counted["rows"], counted["no_face"], counted["training"] + counted["validation"]) == (300, 51, 249)


@pytest.mark.parametrize("preset", ["displays", "rvq"])
def test_coefficients_that_never_move_are_named(dfe, space: ExpressionSpace, tmp_path: Path, preset: str) -> None:
    x = make_table(space, 300).x
    x[:, [2, 5]] = [0.0, 0.5]
    path = write_table(tmp_path / "t.parquet", x, space)
    ran = dfe("train", path, "-o", tmp_path / "out", *SMALL, "--preset", preset)
    assert ran.code == 0, ran.err
    names = [space.names[2], space.names[5]]
    assert f"never moved in these tables, so that no display can learn it: {', '.join(names)}\n" in ran.err
    assert load_tokenizer(tmp_path / "out").card["never_moved"] == names


def test_good_tables_need_no_remark(dfe, table_file: Path, tmp_path: Path) -> None:
    ran = dfe("train", table_file, "-o", tmp_path / "out", *SMALL)
    assert ran.err.splitlines()[0].startswith("training on ")
    assert len(ran.err.splitlines()) == 2


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--levels", 64], ["64 displays a face are more than the 63 of the codebook; ask for fewer levels or a"]),
        (["--levels", 0], ["levels is 0, not a number from 1 up"]),
        (["--levels", 65, "--size", 100], ["levels is 65, not a whole number from 1 to 64; choose another value"]),
        (["--size", 1], ["size is 1: a codebook has at least"]),
        (["--size", 5000], ["codes, displays times steps, is 79984, not a whole number from 1 to 32766; choose"]),
        (["--preset", "rvq", "--size", 40000], ["size is 40000, not a whole number from 2 to 32767; choose"]),
        (["--preset", "fast"], ["there is no preset 'fast'; choose one of displays, coefficients, rvq"]),
        (["--steps", 0], ["steps is 0, not a number from 1 up"]),
        (["--patience", -1], ["patience is -1, not a number from 0 up"]),
        (["--threads", 0], ["threads is 0"]),
        (["--table-weights", -1], ["1 tables need as many positive weights, not [-1.0]"]),
        (["--table-weights", 1, 2], ["1 tables need as many positive weights, not [1.0, 2.0]"]),
        (["--person", "("], ["is no regular expression"]),
        (["--name", "a@a b"], ["'a b' cannot name a tokenizer; use letters"]),
    ],
)
def test_options_that_cannot_be(dfe, table_file: Path, tmp_path: Path, words: list[Any], parts: list[str]) -> None:
    refused(dfe("train", table_file, "-o", tmp_path / "out", *words), 2, *parts)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"steps": 0}, "steps is 0"),
        ({"steps": 600}, "codes, displays times steps, is 37800, not a whole number from 1 to 32766"),
        ({"penalty_mm": -0.1}, "penalty_mm is -0.1"),
        ({"least_mm": float("nan")}, "least_mm is nan"),
        ({"iterations": 0}, "iterations is 0"),
        ({"sweeps": -1}, "sweeps is -1"),
        ({"symmetric": 1.1}, "symmetric is 1.1, not a share"),
        ({"symmetric": 0.0}, "63 displays cannot all come in pairs"),
        ({"lowest_mm": 3.0}, "does not rise"),
        ({"ladder_learning_rate": 0.0}, "ladder_learning_rate is 0.0, not a positive number"),
    ],
)
def test_settings_of_a_sparse_quantiser_that_cannot_be(settings: dict[str, Any], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        replace(PRESETS["displays"], quantizer=SparseSettings(**settings))


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"threshold_mm2": -1.0}, "threshold_mm2 is -1.0"),
        ({"beam": 5000, "encoder": None}, "beam is 5000, not a whole number from 1 to 1024"),
        ({"transformer_learning_rate": float("inf")}, "transformer_learning_rate is inf"),
    ],
)
def test_settings_of_a_residual_quantiser_that_cannot_be(settings: dict[str, Any], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        TrainConfig(quantizer=RvqSettings(**settings))
    with pytest.raises(UsageError, match="learning_rate is inf"):
        TrainConfig(learning_rate=float("inf"))
    with pytest.raises(UsageError, match="the weight of sparsity is -1"):
        LossWeights(sparsity=-1)


@pytest.mark.parametrize(("symmetric", "size"), [(0.0, 5), (1.0, 4), (0.01, 4), (0.5, 2)])
def test_every_share_of_symmetric_displays_that_is_allowed_can_be_trained(
    table: TrainingTable, tmp_path: Path, symmetric: float, size: int
) -> None:
    quantizer = SparseSettings(symmetric=symmetric)
    config = replace(PRESETS["displays"], quantizer=quantizer, size=size, levels=1, steps=4, batch=64, reseed_every=2)
    assert train([table], tmp_path, config).tokenizer.size == size


def test_the_help_names_every_preset(dfe: Callable[..., Any]) -> None:
    said = " ".join(dfe("train", "--help").out.split()).partition("--preset")[2]
    assert all(name in said.split("--")[0] for name in PRESETS)
