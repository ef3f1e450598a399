from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dfe.base.errors import UsageError
from dfe.space.base import ExpressionSpace, FaceMesh
from dfe.space.registry import load_space

expressions = arrays(np.float32, (3, 41), elements=st.floats(-2, 2, width=32))


def brute_displacement(space: ExpressionSpace, x: np.ndarray) -> np.ndarray:
    total = np.zeros((len(x), *space.basis.shape[1:]))
    for row in range(len(x)):
        for unit in range(space.dimension):
            total[row] += float(x[row, unit]) * space.basis[unit].astype(np.float64)
    return total


def brute_error(space: ExpressionSpace, x: np.ndarray, y: np.ndarray, where: np.ndarray) -> np.ndarray:
    gap = brute_displacement(space, x) - brute_displacement(space, y)
    return np.sqrt((gap[:, where] ** 2).sum(axis=2).mean(axis=1))


@settings(max_examples=25, deadline=None)
@given(expressions)
def test_displacement_is_the_sum_of_units(x: np.ndarray) -> None:
    space = load_space("arkit51/face41")
    np.testing.assert_allclose(space.displace(x), brute_displacement(space, x), atol=2e-5, rtol=0)


@settings(max_examples=25, deadline=None)
@given(expressions, expressions)
def test_error_is_measured_on_the_mesh(x: np.ndarray, y: np.ndarray) -> None:
    space = load_space("arkit51/face41")
    np.testing.assert_allclose(space.error_mm(x, y), brute_error(space, x, y, space.moving), atol=1e-9, rtol=1e-7)


@settings(max_examples=50, deadline=None)
@given(expressions)
def test_mirrored_coefficients_give_the_mirrored_face_to_the_last_bit(x: np.ndarray) -> None:
    space = load_space("arkit51/face41")
    flipped = space.displace(x)[:, space.mesh.mirror] * np.float32([-1, 1, 1])
    np.testing.assert_array_equal(space.displace(space.mirror(x)), flipped)
    np.testing.assert_array_equal(space.mirror(space.mirror(x)), x)


def test_displacement_does_not_depend_on_the_batch(face41: ExpressionSpace) -> None:
    x = np.random.default_rng(3).random((300, 41), np.float32)
    whole = face41.displace(x)
    for row in (0, 17, 255, 256, 299):
        np.testing.assert_array_equal(face41.displace(x[row : row + 1])[0], whole[row])


def test_gram_is_the_mean_over_moving_vertices(face41: ExpressionSpace) -> None:
    gram = np.zeros((41, 41))
    moving = [v for v in range(len(face41.moving)) if np.abs(face41.basis[:, v]).max() > 0.1]
    np.testing.assert_array_equal(np.flatnonzero(face41.moving), moving)
    for v in moving:
        unit = face41.basis[:, v].astype(np.float64)
        gram += unit @ unit.T
    np.testing.assert_allclose(face41.gram, gram / len(moving), rtol=1e-12)
    np.testing.assert_array_equal(face41.gram[face41.partner][:, face41.partner], face41.gram)


def test_region_errors_are_measured_on_their_own_vertices(face41: ExpressionSpace) -> None:
    x, y = np.random.default_rng(5).random((2, 4, 41), np.float32)
    errors = face41.region_error_mm(x, y)
    assert list(errors) == list(face41.mesh.regions)
    for i, region in enumerate(face41.mesh.regions):
        where = face41.moving & (face41.mesh.vertex_region == i)
        np.testing.assert_allclose(errors[region], brute_error(face41, x, y, where), rtol=1e-9)


def test_rows_without_numbers_stay_without(face41: ExpressionSpace) -> None:
    x = np.zeros((2, 41), np.float32)
    x[1, 4] = np.nan
    assert np.isfinite(face41.displace(x)[0]).all()
    assert np.isnan(face41.error_mm(x, np.zeros_like(x))).tolist() == [False, True]
    assert face41.displace(np.empty((0, 41))).shape == (0, len(face41.moving), 3)


