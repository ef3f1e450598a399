"""Expressions read off 68 points."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays as any_array

import dfe
from dfe.base.errors import ModelError, TableError
from dfe.frontends.base import Face
from dfe.frontends.landmarks.networks import Networks
from dfe.frontends.points import PointRegressor, load_points68, read_points68
from dfe.frontends.points.mapping import PARTNER, from_mesh
from dfe.frontends.points.regressor import METADATA, OUTPUTS, SWAP, VARIANTS, WEIGHTS, Arrays
from dfe.space.arkit import FACE_NAMES
from dfe.space.registry import load_space

ASSETS = Path(dfe.__file__).parent / "assets" / "points"
BOTH = pytest.mark.parametrize("depth", [True, False])


@pytest.fixture(scope="module")
def points(networks: Networks, face: Face) -> np.ndarray:
    """The photograph's face, and it again with its points moved at random."""
    assert face.landmarks is not None
    one = from_mesh(face.landmarks[None].astype(np.float64), networks)
    return one + np.random.default_rng(0).normal(0, 0.5, (50, *one.shape[1:])) * (np.arange(50) > 0)[:, None, None]


@BOTH
def test_it_says_about_what_the_network_says(points: np.ndarray, face: Face, depth: bool) -> None:
    read, space = read_points68(points[:1], depth=depth), load_space("arkit51/face41")
    apart = space.error_mm(read.expression, face.expression[None])[0]
    alone = space.error_mm(np.zeros((1, 41), np.float32), face.expression[None])[0]
    assert apart < alone / 2
    assert read.gaze is None
    apart = np.degrees(np.abs(read.pose[0] - [face.pitch, face.yaw, face.roll]))
    # Pixels say how the head is turned from the line of sight, and this face is high up in the picture.
    assert (apart < [12, 3, 3]).all()


@BOTH
def test_the_network_is_the_one_that_was_packed(points: np.ndarray, depth: bool) -> None:
    torch = pytest.importorskip("torch", reason="needs the extra train")

    regressor = load_points68(depth)
    a = {name: torch.tensor(array, dtype=torch.float64) for name, array in regressor.arrays._asdict().items()}
    shape = torch.tensor(regressor.align(points).shape)

    def run(x: torch.Tensor) -> torch.Tensor:
        hidden = torch.nn.functional.silu(x.flatten(1) @ a["first"] + a["first_bias"])
        hidden = torch.nn.functional.silu(hidden @ a["second"] + a["second_bias"])
        return hidden @ a["last"] + a["last_bias"]

    offset = shape - a["mean"]
    flip = torch.tensor([-1.0, 1.0, 1.0])[: offset.shape[2]]
    values = ((run(offset) + run(offset[:, PARTNER] * flip)[:, SWAP]) / 2).clip(0, 1).numpy()
    values[:, [name in regressor.absent for name in OUTPUTS]] = 0
    close, jaw = OUTPUTS.index("mouthClose"), OUTPUTS.index("jawOpen")
    values[:, close] = np.minimum(values[:, close], values[:, jaw])
    read = regressor.read(points)
    np.testing.assert_allclose(np.concatenate([read.expression, read.blink], axis=1), values, atol=2e-5)


@BOTH
def test_left_and_right_are_treated_alike(points: np.ndarray, depth: bool) -> None:
    there = read_points68(points, depth=depth)
    back = read_points68(points[:, PARTNER] * [-1.0, 1.0, 1.0], depth=depth)
    np.testing.assert_allclose(back.expression, there.expression[:, load_space("arkit51/face41").partner], atol=1e-5)
    np.testing.assert_allclose(back.blink, there.blink[:, ::-1], atol=1e-5)
    assert np.abs(there.expression - there.expression[:, load_space("arkit51/face41").partner]).max() > 0.01


@BOTH
def test_a_row_does_not_depend_on_the_others(points: np.ndarray, depth: bool) -> None:
    many = np.concatenate([points] * 45)
    at_once = read_points68(many, depth=depth)
    alone = read_points68(points, depth=depth)
    for whole, part in zip(at_once, alone, strict=True):
        if whole is not None and part is not None:
            assert np.array_equal(whole, np.concatenate([part] * 45))


@BOTH
def test_size_and_place_do_not_matter(points: np.ndarray, depth: bool) -> None:
    here, there = (read_points68(p, depth=depth).expression for p in (points, points * 0.01 - 7))
    np.testing.assert_allclose(there, here, atol=1e-4)


@BOTH
def test_rows_without_a_face_are_nan(points: np.ndarray, depth: bool) -> None:
    holed = points.copy()
    holed[1, 5, 0] = np.nan
    holed[2] = 0
    holed[3] = np.inf
    holed[4] = 1e300
    read = read_points68(holed, depth=depth)
    for rows in (read.expression, read.blink, read.pose):
        assert np.isnan(rows[1:5]).all()
        assert np.isfinite(rows[[0, *range(5, 50)]]).all()
    assert np.array_equal(read.expression[0], read_points68(points[:1], depth=depth).expression[0])
    nothing = read_points68(np.full((3, 68, 3), np.nan), depth=depth)
    assert np.isnan(nothing.expression).all()
    assert read_points68(np.zeros((0, 68, 3)), depth=depth).expression.shape == (0, 41)


