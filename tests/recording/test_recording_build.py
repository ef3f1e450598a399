import math
import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfe.recording.build import build_measured, build_recording
from dfe.recording.integrity import faults_of
from dfe.recording.measured import Measured
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
from dfe.recording.rows import RowBuffer
from dfe.recording.usability import UsabilityRule
from dfe.space.registry import load_space

PLAIN = Provenance(SourceInfo("a.mp4"), SpaceRef("arkit51/face41", 2, "00"), "0.1.0")
X41, X8, X2 = np.full(41, 0.5, np.float32), np.zeros(8, np.float32), np.ones(2, np.float32)


def add(rows, frame, box=(0.0, 0.0, 100.0, 100.0), pose=(0.0, 0.0, 0.0), time=None, **more):
    time = frame / 25 if time is None else time
    rows.add_face(frame, time, "a.mp4", 0.9, box, pose, X41, X8, X2, **more)


@pytest.mark.parametrize(
    ("pose_deg", "box", "why"),
    [
        ((0, 0), (60, 60), None),
        ((19.9, 24.9), (60, 90), None),
        ((-19.9, -24.9), (90, 60), None),
        ((0, 25.1), (100, 100), "yaw over 25 degrees"),
        ((0, -25.1), (100, 100), "yaw over 25 degrees"),
        ((20.1, 0), (100, 100), "pitch over 20 degrees"),
        ((-20.1, 30), (10, 10), "yaw over 25 degrees"),
        ((-20.1, 0), (10, 10), "pitch over 20 degrees"),
        ((0, 0, 29.9), (100, 100), None),
        ((0, 0, -177), (100, 100), "roll over 30 degrees"),
        ((0, 26, 31), (100, 100), "yaw over 25 degrees"),
        ((0, 0), (59.9, 100), "face under 60 px"),
        ((0, 0), (100, 59.9), "face under 60 px"),
        ((0, math.nan), (100, 100), "yaw over 25 degrees"),
    ],
)
def test_usable_within_limits_and_the_first_reason_otherwise(source_of, pose_deg, box, why):
    rows = RowBuffer()
    add(rows, 0, box=(0, 0, *box), pose=tuple(map(math.radians, (*pose_deg, 0)[:3])), face_id=0)
    recording = build_recording(rows, source_of())
    assert recording.usable.tolist() == [why is None]
    assert recording.column("why_not").tolist() == [why]
    assert recording.success.tolist() == [True]


def test_limits_can_be_set_and_are_kept_with_the_table(source_of):
    rows = RowBuffer()
    add(rows, 0, pose=(0, math.radians(12), 0), face_id=0)
    rule = UsabilityRule(max_yaw_deg=10.5)
    recording = build_recording(rows, source_of(), usability=rule)
    assert recording.column("why_not").tolist() == ["yaw over 10.5 degrees"]
    assert recording.provenance.options["usability"] == {
        "max_yaw_deg": 10.5,
        "max_pitch_deg": 20.0,
        "max_roll_deg": 30.0,
        "min_face_px": 60.0,
        "max_covered_upper": UsabilityRule().max_covered_upper,
        "max_covered_lower": UsabilityRule().max_covered_lower,
        "max_still_s": UsabilityRule().max_still_s,
        "min_detail": UsabilityRule().min_detail,
    }
    assert recording.provenance.options["every"] == 1


@pytest.mark.parametrize(
    ("covered", "why"),
    [
        (None, None),
        ((0.0, 0.0), None),
        ((0.5, 0.5), None),
        ((0.51, 0.0), "something over the upper face"),
        ((0.0, 0.51), "something over the lower face"),
        ((1.0, 1.0), "something over the upper face"),
    ],
)
def test_a_covered_face_is_not_usable_and_says_which_part(source_of, covered, why):
    rows = RowBuffer()
    add(rows, 0, face_id=0, covered=covered)
    rule = UsabilityRule(max_covered_upper=0.5, max_covered_lower=0.5)
    recording = build_recording(rows, source_of(), usability=rule)
    assert recording.column("why_not").tolist() == [why]
    assert recording.usable.tolist() == [why is None]
    kept = recording.columns(("covered_upper", "covered_lower"))
    np.testing.assert_array_equal(kept, np.float32([covered or (np.nan, np.nan)]))


def test_a_rule_may_let_one_region_go(source_of):
    rows = RowBuffer()
    add(rows, 0, face_id=0, covered=(0.0, 0.99))
    assert build_recording(rows, source_of(), usability=UsabilityRule(max_covered_lower=1.0)).usable.all()


def test_ids_given_at_the_end_order_the_rows_of_a_frame(source_of):
    rows = RowBuffer()
    add(rows, 7, box=(1, 0, 100, 100))
    add(rows, 7, box=(2, 0, 100, 100))
    rows.add_failure(8, 0.32, "a.mp4", "no face found")
    add(rows, 9, box=(3, 0, 100, 100), note="patched by the decoder")
    recording = build_recording(rows, source_of(), face_ids=[1, 0, 5, 1])
    assert recording.frames.tolist() == [7, 7, 8, 9]
    assert recording.face_ids.tolist() == [0, 1, -1, 1]
    assert recording.boxes[:, 0].tolist()[:2] == [2, 1]
    assert recording.column("reason").tolist() == [None, None, "no face found", "patched by the decoder"]
    assert recording.usable.tolist() == [True, True, False, True]


