"""The encoders' crops against the tools' own rule, sample by sample."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dfe.frontends.encoders.crops import Crop
from dfe.frontends.encoders.points68 import MESH_OF_68, sixty_eight
from dfe.frontends.encoders.tools import TOOLS

ALL = Crop(points=478, scale=1.4, whole_levels=False)


def landmarks(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    """478 points whose box is this, for all of them and for the 68."""
    points = np.random.default_rng(0).uniform((x0, y0), (x1, y1), (478, 2))
    points[[127, 356]] = (x0, y0), (x1, y1)
    return np.column_stack([points, np.zeros(478)])


def similarity(points: np.ndarray, scale: float) -> tuple[float, np.ndarray]:
    """The tools' transform from the picture to the crop, by least squares over the three corners they give."""
    left, top = points[:, :2].min(0)
    right, bottom = points[:, :2].max(0)
    size = int((right - left + bottom - top) / 2 * scale)
    cx, cy = right - (right - left) / 2, bottom - (bottom - top) / 2
    source = np.array([[cx - size / 2, cy - size / 2], [cx - size / 2, cy + size / 2], [cx + size / 2, cy - size / 2]])
    target = np.array([[0, 0], [0, 223], [223, 0]])
    rows, values = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, -y, 1, 0], [y, x, 0, 1]]
        values += [u, v]
    a, b, tx, ty = np.linalg.lstsq(np.array(rows), np.array(values), rcond=None)[0]
    assert b == pytest.approx(0, abs=1e-9)
    return a, np.array([tx, ty])


def sample(image: np.ndarray, x: float, y: float) -> np.ndarray:
    """Bilinear; black beyond the picture."""
    x0, y0 = int(np.floor(x)), int(np.floor(y))
    total = np.zeros(3)
    for i, wy in ((y0, y0 + 1 - y), (y0 + 1, y - y0)):
        for j, wx in ((x0, x0 + 1 - x), (x0 + 1, x - x0)):
            if 0 <= i < image.shape[0] and 0 <= j < image.shape[1]:
                total += wy * wx * image[i, j]
    return total


@settings(max_examples=30, deadline=None)
@given(
    x0=st.floats(-150, 250),
    y0=st.floats(-150, 200),
    width=st.floats(3, 400),
    height=st.floats(3, 400),
    seed=st.integers(0, 9),
)
def test_a_crop_is_what_the_tools_warp_gives(x0, y0, width, height, seed):
    side = (width + height) / 2 * ALL.scale
    assume(abs(side - round(side)) > 1e-6)  # the side is cut to whole pixels: at a whole one, rounding decides
    image = np.random.default_rng(seed).integers(0, 256, (150, 200, 3)).astype(np.uint8)
    points = landmarks(x0, y0, x0 + width, y0 + height)
    scale, move = similarity(points, ALL.scale)
    got = ALL.cut(image, points)
    assert got.shape == (3, 224, 224)
    assert got.dtype == np.float32
    for row, column in ((0, 0), (223, 223), (0, 223), (111, 112), (40, 201), (180, 7)):
        x, y = (np.array([column, row]) - move) / scale
        np.testing.assert_allclose(got[:, row, column] * 255, sample(image, x, y), atol=0.05)


def test_smirk_keeps_whole_levels_and_deca_does_not():
    image = np.random.default_rng(1).integers(0, 256, (300, 300, 3)).astype(np.uint8)
    points = landmarks(60, 70, 230, 250)
    kept = TOOLS["smirk"].crop.cut(image, points) * 255
    free = TOOLS["smirk"].crop._replace(whole_levels=False).cut(image, points) * 255
    np.testing.assert_allclose(kept, kept.round(), atol=1e-4)
    assert np.abs(free - free.round()).mean() > 0.1
    assert ((free - kept > -0.02) & (free - kept < 1)).all()
    assert not TOOLS["deca"].crop.whole_levels


def test_a_picture_that_is_all_one_level_stays_so():
    """Rounding errors of the warp must not turn 200 into 199."""
    image = np.full((400, 400, 3), 200, np.uint8)
    for left in np.linspace(90, 95, 7):
        crop = TOOLS["smirk"].crop.cut(image, landmarks(left, 100.3, left + 130.7, 260.9))
        assert np.unique((crop * 255).round(3)).tolist() == [200.0]


def test_decas_box_is_of_68_points():
    points = landmarks(100, 100, 300, 350)
    outside = np.setdiff1d(np.arange(478), MESH_OF_68)[5]
    points[outside, :2] = 20, 900
    left, top, side = TOOLS["deca"].crop.square(points)
    assert side == int(225 * 1.1 * 1.25)
    assert (left + side / 2, top + side / 2) == pytest.approx((200, 225))
    assert TOOLS["smirk"].crop.square(points)[2] > side


def test_huge_pictures_and_faces_beyond_the_edge():
    image = np.full((60, 40_000, 3), 90, np.uint8)
    crop = ALL.cut(image, landmarks(39_900, 5, 39_950, 55))
    assert crop[0, 112, 112] == pytest.approx(90 / 255)
    assert not ALL.cut(image, landmarks(50_000, 5, 50_050, 55)).any()


def test_the_68_points_are_symmetric(networks):
    """Each point's partner in iBUG's scheme is the landmark's partner on the canonical face."""
    pairs = [(i, 16 - i) for i in range(17)] + [(17 + i, 26 - i) for i in range(10)]
    pairs += [(i, i) for i in (27, 28, 29, 30, 33)] + [(31, 35), (32, 34)]
    pairs += [(36, 45), (37, 44), (38, 43), (39, 42), (40, 47), (41, 46)]
    pairs += [(48, 54), (49, 53), (50, 52), (51, 51), (59, 55), (58, 56), (57, 57)]
    pairs += [(60, 64), (61, 63), (62, 62), (67, 65), (66, 66)]
    assert {i for pair in pairs for i in pair} == set(range(68))
    for a, b in pairs:
        assert networks.partner[MESH_OF_68[a]] == MESH_OF_68[b]


def test_the_68_points_lie_where_ibug_puts_them(networks):
    """On the canonical face: order from right to left (of the subject), parts above one another, no point twice."""
    face = networks.arrays("geometry.npz")["vertices_cm"]
    x, y = sixty_eight(np.vstack([face, np.zeros((10, 3))]))[:, :2].T
    assert len(set(MESH_OF_68.tolist())) == 68
    assert (np.diff(x[17:27]) > 0).all()
    assert (np.diff(y[0:9]) < 0).all()
    assert (np.diff(y[27:31]) < 0).all()
    assert (np.diff(x[31:36]) > 0).all()
    for first in (36, 42):
        assert x[first] < x[first + 1] < x[first + 2] < x[first + 3]
        assert (y[first + 1 : first + 3] > y[[first + 5, first + 4]]).all()
    assert (np.diff(x[48:55]) > 0).all()
    assert (np.diff(x[60:65]) > 0).all()
    assert y[17:27].min() > y[36:48].max() > y[31:36].max() > y[48:68].max() > y[8]
    steps = np.hypot(*np.diff([x[:17], y[:17]]))
    assert steps.max() < 1.9 * steps.min()
