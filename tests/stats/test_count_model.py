"""The model of counts against statsmodels, brute force and made-up studies."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from count_model import Kind, Side, judge
from scipy.optimize import brentq
from scipy.stats import nbinom

from dfe.base.errors import UsageError
from dfe.stats.count_model import CountSettings, fit_counts
from dfe.stats.count_profile import Profile
from dfe.stats.count_spread import Clusters, Spread, fit_means
from dfe.stats.overdispersion import prior_freedom, row_dispersion, weighted_median

ALPHA, STUDIES = 0.6, 12
SECOND = np.array([0.0, 1.0, 0.0])


@pytest.fixture(scope="module")
def study():
    """Counts ``(24, 5)``, minutes, a design of constant, group and a number."""
    rng = np.random.default_rng(8)
    group, number = np.repeat([0, 1], [14, 10]), rng.normal(size=24)
    minutes = rng.uniform(2, 9, 24)
    mean = np.array([0.4, 1, 2, 4, 8]) * minutes[:, None] * rng.gamma(2, 0.5, (24, 5))
    return rng.poisson(mean).astype(float), minutes, np.column_stack([np.ones(24), group, number])


def alone(rows, within):
    return Spread(np.zeros((rows, 1)), np.full((rows, 1), within), Clusters.of(np.arange(rows)))


def glm(count, minutes, x, alpha):
    return sm.GLM(count, x, family=sm.families.NegativeBinomial(alpha=alpha), offset=np.log(minutes)).fit(tol=1e-12)


def test_means_and_errors_are_those_of_statsmodels(study):
    count, minutes, x = study
    done = fit_means(count, np.log(minutes)[:, None], x, alone(24, ALPHA))
    for i, column in enumerate(count.T):
        other = glm(column, minutes, x, ALPHA)
        np.testing.assert_allclose(done.slopes[i], other.params, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(np.linalg.inv(done.information[i]), other.cov_params(), rtol=1e-5)


def test_several_rows_a_subject_are_generalised_least_squares(study):
    count, minutes, x = study
    subject, between, within = np.arange(24) // 3, 0.4, 0.2
    spread = Spread(np.full((8, 1), between), np.full((24, 1), within), Clusters.of(subject))
    done = fit_means(count, np.log(minutes)[:, None], x, spread)
    for i, column in enumerate(count.T):
        mean = np.exp(x @ done.slopes[i]) * minutes
        same = subject[:, None] == subject
        covariance = np.diag(mean + within * mean**2) + between * same * np.outer(mean, mean)
        slope = mean[:, None] * x
        np.testing.assert_allclose(slope.T @ np.linalg.solve(covariance, column - mean), 0, atol=1e-4)
        np.testing.assert_allclose(done.information[i], slope.T @ np.linalg.solve(covariance, slope), rtol=1e-5)


def test_the_ratio_of_quasi_likelihoods_is_that_of_the_negative_binomial(study):
    count, minutes, x = study
    profile = Profile.of(count, np.log(minutes)[:, None], x, SECOND, alone(24, ALPHA))
    best = fit_means(count, profile.offset, x, profile.spread).slopes[:, 1]

    def likelihood(column, mean):
        return nbinom.logpmf(column, 1 / ALPHA, 1 / (1 + ALPHA * mean)).sum()

    found, error = profile.ratio(best), np.full(5, 0.4)
    ends = [profile.end(best, error, np.full(5, 4.0), way) for way in (-1.0, 1.0)]
    for i, column in enumerate(count.T):
        full = likelihood(column, glm(column, minutes, x, ALPHA).mu)
        none = likelihood(column, glm(column, minutes, x[:, [0, 2]], ALPHA).mu)
        assert found[i] == pytest.approx(2 * (full - none), rel=1e-4, abs=1e-5)
        for end in ends:
            at = likelihood(column, glm(column, minutes * np.exp(end[i] * x[:, 1]), x[:, [0, 2]], ALPHA).mu)
            assert 2 * (full - at) == pytest.approx(4.0, rel=1e-3)


def breslow(count, minutes, x):
    """Dispersion at which Pearson's chi-square is rows less parameters, fitted anew at each."""

    def excess(alpha):
        mean = glm(count, minutes, x, alpha).mu
        return ((count - mean) ** 2 / (mean + alpha * mean**2)).sum() - len(x) + x.shape[1]

    return brentq(excess, 1e-6, 20) if excess(1e-6) > 0 else 0.0


def test_dispersion_by_moments_is_that_of_one_display(study):
    count, minutes, x = study
    for i, column in enumerate(count.T):
        expected = breslow(column, minutes, x)
        done = fit_means(column[:, None], np.log(minutes)[:, None], x, alone(24, expected))
        found, said = row_dispersion(column[:, None], done, x, np.ones(24, bool))
        # Breslow's freedom is rows less parameters; here it is what the fit leaves of the rows, the same in sum.
        assert found[0] == pytest.approx(expected, rel=1e-3, abs=1e-3), i
        assert said[0] > 0


