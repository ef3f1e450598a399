from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.baselines.metric import mesh_metric, metric_of


@pytest.mark.parametrize("which", ["face41", "flat_space"])
def test_distance_is_the_error_on_the_mesh(which, request, test_faces):
    space = request.getfixturevalue(which)
    metric = mesh_metric(space)
    a, b = test_faces[:100], test_faces[100:200]
    moved = space.displace(a)[:, space.moving].astype(np.float64) - space.displace(b)[:, space.moving]
    brute = np.sqrt(np.square(moved).sum(axis=2).mean(axis=1))
    np.testing.assert_allclose(np.linalg.norm(metric.to_mm(a) - metric.to_mm(b), axis=1), brute, atol=2e-5)


def test_rank_is_that_of_the_gram_and_the_way_back_undoes_the_way_forth(face41, flat_space, test_faces):
    full, less = mesh_metric(face41), mesh_metric(flat_space)
    assert full.rank == 41
    assert less.rank == np.linalg.matrix_rank(flat_space.gram) == 38
    np.testing.assert_allclose(full.from_mm(full.to_mm(test_faces)), test_faces, atol=1e-4)
    z = less.to_mm(test_faces)
    back = less.from_mm(z)
    np.testing.assert_allclose(less.to_mm(back), z, atol=5e-5)
    assert np.abs(back[:, flat_space.index("cheekSquintLeft")]).max() < 1e-9


def test_coordinates_of_a_face_are_exact_products_and_sums(face41, test_faces):
    metric = mesh_metric(face41)
    x = test_faces[:1].astype(np.float64)
    z = metric.to_mm(x)[0]
    for j in range(0, metric.rank, 5):
        fixed = [Fraction(round(Fraction(float(v)) * 2**24), 2**24) for v in x[0]]
        exact = sum(v * Fraction(float(m)) for v, m in zip(fixed, metric.forth[:, j], strict=True))
        assert Fraction(float(z[j])) == Fraction(round(exact * 2**20), 2**20)


def test_principal_axes_are_those_of_vertex_displacements(face41, train):
    """PCA of the moving vertices' displacements themselves, by singular values, as an oracle."""
    rows = train[:150] - train[:150].mean(axis=0)
    moved = face41.displace(rows)[:, face41.moving].reshape(len(rows), -1).astype(np.float64)
    _, singular, axes = np.linalg.svd(moved, full_matrices=False)
    metric, variance = mesh_metric(face41).principal(mesh_metric(face41).to_mm(rows))
    np.testing.assert_allclose(variance, singular[:41] ** 2 / len(rows) / face41.moving.sum(), rtol=1e-3, atol=1e-7)
    scores = moved @ axes[:4].T / np.sqrt(face41.moving.sum())
    ours = metric.to_mm(rows)[:, :4]
    signs = np.sign((scores * ours).sum(axis=0))
    np.testing.assert_allclose(ours * signs, scores, atol=1e-3)
    leaders = metric.back[np.arange(41), np.abs(metric.back).argmax(axis=1)]
    assert (leaders > 0).all()


def test_a_space_that_moves_nothing_is_refused():
    with pytest.raises(UsageError, match="moves the mesh"):
        metric_of(np.zeros((3, 3)))
