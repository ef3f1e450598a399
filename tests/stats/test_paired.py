from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.stats.paired import cohens_dz, compare_conditions, sign_flip_test


def test_dz_of_a_worked_example():
    # Mean 2, standard deviation 2, nine subjects: d_z = 1, J = 1 - 3 / 31.
    d = np.array([-1, 0, 1, 2, 2, 2, 3, 4, 5.0])
    d = (d - d.mean()) / d.std(ddof=1) * 2 + 2
    assert cohens_dz(d[:, None])[0] == pytest.approx(1 - 3 / 31)
    assert np.isnan(cohens_dz(np.zeros((4, 1))))[0]


def test_p_is_that_of_all_signs():
    d = np.random.default_rng(0).normal(size=(8, 3)) + np.array([0, 0.4, 1.5])
    seen = np.abs(d.mean(axis=0))
    every = np.array([np.abs((np.array(s)[:, None] * d).mean(axis=0)) for s in product([-1, 1], repeat=8)])
    scale = np.sqrt((d**2).mean(axis=0))
    p, p_any = sign_flip_test(d, 19_999, seed=1)
    np.testing.assert_allclose(p, (every >= seen - 1e-12).mean(axis=0), atol=0.012)
    largest = ((every / scale).max(axis=1) >= (seen / scale).max() - 1e-12).mean()
    assert p_any == pytest.approx(largest, abs=0.012)


def test_the_interval_is_that_of_drawn_subjects():
    rng = np.random.default_rng(4)
    first, second = rng.normal(size=(20, 2)), rng.normal(size=(20, 2)) + [0, 1]
    done = compare_conditions(first, second, permutations=99, draws=800, seed=3)
    d = second - first
    drawn = [cohens_dz(d[rng.integers(20, size=20)]) for _ in range(800)]
    np.testing.assert_allclose([done.low, done.high], np.percentile(drawn, [2.5, 97.5], axis=0), atol=0.12)
    np.testing.assert_allclose(done.mean, [first.mean(axis=0), second.mean(axis=0)])
    assert done.p[1] <= 0.05


def test_too_little_is_refused():
    with pytest.raises(UsageError, match="two subjects"):
        compare_conditions(np.zeros((1, 2)), np.zeros((1, 2)))
    with pytest.raises(UsageError, match="not finite"):
        compare_conditions(np.zeros((3, 1)), np.array([[1.0], [np.nan], [2.0]]))
