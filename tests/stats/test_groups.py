from __future__ import annotations

from itertools import combinations

import numpy as np

from dfe.stats.contrasts import Design, fit_contrast
from dfe.stats.groups import permutation_test


def design(second, stratum=None):
    second = np.array(second, bool)
    return Design(second, np.zeros(len(second), np.int64) if stratum is None else np.array(stratum))


def test_a_token_that_nobody_uses_has_no_evidence():
    values = np.column_stack([np.zeros(8), np.full(8, 0.1), np.arange(8.0)])
    p, _ = permutation_test(values, design([0, 1] * 4), 99)
    np.testing.assert_array_equal(p[:2], 1)


def test_p_is_that_of_all_labellings():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(8, 3)) + np.array([0, 0.5, 2]) * np.repeat([0, 1], 4)[:, None]
    second = np.repeat([False, True], 4)
    exact = []
    for column in values.T:
        seen = abs(column[second].mean() - column[~second].mean())
        null = [
            abs(column[list(chosen)].mean() - np.delete(column, list(chosen)).mean())
            for chosen in combinations(range(8), 4)
        ]
        exact.append(np.mean(np.array(null) >= seen - 1e-12))
    p, p_any = permutation_test(values, design(second), 19_999)
    np.testing.assert_allclose(p, exact, atol=0.012)
    assert p_any >= p.min()


def test_p_of_nothing_is_uniform():
    rng = np.random.default_rng(0)
    p, _ = permutation_test(rng.normal(size=(24, 400)), design(np.arange(24) % 2), 999)
    assert abs(np.mean(p <= 0.05) - 0.05) < 0.035
    assert abs(p.mean() - 0.5) < 0.05


def test_strata_keep_a_site_from_passing_for_a_group():
    rng = np.random.default_rng(1)
    site = np.repeat([0, 1], 30)
    second = np.concatenate([np.arange(30) < 5, np.arange(30) < 25])
    values = rng.normal(size=(60, 1)) + 3.0 * site[:, None]
    blind, _ = permutation_test(values, design(second), 999)
    within, _ = permutation_test(values, design(second, site), 999)
    assert blind[0] < 0.01
    assert within[0] > 0.05


def test_p_is_about_the_difference_within_strata():
    rng = np.random.default_rng(1)
    site, second = np.repeat([0, 1], 8), np.concatenate([np.arange(8) < 2, np.arange(8) < 6])
    values = rng.normal(size=(16, 3)) + np.array([0, 1, 2]) * second[:, None]
    every = []
    for one in combinations(range(8), 2):
        for two in combinations(range(8, 16), 6):
            label = np.isin(np.arange(16), one + two)
            apart = [
                values[label & (site == s)].mean(axis=0) - values[~label & (site == s)].mean(axis=0) for s in (0, 1)
            ]
            every.append(np.abs(np.mean(apart, axis=0)))
    seen = np.abs(fit_contrast(values, Design(second, site), np.zeros((16, 0))).difference)
    p, _ = permutation_test(values, design(second, site), 19_999)
    np.testing.assert_allclose(p, (np.array(every) >= seen - 1e-12).mean(axis=0), atol=0.012)
    moved, _ = permutation_test(values + 50 * site[:, None], design(second, site), 19_999)
    np.testing.assert_array_equal(p, moved)
