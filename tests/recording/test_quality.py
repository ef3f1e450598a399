import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfe.clock.clock import Clock
from dfe.recording.build import build_recording
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
from dfe.recording.quality import longest_gap, measure_quality
from dfe.recording.recording import Recording
from dfe.recording.rows import RowBuffer
from dfe.recording.verdict import QcRule

ZERO = (np.zeros(8, np.float32), np.zeros(2, np.float32))


def recording_of(faces, rate=25.0, time_stamps="ok"):
    """One entry a frame: None, or (box side, yaw in degrees, level of all coefficients)."""
    rows = RowBuffer()
    for i, seen in enumerate(faces):
        time = math.nan if rate is None else i / rate
        if seen is None:
            rows.add_failure(i, time, "a.mp4", "no face found")
        else:
            side, yaw, level = seen
            box, pose = (100.0, 100.0, side, side), (math.radians(-5), math.radians(yaw), 0.0)
            rows.add_face(i, time, "a.mp4", 0.98, box, pose, np.full(41, level, np.float32), *ZERO, face_id=0)
    source = SourceInfo("a.mp4", time_stamps=time_stamps)
    return build_recording(rows, Provenance(source, SpaceRef("arkit51/face41", 2, "00"), "0.1.0"))


GOOD = (120.0, 4.0, 0.2)


def test_measures_of_a_plain_recording():
    faces = [GOOD] * 60 + [None] * 10 + [(120.0, 40.0, 0.9)] * 30
    row = measure_quality(recording_of(faces), "s01/clip")
    assert (row.name, row.frames, row.faces, row.found_share, row.usable_share) == ("s01/clip", 100, 1, 0.9, 0.6)
    assert row.duration_s == pytest.approx(4.0)
    assert row.frame_rate == pytest.approx(25.0)
    assert row.yaw_median_deg == pytest.approx(4.0, abs=1e-5)
    assert row.yaw_p95_deg == pytest.approx(40.0, abs=1e-5)
    assert row.pitch_median_deg == pytest.approx(-5.0, abs=1e-5)
    assert row.pitch_p95_deg == pytest.approx(5.0, abs=1e-5)
    assert (row.face_px_median, row.jitter_percent) == (120.0, 0.0)
    assert row.confidence_median == pytest.approx(0.98)
    assert row.longest_gap_s == pytest.approx(0.4)
    assert row.reasons == {"yaw over 25 degrees": 30, "no face found": 10}
    assert row.strip_face == (1.0,) * 60 + (0.0,) * 10 + (1.0,) * 30
    assert row.strip_usable == (1.0,) * 60 + (0.0,) * 40
    assert row.mean_expression == pytest.approx([0.2] * 41)
    assert (row.verdict, row.why) == ("check", "usable in only 60% of the time (yaw over 25 degrees)")


@pytest.mark.parametrize(
    ("faces", "options", "verdict", "words"),
    [
        ([GOOD] * 100, {}, "good", ""),
        ([GOOD] * 85 + [None] * 15, {}, "check", "a face in only 85% of the time"),
        ([GOOD] * 40 + [None] * 60, {}, "poor", "a face in only 40% of the time; no face for 2.4 s on end"),
        ([GOOD] * 20 + [(120, 50, 0)] * 80, {}, "poor", "usable in only 20% of the time (yaw over 25 degrees)"),
        ([(50, 0, 0)] * 50, {}, "poor", "no face is usable (face under 60 px)"),
        ([(70, 0, 0)] * 50, {}, "check", "the face is small (70 px)"),
        ([GOOD] * 50, {"rate": 5.0}, "check", "the face in only 5 frames per second"),
        ([GOOD] * 50, {"time_stamps": "repaired"}, "check", "time stamps were broken and repaired"),
        ([GOOD] * 500 + [None] * 51 + [GOOD] * 500, {}, "check", "no face for 2.0 s on end"),
        ([None] * 10, {}, "poor", "no face in any frame"),
        ([], {}, "poor", "no frames"),
    ],
)
def test_verdicts_in_plain_words(faces, options, verdict, words):
    row = measure_quality(recording_of(faces, **options), "x")
    assert (row.verdict, row.why) == (verdict, words)


def test_limits_can_be_set():
    faces = recording_of([GOOD] * 85 + [None] * 15)
    assert measure_quality(faces, "x", QcRule(min_found_share=0.8)).verdict == "good"
    assert measure_quality(faces, "x", QcRule(poor_found_share=0.86)).verdict == "poor"
    assert measure_quality(faces, "x", QcRule(poor_usable_share=0.86, min_usable_share=0.9)).verdict == "poor"


def test_two_faces_are_to_be_checked(made):
    row = measure_quality(made(frames=40, faces=2), "x")
    assert (row.verdict, row.why, row.faces) == (
        "check",
        "2 faces: see who is who; usable: face 0 100%, face 1 100%",
        2,
    )


