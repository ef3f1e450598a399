"""A tokenizer on the mesh of a FLAME file: trained in millimetres, opened only with the file it was made with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dfe.base.errors import ModelError
from dfe.displays.describe import describe_displays
from dfe.space.flame import flame_mesh_space, read_flame
from dfe.tokenizer.file import load_tokenizer

pytest.importorskip("torch", reason="needs the extra train")

import made_flame as made
from dfe.quantizers.rvq.settings import RvqSettings
from dfe.training.config import preset
from dfe.training.loop import train
from dfe.training.tables import TrainingTable


def test_a_tokenizer_in_millimetres_of_a_flame_file(tmp_path: Path) -> None:
    directions = made.made_flame()["shapedirs"].astype(np.float32)
    directions[..., :300] = 0
    file = made.write_npz(tmp_path / "flame2020.npz", shapedirs=directions)
    model = read_flame(file)
    space = flame_mesh_space(model, "flame2020/exp50+jaw3")
    rng = np.random.default_rng(0)
    x = rng.gamma(0.3, 1.0, (800, 10)) @ rng.normal(size=(10, 53)) * np.append(np.full(50, 0.4), [0.05, 0.01, 0.01])
    x[:, 50] = np.abs(x[:, 50])
    names = np.array([f"{i:05d}.jpg" for i in range(len(x))], dtype=object)
    table = TrainingTable("flame", x.astype(np.float32), names, np.ones(len(x), bool), space.id)
    config = replace(
        preset("paper"), levels=4, size=16, quantizer=RvqSettings(encoder=None), steps=40, batch=128, validate_every=20
    )
    result = train([table], tmp_path / "tokenizer", config, space=space)
    assert result.measured["error_mm"] < 0.8 * result.measured["mean_face_mm"]
    loaded = load_tokenizer(tmp_path / "tokenizer", space=space)
    tokens = loaded.encode(table.x)
    exact = np.sqrt(
        np.square((space.displace(loaded.decode(tokens)) - space.displace(table.x))[:, space.moving])
        .sum(axis=2)
        .mean(axis=1)
    )
    np.testing.assert_allclose(loaded.error_mm(table.x, tokens).mean(), exact.mean(), rtol=0.05)
    words = [token.words for token in describe_displays(loaded.templates(), space)]
    assert any("exp_" in word for word in words)
    with pytest.raises(ModelError, match="lives on a FLAME file"):
        load_tokenizer(tmp_path / "tokenizer")
    other = flame_mesh_space(replace(model, expression_basis=model.expression_basis * np.float32(1.1)), space.id)
    with pytest.raises(ModelError, match="was made for space"):
        load_tokenizer(tmp_path / "tokenizer", space=other)
