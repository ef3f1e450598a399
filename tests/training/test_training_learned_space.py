"""A tokenizer on a learned space: trained by the space's folder, then moved with the space beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra train")


from dfe.base.errors import ModelError
from dfe.frontends.meshes.learn_space import LearnOptions, learn_from
from dfe.frontends.meshes.spec import MeshReader
from dfe.space.file import read_space, save_space
from dfe.space.learned import LearnedSpace
from dfe.tokenizer.file import load_tokenizer, save_tokenizer
from dfe.training.config import preset
from dfe.training.loop import train
from dfe.training.tables import TrainingTable
from made_meshes import moving_face, sequence_of


@pytest.fixture(scope="module")
def space() -> LearnedSpace:
    faces = [moving_face(person).sequence for person in range(3)]
    return learn_from(faces, LearnOptions(name="made", unit="mm", components=3)).space


@pytest.fixture(scope="module")
def tables(space: LearnedSpace) -> list[TrainingTable]:
    tables = []
    for person in range(4):
        x = MeshReader(space).measure(sequence_of(moving_face(person, frames=300).points)).expression
        name = f"p{person}"
        names, usable = np.full(len(x), name, object), np.ones(len(x), bool)
        tables.append(TrainingTable(name, x, names, usable, space.id, space.hash))
    return tables


@pytest.mark.parametrize("name", ["rvq", "displays", "paper"])
def test_a_tokenizer_by_the_folder_of_its_space(
    space: LearnedSpace, tables: list[TrainingTable], tmp_path: Path, name: str
) -> None:
    folder = save_space(space, tmp_path / "space")
    config = replace(preset(name), space=str(folder), size=16, levels=4, steps=120, batch=128, device="cpu")
    made = train(tables[:3], tmp_path / "model", config, validation=tables[3:])
    assert made.measured["error_mm"] < 0.7 * made.measured["neutral_mm"]
    assert made.tokenizer.card["training"]["space"] == "learned/made"
    assert str(tmp_path) not in (tmp_path / "model" / "tokenizer.json").read_text()

    moved = (tmp_path / "model").rename(tmp_path / "moved")
    read = load_tokenizer(moved)
    assert read.space.hash == space.hash
    assert isinstance(read.space, LearnedSpace)
    assert read.space.recipe == space.recipe
    np.testing.assert_array_equal(read.encode_codes(tables[3].x), made.tokenizer.encode_codes(tables[3].x))
    x = MeshReader(read_space(moved)).measure(moving_face(3, frames=300).sequence).expression
    np.testing.assert_array_equal(x, tables[3].x)


def test_displays_go_either_way_where_coefficients_do(
    space: LearnedSpace, tables: list[TrainingTable], tmp_path: Path
) -> None:
    config = replace(preset("displays"), size=16, levels=4, steps=40, batch=128, device="cpu")
    made = train(tables[:3], tmp_path / "model", config, validation=tables[3:], space=space)
    directions = made.tokenizer.displays().directions
    assert (directions < -0.01).any()
    assert (directions > 0.01).any()


def test_a_space_that_does_not_belong_is_refused(
    space: LearnedSpace, tables: list[TrainingTable], tmp_path: Path
) -> None:
    config = replace(preset("rvq"), size=8, levels=2, steps=2, batch=32, device="cpu")
    tokenizer = train(tables[:2], tmp_path / "model", config, validation=tables[3:], space=space).tokenizer
    folder = save_tokenizer(tokenizer, tmp_path / "copy")
    other = learn_from([moving_face(9).sequence], LearnOptions(name="made", unit="mm", components=3)).space
    save_space(other, folder, overwrite=True)
    with pytest.raises(ModelError, match="was made for space learned/made version 1"):
        load_tokenizer(folder)
    assert load_tokenizer(folder, space=space).hash == tokenizer.hash
    (folder / "space.safetensors").unlink()
    with pytest.raises(ModelError, match=r"space\.safetensors: is missing"):
        load_tokenizer(folder)
    (folder / "space.json").unlink()
    with pytest.raises(ModelError, match="codes a space that cannot be loaded"):
        load_tokenizer(folder)
