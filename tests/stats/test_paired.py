from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.stats.effect_sizes import average_d, cohens_dz
from dfe.stats.paired import compare_conditions, sign_flip_test


def test_p_is_that_of_all_signs():
    d = np.random.default_rng(0).normal(size=(8, 3)) + np.array([0, 0.4, 1.5])
    seen = np.abs(d.mean(axis=0))
    every = np.array([np.abs((np.array(s)[:, None] * d).mean(axis=0)) for s in product([-1, 1], repeat=8)])
    scale = np.sqrt((d**2).mean(axis=0))
    p, p_any = sign_flip_test(d, 19_999, seed=1)
    np.testing.assert_allclose(p, (every >= seen - 1e-12).mean(axis=0), atol=0.012)
    largest = ((every / scale).max(axis=1) >= (seen / scale).max() - 1e-12).mean()
    assert p_any == pytest.approx(largest, abs=0.012)


def test_effects_stand_beside_p():
    rng = np.random.default_rng(4)
    first, second = rng.normal(size=(20, 2)), rng.normal(size=(20, 2)) + [0, 1]
    done = compare_conditions(first, second, permutations=99, seed=3)
    np.testing.assert_array_equal(done.d_z, cohens_dz(second - first))
    np.testing.assert_array_equal(done.average, average_d(first, second))
    np.testing.assert_allclose(done.mean, [first.mean(axis=0), second.mean(axis=0)])
    assert done.p[1] <= 0.05


def test_too_little_is_refused():
    with pytest.raises(UsageError, match="two subjects"):
        compare_conditions(np.zeros((1, 2)), np.zeros((1, 2)))
    with pytest.raises(UsageError, match="not finite"):
        compare_conditions(np.zeros((3, 1)), np.array([[1.0], [np.nan], [2.0]]))
