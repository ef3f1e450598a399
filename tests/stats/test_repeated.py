from __future__ import annotations

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.stats.repeated import FALLBACK, dispersion, fit_rates


def made(subjects=40, sessions=3, ratio=2.0, seed=0, alpha=0.3):
    rng = np.random.default_rng(seed)
    subject = np.repeat(np.arange(subjects), sessions)
    second = (subject % 2 == 1).astype(float)
    minutes = rng.uniform(2, 8, len(subject))
    own = np.repeat(rng.gamma(1 / alpha, alpha, subjects), sessions)
    return rng.poisson(3 * minutes * own * np.where(second == 1, ratio, 1)), minutes, second[:, None], subject


def test_without_repetition_the_poisson_ratio_is_that_of_sums_over_sums():
    counts = np.array([4, 7, 5, 6, 9, 12, 10, 11])
    minutes = np.array([1, 2, 1.5, 1, 1, 2, 1.5, 1])
    second = np.repeat([0.0, 1.0], 4)
    done = fit_rates(counts, minutes, second[:, None], np.arange(8))
    assert done.dispersion == 0
    expected = (counts[4:].sum() / minutes[4:].sum()) / (counts[:4].sum() / minutes[:4].sum())
    assert done.ratio == pytest.approx(expected)
    assert done.df == 6


def test_dispersion_makes_pearsons_chi_square_its_degrees_of_freedom():
    counts, minutes, second, _ = made(alpha=0.6)
    x = np.column_stack([np.ones(len(counts)), second])
    alpha = dispersion(counts.astype(float), x, np.log(minutes))
    import statsmodels.api as sm

    fit = sm.GLM(counts, x, family=sm.families.NegativeBinomial(alpha=alpha), offset=np.log(minutes)).fit()
    assert fit.pearson_chi2 == pytest.approx(len(counts) - 2, rel=1e-3)
    assert 0.3 < alpha < 1.0


def test_a_planted_ratio_is_recovered_and_sessions_of_a_subject_are_alike():
    done = fit_rates(*made(60, ratio=2.0, seed=1))
    assert done.low < 2.0 < done.high
    assert done.low > 1
    assert done.correlation > 0.3
    assert done.p < 0.01
    assert done.note == ""


def test_nothing_planted_is_seldom_found():
    done = [fit_rates(*made(16, 2, ratio=1.0, seed=seed)) for seed in range(40)]
    assert {one.note for one in done} == {"", FALLBACK}
    assert all(one.low < one.ratio < one.high for one in done)
    p = np.array([one.p for one in done])
    assert (p <= 0.05).mean() <= 0.15
    assert p.mean() > 0.35


def test_what_cannot_be_fitted_says_why():
    counts, minutes, second, subject = made(8)
    for y, words in ((counts * 0, "fewer than 5 events"), (counts * (second[:, 0] == 0), "no events on one side")):
        done = fit_rates(y, minutes, second, subject)
        assert words in done.note
        assert np.isnan(done.ratio)
        assert np.isnan(done.p)
    many = np.column_stack([second, np.random.default_rng(0).normal(size=(len(counts), 6))])
    assert "too few subjects" in fit_rates(counts, minutes, many, subject).note
    with pytest.raises(UsageError, match="above 0"):
        fit_rates(counts, minutes * 0, second, subject)