def test_select_keeps_the_units(arkit51: ExpressionSpace) -> None:
    names = ("mouthSmileRight", "jawOpen", "mouthSmileLeft")
    small = arkit51.select(names, "small")
    assert small.names == names
    assert small.partner.tolist() == [2, 1, 0]
    assert small.regions == {"mouth": (0, 2), "jaw": (1,)}
    np.testing.assert_array_equal(small.basis[1], arkit51.basis[arkit51.index("jawOpen")])
    assert small.hash != arkit51.select(names, "other").hash


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("mouthSmileLeft",), "without its left-right partner"),
        (("jawOpen", "jawOpen"), "twice"),
        (("jawAjar",), "no coefficient 'jawAjar'"),
    ],
)
def test_select_refuses(arkit51: ExpressionSpace, names: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        arkit51.select(names, "small")


def test_wrong_width_is_refused(face41: ExpressionSpace) -> None:
    with pytest.raises(UsageError, match="takes rows of 41 coefficients"):
        face41.displace(np.zeros((2, 51)))
    with pytest.raises(UsageError, match="takes rows of 41 coefficients"):
        face41.error_mm(np.zeros(41), np.zeros(41))


def test_lopsided_or_misfit_basis_is_refused() -> None:
    mesh = FaceMesh(
        vertices_mm=np.float32([[-1, 0, 0], [1, 0, 0], [0, 1, 0]]),
        triangles=np.int32([[0, 1, 2]]),
        mirror=np.int32([1, 0, 2]),
        regions=("all",),
        vertex_region=np.zeros(3, np.int8),
    )

    def space(basis: np.ndarray, flips: bool = True) -> ExpressionSpace:
        one = np.ones(1, np.float32)
        return ExpressionSpace("toy", 1, ("up",), one * 0, one, mesh, basis, np.int32([0]), {"all": (0,)}, flips)

    even = np.float32([[[-1, 2, 0], [1, 2, 0], [0, 2, 0]]])
    assert space(even).error_mm([[1]], [[0]])[0] == pytest.approx(np.sqrt((5 + 5 + 4) / 3))
    lopsided = np.float32([[[1, 2, 0], [1, 2, 0], [0, 2, 0]]])
    with pytest.raises(UsageError, match="not its own mirror image"):
        space(lopsided)
    assert space(lopsided, flips=False).mirror(np.ones((1, 1), np.float32)) == 1
    assert space(even, flips=False).hash == space(even).hash
    with pytest.raises(UsageError, match="do not fit"):
        space(even[:, :2])


def test_coefficients_without_a_flip_have_no_partners(face41: ExpressionSpace) -> None:
    with pytest.raises(UsageError, match="no left-right flip, but its coefficients have partners"):
        replace(face41, flips=False)
    alone = replace(face41, flips=False, partner=np.arange(41, dtype=np.int32))
    assert alone.select(("mouthSmileLeft",), "one").dimension == 1


def test_space_travels_to_other_processes(face41: ExpressionSpace) -> None:
    assert pickle.loads(pickle.dumps(face41)).hash == face41.hash


def test_arrays_cannot_be_changed(face41: ExpressionSpace) -> None:
    for array in (face41.basis, face41.gram, face41.moving, face41.mesh.vertices_mm):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_a_weighted_gram_counts_vertices_by_their_region(face41: ExpressionSpace) -> None:
    space = face41
    weights = {"brow": 4.0, "mouth": 0.5}
    weight = np.array([weights.get(region, 1.0) for region in (*space.mesh.regions, "none")])[space.mesh.vertex_region]
    weight = np.where(space.moving, weight, 0.0)
    x = np.random.default_rng(0).random((5, space.dimension)).astype(np.float32)
    moved = np.square(space.displace(x).astype(np.float64)).sum(axis=2) @ weight / weight.sum()
    found = np.einsum("nd,de,ne->n", x, space.weighted_gram(weights), x)
    np.testing.assert_allclose(found, moved, rtol=1e-5)
    assert space.weighted_gram({}) is space.gram
    assert space.weighted_gram({"no such region": 2.0}) is space.gram
    with pytest.raises(UsageError, match="positive"):
        space.weighted_gram({"brow": -1.0})
