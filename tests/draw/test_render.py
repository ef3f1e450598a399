from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from dfe.draw.colours import CLAY, encoded, heat_colours, linear
from dfe.draw.png import to_png
from dfe.draw.render import Camera, render, render_expression
from dfe.space.base import ExpressionSpace


def lightness(rgb: np.ndarray) -> np.ndarray:
    """CIE 1976 L* of sRGB, from the published formula."""
    y = linear(rgb) @ [0.2126, 0.7152, 0.0722]
    return np.where(y > (6 / 29) ** 3, 116 * np.cbrt(y) - 16, y * (29 / 3) ** 3)


@settings(max_examples=40, deadline=None)
@given(
    arrays(
        np.uint8,
        array_shapes(min_dims=2, max_dims=2, max_side=12).flatmap(lambda s: st.sampled_from([(*s, 3), (*s, 4)])),
    )
)
def test_png_reads_back(picture: np.ndarray) -> None:
    order = cv2.COLOR_RGBA2BGRA if picture.shape[2] == 4 else cv2.COLOR_RGB2BGR
    read = cv2.imdecode(np.frombuffer(to_png(picture), np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(read, cv2.cvtColor(picture, order))


def test_png_of_a_face_reads_back_and_is_small(face41: ExpressionSpace) -> None:
    picture = render_expression(face41, face41.vector({"jawOpen": 0.5}))
    data = to_png(picture)
    read = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(read, cv2.cvtColor(picture, cv2.COLOR_RGBA2BGRA))
    assert len(data) < 60_000


def test_ramp_runs_from_clay_and_darkens_evenly() -> None:
    ramp = heat_colours(np.linspace(0, 8, 41), 8.0)
    assert tuple(ramp[0]) == CLAY
    steps = np.diff(lightness(ramp))
    assert (steps < 0).all()
    assert steps.min() > 4 * steps.max()
    np.testing.assert_array_equal(heat_colours(20.0, 8.0), ramp[-1])
    assert tuple(heat_colours(3.0, 0.0)) == CLAY


def test_light_and_screen_values_are_inverse() -> None:
    np.testing.assert_allclose(encoded(linear(np.arange(256))), np.arange(256), atol=1e-3)


def test_symmetric_face_makes_a_symmetric_picture(face41: ExpressionSpace) -> None:
    smile = face41.vector({"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8, "jawOpen": 0.4})
    picture = render_expression(face41, smile, size=200).astype(int)
    gap = np.abs(picture - picture[:, ::-1]).max(axis=2)
    assert (gap > 3).mean() < 0.002
    left = render_expression(face41, face41.vector({"mouthSmileLeft": 0.8}), size=200).astype(int)
    right = render_expression(face41, face41.vector({"mouthSmileRight": 0.8}), size=200).astype(int)
    assert (np.abs(left - right[:, ::-1]).max(axis=2) > 3).mean() < 0.002
    assert (np.abs(left - left[:, ::-1]).max(axis=2) > 3).mean() > 0.02


def test_the_subjects_left_is_on_the_pictures_right(face41: ExpressionSpace) -> None:
    picture = render_expression(face41, face41.vector({"mouthSmileLeft": 1}), size=128).astype(int)
    plain = render_expression(face41, np.zeros(41), size=128).astype(int)
    red = np.clip((picture - plain)[..., 0] - (picture - plain)[..., 2], 0, None) * (picture[..., 3] > 0)
    assert red[:, 64:].sum() > 5 * red[:, :64].sum()


def test_turning_moves_the_nose_the_way_it_says(face41: ExpressionSpace) -> None:
    camera = Camera()
    tip = face41.mesh.vertices_mm[[int(face41.mesh.vertices_mm[:, 2].argmax())]].astype(float)
    marker = np.vstack([tip, tip + [4, 0, 0], tip + [0, 4, 0]]) + [-1.3, -1.3, 0]

    def place(**turn: float) -> np.ndarray:
        rows, columns = np.nonzero(render(marker, np.array([[0, 1, 2]]), size=200, camera=camera, **turn)[..., 3])
        return np.array([columns.mean(), rows.mean()])

    straight = place()
    assert place(yaw=0.4)[0] > straight[0] + 10
    assert place(pitch=0.4)[1] < straight[1] - 10


def test_no_heat_is_plain(face41: ExpressionSpace) -> None:
    mesh = face41.mesh
    plain = render(mesh.vertices_mm, mesh.triangles, size=96, mesh=mesh)
    for heat_max in (None, 5.0):
        cold = render(
            mesh.vertices_mm,
            mesh.triangles,
            size=96,
            mesh=mesh,
            heat_mm=np.zeros(len(mesh.vertices_mm)),
            heat_max_mm=heat_max,
        )
        np.testing.assert_array_equal(cold, plain)
    assert (plain != render_expression(face41, face41.vector({"jawOpen": 0.3}), size=96)).any()


def test_depth_decides_what_is_seen() -> None:
    near = np.array([[-30, -40, 40], [30, -40, 40], [0, 20, 40]], float)
    vertices = np.vstack([near - [0, 0, 30], near])
    triangles = np.array([[3, 4, 5], [0, 1, 2]])
    heat = np.array([9, 9, 9, 0, 0, 0], float)
    front = render(vertices, triangles, size=64, heat_mm=heat)
    alone = render(vertices, triangles[:1], size=64, heat_mm=heat)
    inside = alone[..., 3] == 255
    np.testing.assert_array_equal(front[inside], alone[inside])
    assert not np.array_equal(front, render(vertices, triangles[1:], size=64, heat_mm=heat))


def test_ground_is_transparent_and_face_fills_the_picture(face41: ExpressionSpace) -> None:
    picture = render_expression(face41, np.zeros(41), size=128)
    assert picture.shape == (128, 128, 4)
    assert picture.dtype == np.uint8
    assert picture[0, 0, 3] == picture[-1, -1, 3] == 0
    assert 0.35 < (picture[..., 3] > 0).mean() < 0.85


@pytest.mark.parametrize(
    ("yaw", "pitch"), [(0, 0), (1.04, 0), (-1.04, 0), (0, 0.52), (0, -0.52), (1.04, 0.52), (-1.04, -0.52)]
)
@pytest.mark.parametrize("jaw", [0, 1])
def test_no_head_is_cropped_however_it_turns(face41: ExpressionSpace, yaw: float, pitch: float, jaw: float) -> None:
    shown = render_expression(face41, face41.vector({"jawOpen": jaw}), size=64, yaw=yaw, pitch=pitch)[..., 3] > 0
    assert not np.concatenate([shown[0], shown[-1], shown[:, 0], shown[:, -1]]).any()


@pytest.mark.parametrize("size", [1, 17, 64])
def test_any_size(face41: ExpressionSpace, size: int) -> None:
    assert render_expression(face41, np.zeros(41), size=size).shape == (size, size, 4)
