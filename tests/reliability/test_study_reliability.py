from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.cli.words import reliability_words
from dfe.reliability.files import reliability_json, write_reliability
from dfe.reliability.minutes import Counted, Minutes
from dfe.reliability.page import reliability_page
from dfe.reliability.reliability import first_and_second, reliability
from made_reports import NASTY
from page_checker import checked

UNITS = (Counted("5", "display", "smile", "mouth"), Counted("9", "display", "frown", "brow"))


def minutes(people=60, blocks=8, spread=0.5, sessions=("",), seed=0, drift=1.0):
    """Counts of people whose rates differ by a gamma with variance ``spread``; a second display differs in nobody."""
    rng = np.random.default_rng(seed)
    own = rng.gamma(1 / spread, spread, people)
    subject = tuple(f"p{i}" for i in range(people) for _ in sessions for _ in range(blocks))
    session = tuple(s for _ in range(people) for s in sessions for _ in range(blocks))
    times = np.array([drift if s == sessions[-1] else 1.0 for s in session])
    mean = 3 * np.repeat(own, blocks * len(sessions)) * times
    count = np.column_stack([rng.poisson(mean), rng.poisson(2.0, len(subject))]).astype(float)
    recording = tuple(i // blocks for i in range(len(subject)))
    return Minutes(UNITS, subject, session, recording, np.full(len(subject), 60.0), count, "t@1")


@pytest.mark.parametrize(
    ("recording", "first", "second"),
    [
        ([0] * 6, [0, 1, 2], [3, 4, 5]),
        ([0] * 5, [0, 1, 2], [3, 4]),
        ([0, 0, 0, 1, 1, 1], [0, 1, 3], [2, 4, 5]),
        ([0, 1, 2, 3], [0, 2], [1, 3]),
    ],
)
def test_halves_are_blocks_of_each_recording(recording, first, second):
    assert first_and_second(range(len(recording)), recording) == (first, second)


def test_halves_are_as_alike_as_theory_says_and_longer_ones_more():
    done = reliability(minutes(400))
    one = next(d for d in done.displays if d.unit.token == "5")
    # Between people 9 x 0.5 per minute squared, within a half of 4 minutes 3 / 4.
    assert one.half.value == pytest.approx(4.5 / (4.5 + 0.75), abs=0.05)
    assert one.minutes == 4
    assert one.half.low < one.half.value < one.half.high < 1
    assert dict(one.by_minutes)[1.0] == pytest.approx(4.5 / (4.5 + 3), abs=0.08)
    assert one.components.person == pytest.approx(4.5, abs=0.8)
    assert one.components.minute == pytest.approx(3, abs=0.3)
    assert np.isnan(one.components.session)
    assert max(dict(one.by_minutes)) == 4
    assert one.dependability == ()
    other = next(d for d in done.displays if d.unit.token == "9")
    assert abs(other.half.value) < 0.15
    assert np.isnan(one.retest.value)
    assert done.sessions is None


def test_a_change_between_sessions_costs_agreement_but_not_consistency():
    done = reliability(minutes(200, sessions=("a", "b"), drift=2.0))
    one = next(d for d in done.displays if d.unit.token == "5")
    assert done.sessions == ("a", "b")
    assert done.retested == 200
    assert one.retest.value < one.retest_consistency.value - 0.1
    assert one.half.value > 0.7


def test_dependability_is_that_of_another_session_and_ends_with_the_minutes_seen():
    rng = np.random.default_rng(3)
    drawn = minutes(300, blocks=6, sessions=("a", "b", "c"))
    day = np.repeat(rng.gamma(2, 0.5, 900), 6)
    count = np.column_stack([rng.poisson(3 * day), rng.poisson(2.0, len(day))])
    own = np.repeat(rng.gamma(2, 0.5, 300), 18)
    count[:, 0] = rng.poisson(3 * own * day)
    done = reliability(replace(drawn, count=count.astype(float)))
    one = next(d for d in done.displays if d.unit.token == "5")
    # own and day have variance 1/2 and mean 1: of their product, 1/2 is the person's, 3/4 the session's.
    assert one.components.person == pytest.approx(9 / 2, abs=1.2)
    assert one.components.session == pytest.approx(9 * 3 / 4, abs=1.2)
    assert one.components.minute == pytest.approx(3, abs=0.3)
    assert [m for m, _ in one.dependability] == [1, 2, 3, 5, 6]
    assert one.dependability[-1][1] == pytest.approx(4.5 / (4.5 + 6.75 + 0.5), abs=0.07)
    assert one.dependability[-1][1] == pytest.approx(one.retest.value, abs=0.12)
    assert one.half.value > 0.85


def test_a_caution_stands_beside_every_figure_of_few_subjects(tmp_path):
    few = reliability(minutes(6, sessions=("a", "b")))
    write_reliability(few, tmp_path)
    lines = (tmp_path / "reliability.csv").read_text().splitlines()[1:]
    assert all(line.count("only 6 subjects") == 3 for line in lines)
    lines = (tmp_path / "curve.csv").read_text().splitlines()[1:]
    assert lines
    assert all("only 6 subjects" in line for line in lines)
    assert all(line.count("(only 6 subjects") == 2 for line in reliability_words(few)[2:])
    assert not any("only" in line for line in reliability_words(reliability(minutes(10, sessions=("a", "b")))))


def test_rare_displays_have_a_caution_beside_their_interval():
    drawn = minutes(40, blocks=4, sessions=("a", "b"))
    done = reliability(replace(drawn, count=np.floor(drawn.count / 4), exposure_s=drawn.exposure_s))
    for one in done.displays:
        assert one.caution.startswith("rare, ")
        assert one.retest_caution.startswith("rare, ")
    often = reliability(replace(drawn, count=drawn.count * 9))
    assert not any(one.caution or one.retest_caution for one in often.displays)


def test_one_session_says_nothing_about_another_day():
    done = reliability(minutes(30))
    assert any("within one session only" in line for line in reliability_words(done))
    page = reliability_page(reliability_json(done))
    assert "within one session only" in page
    assert "minutes for" not in page
    two = reliability(minutes(30, sessions=("a", "b")))
    assert "minutes for 0.75" in reliability_page(reliability_json(two))


def test_too_few_people_are_refused():
    with pytest.raises(UsageError, match="needs three"):
        reliability(minutes(2))
    with pytest.raises(UsageError, match="needs three"):
        reliability(minutes(9, blocks=1))


@pytest.mark.parametrize("sessions", [("",), ("a", "b")])
def test_the_page_is_whole_and_names_stay_text(sessions):
    result = reliability_json(reliability(minutes(40, sessions=sessions)))
    words = checked(reliability_page(result))
    assert "How well do rates hold?" in words
    assert ("40 subjects were seen in the sessions a and b." in words) == (len(sessions) == 2)
    result["units"][0]["label"] = result["statement"] = NASTY
    result["sessions"] = result["sessions"] and [NASTY, NASTY]
    page = reliability_page(result)
    checked(page)
    assert "<img src=x" not in page
