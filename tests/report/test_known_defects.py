"""What is known of a source reaches the verdict, the page and the summary; faces for a moment are named apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dfe.base.defects import Defect
from dfe.pages.view import LOWER, UPPER
from dfe.recording.build import build_recording
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
from dfe.recording.quality import measure_quality
from dfe.recording.recording import Recording
from dfe.recording.rows import RowBuffer
from dfe.report.build import recording_view

CUT = Defect("cuts", "a cut (1.20 s): look who is who")
SQUARED = Defect("pixel_aspect", "its pixels are not square: stretched")


def recording_of(defects: tuple[Defect, ...] = (), ghost_frames: range = range(0)) -> Recording:
    rows = RowBuffer()
    x = np.zeros(41, np.float32)
    for i in range(75):
        for face in (0, *((1,) if i in ghost_frames else ())):
            rows.add_face(
                i, i / 25, "a.mp4", 0.99, (300.0 * face, 0, 100, 100), (0, 0, 0), x,
                np.zeros(8, np.float32), np.zeros(2, np.float32), face_id=face,
            )  # fmt: skip
    made = Provenance(SourceInfo("a.mp4", frames=75), SpaceRef("arkit51/face41", 2, "00"), "0.1.0", defects=defects)
    return build_recording(rows, made)


def test_defects_travel_with_the_table(tmp_path) -> None:
    recording_of((CUT, SQUARED)).write(tmp_path / "a.parquet")
    assert Recording.read(tmp_path / "a.parquet").provenance.defects == (CUT, SQUARED)


def test_a_doubtful_defect_makes_the_verdict_check_and_a_mended_one_is_told() -> None:
    assert (measure_quality(recording_of(), "a").verdict, measure_quality(recording_of(), "a").why) == ("good", "")
    mended = measure_quality(recording_of((SQUARED,)), "a")
    assert (mended.verdict, mended.why, mended.defects) == ("good", SQUARED.words, ("pixel_aspect",))
    doubtful = measure_quality(recording_of((SQUARED, CUT)), "a")
    assert doubtful.verdict == "check"
    assert doubtful.why == f"{CUT.words}; {SQUARED.words}"


def test_repaired_stamps_are_told_once() -> None:
    stamps = Defect("time_stamps", "time stamps are missing; times are counted at 30 frames per second")
    recording = recording_of((stamps,))
    source = replace(recording.provenance.source, time_stamps="repaired")
    repaired = Recording(recording.table, replace(recording.provenance, source=source))
    assert measure_quality(repaired, "a").why == stamps.words


def test_the_page_lists_defects() -> None:
    assert recording_view(recording_of((CUT, SQUARED)), None).warnings == (CUT.words, SQUARED.words)


def test_a_ghost_is_counted_nowhere_and_named_apart() -> None:
    recording = recording_of(ghost_frames=range(10, 12))
    summary = recording.summary()
    assert (summary.faces, summary.fleeting) == (1, {1: pytest.approx(2 / 25)})
    assert (recording.face_ids == 1).sum() == 2, "its rows stay"
    view = recording_view(recording, None)
    assert [person.face_id for person in view.people] == [0]
    assert view.faces == 1
    assert view.warnings == ("left out, since seen for a moment only and perhaps no face: face 1 (0.08 s from 0.40 s)",)


def test_a_second_person_is_no_ghost() -> None:
    recording = recording_of(ghost_frames=range(20, 40))
    assert recording.summary().fleeting == {}
    assert [person.face_id for person in recording_view(recording, None).people] == [0, 1]


def test_a_ghost_alone_in_the_picture_is_no_time_with_a_face() -> None:
    rows = RowBuffer()
    x = np.zeros(41, np.float32)
    for i in range(75):
        face = int(i >= 70)
        if i < 50 or face:
            rows.add_face(
                i, i / 25, "a.mp4", 0.99, (0, 0, 100, 100), (0, 0, 0), x,
                np.zeros(8, np.float32), np.zeros(2, np.float32), face_id=face,
            )  # fmt: skip
        else:
            rows.add_failure(i, i / 25, "a.mp4", "no face found")
    made = Provenance(SourceInfo("a.mp4", frames=75), SpaceRef("arkit51/face41", 2, "00"), "0.1.0")
    recording = build_recording(rows, made)
    summary, (person,) = recording.summary(), recording_view(recording, None).people
    assert (summary.found_share, person.found_share) == (pytest.approx(50 / 75), pytest.approx(50 / 75))
    assert measure_quality(recording, "a").found_share == pytest.approx(50 / 75)
    assert [(r.reason, r.rows) for r in person.reasons] == [
        ("no face found", 20),
        ("other faces are found, not this one", 5),
    ]


def test_each_half_that_is_hidden_is_told() -> None:
    rows = RowBuffer()
    x = np.zeros(41, np.float32)
    for i, covered in enumerate([(0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5)]):
        for k in range(25):
            rows.add_face(
                25 * i + k, i + k / 25, "a.mp4", 0.99, (0, 0, 100, 100), (0, 0, 0), x,
                np.zeros(8, np.float32), np.zeros(2, np.float32), face_id=0, covered=covered,
            )  # fmt: skip
    made = Provenance(SourceInfo("a.mp4", frames=100), SpaceRef("arkit51/face41", 2, "00"), "0.1.0")
    (person,) = recording_view(build_recording(rows, made), None).people
    assert person.course.covered == (0, UPPER, UPPER | LOWER, LOWER)
    assert person.course.quality.reason[2] == "something over the upper face; something over the lower face"
    np.testing.assert_allclose(person.course.quality.start_s, [0, 1, 2, 3])
