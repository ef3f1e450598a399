from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import nct, norm, ttest_1samp, ttest_ind, ttest_rel

from dfe.stats.contrasts import Design, fit_contrast
from dfe.stats.effect_sizes import average_d, average_g, cohens_dz, correction, hedges_g, noncentral_interval


def with_moments(count, mean, spread, seed=0):
    values = np.random.default_rng(seed).normal(size=count)
    return (values - values.mean()) / values.std(ddof=1) * spread + mean


def contrast(first, second, stratum=None):
    flags = np.repeat([False, True], [len(first), len(second)])
    design = Design(flags, np.zeros(len(flags), int) if stratum is None else stratum)
    return fit_contrast(np.concatenate([first, second]), design, np.zeros((len(flags), 0))), flags


@pytest.mark.parametrize("df", [2, 8, 58, 314])
def test_the_noncentral_t_is_inverted_as_brute_force_does(df):
    t = np.array([0.0, 0.3, 0.7, 2.6, 9.0, 12.0])
    low, high = noncentral_interval(t, df)

    def root(seen, share):
        # Far out scipy's distribution is not to be had.
        reach = 2.6 + 1.2 * abs(seen)
        return brentq(lambda shift: nct.cdf(seen, df, shift) - share, seen - reach, seen + reach, xtol=1e-10)

    np.testing.assert_allclose(low, [root(one, 0.975) for one in t], rtol=2e-6, atol=1e-6)
    np.testing.assert_allclose(high, [root(one, 0.025) for one in t], rtol=2e-6, atol=1e-6)
    np.testing.assert_array_equal(noncentral_interval(-t[1:], df), (-high[1:], -low[1:]))


def test_a_worked_interval_of_a_noncentrality():
    # t = 3.04 with 314 degrees of freedom, 99%: the example of a script after Steiger and Fouladi (1997).
    low, high = noncentral_interval(np.array([3.04]), 314, 0.99)
    assert (low[0], high[0]) == pytest.approx((0.4429486, 5.632345), abs=2e-5)


def test_with_many_subjects_it_is_the_normal_interval_and_unknown_stays_unknown():
    low, high = noncentral_interval(np.array([1.3, np.nan]), 10**7)
    assert (low[0], high[0]) == pytest.approx(1.3 + norm.ppf([0.025, 0.975]), abs=1e-4)
    assert np.isnan([low[1], high[1]]).all()


def test_hedges_g_of_a_worked_example():
    # Means 6 and 4, both standard deviations 2, ten subjects each: d = 1, J = 1 - 3 / 71.
    first, second = with_moments(10, 4, 2), with_moments(10, 6, 2, 1)
    done = hedges_g(contrast(first[:, None], second[:, None])[0])
    assert done.value[0] == pytest.approx(1 - 3 / 71)
    mirrored = hedges_g(contrast(second[:, None], first[:, None])[0])
    assert np.array(mirrored) == pytest.approx(-np.array([done.value, done.high, done.low]))


def test_the_interval_is_without_0_exactly_where_the_t_test_says_so():
    rng = np.random.default_rng(3)
    first, second = rng.normal(size=(7, 400)), rng.normal(size=(5, 400)) + 0.9
    done = hedges_g(contrast(first, second)[0])
    p = ttest_ind(first, second).pvalue
    assert 50 < (p < 0.05).sum() < 350
    np.testing.assert_array_equal((done.low > 0) | (done.high < 0), p < 0.05)
    paired = cohens_dz(second - first[:5])
    np.testing.assert_array_equal((paired.low > 0) | (paired.high < 0), ttest_rel(first[:5], second).pvalue < 0.05)


def test_dz_of_a_worked_example():
    # Mean 2, standard deviation 2, nine subjects: d_z = 1, t = 3, J = 1 - 3 / 31.
    done = cohens_dz(with_moments(9, 2, 2)[:, None])
    assert done.value[0] == pytest.approx(correction(8)) == pytest.approx(1 - 3 / 31)
    limits = [brentq(lambda shift, s=share: nct.cdf(3, 8, shift) - s, -5, 20) for share in (0.975, 0.025)]
    assert (done.low[0], done.high[0]) == pytest.approx(np.array(limits) / 3, abs=1e-5)
    assert ttest_1samp(with_moments(9, 2, 2), 0).statistic == pytest.approx(3)


