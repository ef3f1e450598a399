from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.formula.api import ols
from statsmodels.stats.anova import AnovaRM, anova_lm

from dfe.base.errors import UsageError
from dfe.stats.terms import Term, exchanges, fit_term, levels, orthonormal, term_test


def one(count):
    return np.zeros(count, np.int64)


def a_frame(people=21, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "group": np.arange(people) % 3,
            "site": np.arange(people) // 7,
            "score": rng.normal(50, 10, people),
            "age": rng.normal(40, 8, people),
        }
    )
    y = rng.normal(size=(people, 3)) + np.array([0, 0.04, 0]) * frame["score"].to_numpy()[:, None]
    return frame, y + np.array([0, 0, 1]) * (frame["group"].to_numpy()[:, None] == 2)


def test_f_of_three_groups_with_covariates_and_sites_is_that_of_statsmodels():
    frame, y = a_frame()
    held = frame[["age", "score"]].to_numpy()
    done = term_test(y, Term(levels(frame["group"].to_numpy(), 3), held, frame["site"].to_numpy()), 49)
    for column in range(3):
        fit = ols("y ~ C(group, Sum) + age + score + C(site)", frame.assign(y=y[:, column])).fit()
        table = anova_lm(fit, typ=3)
        row = table.loc["C(group, Sum)"]
        assert done.f[column] == pytest.approx(row["F"], rel=1e-8)
        assert done.df == (int(row["df"]), int(table.loc["Residual", "df"]))
        share = row["sum_sq"] / (row["sum_sq"] + table.loc["Residual", "sum_sq"])
        assert done.share[column] == pytest.approx(share, rel=1e-8)


def test_a_score_rises_by_its_slope_and_its_f_is_the_square_of_t():
    frame, y = a_frame()
    term = Term(frame[["score"]].to_numpy(), frame[["age"]].to_numpy(), one(len(y)))
    done, fit = term_test(y, term, 19), fit_term(y, term)
    for column in range(3):
        said = ols("y ~ score + age", frame.assign(y=y[:, column])).fit()
        assert fit.difference[column] == pytest.approx(said.params["score"])
        assert np.sqrt(fit.variance[column] / fit.information) == pytest.approx(said.bse["score"])
        assert fit.df == said.df_resid
        assert done.f[column] == pytest.approx(said.tvalues["score"] ** 2)


def cells(people=9, conditions=3, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(people, conditions, 2)) + rng.normal(size=(people, 1, 2)) * 2


def test_conditions_of_subjects_are_an_analysis_of_variance_with_repeated_measures():
    y = cells()
    people, conditions, _ = y.shape
    who, what = np.repeat(np.arange(people), conditions), np.tile(np.arange(conditions), people)
    done = term_test(y.reshape(-1, 2), Term(levels(what, conditions), np.zeros((len(who), 0)), who), 29)
    for column in range(2):
        frame = pd.DataFrame({"who": who, "what": what, "y": y[..., column].ravel()})
        row = AnovaRM(frame, "y", "who", ["what"]).fit().anova_table.iloc[0]
        assert done.f[column] == pytest.approx(row["F Value"])
        assert done.df == (row["Num DF"], row["Den DF"])


def test_groups_by_conditions_is_the_interaction_of_a_mixed_design():
    y, group = cells(10, 3, 2), np.arange(10) % 2
    turned = np.einsum("sct,cr->srt", y, orthonormal(3))
    done = term_test(turned, Term(levels(group, 2), np.zeros((10, 0)), one(10)), 29)
    frame = pd.DataFrame(
        {"y": y[..., 0].ravel(), "who": np.repeat(np.arange(10), 3), "what": np.tile(np.arange(3), 10)}
    )
    frame["group"] = group[frame["who"]]
    # Within people: the interaction beside people and conditions, against what is left.
    full = ols("y ~ C(who) + C(what) + C(what):C(group)", frame).fit()
    less = ols("y ~ C(who) + C(what)", frame).fit()
    f = (less.ssr - full.ssr) / 2 / (full.ssr / 16)
    assert done.f[0] == pytest.approx(f)
    assert done.df == (2, 16)


