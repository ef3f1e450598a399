"""Regions that count more than their millimetres, and mirrored rows, in the training of the residual quantiser."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra train")

import torch

from dfe.quantizers.latent import latent_map
from dfe.quantizers.rvq.settings import RvqSettings
from dfe.quantizers.train.trainable import mesh_map
from dfe.space.base import ExpressionSpace
from dfe.training.config import PRESETS, TrainConfig
from dfe.training.data import load_data
from dfe.training.loop import train
from dfe.training.run import first_model
from dfe.training.tables import TrainingTable

EMPHASIS = {"brow": 30.0}


@pytest.fixture(scope="module")
def small() -> TrainConfig:
    quantizer = RvqSettings(encoder=None, beam=4, threshold_mm2=0.0)
    return replace(PRESETS["rvq"], levels=3, size=16, steps=60, batch=128, mixed=0.0, quantizer=quantizer)


def model_of(table: TrainingTable, space: ExpressionSpace, config: TrainConfig):
    return first_model(load_data([table], space, config), space, config)


def test_regions_with_emphasis_are_told_better_and_errors_stay_in_mm(
    table: TrainingTable, space: ExpressionSpace, small: TrainConfig, tmp_path: Path
) -> None:
    heavy = replace(small, quantizer=replace(small.quantizer, emphasis=EMPHASIS))
    plain, told = (train([table], tmp_path / name, config) for name, config in (("a", small), ("b", heavy)))
    x = table.x[np.isfinite(table.x).all(axis=1)]
    brows = [
        space.region_error_mm(x, found.tokenizer.decode(found.tokenizer.encode(x)))["brow"].mean()
        for found in (plain, told)
    ]
    assert brows[1] < 0.8 * brows[0]
    tokenizer = told.tokenizer
    root = tokenizer.weights["to_latent"].astype(np.float64)
    np.testing.assert_allclose(root @ root.T, space.weighted_gram(EMPHASIS), rtol=1e-4, atol=1e-6)
    entries = [json.loads(line) for line in (tmp_path / "b" / "log.jsonl").read_text().splitlines()]
    assert entries[-1]["validation_error_mm"] == pytest.approx(told.measured["error_mm"], rel=1e-3)


def test_losses_of_templates_do_not_depend_on_the_emphasis(
    table: TrainingTable, space: ExpressionSpace, small: TrainConfig
) -> None:
    """Codes of the two models stand for the same faces; how local and how unlike they are is told on the plain mesh."""
    heavy = replace(small, quantizer=replace(small.quantizer, emphasis=EMPHASIS))
    one, other = (model_of(table, space, config) for config in (small, heavy))
    with torch.no_grad():
        other.quantizer.codes.copy_(one.quantizer.codes @ one.decoder.from_latent @ other.to_judged)
    weights = replace(small.losses, sparsity=1.0, orthogonality=1.0, coherence=1.0, distance=0.0, codebook=0.0)
    x = torch.from_numpy(table.x[:64])
    vertices = mesh_map(space, latent_map(space))
    terms = [model.losses(model(x), vertices, weights) for model in (one, other)]
    for name, (_, value) in terms[0].items():
        assert terms[1][name][1].item() == pytest.approx(value.item(), rel=1e-3), name


def test_half_of_the_rows_of_a_step_are_mirrored(
    table: TrainingTable, space: ExpressionSpace, small: TrainConfig
) -> None:
    model = model_of(table, space, replace(small, quantizer=replace(small.quantizer, mirrored=True)))
    x = torch.from_numpy(table.x[:10])
    rows = model.batch(x)
    assert torch.equal(rows[:5], x[:5])
    np.testing.assert_array_equal(rows[5:].numpy(), space.mirror(table.x[5:10]))
    assert torch.equal(model_of(table, space, small).batch(x), x)


def test_regions_that_a_space_lacks_are_passed_over(
    table: TrainingTable, space: ExpressionSpace, small: TrainConfig
) -> None:
    strange = replace(small, quantizer=replace(small.quantizer, emphasis={"antenna": 3.0}))
    one, other = (model_of(table, space, config) for config in (small, strange))
    for name, tensor in one.state_dict().items():
        assert torch.equal(tensor, other.state_dict()[name])
