"""FLAME's spaces with a mesh: exact where it is said, linear where it is said, and never of another edition."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import made_flame as made
from dfe.base.errors import ModelError, UsageError
from dfe.displays.describe import describe_displays
from dfe.draw.templates import template_pictures
from dfe.space.flame import FlameSpace, flame_mesh_space
from dfe.space.flame_model import FlameModel, read_flame
from dfe.space.plain import FLAME_IDS, FLAME_PARTS
from dfe.space.registry import load_space
from made_flame_pass import flame_vertices

JAW3 = "flame2020/exp50+jaw3"
ALL55 = "flame2020/exp50+jaw3+eyelid2"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> FlameModel:
    folder = tmp_path_factory.mktemp("flame")
    arrays = made.made_flame()
    np.savez(folder / "flame2020.npz", **arrays)
    lid = load_space("arkit51")
    for side, name in (("l", "eyeBlinkLeft"), ("r", "eyeBlinkRight")):
        shape = np.zeros((5023, 3))
        shape[: len(lid.moving)] = lid.basis[lid.index(name)] / 1000
        np.save(folder / f"{side}_eyelid.npy", shape)
    (folder / "FLAME_masks.pkl").write_bytes(made.python_2_pickle(made.made_masks()))
    return read_flame(folder / "flame2020.npz")


@pytest.fixture(scope="module")
def space(model: FlameModel) -> FlameSpace:
    return flame_mesh_space(model, ALL55)


def faces(count: int, seed: int = 0, jaw: float = 0.3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    parts = [rng.normal(size=(count, 50)), rng.uniform(0, jaw, (count, 1)), rng.normal(size=(count, 2)) * jaw / 10]
    return np.concatenate([*parts, rng.uniform(0, 1, (count, 2))], axis=1)


def exactly(model: FlameModel, x: np.ndarray) -> np.ndarray:
    pose = np.zeros((len(x), 15))
    pose[:, 6:9] = x[:, 50:53]
    return flame_vertices(model, expression=x[:, :50], pose=pose, eyelids=x[:, 53:]) - model.template


def exact_error(space: FlameSpace, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    gap = (space.displace(x) - space.displace(y))[:, space.moving].astype(np.float64)
    return np.sqrt(np.square(gap).sum(axis=2).mean(axis=1))


def test_displacements_are_those_of_the_forward_pass(space: FlameSpace, model: FlameModel) -> None:
    x = faces(70, jaw=0.6)
    np.testing.assert_allclose(space.displace(x), exactly(model, x), atol=1e-3)
    assert space.displace(x).dtype == np.float32
    assert not space.displace(np.zeros((1, 55))).any()


def test_displacements_do_not_depend_on_the_batch(space: FlameSpace) -> None:
    x = faces(300, seed=1)
    whole = space.displace(x)
    for row in (0, 63, 64, 255, 256, 299):
        np.testing.assert_array_equal(space.displace(x[row : row + 1])[0], whole[row])


def test_a_row_with_nan_gives_nan(space: FlameSpace) -> None:
    for place in (0, 50, 54):
        x = faces(2)
        x[1, place] = np.nan
        moved = space.displace(x)
        assert np.isfinite(moved[0]).all()
        assert np.isnan(moved[1]).all()


@pytest.mark.parametrize("parts", FLAME_PARTS)
def test_the_coefficients_are_those_of_the_plain_space(parts: str, model: FlameModel) -> None:
    space, plain = flame_mesh_space(model, f"flame2020/{parts}"), load_space(f"flame2020/{parts}")
    assert (space.id, space.version, plain.version) == (plain.id, 2, 1)
    assert space.names == plain.names
    assert space.regions == plain.regions
    np.testing.assert_array_equal(space.lower, plain.lower)
    np.testing.assert_array_equal(space.upper, plain.upper)
    assert space.hash != plain.hash
    assert not space.flips
    with pytest.raises(ModelError, match="lives on a FLAME file"):
        load_space(space.id, 2)


def test_ids_of_the_plain_spaces_are_those_of_2020() -> None:
    assert [id.partition("/") for id in FLAME_IDS] == [("flame2020", "/", parts) for parts in FLAME_PARTS]


def test_the_jaws_columns_are_the_derivative_at_rest(space: FlameSpace, model: FlameModel) -> None:
    step = 1e-3
    for axis in range(3):
        x = np.zeros((2, 55))
        x[:, 50 + axis] = (step, -step)
        both = exactly(model, x)
        np.testing.assert_allclose(space.basis[50 + axis], (both[0] - both[1]) / (2 * step), atol=1e-3)
    # A jaw that is pushed down opens: what it moves goes down.
    chin = model.weights[:, 2].argmax()
    assert space.displace(np.eye(55)[[50]] * 0.2)[0, chin, 1] < -5


def test_errors_are_exact_while_the_jaw_rests(space: FlameSpace) -> None:
    x, y = faces(30, seed=2), faces(30, seed=3)
    x[:, 50:53] = y[:, 50:53] = 0
    np.testing.assert_allclose(space.error_mm(x, y), exact_error(space, x, y), rtol=1e-5)


@pytest.mark.parametrize(("jaw", "usual", "worst"), [(0.1, 0.01, 0.02), (0.3, 0.02, 0.05)])
def test_errors_are_close_where_the_jaw_turns(space: FlameSpace, jaw: float, usual: float, worst: float) -> None:
    x, y = faces(200, seed=4, jaw=jaw), faces(200, seed=5, jaw=jaw)
    exact = exact_error(space, x, y)
    off = np.abs(space.error_mm(x, y) - exact) / exact
    assert np.percentile(off, 95) < usual
    assert off.max() < worst
    assert off.max() > 1e-4  # it is an approximation, and this test would see if it were not one


def test_eyelids_move_nothing_without_their_files(space: FlameSpace, model: FlameModel) -> None:
    blind = flame_mesh_space(replace(model, eyelids=None), ALL55)
    shut = np.zeros((1, 55))
    shut[0, 53:] = 1
    assert not blind.displace(shut).any()
    assert blind.hash != space.hash
    moved = space.displace(shut)[0]
    assert model.eyelids is not None
    np.testing.assert_allclose(moved, model.eyelids.sum(axis=0), atol=1e-4)


def test_an_open_file_does_not_decode_coefficients_of_2020(model: FlameModel) -> None:
    file = replace(model, edition="2023open", name="flame2023_Open.pkl")
    with pytest.raises(ModelError) as caught:
        flame_mesh_space(file, JAW3)
    assert str(caught.value) == (
        "flame2023_Open.pkl: is FLAME 2023 Open, whose expression basis is not that of FLAME 2020: it would turn "
        "coefficients of FLAME 2020 (those of DECA, EMOCA and SMIRK) into wrong expressions; give the file of FLAME "
        "2020, or use space flame2023open/... for coefficients that were made with FLAME 2023 Open"
    )
    assert flame_mesh_space(file, "flame2023open/exp100+jaw3").id == "flame2023open/exp100+jaw3"
    for edition in ("2017", "2019", "2023"):
        with pytest.raises(ModelError, match=f"is FLAME {edition}, whose expression basis"):
            flame_mesh_space(replace(model, edition=edition), JAW3)
    with pytest.raises(ModelError, match="is FLAME 2020, whose expression basis"):
        flame_mesh_space(model, "flame2023/exp50")


def test_a_model_without_jaw_rotation_has_no_jaw(model: FlameModel) -> None:
    file = replace(model, edition="2023nojaw")
    assert flame_mesh_space(file, "flame2023nojaw/exp100").dimension == 100
    with pytest.raises(ModelError, match="without jaw rotation"):
        flame_mesh_space(file, "flame2023nojaw/exp50+jaw3")


@pytest.mark.parametrize("id", ["flame2020", "flame2020/exp51", "flame2021/exp50", "arkit51", "flame2020/exp50+jaw3+"])
def test_unknown_spaces(model: FlameModel, id: str) -> None:
    with pytest.raises(UsageError, match="no space of FLAME is called"):
        flame_mesh_space(model, id)


def test_a_pickle_and_an_npz_of_the_same_arrays_are_one_space(
    model: FlameModel, space: FlameSpace, tmp_path: Path
) -> None:
    file = made.write_pickle(tmp_path / "flame2020.pkl", made.made_flame())
    again = flame_mesh_space(read_flame(file), JAW3)
    assert again.hash == flame_mesh_space(model, JAW3).hash
    file.unlink()
    other = replace(model, expression_basis=model.expression_basis + np.float32(0.01))
    assert flame_mesh_space(other, JAW3).hash != again.hash


def test_the_mesh(space: FlameSpace, model: FlameModel) -> None:
    mesh = space.mesh
    assert mesh.regions == ("lips", "nose", "eyes", "forehead", "cheeks and jaw")
    masks = made.made_masks()
    assert (mesh.vertex_region[masks["lips"]] == 0).all()
    assert set(mesh.vertex_region[masks["neck"]].tolist()) <= {-1, 4}
    assert list(space.region_error_mm(faces(2), faces(2, seed=9))) == list(mesh.regions)
    eyes = (model.joint_regressor[3:] @ mesh.vertices_mm).mean(axis=0)
    np.testing.assert_allclose(eyes, (0, 25, 16), atol=1e-3)
    shift = mesh.vertices_mm - model.template
    np.testing.assert_allclose(shift, np.broadcast_to(shift[0], shift.shape), atol=1e-4)
    # The vertex across: nearest to where the flip would be, and back again for most.
    flipped = model.template[::500] * [-1, 1, 1]
    assert mesh.mirror[::500].tolist() == [np.linalg.norm(model.template - at, axis=1).argmin() for at in flipped]
    assert np.mean(mesh.mirror[mesh.mirror] == np.arange(5023)) > 0.8


def test_without_masks_there_are_face_and_rest(model: FlameModel) -> None:
    mesh = flame_mesh_space(replace(model, masks={}), JAW3).mesh
    assert mesh.regions == ("face",)
    masks = made.made_masks()
    assert (mesh.vertex_region[masks["lips"]] == 0).all()
    assert (mesh.vertex_region[masks["scalp"]] == 0).mean() < 0.5
    assert (mesh.vertex_region[model.template[:, 2] < -60] == -1).all()


def test_sides_of_displays_are_told_though_the_mesh_is_not_symmetric(model: FlameModel) -> None:
    head = load_space("arkit51")
    basis = np.zeros((5023, 3, 100), np.float32)
    for place, name in enumerate(("mouthSmileLeft", "mouthSmileRight", "browInnerUp")):
        basis[: len(head.moving), :, place] = head.basis[head.index(name)]
    space = flame_mesh_space(replace(model, expression_basis=basis), "flame2020/exp50")
    templates = np.zeros((4, 50), np.float32)
    templates[[1, 2, 3], [0, 1, 2]] = 1
    assert [token.side for token in describe_displays(templates, space)[1:]] == ["left", "right", "symmetric"]


def test_the_space_travels_and_draws(space: FlameSpace) -> None:
    again = pickle.loads(pickle.dumps(space))
    np.testing.assert_array_equal(again.displace(faces(3)), space.displace(faces(3)))
    templates = np.zeros((2, 55), np.float32)
    templates[1, 50] = 0.3
    pictures = template_pictures(space, templates, size=24)
    assert len(pictures.front) == 2
    x = faces(3).astype(np.float32)
    np.testing.assert_array_equal(space.mirror(x), x)


def test_a_selection_is_linear_and_needs_no_partners(space: FlameSpace) -> None:
    small = space.select(("exp_1", "jaw_0"), "small")
    assert type(small).__name__ == "ExpressionSpace"
    assert not small.flips
    np.testing.assert_array_equal(small.displace([[0, 1.0]])[0], space.basis[50])


def test_a_flame_file_is_found_by_variable(tmp_path, monkeypatch) -> None:
    path = made.write_pickle(tmp_path / "flame2020.pkl", made.made_flame())
    monkeypatch.setenv("DFE_FLAME", str(path))
    assert load_space("flame2020/exp50").version == 2
    assert load_space("flame2020/exp50", 1).version == 1
    assert load_space("bfm/exp64").version == 1
