from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfe.space.components import fill, principal, sparse


def fields_of(weights: np.ndarray, basis: np.ndarray) -> np.ndarray:
    return np.tensordot(weights, basis, axes=1).astype(np.float32)


@given(n=st.integers(2, 30), vertices=st.integers(3, 12), count=st.integers(1, 6), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_principal_components_are_those_of_the_svd(n: int, vertices: int, count: int, seed: int) -> None:
    fields = np.random.default_rng(seed).normal(size=(n, vertices, 3)).astype(np.float32)
    found = principal(fields, count=count)
    u, s, vt = np.linalg.svd(fields.reshape(n, -1).astype(np.float64), full_matrices=False)
    kept = min(count, len(s))
    best = (u[:, :kept] * s[:kept]) @ vt[:kept]
    made = np.tensordot(found.weights, found.basis, axes=1).reshape(n, -1)
    np.testing.assert_allclose(made, best, atol=2e-4)
    np.testing.assert_allclose(found.explained, np.cumsum(np.square(s))[:kept] / np.square(s).sum(), atol=1e-5)
    np.testing.assert_allclose(np.square(found.weights).mean(axis=0), 1, rtol=1e-4)


def test_as_many_as_explain_the_variance() -> None:
    rng = np.random.default_rng(3)
    weights = np.linalg.qr(rng.normal(size=(50, 3)))[0] * [3, 2, 1]
    basis = np.linalg.qr(rng.normal(size=(30, 3)))[0].T.reshape(3, 10, 3)
    fields = fields_of(weights, basis)
    # Energies 9, 4 and 1 of 14.
    assert [len(principal(fields, variance=v).basis) for v in (0.6, 0.65, 0.92, 0.93, 1.0)] == [1, 2, 2, 3, 3]
    assert len(principal(fields, variance=1.0, most=2).basis) == 2


def local(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Three components on vertices of their own, and 20 vertices that never move."""
    basis = np.zeros((3, 50, 3))
    for k, size in enumerate((3.0, 2.0, 1.5)):
        basis[k, 10 * k : 10 * k + 10] = rng.normal(size=(10, 3)) * size
    return rng.normal(size=(200, 3)), basis


def test_sparse_components_move_their_own_vertices_alone() -> None:
    weights, basis = local(np.random.default_rng(4))
    found = sparse(fields_of(weights, basis), 3)
    support = np.abs(found.basis).max(axis=2) > 0
    moved = {frozenset(np.flatnonzero(row)) for row in support}
    assert moved == {frozenset(range(10 * k, 10 * k + 10)) for k in range(3)}
    np.testing.assert_allclose(np.tensordot(found.weights, found.basis, axes=1), fields_of(weights, basis), atol=0.15)
    assert found.explained[-1] == pytest.approx(1, abs=1e-3)
    mixed = principal(fields_of(weights, basis), count=3)
    assert (np.abs(mixed.basis).max(axis=2) > 0.01).sum() > 30


def test_without_a_penalty_they_explain_what_principal_ones_do() -> None:
    rng = np.random.default_rng(5)
    fields = fields_of(rng.normal(size=(60, 6)), rng.normal(size=(6, 20, 3)))
    assert sparse(fields, 4, strength=0.0).explained[-1] == pytest.approx(
        principal(fields, count=4).explained[-1], abs=0.01
    )


def test_a_penalty_too_strong_leaves_one_component() -> None:
    weights, basis = local(np.random.default_rng(6))
    assert len(sparse(fields_of(weights, basis), 3, strength=1e6).basis) == 1


def test_missing_points_are_filled_as_the_others_say() -> None:
    rng = np.random.default_rng(7)
    whole = fields_of(rng.normal(size=(300, 3)), rng.normal(size=(3, 40, 3)))
    seen = rng.random((300, 40)) > 0.1
    holes = np.where(seen[..., None], whole, np.float32(np.nan))
    filled = fill(holes, seen)
    np.testing.assert_array_equal(filled[seen], whole[seen])
    before, after = np.abs(whole[~seen]).mean(), np.abs(filled[~seen] - whole[~seen]).mean()
    assert after < 0.05 * before
