from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dfe.base.errors import DfeError, ModelError, OutputError
from dfe.frontends.meshes.learn_space import LearnOptions, learn_from
from dfe.space.file import ARRAYS, FIELDS, holds_space, read_space, save_space
from dfe.space.learned import LearnedSpace
from dfe.space.registry import load_space
from made_meshes import moving_face


@pytest.fixture(scope="module")
def space() -> LearnedSpace:
    options = LearnOptions(name="made", unit="mm", components=3, rigid=tuple(range(20, 60)), neutral="frames 0-9")
    return learn_from([moving_face().sequence], options).space


@pytest.fixture
def folder(space: LearnedSpace, tmp_path: Path) -> Path:
    return save_space(space, tmp_path / "space")


def test_what_is_read_is_what_was_written(space: LearnedSpace, folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == [FIELDS, ARRAYS]
    for read in (read_space(folder), read_space(folder / FIELDS), load_space(str(folder)), load_space(str(folder), 1)):
        assert isinstance(read, LearnedSpace)
        assert (read.id, read.names, read.recipe, read.hash) == (space.id, space.names, space.recipe, space.hash)
        np.testing.assert_array_equal(read.basis, space.basis)
        np.testing.assert_array_equal(read.mesh.vertices_mm, space.mesh.vertices_mm)
        np.testing.assert_array_equal([read.lower, read.upper], [space.lower, space.upper])
        assert not read.flips


def test_a_space_is_not_replaced_unasked(space: LearnedSpace, folder: Path) -> None:
    with pytest.raises(OutputError, match="holds a space already"):
        save_space(space, folder)
    assert save_space(space, folder, overwrite=True) == folder


def test_an_unwritable_folder_is_left_as_it_was(space: LearnedSpace, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    with pytest.raises(OutputError, match="a file stands where a folder is needed"):
        save_space(space, tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def changed(folder: Path, **fields: object) -> None:
    values = json.loads((folder / FIELDS).read_text())
    for key, value in fields.items():
        values[key] = values["recipe"] | value if key == "recipe" else value
    (folder / FIELDS).write_text(json.dumps(values))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"format_version": 2}, "has format version 2, this package reads 1; update dfe"),
        ({"format_version": None}, "is no learned space"),
        ({"id": "arkit51"}, "no proper id"),
        ({"names": ["c1", "c1", "c3"]}, "names a coefficient twice"),
        ({"names": ["c1", "c2"]}, "do not fit a basis"),
        ({"names": "c1"}, "no proper field 'names'"),
        ({"version": 1.0}, "no proper field 'version'"),
        ({"version": 2}, "do not match its hash"),
        ({"recipe": {"unit": "cm"}}, "do not match its hash"),
        ({"recipe": {"unit": 3}}, "its recipe has no proper field 'unit'"),
        ({"recipe": {"rigid": [1, "2"]}}, "its recipe has no proper field 'rigid'"),
        ({"recipe": {"rigid": [1, 2, 600]}}, "names a point that its 60 points do not have"),
        ({"recipe": {"colour": "red"}}, "has not the fields of this version"),
        ({"recipe": {"neutral": "mean"}}, "no neutral face"),
        ({"sha256": "0"}, "does not match its checksum"),
    ],
)
def test_changed_fields_are_refused(folder: Path, fields: dict, message: str) -> None:
    changed(folder, **fields)
    with pytest.raises(ModelError, match=message) as caught:
        read_space(folder)
    assert str(folder) in str(caught.value)


def test_missing_and_damaged_files(folder: Path, tmp_path: Path) -> None:
    assert not holds_space(tmp_path)
    with pytest.raises(ModelError, match="is missing: this folder holds no learned space"):
        read_space(tmp_path)
    with pytest.raises(ModelError, match="no expression space is called"):
        load_space(str(tmp_path))
    with pytest.raises(ModelError, match="is version 1, not 2"):
        load_space(str(folder), 2)
    data = (folder / ARRAYS).read_bytes()
    (folder / ARRAYS).write_bytes(data[:-1])
    with pytest.raises(ModelError, match="does not match its checksum"):
        read_space(folder)
    (folder / ARRAYS).unlink()
    with pytest.raises(ModelError, match=r"space\.safetensors: is missing"):
        read_space(folder)
    (folder / FIELDS).write_bytes(b"{")
    with pytest.raises(ModelError, match="is not JSON"):
        read_space(folder)


@given(at=st.integers(0, 5000), put=st.binary(min_size=1, max_size=8), which=st.sampled_from([ARRAYS, FIELDS]))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_changed_bytes_are_noticed(space: LearnedSpace, tmp_path: Path, at: int, put: bytes, which: str) -> None:
    folder = save_space(space, tmp_path / "space", overwrite=True)
    good = (folder / which).read_bytes()
    at %= len(good)
    (folder / which).write_bytes(good[:at] + put + good[at + len(put) :])
    try:
        read = read_space(folder)
    except DfeError:
        return
    # What is let through changes nothing that has a meaning.
    assert read.hash == space.hash
