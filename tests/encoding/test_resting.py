"""Resting faces as a table: those of the provenance, one row a person."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from dfe.base.errors import TableError, UsageError
from dfe.encoding.resting import face_of, resting_faces
from dfe.encoding.run import encode
from dfe.recording.recording import Recording
from made_other_tables import live_link, timecodes, written

SPACE = Path("dfe-face")


@pytest.fixture(scope="module")
def tables(carphone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("resting")
    encode(carphone, tokenizer=None, max_faces=1, space=SPACE)[0].write(folder / "film.parquet")
    encode(carphone.with_name("astronaut.png"), tokenizer=None, space=SPACE)[0].write(folder / "picture.parquet")
    return folder


def test_a_row_is_the_face_that_a_recording_was_measured_against(tables: Path) -> None:
    found = resting_faces([tables / "film.parquet", tables / "picture.parquet"])
    (note,) = Recording.read(tables / "film.parquet").provenance.resting
    face = face_of(note)
    assert face is not None
    (row,) = found.rows
    assert (row.recording, row.face_id, row.neutral, row.points) == ("film", 0, "own", 478)
    assert (row.sure, row.calm_frames) == (
        pytest.approx(face.sure, abs=1e-4),
        pytest.approx(face.calm_frames, abs=1e-4),
    )
    np.testing.assert_array_equal(found.modes_mm[0], face.rest)
    assert 0 < row.rest_mm < 10
    assert 4 < row.lids_left_mm < 20
    assert found.without == ("picture",)


def test_the_command_writes_it(dfe: Callable[..., Any], tables: Path, tmp_path: Path) -> None:
    out = tmp_path / "resting.csv"
    ran = dfe("resting", tables, "-o", out)
    assert ran.code == 0, ran.err
    assert "1 resting face" in ran.out
    assert "picture" in ran.out
    with out.open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["recording"], len(row)) == ("film", 69)
    assert dfe("resting", tables, "-o", tmp_path / "resting.parquet").code == 0
    table = pq.read_table(tmp_path / "resting.parquet")
    assert table.column_names == list(row)
    assert table["exp_mouth01Left"][0].as_py() == pytest.approx(float(row["exp_mouth01Left"]))
    again = dfe("resting", tables, "-o", out)
    assert (again.code, again.err.count("\n")) == (1, 1)


def test_what_tells_none_is_refused(tmp_path: Path) -> None:
    take = written(tmp_path, live_link(np.full((3, 51), 0.2), timecodes(3)), "take.csv")
    encode(take, tokenizer=None)[0].write(tmp_path / "plain.parquet")
    with pytest.raises(TableError, match="tells no resting face"):
        resting_faces([tmp_path / "plain.parquet"])
    with pytest.raises(UsageError, match="no recording"):
        resting_faces([])
