"""The face model's space in the rooms that take any space: it is found by name, drawn on the head, and trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dfe.base.errors import ModelError, UsageError
from dfe.draw.render import render_expression
from dfe.draw.scale import heat_scale
from dfe.facemodel.space import face_space, head_space
from dfe.space.registry import load_space, space_ids


def test_it_is_found_by_name() -> None:
    assert "dfe-face" in space_ids()
    assert load_space("dfe-face") is face_space()
    assert load_space("dfe-face", 1) is face_space()
    with pytest.raises(ModelError, match="version 1, not 7"):
        load_space("dfe-face", 7)


def test_info_describes_it(dfe: Callable[..., Any]) -> None:
    said = dfe("info", "dfe-face", "--json").json
    assert (said["id"], len(said["coefficients"]), said["vertices"], said["drawn"]) == ("dfe-face", 60, 468, True)


def test_it_is_drawn_on_the_head() -> None:
    space, x = load_space("dfe-face"), np.zeros(60, np.float32)
    x[0] = 4
    assert space.drawn is head_space()
    assert head_space().drawn is head_space()
    np.testing.assert_array_equal(render_expression(space, x, size=64), render_expression(head_space(), x, size=64))
    assert heat_scale(space, x[None]) == heat_scale(head_space(), x[None])


def test_some_of_its_coefficients_are_drawn_alike() -> None:
    space = load_space("dfe-face").select(["jaw02", "brow02"], "some")
    assert space.drawn.names == space.names
    assert len(space.drawn.mesh.vertices_mm) == len(head_space().mesh.vertices_mm)


def test_a_space_is_drawn_with_its_own_coefficients_only() -> None:
    with pytest.raises(UsageError, match="other coefficients"):
        replace(face_space(), drawing=load_space("arkit51"))


def test_displays_are_learned_on_it(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="needs the extra train")
    from dfe.tokenizer.file import load_tokenizer
    from dfe.training.config import preset
    from dfe.training.loop import train
    from dfe.training.tables import TrainingTable

    space, rng = load_space("dfe-face"), np.random.default_rng(4)
    tables = []
    for person in range(4):
        x = (rng.laplace(size=(300, space.dimension)) * space.upper / 6).astype(np.float32)
        names, usable = np.full(len(x), f"p{person}", object), np.ones(len(x), bool)
        tables.append(
            TrainingTable(f"p{person}", x, names, usable, space.id, space.hash, subject_neutral="resting face")
        )
    config = replace(preset("displays"), space="dfe-face", size=16, levels=4, steps=60, batch=128, device="cpu")
    train(tables[:3], tmp_path / "model", config, validation=tables[3:])
    tokenizer = load_tokenizer(str(tmp_path / "model"))
    assert (tokenizer.space.id, tokenizer.subject_neutral) == ("dfe-face", "resting face")
    x = tables[3].x
    said = tokenizer.decode(tokenizer.encode(x))
    assert space.error_mm(said, x).mean() < space.error_mm(np.zeros_like(x), x).mean()