def test_a_face_that_is_there_for_a_moment_is_not_a_second_person():
    rows = RowBuffer()
    for i in range(100):
        for face_id in [0] + [1] * (i >= 90) + [2] * (i == 3):
            x = np.zeros(41, np.float32)
            rows.add_face(i, i / 25, "a", 0.9, (200.0 * face_id, 0, 100, 100), (0, 0, 0), x, *ZERO, face_id=face_id)
    recording = build_recording(rows, Provenance(SourceInfo("a"), SpaceRef("arkit51/face41", 2, "00"), "0.1.0"))
    row = measure_quality(recording, "x")
    assert (row.faces, row.fleeting_faces) == (1, 2)
    assert row.why == "2 more seen for a moment, perhaps no faces"
    assert measure_quality(recording, "x", QcRule(min_face_s=0.4)).why == (
        "2 faces: see who is who; 1 more seen for a moment, perhaps no face"
    )


def test_uneven_time_stamps_are_no_gap():
    clock = Clock.of([0.0, 0.10, 0.21, 0.30, 0.44])
    assert longest_gap(clock, clock.spans) == 0.0


def test_pictures_have_no_times_and_many_faces_are_no_fault(made):
    row = measure_quality(recording_of([GOOD, None, GOOD, GOOD], rate=None), "x", QcRule(min_found_share=0.7))
    assert (row.duration_s, row.frame_rate, row.longest_gap_s, row.jitter_percent) == (None,) * 4
    assert row.time_stamps == "none"
    assert row.strip_face == (1.0, 0.0, 1.0, 1.0)
    assert row.verdict == "good"


def test_without_a_usable_row_the_mean_is_that_of_all_rows():
    row = measure_quality(recording_of([(120, 50, 0.5), (120, 50, 0.7)]), "x")
    assert row.mean_expression == pytest.approx([0.6] * 41)
    assert measure_quality(recording_of([None]), "x").mean_expression is None


def gap_by_hand(flags, step):
    longest = run = 0
    for flag in flags:
        run = 0 if flag else run + 1
        longest = max(longest, run)
    return longest * step


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=2, max_size=40), st.sampled_from([0.04, 1 / 30, 0.5]))
def test_longest_gap_at_an_even_rate_is_the_longest_run_of_missed_frames(flags, step):
    clock = Clock.of(3.0 + np.arange(len(flags)) * step)
    shown = np.array(flags)
    seen = Clock(clock.times[shown], clock.step_s, clock.until_s[shown])
    gap = gap_by_hand(flags, step)
    assert longest_gap(clock, seen.spans) == pytest.approx(gap, abs=1e-9)


def test_longest_gap_counts_a_hole_in_the_time_stamps():
    clock = Clock.of([0, 0.1, 0.2, 0.3, 5.3, 5.4, 5.5])
    assert longest_gap(clock, clock.spans) == pytest.approx(4.9)


@settings(deadline=None)
@given(st.integers(1, 350), st.sampled_from([30.0, 25.0, 29.97, None]))
def test_the_strip_has_a_bin_for_every_frame_up_to_a_hundred(frames, rate):
    shown = [i // 10 % 2 == 1 for i in range(frames)]
    row = measure_quality(recording_of([GOOD if one else None for one in shown], rate=rate), "x")
    assert len(row.strip_face) == min(frames, 100)
    if frames <= 100:
        assert row.strip_face == tuple(float(one) for one in shown)
    assert all(0 <= share <= 1 for share in row.strip_face)
    if rate is not None:
        assert np.mean(row.strip_face) == pytest.approx(row.found_share, abs=1e-5)


def test_uneven_time_stamps_leave_no_hole_in_the_strip():
    rows = RowBuffer()
    for i in range(56):
        x = np.zeros(41, np.float32)
        rows.add_face(i, round(i / 12, 1), "a", 0.9, (0, 0, 100, 100), (0, 0, 0), x, *ZERO, face_id=0)
    recording = build_recording(rows, Provenance(SourceInfo("a"), SpaceRef("arkit51/face41", 2, "00"), "0.1.0"))
    assert measure_quality(recording, "x").strip_usable == (1.0,) * 56


def test_a_face_that_flickers_is_to_be_checked():
    row = measure_quality(recording_of([GOOD if i % 4 == 0 else None for i in range(100)]), "x")
    assert row.found_share == pytest.approx(0.25)
    assert row.frame_rate == pytest.approx(25)
    assert row.verdict == "poor"
    assert row.why == "a face in only 25% of the time; the face in only 6.25 frames per second"


def test_frames_that_are_missing_count_as_frames_without_a_face():
    whole = recording_of([GOOD] * 16 + [None] * 40 + [GOOD] * 16, rate=30.0)
    holes = Recording(whole.table.filter(whole.table.column("success")), whole.provenance)
    with_rows, without = measure_quality(whole, "x"), measure_quality(holes, "x")
    assert with_rows.found_share == pytest.approx(32 / 72)
    assert (with_rows.verdict, with_rows.why) == ("poor", "a face in only 44% of the time")
    for name in ("found_share", "usable_share", "duration_s", "frame_rate", "longest_gap_s", "verdict", "why"):
        assert getattr(without, name) == pytest.approx(getattr(with_rows, name)), name
