from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import norm, t

from dfe.stats.contrasts import Design
from dfe.stats.rate_ratios import group_ratio, paired_ratio


@pytest.fixture
def study():
    rng = np.random.default_rng(4)
    second, exposure = np.arange(20) >= 8, rng.uniform(2, 8, 20)
    return rng.negative_binomial(2, 0.2, 20).astype(float), exposure, second


def test_of_two_groups_it_is_all_events_by_all_minutes_with_welchs_degrees_of_freedom(study):
    count, _, second = study
    exposure = np.full(20, 5.0)
    done = group_ratio(count, exposure, Design(second, np.zeros(20, int)), np.zeros((20, 0)))
    one, two = count[~second], count[second]
    assert done.value == pytest.approx(two.mean() / one.mean())
    # Equal minutes: the error of each logarithm is that of a mean, by the delta method.
    v1, v2 = (side.var(ddof=1) / len(side) / side.mean() ** 2 for side in (one, two))
    df = (v1 + v2) ** 2 / (v1**2 / 7 + v2**2 / 11)
    reach = t.ppf(0.975, df) * np.sqrt(v1 + v2)
    assert (done.low, done.high) == pytest.approx(done.value * np.exp([-reach, reach]))
    assert done.df == pytest.approx(df)
    assert done.p == pytest.approx(2 * t.sf(abs(np.log(done.value)) / np.sqrt(v1 + v2), df))


def test_strata_and_covariates_are_those_of_the_poisson_model(study):
    count, exposure, second = study
    rng = np.random.default_rng(5)
    stratum, z = np.arange(20) % 3, rng.normal(size=(20, 2))
    done = group_ratio(count, exposure, Design(second, stratum), z)
    x = np.column_stack([second, stratum[:, None] == np.arange(3), z]).astype(float)
    fit = sm.GLM(count, x, family=sm.families.Poisson(), offset=np.log(exposure)).fit(cov_type="HC0")
    assert done.value == pytest.approx(np.exp(fit.params[0]))
    # Leverage and t make it wider than the plain sandwich.
    assert np.log(done.high / done.low) > 2 * norm.ppf(0.975) * fit.bse[0]


def test_a_level_of_a_stratum_changes_nothing():
    second, stratum = np.array([0, 0, 1, 1] * 5, bool), np.repeat([0, 1], 10)
    exposure = np.where(stratum == 1, 40.0, 4.0)
    count = np.array([1, 3, 2, 6] * 5, float)
    plain = group_ratio(count, exposure, Design(second, stratum), np.zeros((20, 0)))
    assert plain.value == pytest.approx(2.0, rel=0.15)
    other = group_ratio(count, np.full(20, 4.0), Design(second, stratum), np.zeros((20, 0)))
    assert np.array(plain) == pytest.approx(np.array(other))


def test_subjects_that_are_all_alike_have_the_interval_of_poisson_counts():
    second = np.arange(12) >= 6
    count, exposure = np.where(second, 6.0, 3.0), np.ones(12)
    done = group_ratio(count, exposure, Design(second, np.zeros(12, int)), np.zeros((12, 0)))
    reach = norm.ppf(0.975) * np.sqrt(1 / 18 + 1 / 36)
    assert np.array(done[:3]) == pytest.approx(2 * np.exp([0, -reach, reach]))
    assert done.p == pytest.approx(2 * norm.sf(np.log(2) / np.sqrt(1 / 18 + 1 / 36)))
    paired = paired_ratio((count[:6], exposure[:6]), (count[6:], exposure[6:]))
    assert np.array(paired[:4]) == pytest.approx(np.array(done[:4]))


def test_pairs_are_those_of_a_jackknife_with_many_subjects():
    rng = np.random.default_rng(8)
    level, minutes = rng.gamma(2, 3, 400), rng.uniform(1, 9, (2, 400))
    one, two = rng.poisson(level * minutes[0]), rng.poisson(1.5 * level * rng.gamma(3, 1 / 3, 400) * minutes[1])
    one, two = one.astype(float), two.astype(float)
    done = paired_ratio((one, minutes[0]), (two, minutes[1]))

    def log_ratio(kept):
        return np.log(two[kept].sum() / minutes[1][kept].sum() / (one[kept].sum() / minutes[0][kept].sum()))

    left_out = np.array([log_ratio(np.arange(400) != i) for i in range(400)])
    error = np.sqrt(399 / 400 * ((left_out - left_out.mean()) ** 2).sum())
    assert np.log(done.value) == pytest.approx(log_ratio(np.ones(400, bool)))
    assert np.log(done.high / done.value) == pytest.approx(t.ppf(0.975, 399) * error, rel=0.03)


def test_what_cannot_be_had_is_unknown(study):
    count, exposure, second = study
    design, none = Design(second, np.zeros(20, int)), np.zeros((20, 0))
    assert np.isnan(np.array(group_ratio(np.where(second, count, 0), exposure, design, none))).all()
    assert np.isnan(np.array(group_ratio(count, exposure, Design(second, second.astype(int)), none))).all()
    nobody = np.zeros(20)
    assert np.isnan(np.array(paired_ratio((nobody, exposure), (count, exposure)))).all()
    # A stratum in which nobody does anything says nothing, and does no harm.
    longer = Design(np.append(second, [True, False]), np.append(np.zeros(20, int), [1, 1]))
    more = group_ratio(np.append(count, [0, 0]), np.append(exposure, [5, 5]), longer, np.zeros((22, 0)))
    assert np.array(more) == pytest.approx(np.array(group_ratio(count, exposure, design, none)))
