"""Faces listed, joined and cut."""

from __future__ import annotations

import numpy as np
import pytest

from dfe.base.errors import TableError
from dfe.recording.faces import list_faces, merge_faces, split_face
from dfe.recording.recording import Recording


def test_faces_are_listed_with_where_they_are_seen(made):
    zero, one = list_faces(made(frames=30, faces=2, lost=(3, 4, 29)))
    assert (zero.face_id, zero.rows, one.rows) == (0, 27, 27)
    assert zero.share == zero.usable_share == pytest.approx(27 / 30)
    assert (zero.first_s, zero.last_s) == (0.0, pytest.approx(28 / 30))
    assert one.box == pytest.approx((300, 90, 100, 110))
    assert list_faces(made(frames=3, lost=(0, 1, 2))) == ()


def test_what_is_split_can_be_merged_again(made):
    whole = made(frames=30, faces=2)
    split = split_face(whole, 0, 0.5)
    assert {track.face_id: track.rows for track in list_faces(split)} == {0: 15, 1: 30, 2: 15}
    assert split.times[split.face_ids == 2].min() == pytest.approx(0.5)
    order = np.lexsort((split.face_ids, split.frames))
    assert np.array_equal(order, np.arange(len(split)))
    again = merge_faces(split, {2: 0})
    assert again.table.equals(whole.table)
    assert again.provenance.options["faces"] == [
        {"split": 0, "at_s": 0.5, "into": 2}, {"merge": 2, "into": 0}
    ]  # fmt: skip


def test_the_change_survives_on_disk(made, tmp_path):
    split_face(made(frames=30), 0, 0.5).write(tmp_path / "a.parquet")
    assert Recording.read(tmp_path / "a.parquet").provenance.options["faces"][0]["split"] == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: merge_faces(r, {1: 0}), "frame 0"),
        (lambda r: merge_faces(r, {1: 1}), "itself"),
        (lambda r: merge_faces(r, {7: 0}), "faces are: 0, 1"),
        (lambda r: merge_faces(r, {0: -1}), "no face -1"),
        (lambda r: split_face(r, 0, 0.0), "cannot be split at 0 s"),
        (lambda r: split_face(r, 0, 99.0), "from 0.00 to 0.97 s"),
        (lambda r: split_face(r, 7, 0.5), "no face 7"),
    ],
)
def test_changes_that_cannot_be_are_refused(made, change, words):
    with pytest.raises(TableError, match=words):
        change(made(frames=30, faces=2))