def test_bonett_of_two_groups_as_published_for_statpsych():
    # R package statpsych, ci.stdmean2(.05, 35.1, 26.7, 7.32, 6.98, 30, 30): the unweighted standardizer.
    made, second = contrast(with_moments(30, 26.7, 6.98)[:, None], with_moments(30, 35.1, 7.32, 1)[:, None])
    done = average_g(made, second)
    assert done.value[0] == pytest.approx(1.159240, abs=1e-6)
    assert (done.low[0], done.high[0]) == pytest.approx((0.6170771, 1.7319094), abs=1e-6)


def test_bonett_of_pairs_as_published_for_statpsych():
    # ci.stdmean.ps(.05, 110.4, 102.1, 15.3, 14.6, .75, 25): the unweighted standardizer.
    first = with_moments(25, 0, 1)
    other = np.random.default_rng(1).normal(size=25)
    other -= other.mean() + first * (first @ other) / (first @ first)
    other /= other.std(ddof=1)
    second = 0.75 * first + np.sqrt(1 - 0.75**2) * other
    done = average_d(102.1 + 14.6 * first[:, None], 110.4 + 15.3 * second[:, None])
    assert done.value[0] == pytest.approx(0.5433457, abs=1e-6)
    assert (done.low[0], done.high[0]) == pytest.approx((0.2394905, 0.8705732), abs=1e-6)


def test_unequal_spreads_and_sizes_are_bonetts_formula():
    rng = np.random.default_rng(6)
    first, second = rng.normal(size=(6, 1)), 0.5 + 3 * rng.normal(size=(17, 1))
    v1, v2 = first.var(ddof=1), second.var(ddof=1)
    d = (second.mean() - first.mean()) / np.sqrt((v1 + v2) / 2)
    error = d**2 * (v1**2 / 5 + v2**2 / 16) / (2 * (v1 + v2) ** 2) + (v1 / 5 + v2 / 16) / ((v1 + v2) / 2)
    done = average_g(*contrast(first, second))
    assert (done.low[0], done.high[0]) == pytest.approx(d + norm.ppf([0.025, 0.975]) * np.sqrt(error))


def test_a_second_stratum_that_repeats_the_first_at_another_level_keeps_d():
    rng = np.random.default_rng(7)
    first, second = rng.normal(size=(8, 2)), rng.normal(size=(9, 2)) + 1
    once, _ = contrast(first, second)
    stratum = np.concatenate([np.repeat([0, 1], 8), np.repeat([0, 1], 9)])
    twice, flags = contrast(np.concatenate([first, first + 7]), np.concatenate([second, second + 7]), stratum)
    np.testing.assert_allclose(once.difference, twice.difference)
    np.testing.assert_allclose(once.variance * once.df / twice.df * 2, twice.variance)
    assert (average_g(twice, flags).high - average_g(twice, flags).low < 3).all()


def test_without_spread_or_with_too_few_there_is_nothing():
    made, second = contrast(np.full((4, 1), 0.1), np.full((4, 1), 0.3))
    none = np.full((4, 1), 0.1)
    for done in (hedges_g(made), average_g(made, second), cohens_dz(none), average_d(none, none)):
        assert np.isnan(np.array(done)).all()
    few, flags = contrast(np.zeros((2, 1)), np.ones((2, 1)), np.array([0, 1, 0, 1]))
    assert few.df == 1
    assert np.isnan(np.array(hedges_g(few))).all()
    assert np.isnan(np.array(average_g(few, flags))).all()
    assert np.isnan(np.array(cohens_dz(np.array([[1.0], [2.0]])))).all()


def test_a_side_that_nobody_shows_has_an_interval():
    made, second = contrast(np.zeros((6, 1)), np.arange(6.0)[:, None])
    assert np.isfinite(np.array(hedges_g(made))).all()
    assert np.isfinite(np.array(average_g(made, second))).all()
