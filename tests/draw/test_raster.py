from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dfe.draw.raster import rasterise

SIZE = (23, 31)


def cross(u: np.ndarray, v: np.ndarray) -> float:
    return float(u[0] * v[1] - u[1] * v[0])


def brute(xy: np.ndarray, depth: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nearest depth per pixel, the gap to the runner-up, and how far the pixel is from any edge (in weights)."""
    nearest = np.full(SIZE, -np.inf)
    owner = np.full(SIZE, -1)
    unsure = np.zeros(SIZE, bool)
    for row in range(SIZE[0]):
        for column in range(SIZE[1]):
            p = np.array([column + 0.5, row + 0.5])
            for f, t in enumerate(triangles):
                a, b, c = xy[t]
                whole = cross(b - a, c - a)
                if whole >= -1e-9:
                    continue
                w = np.array([cross(b - p, c - p), cross(c - p, a - p), cross(a - p, b - p)]) / whole
                unsure[row, column] |= abs(w.min()) < 1e-6
                if w.min() < 0:
                    continue
                z = w @ depth[t]
                unsure[row, column] |= abs(z - nearest[row, column]) < 1e-6
                if z > nearest[row, column]:
                    nearest[row, column], owner[row, column] = z, f
    return owner, nearest, unsure


@settings(max_examples=25, deadline=None)
@given(
    arrays(np.float64, (9, 2), elements=st.floats(-10, 45).map(lambda v: round(v, 2))),
    arrays(np.float64, 9, elements=st.floats(0, 1).map(lambda v: round(v, 3))),
    st.permutations(range(9)),
)
def test_same_as_pixel_by_pixel(xy: np.ndarray, depth: np.ndarray, order: list[int]) -> None:
    triangles = np.vstack([np.arange(9).reshape(3, 3), np.array(order).reshape(3, 3)])
    seen = rasterise(xy, depth, triangles, SIZE)
    owner = np.full(SIZE[0] * SIZE[1], -1)
    owner[seen.pixel] = seen.triangle
    expected, nearest, unsure = brute(xy, depth, triangles)
    sure = ~unsure
    np.testing.assert_array_equal(owner.reshape(SIZE)[sure], expected[sure])
    sure_here = sure.ravel()[seen.pixel]
    z = np.einsum("nk,nk->n", seen.weights, depth[triangles[seen.triangle]])
    np.testing.assert_allclose(z[sure_here], nearest.ravel()[seen.pixel][sure_here], atol=1e-6)
    np.testing.assert_allclose(seen.weights.sum(axis=1)[sure_here], 1, atol=1e-6)


def test_shared_edge_leaves_no_hole() -> None:
    xy = np.array([[1.5, 1.5], [20.5, 1.5], [20.5, 20.5], [1.5, 20.5]])
    seen = rasterise(xy, np.ones(4), np.array([[0, 3, 2], [0, 2, 1]]), SIZE)
    assert len(seen.pixel) == len(set(seen.pixel.tolist())) == 400


def test_nearer_wins_and_backs_are_hidden() -> None:
    xy = np.array([[0, 0], [0, 40], [40, 0], [0, 0], [0, 40], [40, 0]], float)
    depth = np.array([1, 1, 1, 2, 2, 2], float)
    front = np.array([[0, 1, 2], [3, 4, 5]])
    assert set(rasterise(xy, depth, front, SIZE).triangle.tolist()) == {1}
    assert set(rasterise(xy, depth, np.array([[0, 1, 2], [3, 5, 4]]), SIZE).triangle.tolist()) == {0}
    assert len(rasterise(xy, depth, np.empty((0, 3), int), SIZE).pixel) == 0
