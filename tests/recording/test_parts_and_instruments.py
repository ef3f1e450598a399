"""Parts of recordings that tables ask for, and recordings that different tools measured."""

from __future__ import annotations

import math

import pytest

from dfe.base.errors import TableError
from dfe.recording.build import build_recording
from dfe.recording.copies import FaceStretch, copy_notes, refuse_copies
from dfe.recording.instruments import instrument_notes, instrument_of
from dfe.recording.part import outside_notes, outside_s
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
from dfe.recording.recording import Recording
from dfe.recording.rows import RowBuffer


@pytest.mark.parametrize(
    ("low", "high", "outside"),
    [
        (0, 60, 0),
        (-math.inf, math.inf, 0),
        (20, math.inf, 0),
        (0, 90, 30),
        (-10, 60, 10),
        (-math.inf, 61.5, 1.5),
    ],
)
def test_what_a_part_asks_for_beyond_its_recording(low, high, outside):
    assert outside_s(low, high, 0, 60, "line 3", "a.parquet") == pytest.approx(outside)


@pytest.mark.parametrize(("low", "high"), [(0, 60_000), (-math.inf, 60_000), (59, 120), (60, math.inf), (-30, 0)])
def test_a_part_of_which_less_than_half_is_there_is_refused(low, high):
    with pytest.raises(TableError, match=r"a\.parquet: line 3 asks for .*, but .* from 0 to 60 s; correct"):
        outside_s(low, high, 0, 60, "line 3", "a.parquet")


def test_parts_that_end_late_are_told_once():
    assert outside_notes({"line 2": 0.04, "line 3": 0}) == ()
    (said,) = outside_notes({"line 2": 30, "line 3": 4, "line 4": 0})
    assert said.startswith("2 parts that were asked for go on for longer than the recording, by up to 30 s (line 2).")
    assert "Anna" not in outside_notes({"Anna": 30}, named=False)[0]


def film(name: str, start: float, end: float, sha256: str | None = "ab", face: int = 0) -> FaceStretch:
    return FaceStretch(sha256, name, face, start, end, f"line of {name}")


def test_a_film_under_two_names_is_refused_and_parts_and_faces_of_one_are_not():
    apart = [film("a", 0, 60), film("a", 60, 90), film("b", 90, 99), film("c", 0, 99, "cd"), film("d", 0, 99, face=1)]
    refuse_copies([*apart, film("e", 0, 99, None), film("f", 0, 99, None), film("a", 10, 20)], "t.csv")
    with pytest.raises(TableError, match=r"^t\.csv: line of b and line of a are about one film: b and a are copies"):
        refuse_copies([film("b", 5, 70), *apart[:1]], "t.csv")
    assert copy_notes(apart) == ()
    assert "copies of one film" in copy_notes([film("b", 5, 70), *apart])[0]


def measured_by(**about: str) -> Recording:
    rows = RowBuffer()
    rows.add_failure(0, 0.0, "a.mp4", "no face found")
    made = Provenance(SourceInfo("a.mp4"), SpaceRef("arkit51/face41", 2, "00"), "0", frontend=about)
    return build_recording(rows, made)


def test_instruments_are_told_apart():
    film, table = measured_by(name="landmarks"), measured_by(name="openface", **{"from": "68 points in space"})
    named = [instrument_of(one) for one in (film, table, film, measured_by())]
    assert named == ["landmarks", "openface (68 points in space)", "landmarks", "not said"]
    assert instrument_notes(named[:1] * 3) == ()
    (said,) = instrument_notes(named[:3])
    assert "different instruments: landmarks (2), openface (68 points in space) (1)" in said
