from __future__ import annotations

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.displays.units import DisplayName
from dfe.reliability.files import reliability_json
from dfe.reliability.page import reliability_page
from dfe.reliability.reliability import Minutes, icc_c1, reliability, spearman_brown
from made_reports import NASTY
from page_checker import checked

NAMES = {5: DisplayName("smile", "mouth"), 9: DisplayName("frown", "brow")}


def minutes(people=60, blocks=8, spread=0.5, sessions=("",), seed=0, drift=1.0):
    """Counts of people whose rates differ by a gamma with variance ``spread``; a second display differs in nobody."""
    rng = np.random.default_rng(seed)
    own = rng.gamma(1 / spread, spread, people)
    subject = tuple(f"p{i}" for i in range(people) for _ in sessions for _ in range(blocks))
    session = tuple(s for _ in range(people) for s in sessions for _ in range(blocks))
    times = np.array([drift if s == sessions[-1] else 1.0 for s in session])
    mean = 3 * np.repeat(own, blocks * len(sessions)) * times
    count = np.column_stack([rng.poisson(mean), rng.poisson(2.0, len(subject))]).astype(float)
    return Minutes(NAMES, subject, session, np.full(len(subject), 60.0), count, "t@1")


def test_consistency_is_that_of_the_two_way_table():
    rows = np.random.default_rng(0).normal(size=(9, 3)) + np.arange(9)[:, None]
    grand = rows.mean()
    ms_rows = 3 * ((rows.mean(axis=1) - grand) ** 2).sum() / 8
    fitted = rows.mean(axis=1, keepdims=True) + rows.mean(axis=0) - grand
    ms_error = ((rows - fitted) ** 2).sum() / 16
    assert icc_c1(rows) == pytest.approx((ms_rows - ms_error) / (ms_rows + 2 * ms_error))
    assert icc_c1(rows + [0, 5, 9]) == pytest.approx(icc_c1(rows))
    assert np.isnan(icc_c1(np.ones((4, 2))))


def test_spearman_brown():
    assert spearman_brown(0.5, 2) == pytest.approx(2 / 3)
    assert spearman_brown(-0.2, 4) == 0
    assert np.isnan(spearman_brown(float("nan"), 2))


def test_halves_are_as_alike_as_theory_says_and_longer_ones_more():
    done = reliability(minutes(400), draws=20)
    one = next(d for d in done.displays if d.display == 5)
    # Between people 9 x 0.5 per minute squared, within a half of 4 minutes 3 / 4.
    assert one.half.value == pytest.approx(4.5 / (4.5 + 0.75), abs=0.05)
    assert one.minutes == 4
    assert one.whole == pytest.approx(4.5 / (4.5 + 3 / 8), abs=0.04)
    assert dict(one.by_minutes)[1.0] == pytest.approx(4.5 / (4.5 + 3), abs=0.08)
    assert dict(one.extrapolated)[1.0] == pytest.approx(dict(one.by_minutes)[1.0], abs=0.08)
    other = next(d for d in done.displays if d.display == 9)
    assert abs(other.half.value) < 0.15
    assert np.isnan(one.retest.value)
    assert done.sessions is None


def test_a_change_between_sessions_costs_agreement_but_not_consistency():
    done = reliability(minutes(200, sessions=("a", "b"), drift=2.0), draws=20)
    one = next(d for d in done.displays if d.display == 5)
    assert done.sessions == ("a", "b")
    assert done.retested == 200
    assert one.retest.value < one.retest_consistency - 0.1
    assert one.half.value > 0.7


def test_too_few_people_are_refused():
    with pytest.raises(UsageError, match="needs three"):
        reliability(minutes(2))
    with pytest.raises(UsageError, match="needs three"):
        reliability(minutes(9, blocks=1))


@pytest.mark.parametrize("sessions", [("",), ("a", "b")])
def test_the_page_is_whole_and_names_stay_text(sessions):
    result = reliability_json(reliability(minutes(40, sessions=sessions), draws=20))
    words = checked(reliability_page(result))
    assert "How many minutes are enough?" in words
    assert ("40 subjects were seen in the sessions a and b." in words) == (len(sessions) == 2)
    result["displays"][0]["label"] = result["statement"] = NASTY
    result["sessions"] = result["sessions"] and [NASTY, NASTY]
    page = reliability_page(result)
    checked(page)
    assert "<img src=x" not in page
