"""A sample of benchmarks/reliability_intervals.py."""

from __future__ import annotations

import numpy as np
import pytest
from reliability_intervals import coverage, halves, halves_of_a_drift, other_day, plain_icc

from dfe.stats.icc import icc_a1


def test_the_short_form_is_the_same_figure():
    rows = halves("common counts", 12, np.random.default_rng(0))
    assert plain_icc(rows) == pytest.approx(icc_a1(rows).value)


@pytest.mark.parametrize("people", [5, 20])
def test_f_intervals_hold_the_truth_where_drawing_people_does_not(people):
    before, after = coverage("normal", people, 200, draws=100)
    # Four standard errors of a share of 0.95 in 200 studies.
    assert after.held > 0.95 - 0.06
    assert after.held >= before.held
    assert before.held < 0.93


def test_one_session_says_nothing_about_another_day():
    day = other_day(60)
    assert day.extrapolated > day.true + 0.3
    assert day.sessions == pytest.approx(day.seen, abs=0.06)


def test_minutes_side_by_side_are_alike_for_the_moments_sake():
    true, odd, blocks = halves_of_a_drift(60)
    assert odd > true + 0.1
    assert true - 0.03 < blocks < odd - 0.1
