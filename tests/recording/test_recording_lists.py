"""Landmarks and logits in the table: optional, exact, empty where there is no face, and the same bytes every time."""

import pickle

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dfe.base.errors import TableError, UsageError
from dfe.displays.tokens import Tokens
from dfe.recording import storage
from dfe.recording.build import build_recording
from dfe.recording.recording import Recording, read
from dfe.recording.rows import RowBuffer
from dfe.recording.schema import LISTS, WIDTHS, Layout, columns

X41, X8, X2 = np.full(41, 0.5, np.float32), np.zeros(8, np.float32), np.ones(2, np.float32)
PLAN = [(0, 2), (1, 0), (2, 1), (3, 2), (4, 0), (5, 1)]
"""Frames, and how many faces are in each."""


def points(frame: int, face: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([frame, face])
    return rng.normal(200, 50, (478, 3)).astype(np.float32), rng.normal(0, 3, 52).astype(np.float32)


def filled(plan, *, landmarks: bool = True) -> RowBuffer:
    rows = RowBuffer(landmarks=landmarks)
    for frame, faces in plan:
        if not faces:
            rows.add_failure(frame, frame / 25, "a.mp4", "no face found")
        for face in range(faces):
            box, kept = (10.0 * face, 0.0, 100.0, 100.0), points(frame, face)
            rows.add_face(
                frame, frame / 25, "a.mp4", 0.9, box, (0, 0, 0), X41, X8, X2, landmarks=kept[0], logits=kept[1]
            )
    return rows


IDS = [1, 0, -1, 0, 0, 1, -1, 0]
"""In frame 0 the second face is face 0, so that the rows change places."""


@pytest.fixture
def kept(source_of) -> Recording:
    return build_recording(filled(PLAN), source_of(), face_ids=IDS)


@pytest.fixture
def plain(source_of) -> Recording:
    return build_recording(filled(PLAN, landmarks=False), source_of(), face_ids=IDS)


def test_each_row_has_the_points_and_logits_of_its_own_face(kept):
    landmarks, logits = kept.landmarks(), kept.logits()
    assert landmarks.shape == (8, 478, 3)
    assert logits.shape == (8, 52)
    assert landmarks.dtype == logits.dtype == np.float32
    expected = [(0, 1), (0, 0), None, (2, 0), (3, 0), (3, 1), None, (5, 0)]
    assert kept.boxes[:2, 0].tolist() == [10.0, 0.0]
    for row, face in enumerate(expected):
        wanted = points(*face) if face else (np.full((478, 3), np.nan), np.full(52, np.nan))
        np.testing.assert_array_equal(landmarks[row], wanted[0])
        np.testing.assert_array_equal(logits[row], wanted[1])
    assert kept.column("landmarks").shape == (8, 1434)


def test_cells_are_lists_of_one_length_and_empty_without_a_face(kept):
    for name in LISTS:
        cells = kept.table[name].to_pylist()
        assert [cell is None for cell in cells] == (~kept.success).tolist()
        assert {len(cell) for cell in cells if cell is not None} == {WIDTHS[name]}
    assert WIDTHS == {"landmarks": 3 * 478, "logits": 52}
    assert kept.table["landmarks"].to_pylist()[3][:4] == points(2, 0)[0].ravel()[:4].tolist()
    assert kept.table.column_names == [c.name for c in columns(Layout(lists=LISTS))]
    assert kept.table.column_names[-3:] == ["source", "landmarks", "logits"]


def test_without_the_option_the_table_is_what_it_was(kept, plain):
    assert plain.landmarks() is None
    assert plain.logits() is None
    assert plain.table.column_names == [c.name for c in columns()]
    assert kept.table.drop_columns(list(LISTS)).equals(plain.table)


@pytest.mark.parametrize("group", [3, 4096])
def test_what_is_written_is_read_back_and_written_again_to_the_byte(kept, tmp_path, monkeypatch, group):
    monkeypatch.setattr(storage, "ROWS_WITH_LISTS", group)
    kept.write(tmp_path / "a.parquet")
    again = read(tmp_path / "a.parquet")
    assert again.table.equals(kept.table)
    assert again.table.schema.equals(kept.table.schema)
    np.testing.assert_array_equal(again.landmarks(), kept.landmarks())
    np.testing.assert_array_equal(again.logits(), kept.logits())
    again.write(tmp_path / "b.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    assert pq.ParquetFile(tmp_path / "a.parquet").num_row_groups == -(-8 // group)


def test_they_may_be_left_in_the_file(kept, plain, tmp_path):
    kept.write(tmp_path / "a.parquet")
    light = read(tmp_path / "a.parquet", landmarks=False)
    assert light.table.equals(plain.table)
    assert light.landmarks() is None
    light.write(tmp_path / "a.csv")
    assert read(tmp_path / "a.csv", landmarks=False).table.equals(plain.table)
    plain.write(tmp_path / "b.parquet")
    assert read(tmp_path / "b.parquet", landmarks=False).table.equals(plain.table)


def test_in_the_file_they_take_less_than_in_memory(source_of, tmp_path):
    """Dictionaries, the writer's own choice, would take more: 8.3 kB of a real face's 5.9."""
    rows = filled([(frame, 1) for frame in range(100)])
    build_recording(rows, source_of(), face_ids=[0] * 100).write(tmp_path / "a.parquet")
    assert (tmp_path / "a.parquet").stat().st_size < 100 * 4 * sum(WIDTHS.values())
    group = pq.ParquetFile(tmp_path / "a.parquet").metadata.row_group(0)
    by_path = {group.column(i).path_in_schema: group.column(i) for i in range(group.num_columns)}
    for name in LISTS:
        assert "BYTE_STREAM_SPLIT" in by_path[f"{name}.list.element"].encodings
        assert not by_path[f"{name}.list.element"].has_dictionary_page
    assert by_path["reason"].has_dictionary_page


def test_csv_cannot_hold_them(kept, tmp_path):
    with pytest.raises(UsageError, match=r"a\.csv: CSV cannot hold landmarks; use Parquet"):
        kept.write(tmp_path / "a.csv")
    assert list(tmp_path.iterdir()) == []


def test_parts_joined_make_the_bytes_of_one_pass(source_of, kept, tmp_path):
    joined = RowBuffer(landmarks=True)
    for part in (PLAN[:2], PLAN[2:2], PLAN[2:]):
        joined.extend(pickle.loads(pickle.dumps(filled(part))))
    build_recording(joined, source_of(), face_ids=IDS).write(tmp_path / "joined.parquet")
    kept.write(tmp_path / "one.parquet")
    assert (tmp_path / "joined.parquet").read_bytes() == (tmp_path / "one.parquet").read_bytes()


def test_buffers_that_keep_and_that_do_not_cannot_be_joined():
    for landmarks in (True, False):
        with pytest.raises(ValueError, match="one buffer keeps landmarks"):
            filled(PLAN, landmarks=landmarks).extend(filled(PLAN, landmarks=not landmarks))


@pytest.mark.parametrize(
    ("landmarks", "logits", "words"),
    [
        (None, np.zeros(52, np.float32), "landmarks of 0 numbers, not 1434"),
        (np.zeros((468, 3), np.float32), np.zeros(52, np.float32), "landmarks of 1404 numbers, not 1434"),
        (np.zeros((478, 3), np.float32), np.zeros(51, np.float32), "logits of 51 numbers, not 52"),
    ],
)
def test_a_face_without_them_is_refused_by_a_buffer_that_keeps_them(landmarks, logits, words):
    rows = RowBuffer(landmarks=True)
    with pytest.raises(ValueError, match=words):
        rows.add_face(0, 0.0, "a", 1.0, (0, 0, 1, 1), (0, 0, 0), X41, X8, X2, landmarks=landmarks, logits=logits)
    assert len(rows) == 0
    rows.add_failure(0, 0.0, "a", "no face found")
    assert rows.lists(np.flatnonzero(rows.success))["landmarks"].shape == (0, 1434)


def test_tokens_and_one_face_go_with_them(kept):
    display = np.where(kept.success[:, None], 3, -1).astype(np.int16)
    coded = kept.with_tokens(
        Tokens(display, np.ones(display.shape, np.float32)), {"name": "toy", "version": "1", "hash": "00"}
    )
    np.testing.assert_array_equal(coded.landmarks(), kept.landmarks())
    assert coded.table.column_names[-5:] == ["tok_1", "mm_1", "source", "landmarks", "logits"]
    one = coded.for_face(1)
    np.testing.assert_array_equal(one.landmarks(), kept.landmarks()[kept.face_ids == 1])
    np.testing.assert_array_equal(one.logits(), kept.logits()[kept.face_ids == 1])


@pytest.mark.parametrize("plan", [[], [(0, 0), (1, 0)]])
def test_a_recording_without_any_face_has_the_columns_too(source_of, tmp_path, plan):
    recording = build_recording(filled(plan), source_of(), face_ids=[-1] * len(plan))
    recording.write(tmp_path / "a.parquet")
    landmarks = read(tmp_path / "a.parquet").landmarks()
    assert landmarks.shape == (len(plan), 478, 3)
    assert np.isnan(landmarks).all()


def test_part_of_a_table_gives_its_own_rows(kept):
    part = Recording(kept.table.slice(2, 4), kept.provenance)
    np.testing.assert_array_equal(part.landmarks(), kept.landmarks()[2:6])


def test_one_of_the_two_is_enough(kept):
    alone = Recording(kept.table.drop_columns(["landmarks"]), kept.provenance)
    assert alone.landmarks() is None
    np.testing.assert_array_equal(alone.logits(), kept.logits())


def test_pandas_sees_arrays_and_what_pandas_writes_is_read(kept, tmp_path):
    frame = kept.to_pandas()
    assert frame["landmarks"].isna().tolist() == (~kept.success).tolist()
    np.testing.assert_array_equal(frame["landmarks"][3], kept.column("landmarks")[3])
    kept.write(tmp_path / "a.parquet")
    pd.read_parquet(tmp_path / "a.parquet").to_parquet(tmp_path / "b.parquet")
    table = pq.read_table(tmp_path / "b.parquet")
    assert table.schema.field("landmarks").type == pa.list_(pa.float32())
    np.testing.assert_array_equal(Recording(table, kept.provenance).landmarks(), kept.landmarks())


def test_cells_of_another_length_are_refused(kept):
    def swapped(cells: list[object]) -> pa.Table:
        index = kept.table.column_names.index("logits")
        return kept.table.set_column(index, "logits", pa.array(cells, pa.list_(pa.float32())))

    good = kept.table["logits"].to_pylist()
    np.testing.assert_array_equal(Recording(swapped(good), kept.provenance).logits(), kept.logits())
    for row, cell in ((0, good[0][:-1]), (0, [*good[0], 1.0]), (3, []), (3, [None, *good[3][1:]])):
        with pytest.raises(TableError, match="column logits has cells that do not hold 52 numbers"):
            Recording(swapped([*good[:row], cell, *good[row + 1 :]]), kept.provenance)
    words = kept.table.drop_columns(["logits"]).append_column("logits", pa.array(["x"] * 8))
    with pytest.raises(TableError, match="wrong type"):
        Recording(words, kept.provenance)
