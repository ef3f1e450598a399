from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from dfe.base.errors import UsageError
from dfe.draw.glb import STILL_MM, Movement, head_glb
from dfe.draw.render import vertex_colours, vertex_normals
from dfe.space.registry import load_space
from glb_structure import Glb

TETRAHEDRON = np.array([[0, 0, 0], [10, 0, 0], [0, 10, 0], [0, 0, 10]], float)
FACES = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])


def test_the_head_and_all_its_coefficients_come_back_in_metres() -> None:
    space = load_space("arkit51/face41")
    targets = space.displace(np.eye(space.dimension, dtype=np.float32))
    data = head_glb(
        space.mesh.vertices_mm, space.mesh.triangles, targets, space.names, colours=vertex_colours(space.mesh)
    )
    glb = Glb(data)
    assert_allclose(glb.attribute("POSITION"), space.mesh.vertices_mm / 1000, atol=1e-7)
    assert_allclose(glb.targets() * 1000, targets, atol=STILL_MM + 1e-6)
    assert glb.json["meshes"][0]["extras"]["targetNames"] == list(space.names)
    (primitive,) = glb.json["meshes"][0]["primitives"]
    assert_array_equal(glb.accessors[primitive["indices"]].reshape(-1, 3), space.mesh.triangles)
    # Eyes are light and pupils dark; the mesh is cut where pictures fade out, at chin and neck and nowhere else.
    colours = glb.attribute("COLOR_0")
    assert len(np.unique(colours[:, :3], axis=0)) > 50
    cut = colours[:, 3] < 128
    assert 0 < cut.mean() < 0.2
    assert space.mesh.vertices_mm[cut, 1].max() < space.mesh.vertices_mm[space.moving, 1].mean()
    # Far smaller than with every vertex of every target written out.
    assert len(data) < 0.6 * targets.size * 4 * 2
    assert data == head_glb(
        space.mesh.vertices_mm, space.mesh.triangles, targets, space.names, colours=vertex_colours(space.mesh)
    )


def test_normals_of_a_target_are_those_of_the_moved_face() -> None:
    space = load_space("arkit51/face41")
    moved = space.displace(space.vector({"jawOpen": 1})[None])
    glb = Glb(head_glb(space.mesh.vertices_mm, space.mesh.triangles, moved, ["jaw"]))
    expected = vertex_normals(space.mesh.vertices_mm + moved[0].astype(float), space.mesh.triangles)
    assert_allclose(glb.attribute("NORMAL") + glb.targets("NORMAL")[0], expected, atol=0.011)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from([0.0, 0.001, -0.5, 3.0]), min_size=12, max_size=12), max_size=4),
    st.integers(1, 5),
)
def test_any_targets_and_movement_make_a_file_by_the_specification(moves, frames) -> None:
    targets = np.array(moves, float).reshape(-1, 4, 3)
    names = [f'"{k}" é\n' for k in range(len(targets))]
    movement = None
    if len(targets):
        movement = Movement(np.arange(frames) / 25, np.arange(frames * len(targets)).reshape(frames, -1) / 7)
    glb = Glb(head_glb(TETRAHEDRON, FACES, targets, names, movement=movement, about={"a": "b"}))
    assert glb.json["meshes"][0]["extras"]["targetNames"] == names
    assert glb.json["asset"]["extras"] == {"a": "b"}
    if movement is not None:
        assert_allclose(glb.targets() * 1000, targets, atol=STILL_MM + 1e-6)
        times, weights = glb.weights()
        assert_allclose(times, movement.times_s, atol=1e-6)
        assert_allclose(weights, movement.weights, atol=1e-5)


def test_many_vertices_need_wide_indices() -> None:
    count = 65535
    points = np.random.default_rng(0).normal(size=(count, 3)) * 50
    triangles = np.arange(count // 3 * 3).reshape(-1, 3)
    moved = np.zeros((1, count, 3))
    moved[0, -1] = 5
    glb = Glb(head_glb(points, triangles, moved, ["last"]))
    (primitive,) = glb.json["meshes"][0]["primitives"]
    assert glb.json["accessors"][primitive["indices"]]["componentType"] == 5125
    assert_allclose(glb.targets()[0, -1], 0.005, atol=1e-6)


@pytest.mark.parametrize(
    ("times", "weights", "says"),
    [
        ([0, 1], np.zeros((2, 3)), "do not fit"),
        ([0, 0], np.zeros((2, 1)), "ascend"),
        ([-1, 0], np.zeros((2, 1)), "ascend"),
        ([0, 1], np.full((2, 1), np.nan), "are numbers"),
        ([], np.zeros((0, 1)), "do not fit"),
    ],
)
def test_movements_that_do_not_fit(times, weights, says) -> None:
    movement = Movement(np.array(times, float), weights)
    with pytest.raises(UsageError, match=says):
        head_glb(TETRAHEDRON, FACES, np.zeros((1, 4, 3)), ["a"], movement=movement)


def test_names_that_do_not_fit() -> None:
    with pytest.raises(UsageError, match="2 names do not fit"):
        head_glb(TETRAHEDRON, FACES, np.zeros((1, 4, 3)), ["a", "b"])
