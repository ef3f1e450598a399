"""FLAME's forward pass against a calculation vertex by vertex and joint by joint, in float64."""

from __future__ import annotations

import numpy as np
import pytest

import made_flame as made
from dfe.space.flame_model import FlameModel, read_flame
from dfe.space.rigid import rotations
from made_flame_pass import flame_vertices

PARENT = {1: 0, 2: 1, 3: 1, 4: 1}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> FlameModel:
    arrays = made.made_flame()
    folder = tmp_path_factory.mktemp("flame")
    np.save(folder / "l_eyelid.npy", np.random.default_rng(1).normal(size=(5023, 3)) * 1e-3)
    np.save(folder / "r_eyelid.npy", np.random.default_rng(2).normal(size=(5023, 3)) * 1e-3)
    np.savez(folder / "flame2020.npz", **(arrays | {"shapedirs": arrays["shapedirs"].astype(np.float32)}))
    return read_flame(folder / "flame2020.npz")


def exponential(vector: np.ndarray) -> np.ndarray:
    """The rotation as the power series of its cross-product matrix: no angle, no axis."""
    x, y, z = vector
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0.0]])
    total, term = np.eye(3), np.eye(3)
    for power in range(1, 40):
        term = term @ cross / power
        total = total + term
    return total


def brute_force(
    model: FlameModel, shape: np.ndarray, expression: np.ndarray, pose: np.ndarray, some: list[int]
) -> np.ndarray:
    shaped = model.template.copy()
    for k, value in enumerate(shape):
        shaped = shaped + value * model.shape_basis[:, :, k].astype(np.float64)
    for k, value in enumerate(expression):
        shaped = shaped + value * model.expression_basis[:, :, k].astype(np.float64)
    joints = [
        sum(model.joint_regressor[j, v] * shaped[v] for v in np.flatnonzero(model.joint_regressor[j])) for j in range(5)
    ]
    turns = [exponential(vector) for vector in pose.reshape(5, 3)]
    chains = []
    for j in range(5):
        # 4 x 4: turn about the joint where it rests, then whatever its parents do.
        here = np.eye(4)
        here[:3, :3] = turns[j]
        here[:3, 3] = joints[j] - turns[j] @ joints[j]
        chains.append(here if j == 0 else chains[PARENT[j]] @ here)
    out = []
    for v in some:
        point = shaped[v].copy()
        for j in range(1, 5):
            for r in range(3):
                for c in range(3):
                    excess = turns[j][r, c] - (r == c)
                    point += excess * model.pose_basis[v, :, 9 * (j - 1) + 3 * r + c].astype(np.float64)
        total = np.zeros(4)
        for j in range(5):
            total += model.weights[v, j] * (chains[j] @ np.append(point, 1))
        out.append(total[:3])
    return np.array(out)


def test_rotations_are_exponentials() -> None:
    vectors = np.concatenate([np.random.default_rng(0).normal(size=(40, 3)) * 1.5, np.eye(3) * 1e-9, np.zeros((1, 3))])
    for vector, turn in zip(vectors, rotations(vectors), strict=True):
        np.testing.assert_allclose(turn, exponential(vector), atol=1e-12)
    assert rotations(np.zeros((2, 5, 3))).shape == (2, 5, 3, 3)


def test_vertices_are_those_of_the_brute_force(model: FlameModel) -> None:
    rng = np.random.default_rng(3)
    shape, expression = rng.normal(size=(3, 300)) * 0.3, rng.normal(size=(3, 100))
    pose = rng.normal(size=(3, 15)) * [[0.0], [0.1], [0.5]]
    both = {
        kind: flame_vertices(model, shape=shape, expression=expression, pose=pose, dtype=kind) for kind in ("f4", "f8")
    }
    assert both["f4"].dtype == np.float32
    some = rng.choice(5023, 150, replace=False).tolist()
    for row in range(3):
        expected = brute_force(model, shape[row], expression[row], pose[row], some)
        np.testing.assert_allclose(both["f8"][row, some], expected, atol=1e-9)
        np.testing.assert_allclose(both["f4"][row, some], expected, atol=2e-3)
    np.testing.assert_allclose(both["f4"], both["f8"], atol=2e-3)


def test_every_vertex_turns_with_the_root(model: FlameModel) -> None:
    expression = np.random.default_rng(4).normal(size=(1, 50))
    still, pose = flame_vertices(model, expression=expression)[0], np.zeros((1, 15))
    pose[0, :3] = (0.3, -0.6, 0.2)
    root = model.joint_regressor[0] @ still
    turned = (still - root) @ exponential(pose[0, :3]).T + root
    np.testing.assert_allclose(flame_vertices(model, expression=expression, pose=pose)[0], turned, atol=1e-9)


def test_parts_that_are_left_out_are_zero(model: FlameModel) -> None:
    lids = np.array([[0.2, 0.9]])
    assert model.eyelids is not None
    shut = model.template + 0.2 * model.eyelids[0].astype(float) + 0.9 * model.eyelids[1].astype(float)
    np.testing.assert_allclose(flame_vertices(model, eyelids=lids)[0], shut, atol=1e-9)
    np.testing.assert_allclose(flame_vertices(model, pose=np.zeros((2, 15)))[1], model.template, atol=1e-9)
    assert flame_vertices(model, expression=np.zeros((0, 50))).shape == (0, 5023, 3)


def test_rows_do_not_depend_on_how_many_there_are(model: FlameModel) -> None:
    rng = np.random.default_rng(5)
    expression, pose = rng.normal(size=(70, 10)), rng.normal(size=(70, 15)) * 0.1
    whole = flame_vertices(model, expression=expression, pose=pose, dtype=np.float32)
    for row in (0, 63, 64, 69):
        one = flame_vertices(model, expression=expression[[row]], pose=pose[[row]], dtype=np.float32)[0]
        np.testing.assert_allclose(one, whole[row], atol=1e-4)
