import re
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from dfe.base.errors import DfeError, TableError
from dfe.base.installing import how_to_install
from dfe.displays.tokens import Tokens
from dfe.recording.recording import Recording, read
from dfe.recording.schema import BLINK, EXPRESSION, GAZE, Layout, columns
from dfe.space.arkit import ARKIT_NAMES


def test_columns_are_those_of_the_format_in_order(tokenised):
    names = tokenised.table.column_names
    assert names[:7] == ["frame", "time_s", "face_id", "success", "reason", "usable", "why_not"]
    assert names[7:15] == ["confidence", "box_x", "box_y", "box_w", "box_h", "pitch", "yaw", "roll"]
    assert names[15:17] == ["covered_upper", "covered_lower"]
    assert names[17:68] == [*EXPRESSION, *GAZE, *BLINK]
    assert names[68:] == [*(f"tok_{k}" for k in range(1, 5)), *(f"mm_{k}" for k in range(1, 5)), "source"]
    assert len(EXPRESSION) == 41
    assert "exp_jawOpen" in EXPRESSION
    assert {n.split("_", 1)[1] for n in (*EXPRESSION, *GAZE, *BLINK)} == set(ARKIT_NAMES)
    assert names == [c.name for c in columns(Layout(levels=4))]


def test_a_row_without_a_face_has_no_numbers(tokenised):
    failed = tokenised.table.filter(pc.invert(tokenised.table["success"]))
    assert failed.num_rows == 3
    for column in columns(Layout(levels=4)):
        values = set(failed[column.name].to_pylist())
        if column.type in ("float32", "int16") and column.name != "face_id":
            assert values == {None}, column.name
    assert set(failed["face_id"].to_pylist()) == {-1}
    assert set(failed["usable"].to_pylist()) == {False}
    assert set(failed["reason"].to_pylist()) == set(failed["why_not"].to_pylist()) == {"no face found"}
    assert failed["frame"].to_pylist() == [3, 4, 29]


def test_arrays_have_the_shapes_types_and_gaps_that_they_promise(tokenised):
    n, ok = len(tokenised), tokenised.success
    assert n == 27 * 2 + 3
    for array, width, kind in (
        (tokenised.expressions(), 41, np.float32),
        (tokenised.gaze(), 8, np.float32),
        (tokenised.blinks(), 2, np.float32),
        (tokenised.boxes, 4, np.float32),
        (tokenised.facebox, 4, np.float32),
        (tokenised.poses, 3, np.float32),
    ):
        assert array.shape == (n, width)
        assert array.dtype == kind
        assert np.isnan(array[~ok]).all()
        assert not np.isnan(array[ok]).any()
    tokens = tokenised.tokens()
    assert (tokens.display.dtype, tokens.mm.dtype) == (np.int16, np.float32)
    assert (tokens.display[~ok] == -1).all()
    assert (tokens.display[ok] >= 0).all()
    np.testing.assert_array_equal(np.isfinite(tokens.mm), tokens.display > 0)
    np.testing.assert_array_equal(tokens.mm[tokens.says], tokens.display[tokens.says] / np.float32(50))
    assert tokenised.poses[0] == pytest.approx([0.1, -0.2, 0.05])
    assert tokenised.boxes[1] == pytest.approx([300, 90, 100, 110])
    assert tokenised.times.dtype == np.float64
    assert (tokenised.column("timestamp") == tokenised.times).all()
    assert tokenised.frames.dtype == np.int32
    assert set(tokenised.face_ids) == {-1, 0, 1}
    assert tokenised.usable.dtype == np.bool_
    assert np.isnan(tokenised.confidence[~ok]).all()
    assert tokenised.column("reason")[~ok].tolist() == ["no face found"] * 3
    assert tokenised.space_id == "arkit51/face41"
    assert tokenised.tokenizer_id == "toy@1"


def test_before_a_tokenizer_there_are_no_tokens(recording):
    assert recording.tokens().display.shape == recording.tokens().mm.shape == (len(recording), 0)
    assert recording.tokenizer_id is None


def test_an_unknown_column_is_told_with_the_nearest_one(recording):
    with pytest.raises(TableError, match=r"no column 'exp_jawOpn'; did you mean exp_jawOpen\?"):
        recording.column("exp_jawOpn")


def test_new_tokens_replace_old_ones_and_their_name(tokenised):
    display = np.where(tokenised.success[:, None], 5, -1).astype(np.int16).repeat(2, axis=1)
    again = tokenised.with_tokens(
        Tokens(display, np.ones(display.shape, np.float32)), {"name": "other", "version": "2", "hash": "00"}
    )
    assert again.levels == 2
    assert (again.tokens().display == display).all()
    assert "mm_3" not in again.table.column_names
    assert again.tokenizer_id == "other@2"
    assert tokenised.tokenizer_id == "toy@1"


