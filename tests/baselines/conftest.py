"""Made-up expressions: a few non-negative displays in sparse amounts, and a little noise."""

from __future__ import annotations

import numpy as np
import pytest

from dfe.base.types import FloatArray
from dfe.space.base import ExpressionSpace


def made_up(space: ExpressionSpace, rows: int, seed: int) -> FloatArray:
    rng = np.random.default_rng(7)
    displays = rng.random((12, space.dimension)) * (rng.random((12, space.dimension)) < 0.15)
    rng = np.random.default_rng(seed)
    amounts = rng.gamma(1.0, 0.3, (rows, 12)) * (rng.random((rows, 12)) < 0.3)
    x = amounts @ displays + 0.02 * np.abs(rng.standard_normal((rows, space.dimension)))
    return np.clip(x, 0, 1).astype(np.float32)


@pytest.fixture(scope="session")
def train(face41: ExpressionSpace) -> FloatArray:
    return made_up(face41, 2000, seed=1)


@pytest.fixture(scope="session")
def test_faces(face41: ExpressionSpace) -> FloatArray:
    return made_up(face41, 300, seed=2)


@pytest.fixture(scope="session")
def flat_space(face41: ExpressionSpace) -> ExpressionSpace:
    """As face41, with two coefficients that move nothing and two that move the mesh alike: a Gram without full rank."""
    basis = face41.basis.copy()
    left, right = face41.index("cheekSquintLeft"), face41.index("cheekSquintRight")
    basis[[left, right]] = 0
    basis[face41.index("jawForward")] = basis[face41.index("jawOpen")]
    return ExpressionSpace(
        "flat41",
        1,
        face41.names,
        face41.lower,
        face41.upper,
        face41.mesh,
        basis,
        face41.partner,
        face41.regions,
    )
