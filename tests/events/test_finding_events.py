"""Events of recordings with known tokens: when they are, whatever the camera, and what cannot be known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dfe.base.errors import ModelError, TableError, UsageError
from dfe.displays.tokens import Tokens
from dfe.displays.units import DisplayName
from dfe.displays.vocabulary import plain_vocabulary
from dfe.events.config import EventConfig
from dfe.events.finding import detect
from dfe.recording.provenance import TokenizerRef
from dfe.recording.recording import Recording

SAMPLE = 1 / 25


def trapezoid(t, onset, rise, hold, fall, mm):
    return mm * np.interp(t, onset + np.cumsum([0, rise, hold, fall]), [0, 1, 1, 0], left=0, right=0)


def cameras(seconds: float) -> dict[str, np.ndarray]:
    """Times of frames of cameras that see the same."""
    rng = np.random.default_rng(1)
    uneven = np.cumsum(rng.uniform(1 / 60, 1 / 14, round(seconds * 60)))
    even = {f"{rate}/s": np.arange(round(seconds * rate)) / rate for rate in (60, 30, 25, 15)}
    return even | {"uneven": uneven[uneven < seconds]}


@pytest.mark.parametrize("camera", ["60/s", "30/s", "25/s", "15/s", "uneven"])
def test_a_known_display_is_found_to_within_a_sample_whatever_the_camera(toy, make, camera):
    t = cameras(6)[camera]
    found = detect(make(t, trapezoid(t, 2.0, 0.5, 1.0, 0.5, 1.0)), toy)
    event = found[0]
    assert len(found) == 1
    # The display reaches off_mm (0.1 of 1 mm) a tenth of the way up, and leaves it a tenth before the end. Its ten
    # steps of intensity and the smoothing may each move that by a part of a sample.
    assert event.onset_s == pytest.approx(2.05, abs=2 * SAMPLE)
    assert event.offset_s == pytest.approx(3.95, abs=2 * SAMPLE)
    assert 2.5 - SAMPLE <= event.apex_s <= 3.5 + SAMPLE
    assert event.intensity == pytest.approx(1.0, abs=0.02)
    assert (event.display, event.kind, event.region, event.face_id) == (1, "display", "mouth", 0)
    assert not event.censored
    assert event.speaking is None


@pytest.mark.parametrize("camera", ["60/s", "30/s", "25/s", "15/s", "uneven"])
def test_a_sudden_display_is_found_to_within_a_sample_at_half_its_height(toy, make, camera):
    t = cameras(6)[camera]
    config = EventConfig(on_mm=0.5, off_mm=0.5)
    found = detect(make(t, np.where((t >= 2) & (t < 3.5), 1.0, 0.0)), toy, config)
    half_frame = np.diff(t).max() / 2
    assert len(found) == 1
    assert found[0].onset_s == pytest.approx(2.0 - half_frame, abs=SAMPLE + half_frame)
    assert found[0].offset_s == pytest.approx(3.5 - half_frame, abs=SAMPLE + half_frame)


pulses = st.lists(
    st.tuples(st.floats(0.4, 2.0), st.floats(0.05, 0.4), st.floats(0.25, 1.0), st.floats(0.55, 1.0)), max_size=8
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pulses)
def test_the_camera_does_not_change_how_many_events_there_are(toy, make, pulses):
    begin, truth = 1.0, []
    for wait, ramp, hold, mm in pulses:
        truth.append((begin + wait, ramp, hold, ramp, mm))
        begin += wait + 2 * ramp + hold
    counts = {}
    for camera, t in cameras(begin + 1).items():
        amount = sum((trapezoid(t, *pulse) for pulse in truth), np.zeros(len(t)))
        counts[camera] = len(detect(make(t, amount), toy, EventConfig(merge_s=0.05)))
    assert set(counts.values()) == {len(truth)}


@pytest.mark.parametrize("rate", [60, 30, 15])
def test_a_still_face_whose_tokens_flicker_has_no_events(toy, make, rate):
    rng = np.random.default_rng(rate)
    t = np.arange(60 * rate) / rate
    flicker = rng.choice([0.0, 0.1, 0.3], p=[0.6, 0.3, 0.1], size=(len(t), 3))
    assert ((flicker[1:] > 0) & (flicker[:-1] == 0)).sum() > 100
    assert len(detect(make(t, flicker), toy)) == 0


def test_one_missed_frame_does_not_cut_a_display_but_a_gap_censors_it(toy, make):
    t = np.arange(200) / 25
    amount = trapezoid(t, 1, 0.4, 4, 0.4, 0.8)
    short, long = np.zeros(200, bool), np.zeros(200, bool)
    short[75:78] = True
    long[75:85] = True
    whole = detect(make(t, amount, lost=short), toy)
    cut = detect(make(t, amount, lost=long), toy)
    assert [event.censored for event in whole] == [False]
    assert [event.censored for event in cut] == [True, True]
    assert cut[0].offset_s == pytest.approx(75 / 25)
    assert cut[1].onset_s == pytest.approx(85 / 25)
    assert cut.faces[0].exposure_s == pytest.approx(190 / 25)
    assert whole.faces[0].exposure_s == pytest.approx(8 - 3 / 25)


def test_a_display_that_is_on_at_the_ends_of_the_recording_is_censored(toy, make):
    t = np.arange(100) / 25
    found = detect(make(t, np.full(100, 0.8)), toy)
    assert [(e.onset_s, e.offset_s, e.censored) for e in found] == [(0.0, pytest.approx(4.0), True)]


def test_turned_faces_count_only_if_all_rows_are_asked_for_and_it_is_said(toy, make):
    t = np.arange(200) / 25
    turned = np.where((t > 3) & (t < 5), 1.0, 0.0)
    recording = make(t, trapezoid(t, 1, 0.4, 5, 0.4, 0.8), yaw=turned)
    cut = detect(recording, toy)
    assert [event.censored for event in cut] == [True, True]
    said = "only usable rows count: 49 rows with a turned, small, covered, frozen or blurred face are taken as rows"
    assert f"{said} without one" in cut.notes
    whole = detect(recording, toy, EventConfig(all_rows=True))
    assert [event.censored for event in whole] == [False]
    assert "49 rows that are not usable (turned, small, covered, frozen or blurred faces) count too" in whole.notes
    assert (cut.config.counted.split(",")[0], whole.config.counted.split(",")[0]) == (
        "usable rows only", "all rows with a face",
    )  # fmt: skip


def test_faces_are_apart_and_rows_are_not_touched(toy, make):
    frames = np.repeat(np.arange(100), 2)
    t, faces = frames / 25, np.tile([0, 1], 100)
    amount = np.where(faces == 0, trapezoid(t, 1, 0.3, 0.5, 0.3, 0.9), 0.0)
    recording = make(t, amount, faces=faces)
    before = recording.table
    found = detect(recording, toy)
    assert [event.face_id for event in found] == [0]
    assert [face.face_id for face in found.faces] == [0, 1]
    assert recording.table is before
    again = detect(recording, toy)
    assert again.events == found.events


def test_faces_for_a_moment_are_left_out_and_named_unless_they_are_asked_for(toy, make):
    frames = np.concatenate([np.arange(100), np.arange(40, 50)])
    faces = np.repeat([0, 1], [100, 10])
    order = np.lexsort((faces, frames))
    frames, faces = frames[order], faces[order]
    t = frames / 25
    recording = make(t, np.where(faces == 1, 0.8, 0.0), faces=faces)
    quiet = detect(recording, toy)
    assert ([face.face_id for face in quiet.faces], len(quiet)) == ([0], 0)
    assert quiet.fleeting == {1: pytest.approx(0.4)}
    note = "left out, since seen for a moment only and perhaps no face: face 1 (0.40 s from 1.60 s)"
    assert note in quiet.notes
    asked = detect(recording, toy, EventConfig(fleeting=True))
    assert [face.face_id for face in asked.faces] == [0, 1]
    assert {event.face_id for event in asked} == {1}
    assert note not in asked.notes
    assert asked.config.counted.endswith("faces for a moment too")


def test_unsteady_displays_are_looked_for_only_if_asked(toy, make):
    t = np.arange(100) / 25
    amounts = np.zeros((100, 3))
    amounts[:, 2] = trapezoid(t, 1, 0.3, 0.5, 0.3, 0.9)
    quiet = detect(make(t, amounts), toy)
    assert len(quiet) == 0
    assert set(quiet.names) == {1, 2}
    assert any("unsteady" in note for note in quiet.notes)
    assert [e.display for e in detect(make(t, amounts), toy, EventConfig(unsteady=True))] == [3]


def test_names_are_the_users_own_where_there_are_some(toy, make):
    t = np.arange(100) / 25
    recording = make(t, trapezoid(t, 1, 0.3, 0.5, 0.3, 0.9))
    assert detect(recording, toy)[0].label == "display 1"
    named = plain_vocabulary(toy, {1: DisplayName("half smile", "mouth")})
    assert detect(recording, toy, vocabulary=named)[0].label == "half smile"


def test_speech_is_told_at_the_apex(toy, make):
    t = np.arange(200) / 25
    amount = trapezoid(t, 1, 0.3, 0.5, 0.3, 0.9) + trapezoid(t, 4, 0.3, 0.5, 0.3, 0.9)
    found = detect(make(t, amount), toy, speech={0: [(0.5, 2.5)]})
    assert [event.speaking for event in found] == [True, False]
    other = detect(make(t, amount), toy, speech={1: [(0.5, 2.5)]})
    assert [event.speaking for event in other] == [None, None]
    assert any("speech is not known of face 0" in note for note in other.notes)


def _without_tokens(recording):
    return Recording(
        recording.table.drop_columns(["tok_1", "tok_2", "tok_3", "mm_1", "mm_2", "mm_3"]),
        replace(recording.provenance, tokenizer=None),
    )


def test_what_has_no_events_is_refused_in_one_line(toy, make):
    t = np.arange(100) / 25
    good = make(t, np.zeros(100))
    other = TokenizerRef("other", "2", "ab" * 32)

    def said(display: int, places: int) -> Tokens:
        return Tokens(np.full((100, places), display, np.int16), np.ones((100, places), np.float32))

    cases = [
        (Recording(good.table.slice(0, 0), good.provenance), TableError, "no rows"),
        (_without_tokens(good), TableError, "dfe encode"),
        (make(np.full(5, np.nan), np.zeros(5)), TableError, "still pictures"),
        (make(np.arange(30) / 2.5, np.zeros(30)), TableError, "2.5 frames a second"),
        (Recording(good.table, replace(good.provenance, tokenizer=other)), ModelError, "other@2"),
        (good.with_tokens(said(99, 3), good.provenance.tokenizer), ModelError, "row 0"),
        (good.with_tokens(said(0, 4), good.provenance.tokenizer), ModelError, "toy@1"),
    ]
    for recording, error, words in cases:
        with pytest.raises(error, match=words) as stopped:
            detect(recording, toy)
        assert str(stopped.value).startswith("clip.mp4")
        assert "\n" not in str(stopped.value)


def test_a_recording_without_any_face_has_no_events_and_says_so(toy, make):
    found = detect(make(np.arange(50) / 25, np.zeros(50), lost=np.ones(50, bool)), toy)
    assert len(found) == 0
    assert found.faces == ()
    assert any("no face" in note for note in found.notes)


@pytest.mark.parametrize(
    "changes",
    [
        {"on_mm": 0.1, "off_mm": 0.2}, {"off_mm": 0}, {"rate": 5}, {"min_s": float("nan")}, {"gaze_on": 0},
        {"merge_s": -1}, {"all_rows": 1}, {"smoothing_s": 3}, {"blink_min_s": 1}, {"gaze_on": True},
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(changes):
    with pytest.raises(UsageError):
        EventConfig(**changes)


def test_a_residual_tokenizer_sums_the_intensities_of_a_display_over_its_levels(make):
    import dfe

    tokenizer = dfe.load_tokenizer("dfe-rvq@1")
    displays = tokenizer.displays()
    t = np.arange(100) / 25
    on = (t > 1) & (t < 3)
    codes = np.zeros((100, tokenizer.levels), np.int16)
    steady = next(code for code in range(1, tokenizer.size) if code not in tokenizer.unsteady)
    codes[on, 0] = codes[on, 1] = steady
    recording = make(t, np.zeros(100)).with_tokens(displays.tokens(codes), tokenizer.provenance())
    found = detect(recording, tokenizer, EventConfig(on_mm=0.05, off_mm=0.02, smoothing_s=0))
    assert [event.display for event in found] == [steady]
    alone = tokenizer.decode_codes(np.array([[steady, 0], [0, steady]])) - tokenizer.neutral
    both = tokenizer.space.error_mm(alone.sum(axis=0)[None], np.zeros((1, tokenizer.space.dimension)))[0]
    assert found[0].intensity == pytest.approx(both, rel=1e-4)
