from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from dfe.base.errors import UsageError
from dfe.stats.contrasts import Design
from dfe.stats.covariates import (
    Covariates,
    code_covariates,
    compare_adjusted,
    freedman_lane,
)
from dfe.stats.terms import exchanges


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


def test_effects_are_those_of_the_linear_model_and_the_same_seed_gives_the_same():
    values, design, z = a_study()
    done, again = (
        compare_adjusted(values, design, Covariates(z, ("a", "b")), permutations=99, seed=4) for _ in range(2)
    )
    for column in range(3):
        fit = ols(values[:, column], design.second, z)
        d = fit.params[1] / np.sqrt(fit.mse_resid)
        assert done.g.value[column] == pytest.approx(d * (1 - 3 / (4 * fit.df_resid - 1)))
        assert (done.g.low[column] > 0 or done.g.high[column] < 0) == (fit.pvalues[1] < 0.05)
        assert done.g.low[column] < d < done.g.high[column]
        assert done.average.low[column] < done.average.value[column] < done.average.high[column]
    np.testing.assert_array_equal(done.p, again.p)
    np.testing.assert_array_equal(done.g.low, again.g.low)
    np.testing.assert_allclose(done.mean[1], values[design.second].mean(axis=0))


def test_permuted_residuals_are_refitted_as_brute_force_does():
    values, design, z = a_study(14)
    stratum = np.repeat([0, 1], 7)
    p, p_any = freedman_lane(values, Design(design.second, stratum), z, 60, seed=5)
    held = np.column_stack([z, stratum])
    reduced = np.column_stack([np.ones(14), held])
    beyond, beyond_any = np.zeros(3), 0
    seen = np.array([abs(ols(y, design.second, held).tvalues[1]) for y in values.T])
    for order in np.concatenate(list(exchanges(stratum, 60, 5))):
        assert {*order[:7]} == {*range(7)}
        null = []
        for y in values.T:
            fitted = sm.OLS(y, reduced).fit()
            moved = np.empty(14)
            moved[order] = fitted.resid
            null.append(abs(ols(fitted.fittedvalues + moved, design.second, held).tvalues[1]))
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


def test_strata_enter_the_effect_as_they_enter_p():
    rng = np.random.default_rng(3)
    site, second = np.repeat([0, 1], 30), np.concatenate([np.arange(30) < 5, np.arange(30) < 25])
    values = rng.normal(size=(60, 1)) + 3.0 * site[:, None]
    for z in (np.zeros((60, 0)), rng.normal(size=(60, 1))):
        within = compare_adjusted(values, Design(second, site), Covariates(z, ("z",)), permutations=199)
        blind = compare_adjusted(values, Design(second, np.zeros(60, int)), Covariates(z, ("z",)), permutations=199)
        assert blind.g.low[0] > 0.5
        assert blind.p[0] < 0.02
        assert within.g.low[0] < 0 < within.g.high[0]
        assert within.p[0] > 0.05


def test_what_cannot_be_held_constant_is_refused():
    values, design, _ = a_study(8)
    group = design.second[:, None] - 0.5
    with pytest.raises(UsageError, match="which group"):
        compare_adjusted(values, design, Covariates(group, ("group",)), permutations=9)
    with pytest.raises(UsageError, match="too many for 8 subjects"):
        compare_adjusted(values, design, Covariates(np.random.default_rng(0).normal(size=(8, 6)), ("x",) * 6))
