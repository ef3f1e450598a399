import csv
from dataclasses import replace

import numpy as np
import pytest

from dfe.base.errors import OutputError, TableError, UsageError
from dfe.recording.build import build_recording
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
from dfe.recording.rows import RowBuffer
from dfe.recording.storage import recordings_in
from dfe.report.qc import check_folder, write_qc_csv


def a_recording(frames=30, lost=0):
    rows = RowBuffer()
    exp, gaze, blink = np.zeros(41, np.float32), np.zeros(8, np.float32), np.zeros(2, np.float32)
    for i in range(frames):
        if i < lost:
            rows.add_failure(i, i / 25, "a.mp4", "no face found")
        else:
            rows.add_face(i, i / 25, "a.mp4", 0.9, (50, 50, 100, 120), (0, 0, 0), exp, gaze, blink, face_id=0)
    return build_recording(rows, Provenance(SourceInfo("a.mp4"), SpaceRef("arkit51/face41", 2, "00"), "0.1.0"))


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "out"
    a_recording().write(root / "b.v2.parquet")
    a_recording().write(root / "s01" / "Übung 1.csv")
    a_recording(lost=20).write(root / "a.parquet")
    a_recording().write(root / "a.csv")
    (root / "broken.parquet").write_bytes(b"PAR1 no more")
    (root / "events.csv").write_text("onset,duration\n0,1\n")
    (root / ".hidden.parquet").write_bytes(b"")
    (root / "b.v2.html").write_text("<p>the page of b</p>")
    return root


def test_every_recording_has_a_row_and_every_broken_table_a_problem(folder):
    steps = []
    check = check_folder(folder, folder, progress=lambda done, total: steps.append((done, total)))
    rows, problems = check.rows, check.problems
    assert [row.name for row in rows] == ["a", "b.v2", "s01/Übung 1"]
    assert [row.verdict for row in rows] == ["poor", "good", "good"]
    assert [type(p) for p in problems] == [TableError]
    assert "broken.parquet" in str(problems[0])
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_folder_without_recordings(tmp_path):
    with pytest.raises(UsageError, match="holds no recording"):
        recordings_in(tmp_path)
    with pytest.raises(UsageError, match="no such folder"):
        recordings_in(tmp_path / "missing")
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="a file, not a folder"):
        recordings_in(tmp_path / "file")


def test_csv_has_one_line_each_and_empty_cells_for_what_is_unknown(folder, tmp_path):
    rows = check_folder(folder, tmp_path / "first").rows
    rows = [*rows, replace(rows[0], name='odd, "name"', duration_s=None)]
    write_qc_csv(rows, tmp_path / "qc.csv")
    with (tmp_path / "qc.csv").open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    assert [line["name"] for line in read] == ["a", "b.v2", "s01/Übung 1", 'odd, "name"']
    assert read[0]["found_share"] == "0.333333"
    assert read[0]["reasons"] == "no face found (20)"
    assert read[0]["duration_s"] == "1.2"
    assert read[3]["duration_s"] == ""
    assert "strip_face" not in read[0]
    with pytest.raises(OutputError, match="exists already"):
        write_qc_csv(rows, tmp_path / "qc.csv")


def test_the_check_writes_a_table_and_a_page_and_can_be_repeated(folder):
    for _ in range(2):
        check = check_folder(folder, folder)
        assert [row.name for row in check.rows] == ["a", "b.v2", "s01/Übung 1"]
        assert len(check.problems) == 1
    page = check.html.read_text("utf-8")
    assert check.html == folder / "qc.html"
    assert "Übung 1" in page
    assert 'href="./b.v2.html"' in page
    assert page.count("data:image/png;base64,") >= 3
    assert check.csv.read_text("utf-8").count("\n") == 4


def test_links_lead_out_of_another_folder(folder, tmp_path):
    check = check_folder(folder, tmp_path / "check")
    page = check.html.read_text("utf-8")
    assert 'href="./../out/b.v2.html"' in page


def test_the_files_of_a_recording_named_qc_are_not_replaced(folder, tmp_path):
    a_recording().write(folder / "qc.csv")
    before = (folder / "qc.csv").read_bytes()
    with pytest.raises(OutputError, match=r"qc\.csv: would replace the files of a recording of this name"):
        check_folder(folder, folder)
    assert (folder / "qc.csv").read_bytes() == before
    assert len(check_folder(folder, tmp_path / "check").rows) == 4
