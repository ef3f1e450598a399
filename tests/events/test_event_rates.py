"""Stretches of time, rates and tables against counting by the millisecond."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfe.clock.spans import both, contains, spans, total, without
from dfe.displays.units import EYES, DisplayName
from dfe.events.config import EventConfig
from dfe.events.finding import detect
from dfe.events.found import EventList, FaceTime
from dfe.events.rates import rates, write_rates_csv
from dfe.formats.event import Event
from dfe.recording.roles import Role

stretches = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 6)), max_size=8).map(
    lambda pairs: spans([(float(start), float(start + length)) for start, length in pairs])
)
MIDDLES = np.arange(40) + 0.5


def mask(a):
    return np.array([any(start <= m < end for start, end in a) for m in MIDDLES])


@given(stretches, stretches)
def test_stretches_are_sets_of_time(a, b):
    assert np.array_equal(mask(both(a, b)), mask(a) & mask(b))
    assert np.array_equal(mask(without(a, b)), mask(a) & ~mask(b))
    assert np.array_equal(contains(a, MIDDLES), mask(a))
    assert total(a) == mask(a).sum()
    assert (np.diff(a.ravel()) > 0).all()
    assert np.array_equal(contains(a, a[:, 0]), np.ones(len(a), bool))


def event(onset, apex, offset, **more):
    known = {"face_id": 0, "kind": "display", "display": 1, "label": "smile", "region": "mouth", "intensity": 1.0}
    return Event(**{**known, "onset_s": onset, "apex_s": apex, "offset_s": offset, **more})


SEEN = np.array([[0.0, 20.0], [25.0, 60.0]])
EVENTS = (
    event(0.0, 1.0, 2.0, censored=True),
    event(5.0, 6.0, 8.0, intensity=0.5),
    event(18.0, 19.0, 20.0, censored=True, intensity=1.5),
    event(25.0, 26.0, 27.0, censored=True),
    event(40.0, 40.5, 42.0, display=2, label="frown"),
    event(50.0, 50.1, 50.2, kind="blink", display=0, label="blink", region="eyes"),
)  # fmt: skip


def listed(speech=None, **more):
    names = {1: DisplayName("smile", "mouth"), 2: DisplayName("frown", "brow")}
    face = FaceTime(0, SEEN, SEEN, speech, **more)
    return EventList(EVENTS, "clip.mp4", 100.0, (face,), EventConfig(), "toy@1", names)


def by_key(rows):
    return {(rate.token, rate.speech): rate for rate in rows}


def test_rates_are_per_minute_in_which_the_face_is_seen():
    rows = by_key(rates(listed()))
    smile = rows["1", "all"]
    assert (smile.count, smile.censored) == (2, 3)
    assert smile.exposure_s == 55
    assert smile.coverage == pytest.approx(0.55)
    assert smile.per_min == pytest.approx(2 / 55 * 60)
    assert smile.share == pytest.approx((2 + 3 + 2 + 2) / 55)
    # Two begin in sight; what the last one lacks, the two under way at the start of a stretch have.
    assert smile.mean_duration_s == pytest.approx((2 + 3 + 2 + 2) / 2)
    assert smile.per_min_at_risk == pytest.approx(2 / (55 - 9) * 60)
    assert smile.mean_intensity == pytest.approx(1.0)
    assert not smile.speech_known
    shifts = {f"gaze shift {way}" for way in ("left", "right", "up", "down")}
    assert {key for key, _ in rows} == {"1", "2", "blink", *shifts, *(eye.token for eye in EYES)}
    assert {part for _, part in rows} == {"all"}
    assert (rows["gaze up", "all"].count, rows["gaze up", "all"].per_min) == (0, 0.0)
    assert rows["gaze up", "all"].mean_duration_s is None


def test_displays_of_eyes_that_were_not_measured_have_no_rate():
    assert {rate.token for rate in rates(listed(gaze=False, blinks=False, looks=False))} == {"1", "2"}


def test_silent_and_speaking_time_are_apart_and_sum_up():
    rows = by_key(rates(listed(spans([(5.5, 10.0), (22.0, 30.0)]))))
    quiet, loud, every = (rows["1", part] for part in ("silent", "speaking", "all"))
    assert loud.exposure_s == pytest.approx(4.5 + 5)
    assert quiet.exposure_s + loud.exposure_s == pytest.approx(every.exposure_s)
    assert (quiet.count, loud.count, every.count) == (1, 1, 2)
    assert loud.share == pytest.approx((2.5 + 2) / 9.5)
    assert every.speech_known


def test_a_face_that_changes_hands_is_counted_for_each_subject():
    roles = [Role("clip", 0, -np.inf, 15.0, "P1", "client"), Role("clip", 0, 15.0, 30.0, "P2", "therapist")]
    rows = {(rate.subject, rate.role): rate for rate in rates(listed(), roles=roles) if rate.token == "1"}
    assert {key: rate.count for key, rate in rows.items()} == {("P1", "client"): 1, ("P2", "therapist"): 1, ("", ""): 0}
    assert {key[0]: rate.exposure_s for key, rate in rows.items()} == {"P1": 15, "P2": 10, "": 30}


def test_rates_of_a_recording_agree_with_a_count_by_the_millisecond(toy, make):
    rng = np.random.default_rng(5)
    t = np.arange(3000) / 50
    amount = np.repeat(rng.choice([0, 0.8], 60), 50)
    lost = np.repeat(rng.random(60) < 0.2, 50)
    talk = [(3.0, 17.5), (30.25, 44.0)]
    found = detect(make(t, amount, lost=lost), toy, EventConfig(smoothing_s=0), speech={0: talk})
    moments = np.arange(60_000) / 1000 + 0.0005
    seen = ~lost[(moments * 50).astype(int)]
    speaks = np.any([(moments >= a) & (moments < b) for a, b in talk], axis=0)
    on = np.any([(moments >= e.onset_s) & (moments < e.offset_s) for e in found], axis=0)
    for rate in rates(found):
        part = {"all": seen, "silent": seen & ~speaks, "speaking": seen & speaks}[rate.speech]
        assert rate.exposure_s == pytest.approx(part.sum() / 1000, abs=0.05)
        if rate.token == "1":
            assert rate.share == pytest.approx((on & part).sum() / part.sum(), abs=0.005)


def test_the_table_of_rates_has_the_columns_that_studies_need(tmp_path):
    write_rates_csv(rates(listed(), subject="P1", session="2", condition="rest"), tmp_path / "rates.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "rates.csv").read_text())))
    wanted = {"subject", "session", "condition", "face", "token", "count", "exposure_s", "coverage", "speech"}
    assert wanted <= set(rows[0])
    assert (rows[0]["subject"], rows[0]["session"], rows[0]["condition"]) == ("P1", "2", "rest")
    assert [row["mean_duration_s"] for row in rows if row["token"] == "gaze up"] == [""]
    assert rows[0]["speech_known"] == "0"
