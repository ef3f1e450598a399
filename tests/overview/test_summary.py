"""A line for each face says what qc and events say, and no more."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import made_study as made
from dfe.base.errors import OutputError, UsageError
from dfe.events.config import EventConfig
from dfe.events.find import find_events
from dfe.events.rates import rates
from dfe.overview.files import write_summary
from dfe.overview.moments import strongest
from dfe.overview.summary import summarise
from dfe.recording.quality import measure_quality
from dfe.recording.recording import Recording
from made_smiles import smiling


def test_a_line_says_what_quality_and_events_say():
    recording = smiling()
    summary = summarise(recording)
    (line,), quality = summary.faces, measure_quality(recording, "clip")
    found = find_events(recording)
    assert summary.rates == rates(found, recording="clip")
    assert (line.verdict, line.why, line.usable) == (quality.verdict, quality.why, quality.usable_share)
    assert line.exposure_s == found.faces[0].exposure_s
    displays = [e for e in found if e.kind == "display" and e.onset_s > 0]
    assert line.displays_per_min == pytest.approx(60 * len(displays) / line.exposure_s)
    assert line.different_displays == len({e.display for e in found if e.kind == "display"})
    best = max((e for e in found if e.kind == "group"), key=lambda e: e.intensity)
    assert line.strongest == f"{best.label}, {best.intensity:.1f} mm at {best.apex_s:.1f} s"
    assert best.apex_s == pytest.approx(3.5, abs=0.1)
    assert "smile" in line.most_shown


def test_moments_are_the_strongest_of_each_label_first():
    found = find_events(smiling(peaks=(0.4, 0.9, 0.6)))
    two = strongest("clip", found, 2)
    assert {m.unit for m in two} == {"group", "display"}
    for unit in ("group", "display"):
        mine = [m for m in two if m.unit == unit]
        strengths = [m.intensity_mm for m in mine]
        assert strengths == sorted(strengths, reverse=True)
        assert [m.rank for m in mine] == [1, 2]
        assert strengths[0] == max(e.intensity for e in found if e.kind == unit)
    smiles = [e for e in found if e.label == "smile"]
    assert len(smiles) == 3
    everything = [m for m in strongest("clip", found, 99) if m.label == "smile"]
    assert [m.intensity_mm for m in everything] == sorted((e.intensity for e in smiles), reverse=True)


def test_a_recording_of_which_nothing_is_usable_has_a_line_without_rates():
    recording = smiling()
    table = recording.table
    nothing = pa.array(np.zeros(len(table), np.bool_))
    table = table.set_column(table.column_names.index("usable"), "usable", nothing)
    (line,) = summarise(Recording(table, recording.provenance)).faces
    assert (line.verdict, line.found, line.usable) == ("poor", 1.0, 0.0)
    assert (line.face, line.exposure_s, line.displays_per_min, line.most_shown) == (None, None, None, "")


def test_each_face_has_its_line_and_settings_are_obeyed():
    recording = smiling(faces=2)
    summary = summarise(recording)
    assert [line.face for line in summary.faces] == [0, 1]
    assert summary.faces[1].strongest == ""
    strict = summarise(recording, EventConfig(on_mm=50.0), moments=1)
    assert {m.unit for m in strict.moments} <= {"group", "display"}
    assert strict.moments == ()


def test_pictures_and_empty_films_have_a_line_without_events():
    pictures = made.recording(made.faces(3), np.full(3, np.nan), name="pictures")
    nobody = made.recording(np.full((50, 41), np.nan, np.float32), np.arange(50) / 25, name="nobody.mp4")
    summary = summarise([pictures, nobody])
    assert [line.face for line in summary.faces] == [None, None]
    assert [line.displays_per_min for line in summary.faces] == [None, None]
    assert summary.faces[1].verdict == "poor"
    assert summary.notes == ("pictures: still pictures have no events", "nobody: no face in any frame")


def test_recordings_of_one_name_are_told_apart_and_none_is_an_error():
    summary = summarise([smiling(), smiling()])
    assert [line.recording for line in summary.faces] == ["clip", "clip (2)"]
    with pytest.raises(UsageError, match="nothing to do"):
        summarise([])


def test_files_hold_what_the_summary_holds(tmp_path: Path):
    summary = summarise([smiling(), smiling("b.mp4", peaks=(0.7,))])
    paths = write_summary(summary, tmp_path / "s")
    tables = {path.name: list(csv.DictReader(path.open(encoding="utf-8"))) for path in paths}
    assert [row["recording"] for row in tables["summary.csv"]] == ["clip", "b"]
    assert len(tables["rates.csv"]) == len(summary.rates)
    assert [row["label"] for row in tables["moments.csv"]] == [m.label for m in summary.moments]
    assert tables["summary.csv"][0]["blinks_per_min"] == ""
    with pytest.raises(OutputError):
        write_summary(summary, tmp_path / "s")
    write_summary(summary, tmp_path / "s", overwrite=True)
    frame = pytest.importorskip("pandas") and summary.to_pandas()
    assert frame["recording"].tolist() == ["clip", "b"]
    assert len(summary.rates_to_pandas()) == len(summary.rates)
    assert "smile" in summary._repr_html_()


def test_the_command(dfe, tmp_path: Path):
    made.write(tmp_path, "anna", smiling())
    made.write(tmp_path, "ben", smiling("ben.mp4"))
    (tmp_path / "broken.parquet").write_bytes(b"no")
    ran = dfe("summary", tmp_path, "-o", tmp_path / "s")
    assert ran.code == 1
    assert "broken.parquet" in ran.err
    assert "anna" in ran.out
    assert "peak: smile" in ran.out
    again = dfe("summary", tmp_path / "anna.parquet", "-o", tmp_path / "j", "--json", "--moments", "1")
    assert again.code == 0
    assert [m["unit"] for m in again.json["moments"]] == ["group", "display"]
    assert dfe("summary", tmp_path / "anna.parquet", "-o", tmp_path / "j").code == 1
