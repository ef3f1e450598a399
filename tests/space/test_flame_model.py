"""FLAME's files: what is read from them, what is refused, and which edition they are taken for."""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

import made_flame as made
from dfe.base.errors import ModelError, UsageError
from dfe.space import flame_edition
from dfe.space.flame_edition import edition_of_name
from dfe.space.flame_model import FlameModel, read_flame, read_masks


@pytest.fixture(scope="module")
def pickled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    small = made.made_flame() | {"shapedirs": made.made_flame()["shapedirs"].astype(np.float32)}
    return made.write_pickle(tmp_path_factory.mktemp("flame") / "flame2020.pkl", small)


@pytest.fixture(scope="module")
def npz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.write_npz(tmp_path_factory.mktemp("flame") / "flame2020.npz")


@pytest.fixture(scope="module")
def model(pickled: Path) -> FlameModel:
    return read_flame(pickled)


def test_a_pickle_of_python_2_with_chumpy_and_scipy_is_read(model: FlameModel, pickled: Path) -> None:
    arrays = made.made_flame()
    assert "chumpy" not in sys.modules
    assert model.edition == "2020"
    assert model.sha256 == hashlib.sha256(pickled.read_bytes()).hexdigest()
    np.testing.assert_allclose(model.template, 1000 * arrays["v_template"])
    np.testing.assert_array_equal(model.triangles, arrays["f"])
    np.testing.assert_allclose(model.shape_basis, 1000 * arrays["shapedirs"][..., :300], atol=1e-5)
    np.testing.assert_allclose(model.expression_basis, 1000 * arrays["shapedirs"][..., 300:], atol=1e-5)
    np.testing.assert_allclose(model.pose_basis, 1000 * arrays["posedirs"], atol=1e-6)
    np.testing.assert_array_equal(model.joint_regressor, arrays["J_regressor"])
    np.testing.assert_array_equal(model.weights, arrays["weights"])
    assert model.eyelids is None
    assert model.masks == {}
    assert model.notes == ()


def test_more_components_than_are_known_are_left_out(tmp_path: Path) -> None:
    directions = np.zeros((5023, 3, 403), np.float32)
    directions[..., 300:403] = 0.001 * np.arange(103)
    model = read_flame(made.write_npz(tmp_path / "flame2020.npz", shapedirs=directions))
    np.testing.assert_allclose(model.expression_basis[7, 1], np.arange(100), rtol=1e-6)


