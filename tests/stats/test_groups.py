from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.stats.groups import Design, compare_groups, hedges_g, permutation_test


def design(second, stratum=None):
    second = np.array(second, bool)
    return Design(second, np.zeros(len(second), np.int64) if stratum is None else np.array(stratum))


def test_hedges_g_of_a_worked_example():
    # Means 6 and 4, both standard deviations 2, ten subjects each: d = 1, J = 1 - 3 / 71.
    a = np.tile([2.0, 6.0], 5)
    a = (a - a.mean()) / a.std(ddof=1) * 2
    values = np.concatenate([a + 4, a + 6])[:, None]
    assert hedges_g(values, np.arange(20) >= 10)[0] == pytest.approx(1 - 3 / 71)
    assert hedges_g(-values, np.arange(20) >= 10)[0] == pytest.approx(-(1 - 3 / 71))


def test_a_token_that_nobody_uses_has_no_effect_and_no_evidence():
    values = np.column_stack([np.zeros(8), np.arange(8.0)])
    done = compare_groups(values, design([0, 1] * 4), permutations=99, draws=50)
    assert np.isnan(done.hedges_g[0])
    assert done.p[0] == 1


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


def test_the_interval_holds_the_effect_and_the_same_seed_gives_the_same():
    rng = np.random.default_rng(5)
    second = np.arange(80) % 2 == 1
    values = rng.normal(size=(80, 2)) + second[:, None] * np.array([0, 1.0])
    one, two = (compare_groups(values, design(second), permutations=199, draws=400, seed=4) for _ in range(2))
    assert one.low[1] < one.hedges_g[1] < one.high[1]
    assert one.low[1] > 0
    assert one.low[0] < 0 < one.high[0]
    np.testing.assert_array_equal(one.low, two.low)
    np.testing.assert_array_equal(one.p, two.p)


def test_too_few_subjects_are_refused():
    with pytest.raises(UsageError, match="two subjects"):
        compare_groups(np.zeros((3, 1)), design([0, 0, 1]))