def test_depth_is_left_out_in_a_picture(points: np.ndarray) -> None:
    missing = points.copy()
    missing[:, :, 2] = np.nan
    flat = read_points68(points[:, :, :2], depth=False).expression
    assert np.array_equal(read_points68(missing, depth=False).expression, flat)


@settings(max_examples=40, deadline=None)
@given(points=any_array(np.float64, (3, 68, 3), elements=st.floats(allow_nan=True, allow_infinity=True)))
@BOTH
def test_whatever_the_points_a_row_is_within_bounds_or_nan(points: np.ndarray, depth: bool) -> None:
    read = read_points68(points, depth=depth)
    for row in read.expression:
        assert np.isnan(row).all() or ((row >= 0) & (row <= 1)).all()


@BOTH
def test_absent_coefficients_are_0_and_said(points: np.ndarray, depth: bool) -> None:
    regressor = load_points68(depth)
    all_told = PointRegressor(regressor.arrays).read(points).expression
    at = [FACE_NAMES.index(name) for name in regressor.absent]
    assert at
    assert not regressor.read(points).expression[:, at].any()
    assert all_told[:, at].any()
    words = " ".join(regressor.warnings)
    assert all(name in words for name in regressor.absent + regressor.weak)
    assert "gaze" in words


@BOTH
def test_a_person_at_rest_reads_as_the_face_at_rest(points: np.ndarray, depth: bool) -> None:
    regressor = load_points68(depth)
    person = np.array(["a", "b"])[np.arange(50) % 2]
    read = regressor.read(points, person=person)
    shape = regressor.align(points).shape
    for name in "ab":
        rows = person == name
        moved = shape[rows] - np.median(shape[rows], axis=0) + regressor.arrays.rest
        expected = regressor.predict(moved)[:, :41]
        np.testing.assert_allclose(read.expression[rows], expected, atol=1e-5)
    still = regressor.read(points[[7, 7, 7]], person=[0, 0, 0]).expression
    np.testing.assert_allclose(still, regressor.predict(regressor.arrays.rest[None])[:, :41].repeat(3, 0), atol=1e-5)
    space = load_space("arkit51/face41")
    assert space.error_mm(still, np.zeros_like(still)).max() < 0.5
    holed = points.copy()
    holed[0] = np.nan
    assert np.isnan(regressor.read(holed, person=person).expression[0]).all()


def test_points_of_another_shape_are_refused(points: np.ndarray) -> None:
    with pytest.raises(TableError, match=r"not \(n, 68, 3\)"):
        read_points68(points[:, :, :2], depth=True)
    for wrong in (points[0], points[:, :67], np.zeros(5), np.zeros((2, 68, 4))):
        with pytest.raises(TableError, match="68"):
            read_points68(wrong, depth=False)
    with pytest.raises(TableError, match="3 people for 50 rows"):
        read_points68(points, depth=True, person=[1, 2, 3])


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for name in (WEIGHTS, METADATA):
        shutil.copy(ASSETS / name, tmp_path / name)
    return tmp_path


def test_files_that_are_not_as_they_were_are_refused(copied: Path) -> None:
    load_points68(True, copied / ".")
    about = json.loads((copied / METADATA).read_text())
    (copied / METADATA).write_text(json.dumps(about | {"space": about["space"] | {"hash": "other"}}))
    with pytest.raises(ModelError, match="another version"):
        load_points68(False, copied)
    (copied / METADATA).write_text("{")
    with pytest.raises(ModelError, match="cannot be read"):
        load_points68(False, copied)
    (copied / METADATA).write_text(json.dumps(about))
    data = bytearray((copied / WEIGHTS).read_bytes())
    data[-1] ^= 1
    (copied / WEIGHTS).write_bytes(data)
    with pytest.raises(ModelError, match="damaged"):
        load_points68(False, copied)
    (copied / WEIGHTS).unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        load_points68(False, copied)


def test_arrays_that_do_not_fit_are_refused() -> None:
    arrays = load_points68(True).arrays
    with pytest.raises(ModelError, match="do not fit"):
        PointRegressor(arrays._replace(last_bias=arrays.last_bias[:-1]))
    with pytest.raises(ModelError, match="no coefficient"):
        PointRegressor(arrays, ("smirk",))


def test_the_card_says_on_whom_it_was_trained() -> None:
    about = json.loads((ASSETS / METADATA).read_text())
    assert set(about["variants"]) == set(VARIANTS.values())
    assert (ASSETS / WEIGHTS).stat().st_size + (ASSETS / METADATA).stat().st_size < 1_000_000
    assert "fer2013" not in about["terms"]
    for variant in about["variants"].values():
        for part in variant["card"]["test"].values():
            assert part["error_mm"] < part["mean_face_mm"] / 2
            assert set(part["r"]) == set(OUTPUTS)
    assert set(Arrays._fields) >= {"rest", "mean", "reference"}