def test_masks_and_eyelids_beside_the_file_are_taken_along(npz: Path, tmp_path: Path) -> None:
    os.link(npz, tmp_path / "flame2020.npz")
    masks = made.made_masks()
    (tmp_path / "FLAME_masks.pkl").write_bytes(made.python_2_pickle(masks | {"unknown_region": np.arange(3)}))
    lids = np.random.default_rng(0).normal(size=(2, 5023, 3)) * 0.001
    np.save(tmp_path / "l_eyelid.npy", lids[0])
    np.save(tmp_path / "r_eyelid.npy", lids[1][None])
    model = read_flame(tmp_path / "flame2020.npz")
    assert sorted(model.masks) == sorted(masks)
    for name, where in masks.items():
        np.testing.assert_array_equal(model.masks[name], where)
    assert model.eyelids is not None
    np.testing.assert_allclose(model.eyelids, 1000 * lids, rtol=1e-6)
    assert read_flame(npz, masks=tmp_path / "FLAME_masks.pkl").masks.keys() == masks.keys()
    np.save(tmp_path / "r_eyelid.npy", lids[1][:7])
    with pytest.raises(ModelError, match=r"r_eyelid\.npy: has shape \(7, 3\)"):
        read_flame(tmp_path / "flame2020.npz")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"face": np.array([0, 5023])}, "region 'face' does not hold indices"),
        ({"face": np.array([0.5])}, "region 'face' does not hold indices"),
        ({"arms": np.array([1])}, "none of FLAME's regions"),
        ([1, 2], "holds no dictionary"),
    ],
)
def test_masks_that_make_no_sense(content: object, message: str, tmp_path: Path) -> None:
    (tmp_path / "FLAME_masks.pkl").write_bytes(pickle.dumps(content))
    with pytest.raises(ModelError, match=message):
        read_masks(tmp_path / "FLAME_masks.pkl")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"v_template": np.zeros((5022, 3))}, r"v_template has shape \(5022, 3\), not \(5023, 3\)"),
        ({"shapedirs": np.zeros((5023, 3, 150))}, r"shapedirs has shape \(5023, 3, 150\)"),
        ({"posedirs": np.zeros((5023, 3, 27))}, "posedirs has shape"),
        ({"J_regressor": np.zeros((5023, 5))}, "J_regressor has shape"),
        ({"weights": np.full((5023, 5), 0.3)}, "rows of weights do not sum to 1"),
        ({"f": np.full((9976, 3), 5023)}, "vertices that are not there"),
        ({"kintree_table": np.array([[-1, 0, 1, 2, 3], [0, 1, 2, 3, 4]])}, "not that of FLAME's five joints"),
        ({"v_template": np.full((5023, 3), np.nan)}, "no numbers"),
        ({"v_template": 1000 * made.made_flame()["v_template"]}, "m large, which no head is.*give arrays in metres"),
        ({"v_template": np.array([{}])}, "v_template: holds Python objects"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_arrays_that_are_not_flames(changed: dict[str, np.ndarray], message: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        read_flame(made.write_npz(tmp_path / "flame2020.npz", **changed))
    assert str(caught.value).startswith(str(tmp_path / "flame2020.npz"))


def test_files_that_are_no_flame_model(tmp_path: Path, pickled: Path) -> None:
    for name, data, message in (
        ("flame2020.pkl", pickle.dumps({"v_template": np.zeros((5023, 3))}), "has no array 'f'"),
        ("flame2020.pkl", pickle.dumps({"v_template": [[1.0]]}), "has no array 'v_template'"),
        ("flame2020.pkl", b"", "ends too early"),
        ("flame2020.pkl", pickled.read_bytes()[:1_000_000], "ends too early"),
        ("flame2020.pkl", b"cos\nsystem\n(S'touch PWNED'\ntR.", "names 'os.system', which is not let in"),
        ("flame2020.npz", b"PK\x03\x04 truncated", "no npz file"),
        ("flame2020.npz", pickled.read_bytes()[:1000], "no npz file"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ModelError, match=message) as caught:
            read_flame(tmp_path / name)
        assert str(caught.value).startswith(str(tmp_path / name))
    with pytest.raises(ModelError, match="cannot be read"):
        read_flame(tmp_path / "none.pkl")
    with pytest.raises(ModelError, match="is a folder"):
        read_flame(tmp_path)


@pytest.mark.parametrize(
    ("name", "edition"),
    [
        ("flame2023_Open.pkl", "2023open"),
        ("FLAME2023Open.npz", "2023open"),
        ("flame2023_no_jaw.pkl", "2023nojaw"),
        ("flame2023.pkl", "2023"),
        ("flame2020.pkl", "2020"),
        ("FLAME_2017.pkl", "2017"),
        ("flame2019_generic_model.pkl", "2019"),
        ("generic_model.pkl", None),
        ("FLAME_NEUTRAL.pkl", None),
        ("flame2020_to_2023.pkl", None),
    ],
)
def test_names_speak_of_editions(name: str, edition: str | None) -> None:
    assert edition_of_name(name) == edition


def test_an_edition_that_cannot_be_told_has_to_be_given(npz: Path, tmp_path: Path, monkeypatch) -> None:
    folder = tmp_path / "FLAME2020"
    folder.mkdir()
    unnamed = Path(shutil.copy(npz, folder / "generic_model.npz"))
    with pytest.raises(ModelError, match=r"edition cannot be told.*name it flame2020\.pkl"):
        read_flame(unnamed)
    assert read_flame(unnamed, edition="2023open").edition == "2023open"
    with pytest.raises(UsageError, match="no edition of FLAME is called '2021'"):
        read_flame(unnamed, edition="2021")
    with pytest.raises(ModelError, match="is FLAME 2020 by its name, not 2023open"):
        read_flame(npz, edition="2023open")
    # A file whose contents are known is what it is, whatever it is called or said to be.
    sha256 = hashlib.sha256(unnamed.read_bytes()).hexdigest()
    monkeypatch.setitem(flame_edition._KNOWN_FILES, sha256, "2020")
    assert read_flame(unnamed).edition == "2020"
    os.link(unnamed, folder / "flame2023_Open.npz")
    assert read_flame(folder / "flame2023_Open.npz").edition == "2020"
    with pytest.raises(ModelError, match="by its contents, not 2023open"):
        read_flame(folder / "flame2023_Open.npz", edition="2023open")


def test_a_file_that_moves_only_the_face_is_doubted_to_be_of_2020(tmp_path: Path) -> None:
    directions = made.made_flame()["shapedirs"].astype(np.float32)
    directions[..., :300] = 0
    directions[:1000, :, 300:] = 0
    model = read_flame(made.write_npz(tmp_path / "flame2020.npz", shapedirs=directions))
    assert len(model.notes) == 1
    assert "20% of the vertices" in model.notes[0]
