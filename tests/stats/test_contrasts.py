from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from dfe.base.errors import UsageError
from dfe.stats.contrasts import Design, fit_contrast, held_constant

NONE = np.zeros((24, 0))


@pytest.fixture
def study():
    rng = np.random.default_rng(0)
    second, stratum = rng.permutation(24) % 2 == 1, rng.integers(0, 3, 24)
    z = rng.normal(size=(24, 2)) + second[:, None] * 0.5
    return rng.normal(size=(24, 4)) + stratum[:, None] + z[:, :1], Design(second, stratum), z


def dummies(stratum):
    return (stratum[:, None] == np.unique(stratum)).astype(float)


def test_it_is_the_linear_model(study):
    values, design, z = study
    done = fit_contrast(values, design, z)
    for i, column in enumerate(values.T):
        fit = sm.OLS(column, np.column_stack([design.second, dummies(design.stratum), z])).fit()
        assert done.difference[i] == pytest.approx(fit.params[0])
        assert done.variance[i] == pytest.approx(fit.mse_resid)
        assert done.df == fit.df_resid
        assert np.sqrt(done.variance[i] / done.information) == pytest.approx(fit.bse[0])
        np.testing.assert_allclose(done.residual[:, i], fit.resid, atol=1e-12)
        np.testing.assert_allclose(done.leverage, fit.get_influence().hat_matrix_diag)


def test_strata_alone_pool_the_differences_within_them(study):
    values, design, _ = study
    differences, weights = [], []
    for one in np.unique(design.stratum):
        here = design.stratum == one
        n1, n2 = (here & ~design.second).sum(), (here & design.second).sum()
        differences.append(values[here & design.second].mean(axis=0) - values[here & ~design.second].mean(axis=0))
        weights.append(n1 * n2 / (n1 + n2))
    done = fit_contrast(values, design, NONE)
    np.testing.assert_allclose(done.difference, np.average(differences, axis=0, weights=weights))
    assert done.information == pytest.approx(sum(weights))


def test_what_a_stratum_adds_to_all_changes_nothing(study):
    values, design, z = study
    one = fit_contrast(values, design, z)
    two = fit_contrast(values + 100 * design.stratum[:, None] - 30 * z[:, 1:], design, z)
    np.testing.assert_allclose(one.difference, two.difference, atol=1e-9)
    np.testing.assert_allclose(one.variance, two.variance, rtol=1e-9)


def test_a_covariate_that_says_what_the_stratum_says_counts_once(study):
    _, design, z = study
    site = dummies(design.stratum)[:, 1:]
    assert held_constant(design.stratum, np.column_stack([site, z, 2 * z])).shape[1] == 5


def test_values_without_spread_have_no_variance(study):
    _, design, _ = study
    done = fit_contrast(np.column_stack([np.full(24, 0.1), 0.1 + design.second]), design, NONE)
    assert (done.variance == 0).all()
    assert done.difference == pytest.approx([0, 1], abs=1e-12)


def test_groups_that_cannot_be_told_from_what_is_held_constant_are_refused(study):
    values, design, _ = study
    with pytest.raises(UsageError, match="no stratum has subjects of both groups"):
        fit_contrast(values, Design(design.second, design.second.astype(int)), NONE)
    with pytest.raises(UsageError, match="which group"):
        fit_contrast(values, design, design.second[:, None] - 0.5)
