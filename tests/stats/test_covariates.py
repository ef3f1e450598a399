from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from dfe.base.errors import UsageError
from dfe.stats.covariates import (
    Covariates,
    adjusted_g,
    code_covariates,
    compare_adjusted,
    draw_weights,
    exchanges,
    freedman_lane,
    interval_of_g,
)
from dfe.stats.groups import Design, hedges_g


def a_study(subjects=18, columns=3, seed=0):
    rng = np.random.default_rng(seed)
    second = np.arange(subjects) % 2 == 1
    z = rng.normal(size=(subjects, 2)) + second[:, None] * 0.5
    values = rng.normal(size=(subjects, columns)) + z[:, :1] + np.array([0, 0.8, 0])[:columns] * second[:, None]
    return values, Design(second, np.zeros(subjects, np.int64)), z - z.mean(axis=0)


def ols(y, second, z):
    return sm.OLS(y, np.column_stack([np.ones(len(y)), second.astype(float), z])).fit()


def test_words_become_columns_and_numbers_stay():
    coded = code_covariates({"age": ["20", "30", "40"], "sex": ["f", "m", "f"], "site": ["2", "1", "3"]}, ["site"])
    assert coded.names == ("age", "sex: m", "site: 2", "site: 3")
    np.testing.assert_allclose(coded.matrix[:, 0], [-10, 0, 10])
    np.testing.assert_allclose(coded.matrix[:, 1], np.array([0, 1, 0]) - 1 / 3)
    assert code_covariates({"site": ["2", "1", "3"]}).names == ("site",)
    with pytest.raises(UsageError, match="sex is 'f' for all"):
        code_covariates({"sex": ["f", "f"]})


def test_g_is_that_of_the_linear_model_and_without_covariates_that_of_hedges():
    values, design, z = a_study()
    done = adjusted_g(values, design.second, z)
    for column, g in enumerate(done):
        fit = ols(values[:, column], design.second, z)
        assert g == pytest.approx(fit.params[1] / np.sqrt(fit.mse_resid) * (1 - 3 / (4 * fit.df_resid - 1)))
    none = np.zeros((len(values), 0))
    np.testing.assert_allclose(adjusted_g(values, design.second, none), hedges_g(values, design.second))


def test_permuted_residuals_are_refitted_as_brute_force_does():
    values, design, z = a_study(14)
    stratum = np.repeat([0, 1], 7)
    p, p_any = freedman_lane(values, Design(design.second, stratum), z, 60, seed=5)
    reduced = np.column_stack([np.ones(14), z])
    beyond, beyond_any = np.zeros(3), 0
    seen = np.array([abs(ols(y, design.second, z).tvalues[1]) for y in values.T])
    for order in np.concatenate(list(exchanges(stratum, 60, 5))):
        assert {*order[:7]} == {*range(7)}
        null = []
        for y in values.T:
            fitted = sm.OLS(y, reduced).fit()
            moved = np.empty(14)
            moved[order] = fitted.resid
            null.append(abs(ols(fitted.fittedvalues + moved, design.second, z).tvalues[1]))
        beyond += np.array(null) >= seen - 1e-9
        beyond_any += max(null) >= seen.max() - 1e-9
    np.testing.assert_allclose(p, (beyond + 1) / 61)
    assert p_any == pytest.approx((beyond_any + 1) / 61)


def test_a_covariate_that_differs_between_groups_no_longer_passes_for_a_difference():
    rng = np.random.default_rng(2)
    second = np.arange(60) % 2 == 1
    age = rng.normal(size=60) + 1.5 * second
    values = age[:, None] + 0.5 * rng.normal(size=(60, 40))
    design = Design(second, np.zeros(60, np.int64))
    blind, _ = freedman_lane(values, design, np.zeros((60, 0)), 199)
    held, _ = freedman_lane(values, design, age[:, None] - age.mean(), 199)
    assert (blind <= 0.05).all()
    assert (held <= 0.05).mean() < 0.2


def test_the_interval_draws_subjects_with_their_covariates():
    values, design, z = a_study(20)
    low, high = interval_of_g(values, design.second, z, 300, seed=1)
    drawn = []
    for weights in draw_weights(np.random.default_rng([1, 1]), design.second, 300).astype(int):
        assert weights[design.second].sum() == 10
        rows = np.repeat(np.arange(20), weights)
        drawn.append(adjusted_g(values[rows], design.second[rows], z[rows]))
    np.testing.assert_allclose([low, high], np.percentile(drawn, [2.5, 97.5], axis=0))
    done = compare_adjusted(values, design, Covariates(z, ("a", "b")), permutations=99, draws=100)
    assert (done.low <= done.hedges_g).all()
    assert (done.hedges_g <= done.high).all()


def test_what_cannot_be_held_constant_is_refused():
    values, design, _ = a_study(8)
    group = design.second[:, None] - 0.5
    with pytest.raises(UsageError, match="which group"):
        compare_adjusted(values, design, Covariates(group, ("group",)), permutations=9, draws=9)
    with pytest.raises(UsageError, match="too many for 8 subjects"):
        compare_adjusted(values, design, Covariates(np.random.default_rng(0).normal(size=(8, 6)), ("x",) * 6))
