import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dfe.stats.significance import benjamini_hochberg, holm, nadeau_bengio, paired_bootstrap, permutation_p

P = st.lists(st.floats(0, 1), min_size=1, max_size=20)


@given(P)
def test_families_are_adjusted_as_published(p):
    ordered, m = sorted(p), len(p)
    for value, adjusted in zip(p, benjamini_hochberg(p), strict=True):
        # Benjamini and Hochberg (1995): the smallest m p_(k) / k among those that are no smaller, at most 1.
        steps = [min(1.0, m * above / (k + 1)) for k, above in enumerate(ordered) if above >= value]
        assert adjusted == pytest.approx(min(steps))
    for value, adjusted in zip(p, holm(p), strict=True):
        # Holm (1979): the largest (m - j + 1) p_(j) among those that are no larger, at most 1.
        steps = [min(1.0, (m - j) * below) for j, below in enumerate(ordered) if below <= value]
        assert adjusted == pytest.approx(max(steps))


def test_what_was_not_tested_is_no_part_of_the_family():
    np.testing.assert_allclose(holm([0.01, np.nan, 0.04]), [0.02, np.nan, 0.04])
    np.testing.assert_allclose(benjamini_hochberg([0.01, np.nan, 0.04]), [0.02, np.nan, 0.04])
    for adjust in (holm, benjamini_hochberg):
        assert not len(adjust([]))
        assert np.isnan(adjust([np.nan])).all()


def test_permutation_p_counts_the_observed_labelling():
    assert permutation_p(2.0, [1.0, 1.5, 3.0]) == 2 / 4
    assert permutation_p(9.0, np.zeros(99)) == 1 / 100
    assert permutation_p(1.0, [1.0 - 1e-15] * 3) == 1
    assert permutation_p(1.0, [np.nan, 0.0]) == 2 / 3


def test_nadeau_bengio_is_the_published_formula():
    d = np.random.default_rng(0).normal(0.02, 0.05, 100)
    found = nadeau_bengio(d, 1 / 9)
    t = d.mean() / np.sqrt((1 / 100 + 1 / 9) * d.var(ddof=1))
    assert found.p == pytest.approx(2 * stats.t.sf(abs(t), 99))
    assert found.value == pytest.approx(d.mean())
    # Without the correction it is Student's test of one sample.
    plain = nadeau_bengio(d, 0.0)
    assert plain.p == pytest.approx(stats.ttest_1samp(d, 0).pvalue)
    assert (plain.low, plain.high) == pytest.approx(tuple(stats.ttest_1samp(d, 0).confidence_interval()))
    assert found.high - found.low > 3 * (plain.high - plain.low)


def test_nadeau_bengio_at_its_edges():
    assert nadeau_bengio([0.0] * 10, 0.25).p == 1
    assert np.isnan(nadeau_bengio([0.1], 0.25).p)
    assert nadeau_bengio([0.1, np.nan, 0.3], 0.25).value == pytest.approx(0.2)
    # Without any spread there is nothing to judge by; before, p was 0.
    same = nadeau_bengio([0.1] * 10, 0.25)
    assert same.value == pytest.approx(0.1)
    assert np.isnan([same.low, same.high, same.p]).all()


def test_the_correction_keeps_the_level_where_the_plain_test_does_not():
    """Two useless predictors in 10 times repeated 5-fold cross-validation, fold scores as their sums would be."""
    rng = np.random.default_rng(5)
    corrected = plain = 0
    for _ in range(200):
        right = rng.random((2, 100)) < 0.5
        d = []
        for _ in range(10):
            for fold in np.array_split(rng.permutation(100), 5):
                d.append(right[0, fold].mean() - right[1, fold].mean())
        corrected += nadeau_bengio(d, 0.25).p < 0.05
        plain += nadeau_bengio(d, 0.0).p < 0.05
    assert corrected <= 200 * 0.05 + 2 * np.sqrt(200 * 0.05 * 0.95)
    assert plain > 60


def test_the_paired_bootstrap_is_two_sided():
    found = paired_bootstrap(0.1, np.linspace(-0.05, 0.25, 1000))
    assert found.low == pytest.approx(-0.05 + 0.025 * 0.3, abs=1e-3)
    assert found.p == pytest.approx(2 * (1000 / 6 + 1) / 1001, rel=0.01)
    assert paired_bootstrap(0.0, np.zeros(50)).p == 1
    assert np.isnan(paired_bootstrap(0.0, []).p)