def test_faces_left_out_and_the_frame_that_loses_them_all(source_of):
    rows = RowBuffer()
    for frame, faces in ((0, 2), (1, 2), (2, 1)):
        for _ in range(faces):
            add(rows, frame)
    rows.add_failure(3, 0.12, "a.mp4", "no face found")
    recording = build_recording(rows, source_of(), face_ids=[0, -1, -1, -1, 0, -1])
    assert recording.frames.tolist() == [0, 1, 2, 3]
    assert recording.success.tolist() == [True, False, True, False]
    assert recording.face_ids.tolist() == [0, -1, 0, -1]
    assert recording.column("reason").tolist() == [None, "face 0 not in this frame", None, "no face found"]
    assert np.isnan(recording.expressions()[1]).all()
    assert np.isnan(recording.boxes[1]).all()


def test_faces_need_ids_one_per_row(source_of):
    rows = RowBuffer()
    add(rows, 0)
    with pytest.raises(ValueError, match="has no id"):
        build_recording(rows, source_of())
    with pytest.raises(ValueError, match="2 face ids for 1 rows"):
        build_recording(rows, source_of(), face_ids=[0, 1])


def test_a_wrong_number_of_coefficients_adds_nothing():
    rows = RowBuffer()
    with pytest.raises(ValueError, match="72 numbers"):
        rows.add_face(0, 0.0, "a", 1.0, (0, 0, 1, 1), (0, 0, 0), np.zeros(52, np.float32), X8, X2)
    assert len(rows) == 0


def test_pictures_have_no_time(source_of):
    rows = RowBuffer()
    add(rows, 0, time=math.nan, face_id=0)
    recording = build_recording(rows, source_of())
    assert recording.table["time_s"].to_pylist() == [None]
    assert np.isnan(recording.times).all()
    assert recording.summary().duration_s is None


def test_a_file_name_that_is_no_utf8_is_kept_readable(source_of, tmp_path):
    rows = RowBuffer()
    rows.add_failure(0, 0.0, b"caf\xe9.mp4".decode("utf-8", "surrogateescape"), "not decoded")
    recording = build_recording(rows, source_of())
    assert recording.column("source").tolist() == ["caf\ufffd.mp4"]
    recording.write(tmp_path / "a.parquet")


row = st.one_of(
    st.tuples(st.just("fail"), st.sampled_from(["no face found", "not decoded: x"]), st.sampled_from(["a", "b"])),
    st.tuples(st.just("face"), st.sampled_from([None, "patched"]), st.sampled_from(["a", "b"])),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(row, max_size=12), st.integers(0, 12))
def test_parts_joined_make_the_table_that_one_pass_makes(plan, cut):
    def filled(part, offset):
        rows = RowBuffer()
        for i, (kind, text, source) in enumerate(part, start=offset):
            if kind == "fail":
                rows.add_failure(i, i / 10, source, text)
            else:
                rows.add_face(i, i / 10, source, 0.1 * i, (i, 0, 90, 90), (0, 0, 0), X41, X8, X2, face_id=0, note=text)
        return rows

    one = filled(plan, 0)
    joined = filled(plan[:cut], 0)
    joined.extend(pickle.loads(pickle.dumps(filled(plan[cut:], min(cut, len(plan))))))
    assert build_recording(joined, PLAIN).table.equals(build_recording(one, PLAIN).table)
    assert [r for _, r, _ in plan] == build_recording(one, PLAIN).column("reason").tolist()
    assert [s for _, _, s in plan] == build_recording(one, PLAIN).column("source").tolist()


def test_a_row_takes_less_than_300_bytes():
    rows = RowBuffer()
    tracemalloc.start()
    for i in range(20_000):
        add(rows, i)
    now, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert now / len(rows) < 300


def test_a_table_that_loses_some_of_its_faces_or_all_of_them_makes_a_sound_recording():
    """Frames 0 to 3 of two faces: both found, the first lost, both lost, the second lost."""
    found = np.array([True, True, False, True, False, False, True, False])
    reason = [None if one else f"lost {row}" for row, one in enumerate(found)]
    measured = Measured(
        load_space("arkit51/face41"), np.repeat(np.arange(4), 2), np.repeat(np.arange(4), 2) / 25,
        np.where(found[:, None], X41, np.nan).astype(np.float32), found, reason, face=np.tile([0, 1], 4),
    )  # fmt: skip
    recording = build_measured(measured, PLAIN, np.where(found, measured.face, -1))
    assert recording.frames.tolist() == [0, 0, 1, 2, 3]
    assert recording.face_ids.tolist() == [0, 1, 1, -1, 0]
    assert recording.column("reason").tolist() == [None, None, None, "lost 4", None]
    assert faults_of(recording.table) == ()