def test_tokens_that_do_not_fit_are_refused(recording):
    ref = {"name": "toy", "version": "1", "hash": "00"}
    with pytest.raises(TableError, match="do not fit 57 rows"):
        recording.with_tokens(Tokens.none(5, 4), ref)
    with pytest.raises(TableError, match="row 6: tokens on a row without a face"):
        recording.with_tokens(Tokens(np.zeros((57, 4)), np.zeros((57, 4))), ref)
    silent = Tokens.none(57, 1)
    silent.display[0] = 3
    with pytest.raises(TableError, match="row 0: a display without its intensity in mm"):
        recording.with_tokens(silent, ref)


def test_one_face_of_several(recording):
    ben = recording.for_face(1)
    assert len(ben) == 27
    assert set(ben.face_ids) == {1}
    assert set(ben.boxes[:, 0]) == {300.0}
    for missing in (2, -1, 99999):
        with pytest.raises(TableError, match=f"no face {missing}; faces are: 0, 1"):
            recording.for_face(missing)


def test_summary_counts(recording):
    s = recording.summary()
    assert (s.rows, s.frames, s.faces, s.face_rows) == (57, 30, 2, 54)
    assert s.face_frames == s.usable_frames == 27
    assert s.found_share == s.usable_share == pytest.approx(27 / 30)
    assert s.failures == {"no face found": 3}
    assert s.not_usable == {}
    assert s.frame_rate == pytest.approx(30)
    assert s.duration_s == pytest.approx(1.0)
    assert s.to_dict()["failures"] == {"no face found": 3}


def test_an_empty_recording_is_one_too(made):
    empty = made(frames=0)
    s = empty.summary()
    assert (len(empty), s.frames, s.found_share, s.frame_rate) == (0, 0, 0.0, None)
    assert empty.expressions().shape == (0, 41)
    assert "0 frames" in repr(empty)


def test_pandas_sees_numbers_categories_and_whole_tokens(tokenised):
    frame = tokenised.to_pandas()
    assert list(frame.columns) == tokenised.table.column_names
    assert frame["tok_1"].dtype == pd.Int16Dtype()
    assert frame["tok_1"].isna().sum() == 3
    assert frame["mm_1"].dtype == np.float32
    assert frame["mm_1"].isna().sum() == 3 + (frame["tok_1"] == 0).sum()
    assert frame["exp_jawOpen"].dtype == np.float32
    assert frame["success"].dtype == np.bool_
    assert frame["face_id"].dtype == np.int16
    assert frame.groupby("face_id").size().to_dict() == {-1: 3, 0: 27, 1: 27}
    assert frame["reason"].cat.categories.tolist() == ["no face found"]


def test_without_pandas_the_error_names_the_extra(recording, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(DfeError, match=re.escape(how_to_install("pandas"))):
        recording.to_pandas()


def test_a_table_of_another_shape_is_refused(recording):
    broken = recording.table.drop_columns(["yaw"])
    with pytest.raises(TableError, match="column yaw is missing"):
        Recording(broken, recording.provenance)
    with pytest.raises(TableError, match="columns that no recording has: mood"):
        Recording(recording.table.append_column("mood", recording.table["yaw"]), recording.provenance)
    words = recording.table.set_column(0, "frame", pa.array(["x"] * len(recording)))
    with pytest.raises(TableError, match="wrong type"):
        Recording(words, recording.provenance)
    holes = recording.table.set_column(0, "frame", pa.array([None] * len(recording), pa.int32()))
    with pytest.raises(TableError, match="column frame has empty cells"):
        Recording(holes, recording.provenance)


def test_columns_may_come_in_another_order(recording):
    shuffled = recording.table.select(sorted(recording.table.column_names))
    assert Recording(shuffled, recording.provenance).table.equals(recording.table)


def test_repr_is_one_line_and_html_escapes_names(made, source_of):
    from dataclasses import replace

    recording = made(frames=10, lost=(2,))
    assert repr(recording) == (
        "<Recording 'Gespräch 1.mp4': 10 frames, 0.3 s at 30 frames/s, 1 face, found 90%, usable 90%, "
        "arkit51/face41, no tokens>"
    )
    source = replace(recording.provenance.source, name="<b>x</b>")
    page = Recording(recording.table, replace(recording.provenance, source=source))._repr_html_()
    assert "<b>" not in page
    assert "&lt;b&gt;x" in page
    assert "no face found (1)" in page


def test_read_is_the_same_as_the_class_method(recording, tmp_path):
    recording.write(tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet").table.equals(Recording.read(tmp_path / "a.parquet").table)
