from __future__ import annotations

import cv2
import numpy as np

from dfe.draw.render import render_expression
from dfe.draw.templates import heat_scale, numbered_pictures, template_pictures
from dfe.space.base import ExpressionSpace
from dfe.space.registry import load_space


def read(png: bytes) -> np.ndarray:
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA)


def test_two_views_under_one_scale(face41: ExpressionSpace) -> None:
    rows = np.stack([np.zeros(41, np.float32), face41.vector({"mouthSmileLeft": 1}), face41.vector({"jawOpen": 0.2})])
    pictures = template_pictures(face41, rows, size=64)
    assert len(pictures.front) == len(pictures.turned) == 3
    for row, front in zip(rows, pictures.front, strict=True):
        expected = render_expression(face41, row, size=64, heat_max_mm=pictures.heat_max_mm)
        np.testing.assert_array_equal(read(front), expected)
    assert (read(pictures.front[1]) != read(pictures.turned[1])).any()


def test_on_a_neutral_face_only_the_template_is_hot(face41: ExpressionSpace) -> None:
    open_jaw = face41.vector({"jawOpen": 0.5})
    quiet = template_pictures(face41, np.zeros((1, 41)), size=64, neutral=open_jaw)
    plain = render_expression(face41, open_jaw, size=64, heat=False)
    np.testing.assert_array_equal(read(quiet.front[0]), plain)


def test_scale_is_whole_millimetres_and_robust(face41: ExpressionSpace) -> None:
    small = np.stack([face41.vector({"browInnerUp": 0.2 + 0.05 * i}) for i in range(9)])
    wide = np.vstack([small, face41.vector({"jawOpen": 1})])
    assert heat_scale(face41, wide) == heat_scale(face41, wide).__ceil__() <= 4
    assert heat_scale(face41, np.zeros((2, 41))) == 1.0


def test_pictures_by_number_share_the_scale_of_all(face41):
    rows = np.stack([np.zeros(41), face41.vector({"jawOpen": 1.0}), face41.vector({"browInnerUp": 0.2})])
    found = numbered_pictures(face41, rows, [2], size=48)
    scale = heat_scale(face41, rows[1:])
    assert found == {2: template_pictures(face41, rows[[2]], size=48, heat_max_mm=scale).front[0]}
    assert numbered_pictures(face41, rows, [], size=48) == {}


def test_a_space_without_a_surface_has_no_pictures():
    space = load_space("bfm/exp64")
    assert not space.has_surface
    assert numbered_pictures(space, np.eye(3, 64), [1, 2], size=48) == {}