def test_p_is_that_of_refitting_every_exchange():
    frame, y = a_frame(12, 3)
    group, age = frame["group"].to_numpy(), frame[["age"]].to_numpy()
    block = np.repeat([0, 1], 6)
    stacked = np.stack([y, y**2], axis=1)
    done = term_test(stacked, Term(levels(group, 3), age, block), 40, seed=7)
    held = np.column_stack([block == 0, block == 1, age])
    full = np.column_stack([held, np.eye(3)[group][:, 1:]])

    def f(values):
        rest, whole = np.zeros(3), np.zeros(3)
        for part in range(2):
            for column in range(3):
                rest[column] += sm.OLS(values[:, part, column], full).fit().ssr
                whole[column] += sm.OLS(values[:, part, column], held).fit().ssr
        return (whole - rest) / rest

    fitted = np.stack([np.column_stack([sm.OLS(c, held).fit().fittedvalues for c in part.T]) for part in
                       stacked.transpose(1, 0, 2)], axis=1)  # fmt: skip
    seen, beyond, beyond_any = f(stacked), np.zeros(3), 0
    for order in np.concatenate(list(exchanges(block, 40, 7))):
        moved = np.empty_like(stacked)
        moved[order] = stacked - fitted
        null = f(fitted + moved)
        beyond += null >= seen * (1 - 1e-9)
        beyond_any += null.max() >= seen.max() * (1 - 1e-9)
    np.testing.assert_allclose(done.p, (beyond + 1) / 41)
    assert done.p_any == pytest.approx((beyond_any + 1) / 41)


def test_the_unit_and_the_seed_matter_as_they_should():
    frame, y = a_frame()
    term = Term(levels(frame["group"].to_numpy(), 3), np.zeros((len(y), 0)), one(len(y)))
    one_way, again = term_test(y, term, 99, 5), term_test(1e6 * y + 3, term, 99, 5)
    np.testing.assert_allclose(one_way.f, again.f)
    np.testing.assert_array_equal(one_way.p, again.p)
    nothing = term_test(np.ones((len(y), 1)), term, 9)
    assert nothing.f[0] == 0
    assert nothing.p[0] == 1


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(UsageError, match="says all about it"):
        term_test(np.eye(6), Term(np.arange(6.0)[:, None], np.arange(6.0)[:, None], one(6)), 9)
    with pytest.raises(UsageError, match="too few"):
        term_test(np.eye(4), Term(levels(np.array([0, 1, 2, 0]), 3), np.zeros((4, 0)), one(4)), 9)


@pytest.mark.parametrize("design", ["three groups", "score", "conditions", "both"])
def test_without_any_effect_p_is_below_5_in_5_of_100(design):
    """Counts of rare events with gamma rates: skewed, with many zeros, different exposure."""
    rng = np.random.default_rng(11)
    studies, people = 400, 18
    rate = rng.gamma(1.5, 0.7, (people, 1, studies))
    minutes = rng.uniform(2, 8, (people, 3, 1))
    y = rng.poisson(rate * minutes) / minutes
    age = rng.normal(size=(people, 1))
    group, score = np.arange(people) % 3, rng.gamma(2, size=(people, 1)) + age
    if design == "conditions":
        who = np.repeat(np.arange(people), 3)
        term = Term(levels(np.tile(np.arange(3), people), 3), np.zeros((3 * people, 0)), who)
        done = term_test(y.reshape(-1, studies), term, 199)
    else:
        term = Term(score if design == "score" else levels(group, 3), age, one(people))
        values = np.einsum("sct,cr->srt", y, orthonormal(3)) if design == "both" else y.mean(axis=1)
        done = term_test(values, term, 199)
    assert 0.02 <= (done.p <= 0.05).mean() <= 0.08
