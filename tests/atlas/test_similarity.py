"""Likeness of displays, against scipy and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.cluster.hierarchy import average, cophenet
from scipy.spatial.distance import squareform

from dfe.atlas.similarity import cosines, mirror_partners, similarity_tree
from dfe.space.base import ExpressionSpace


@pytest.mark.parametrize("count", [2, 3, 17, 64])
def test_tree_is_scipys_average_linkage(count: int) -> None:
    vectors = np.random.default_rng(count).normal(size=(count, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosine = vectors @ vectors.T
    tree = similarity_tree(cosine)
    distance = 1 - np.abs(cosine)
    np.fill_diagonal(distance, 0)
    expected = average(squareform(distance, checks=False))
    np.testing.assert_allclose(tree.heights, expected[:, 2], atol=1e-12)
    ours = np.column_stack([tree.merges, tree.heights, expected[:, 3]])
    np.testing.assert_allclose(cophenet(ours), cophenet(expected), atol=1e-12)
    assert sorted(tree.order.tolist()) == list(range(count))


def test_leaves_of_every_merge_stand_side_by_side() -> None:
    vectors = np.random.default_rng(3).normal(size=(20, 4))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    tree = similarity_tree(vectors @ vectors.T)
    place = np.argsort(tree.order)
    members = [{i} for i in range(20)]
    for a, b in tree.merges.tolist():
        members.append(members[a] | members[b])
        places = sorted(place[list(members[-1])])
        assert places == list(range(places[0], places[0] + len(places)))


@pytest.mark.parametrize("count", [0, 1])
def test_trees_without_a_merge(count: int) -> None:
    tree = similarity_tree(np.eye(count))
    assert tree.merges.shape == (0, 2)
    assert tree.order.tolist() == list(range(count))


def test_cosines_are_those_of_the_moving_vertices(face41: ExpressionSpace) -> None:
    x = np.random.default_rng(0).random((5, 41)).astype(np.float32)
    moved = face41.displace(x)[:, face41.moving].reshape(5, -1).astype(np.float64)
    unit = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    np.testing.assert_allclose(cosines(x, x, face41), unit @ unit.T, atol=1e-6)
    assert (cosines(np.zeros((1, 41)), x, face41) == 0).all()


def test_partners_are_mirror_images(face41: ExpressionSpace) -> None:
    both = face41.vector({"mouthSmileLeft": 0.5, "mouthSmileRight": 0.5})
    left = face41.vector({"mouthSmileLeft": 0.7})
    right = face41.vector({"mouthSmileRight": 0.4})
    alone = face41.vector({"browDownLeft": 0.5})
    assert mirror_partners(np.stack([both, left, right, alone]), face41).tolist() == [0, 2, 1, -1]
    assert mirror_partners(np.zeros((0, 41)), face41).tolist() == []
