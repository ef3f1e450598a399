from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp, ttest_ind

from dfe.base.errors import UsageError
from dfe.stats.clusters import cluster_test, clusters_of, largest_mass
from dfe.stats.contrasts import Design
from dfe.stats.terms import exchanges


def runs_by_hand(t, threshold):
    """Every maximal run of neighbours beyond the threshold on one side."""
    found, i = [], 0
    while i < len(t):
        j = i
        while j < len(t) and abs(t[i]) > threshold and t[j] * np.sign(t[i]) > threshold:
            j += 1
        if j > i:
            found.append((i, j - 1, sum(t[i:j])))
        i = max(j, i + 1)
    return found


@given(st.lists(st.sampled_from([-3.0, -2.5, -1.0, 0.0, 1.0, 2.5, 3.0]), min_size=1, max_size=30))
def test_clusters_are_runs_of_one_sign(t):
    t = np.array(t)
    expected = runs_by_hand(t, 2.0)
    np.testing.assert_allclose(np.reshape(clusters_of(t, 2.0), (-1, 3)), np.reshape(expected, (-1, 3)))
    largest = max((abs(mass) for *_, mass in expected), default=0.0)
    assert largest_mass(t[None, :, None], 2.0)[0] == pytest.approx(largest)


def courses(seed=0, subjects=16, planted=1.5):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(subjects, 12, 3))
    x[subjects // 2 :, 4:8, 1] += planted
    return x, Design(np.arange(subjects) >= subjects // 2, np.zeros(subjects, np.int64))


def test_groups_are_compared_as_brute_force_does():
    x, design = courses()
    done = cluster_test(x, design, permutations=40, seed=3)

    def largest(labels):
        t = ttest_ind(x[labels], x[~labels]).statistic
        return max((abs(m) for c in range(3) for *_, m in runs_by_hand(t[:, c], done.threshold)), default=0.0)

    null = [largest(design.second[order]) for order in np.concatenate(list(exchanges(design.stratum, 40, 3)))]
    t = ttest_ind(x[design.second], x[~design.second]).statistic
    expected = [(c, *run) for c in range(3) for run in runs_by_hand(t[:, c], done.threshold)]
    assert {one[:3] for one in done.clusters} == {one[:3] for one in expected}
    for one in done.clusters:
        mass = next(e[3] for e in expected if e[:3] == one[:3])
        assert one.mass == pytest.approx(mass)
        assert one.p == pytest.approx((sum(n >= abs(mass) * (1 - 1e-9) for n in null) + 1) / 41)
    assert done.clusters[0].column == 1
    assert done.clusters[0].p < 0.05


def test_conditions_are_compared_by_the_t_of_differences():
    rng = np.random.default_rng(1)
    d = rng.normal(size=(14, 10, 2))
    d[:, 3:6, 0] -= 1.5
    done = cluster_test(d, None, permutations=199)
    best = done.clusters[0]
    assert (best.column, best.mass < 0, best.p < 0.05) == (0, True, True)
    t = ttest_1samp(d, 0).statistic
    assert best.mass == pytest.approx(t[best.first : best.last + 1, 0].sum())


def test_chance_finds_few():
    found = 0
    for seed in range(60):
        x, design = courses(seed, planted=0.0)
        clusters = cluster_test(x, design, permutations=59, seed=seed).clusters
        found += any(one.p <= 0.05 for one in clusters)
    assert found <= 8


def test_too_little_is_refused():
    x, design = courses()
    with pytest.raises(UsageError, match="not finite"):
        cluster_test(np.where(np.arange(12)[None, :, None] == 3, np.nan, x), design)
    with pytest.raises(UsageError, match="two subjects"):
        cluster_test(x, Design(np.arange(16) < 1, design.stratum))