def test_units_and_order_change_nothing_and_sides_turn_signs(study):
    count, minutes, x = study
    group = x[:, 1].astype(int)
    done = fit_counts(count, minutes, x, SECOND, group=group)
    order = np.random.default_rng(0).permutation(24)
    again = fit_counts(count[order], 60 * minutes[order], x[order] * [1, 1, 1000], SECOND, group=group[order])
    for one, other in zip(done, again, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    turned = fit_counts(count, minutes, np.column_stack([x[:, 0], 1 - x[:, 1], x[:, 2]]), SECOND, group=1 - group)
    np.testing.assert_allclose(turned.log_ratio, -done.log_ratio, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(turned.p, done.p, rtol=1e-4)
    np.testing.assert_allclose(turned.low, -done.high, rtol=1e-3, atol=1e-5)
    steep = fit_counts(count, minutes, x * [1, 1, 1000], np.array([0.0, 0.0, 1.0]), group=group)
    gentle = fit_counts(count, minutes, x, np.array([0.0, 0.0, 1.0]), group=group)
    np.testing.assert_allclose(1000 * steep.log_ratio, gentle.log_ratio, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(steep.p, gentle.p, rtol=1e-4)


def test_an_interval_is_without_0_exactly_where_p_is_below_5_percent(study):
    count, minutes, x = study
    done = fit_counts(count * [1, 2, 3, 1, 2] * np.where(x[:, 1:2] > 0, 3, 1), minutes, x, SECOND)
    assert (done.p < 0.05).any()
    np.testing.assert_array_equal((done.low > 0) | (done.high < 0), done.p < 0.05)
    assert ((done.low < done.log_ratio) & (done.log_ratio < done.high)).all()


def test_a_side_without_events_has_a_p_and_half_an_interval(study):
    count, minutes, x = study
    count = np.column_stack([count, np.where(x[:, 1] > 0, 0, 3.0), np.zeros(24)])
    done = fit_counts(count, minutes, x[:, :2], np.array([0.0, 1.0]), group=x[:, 1].astype(int))
    assert done.log_ratio[5] == -np.inf == done.low[5]
    assert done.p[5] < 0.001
    assert -np.inf < done.high[5] < -1
    assert np.isnan([part[6] for part in done[:6]]).all()
    assert np.isfinite(done.p[:5]).all()


def test_one_display_stands_alone(study):
    count, minutes, x = study
    done = fit_counts(count[:, 3:4], minutes, x, SECOND)
    assert done.df[0] < 24
    assert np.isfinite(done.p[0])


def test_prior_freedom_is_what_the_scatter_of_variances_says():
    rng = np.random.default_rng(1)
    alike = rng.chisquare(12, 400) / 12
    assert prior_freedom(alike, np.full(400, 12.0), 10) == 10
    true = 4 / rng.chisquare(4, 2000)
    different = true * rng.chisquare(12, 2000) / 12
    assert prior_freedom(different, np.full(2000, 12.0), 20) == pytest.approx(4, abs=0.6)


def test_half_of_the_weight():
    assert weighted_median(np.array([3.0, 1, 2]), np.array([1.0, 1, 1])) == 2
    assert weighted_median(np.array([3.0, 1, 2]), np.array([10.0, 1, 1])) == 3


@pytest.mark.parametrize(
    "kind",
    [
        Kind("minutes", Side(32, 10), Side(8, 2)),
        Kind("spread", Side(24, dispersion=0.2), Side(12, dispersion=1.5)),
    ],
    ids=lambda kind: kind.name,
)
def test_made_up_studies_hold_what_is_promised(kind):
    done = judge(kind, 8, STUDIES, 5, ("model",))["model"]
    assert done.wrong / STUDIES <= 0.2
    assert done.small / done.tested <= 0.09
    assert done.held / done.intervals == pytest.approx(0.945, abs=0.04)
    assert done.found / STUDIES / 8 >= 0.05


def test_pairs_of_conditions_hold_what_is_promised():
    """Twenty subjects with 10 minutes in one condition and 2 in the other; people differ, and their days do."""
    rng, small, held = np.random.default_rng(12), [], []
    x = np.column_stack([np.repeat([0.0, 1], 20), np.ones(40)])
    rate = np.geomspace(0.3, 4, 30)
    for _ in range(STUDIES):
        minutes = np.concatenate([np.full(20, 10.0), np.full(20, 2.0)])
        level = np.tile(rng.gamma(2.5, 0.4, (20, 30)), (2, 1)) * rng.gamma(5, 0.2, (40, 30))
        count = rng.poisson(rate * minutes[:, None] * level).astype(float)
        done = fit_counts(count, minutes, x, np.array([1.0, 0]), subject=np.tile(np.arange(20), 2))
        small.append(done.p <= 0.05)
        held.append((done.low <= 0) & (done.high >= 0))
        assert 0 < done.shared_between[0] < done.shared[0]
    assert np.mean(small) <= 0.085
    assert np.mean(held) == pytest.approx(0.95, abs=0.04)


@pytest.mark.parametrize(
    "wrong",
    [
        {"exposure": np.zeros(24)},
        {"design": np.ones((24, 3))},
        {"contrast": np.zeros(3)},
        {"subject": np.arange(24) // 2, "group": np.arange(24) % 2},
    ],
)
def test_what_cannot_be_modelled_is_refused(study, wrong):
    count, minutes, x = study
    with pytest.raises(UsageError):
        fit_counts(**{"count": count, "exposure": minutes, "design": x, "contrast": SECOND} | wrong)


def test_no_prior_is_each_display_by_itself(study):
    count, minutes, x = study
    own = fit_counts(count, minutes, x, SECOND, settings=CountSettings(prior_df=1e-6))
    assert (own.df < fit_counts(count, minutes, x, SECOND).df).all()
