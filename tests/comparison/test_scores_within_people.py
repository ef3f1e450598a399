"""Scores that change within people: the slope of people's own recordings, and nothing of what sets people apart."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from statsmodels.formula.api import ols

from dfe.comparison.designs.within import WITHIN, within_people, within_rows
from dfe.comparison.effects import Settings
from dfe.comparison.measures import Kind
from dfe.comparison.subjects import Subjects
from dfe.comparison.table import Columns, GroupRow, GroupTable
from dfe.stats.contrasts import Design

PEOPLE, EACH = 10, 4


def a_study(slope: float, seed: int = 0):
    """People with high scores show more, whatever happens within them."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(PEOPLE), EACH)
    own = rng.normal(0, 10, PEOPLE)
    score = own[who] + rng.normal(0, 2, len(who))
    minutes = rng.uniform(2, 6, len(who))
    rate = np.exp(1.5 + 0.08 * own[who] + slope * (score - own[who]))
    count = rng.poisson(rate * minutes).astype(float)[:, None] * [1.0, 0.0]
    rows = tuple(
        GroupRow(str(i), Path(str(i)), f"p{w}", covariates={"mood": repr(float(s))})
        for i, (w, s) in enumerate(zip(who, score, strict=True))
    )
    table = GroupTable(rows, None, None, Columns("id", scores=("mood",)), {})
    subjects = Subjects(np.arange(len(who)), who, np.zeros(len(who), int),
                        Design(np.zeros(PEOPLE, bool), np.zeros(PEOPLE, int)), {})  # fmt: skip
    kinds = tuple(Kind(str(n), f"display {n}", "symmetric", "mouth") for n in (1, 2))
    sums = SimpleNamespace(kinds=kinds, count=count, exposure_s=60 * minutes, on_s=count, intensity=count)
    return table, subjects, sums, pd.DataFrame({"y": count[:, 0] / minutes, "score": score, "who": who})


def test_the_slope_is_that_of_a_model_with_people_in_it():
    table, subjects, sums, data = a_study(0.1)
    (asked,) = within_people(table, subjects, sums)
    rows, (family,) = within_rows(asked, "per_min", sums, Settings(permutations=999))
    row = rows[0]
    fit = ols("y ~ score + C(who)", data).fit()
    low, high = fit.conf_int().loc["score"]
    assert (row.difference, row.low, row.high) == pytest.approx((fit.params["score"], low, high))
    assert row.f == pytest.approx(fit.tvalues["score"] ** 2)
    assert row.p <= 0.01
    assert row.ratio_low > 1
    assert (row.of, row.units, row.question.name) == (WITHIN, PEOPLE * EACH, "mood within people")
    assert family.tested == 1


def test_what_sets_people_apart_is_no_slope_within_them():
    found = [within_rows(within_people(*a_study(0.0, seed)[:3])[0], "per_min", a_study(0.0, seed)[2],
                         Settings(permutations=99))[0][0].p for seed in range(60)]  # fmt: skip
    assert (np.array(found) <= 0.05).mean() <= 0.12


def test_a_score_that_does_not_change_is_not_asked_about():
    table, subjects, sums, _ = a_study(0.0)
    still = tuple(
        GroupRow(row.recording, row.path, row.subject, covariates={"mood": str(len(row.subject))}) for row in table.rows
    )
    assert within_people(GroupTable(still, None, None, table.columns, {}), subjects, sums) == ()
