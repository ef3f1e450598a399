"""A second run into a folder: what is there is skipped, what is not is done, what belongs to others is left alone."""

from __future__ import annotations

import csv
import os
import shutil
import time
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from dfe.encoding import observing
from dfe.encoding.manifest import Manifest
from dfe.encoding.row import Row
from dfe.recording.recording import Recording


@pytest.fixture
def folder(astronaut: Path, tmp_path: Path) -> Path:
    """Three pictures, each in a folder of its own."""
    for name in ("a/face", "b/face", "c/other"):
        target = tmp_path / "media" / f"{name}.png"
        target.parent.mkdir(parents=True)
        shutil.copy(astronaut, target)
    return tmp_path / "media"


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the sources that a run has looked at."""
    names: list[str] = []
    observe = observing.observe
    monkeypatch.setattr(
        observing, "observe", lambda task, told=None: (names.append(task.source.name), observe(task))[1]
    )
    return names


def rows(out: Path) -> dict[str, dict[str, str]]:
    with (out / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return {row["output"] or row["input"]: row for row in csv.DictReader(file)}


def test_a_second_run_does_nothing_and_says_so(dfe, folder, looked, tmp_path):
    out = tmp_path / "out"
    assert dfe("encode", folder, "-o", out).code == 0
    assert sorted(looked) == ["a/face", "b/face", "c/other"]
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    looked.clear()
    again = dfe("encode", folder, "-o", out)
    assert again.code == 0
    assert again.out == "3 already there, unchanged (--overwrite does them again)\n"
    assert looked == []
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()} == before
    told = dfe("encode", folder, "-o", out, "--json").json
    assert (told["files_already_there"], told["files_done"], told["files_failed"]) == (3, 0, 0)
    assert dfe("encode", folder, "-o", out, "--overwrite").code == 0
    assert len(looked) == 3


def test_the_manifest_tells_what_became_of_each(dfe, folder, tmp_path):
    (folder / "d").mkdir()
    (folder / "d" / "=broken.mp4").write_text("no video\n" * 50)
    out = tmp_path / "out"
    assert dfe("encode", folder, tmp_path / "absent.mp4", "-o", out).code == 1
    found = rows(out)
    assert list(found["a/face.parquet"]) == [
        *("input", "output", "report", "status", "reason", "seconds"),
        *("frames", "bytes", "state", "sha256", "options", "page", "version", "tries", "made", "table_sha256"),
    ]
    assert found["a/face.parquet"]["input"] == "../media/a/face.png"
    assert found["a/face.parquet"]["status"] == "done"
    assert float(found["a/face.parquet"]["seconds"]) > 0
    recording = Recording.read(out / "a/face.parquet")
    assert found["a/face.parquet"]["sha256"] == recording.provenance.source.sha256
    assert recording.provenance.source.folder == "a"
    broken = found["d/=broken.parquet"]
    assert broken["status"] == "failed"
    assert "not a video" in broken["reason"]
    assert found["../absent.mp4"]["status"] == "failed"
    assert "no such file" in found["../absent.mp4"]["reason"]


def test_only_what_has_changed_is_done_again(dfe, folder, looked, tmp_path):
    out = tmp_path / "out"
    assert dfe("encode", folder, "-o", out).code == 0
    looked.clear()
    picture = cv2.imread(str(folder / "a/face.png"))
    cv2.imwrite(str(folder / "a/face.png"), picture[:, ::-1])
    os.utime(folder / "b/face.png", ns=(1, 1))  # touched only: the bytes are the same
    (out / "c/other.parquet").write_bytes(b"cut short")
    ran = dfe("encode", folder, "-o", out, "--json")
    assert ran.code == 0, ran.err
    assert sorted(looked) == ["a/face", "c/other"]
    assert ran.json["files_already_there"] == 1
    looked.clear()
    (out / "b/face.parquet").unlink()
    assert dfe("encode", folder, "-o", out).code == 0
    assert looked == ["b/face"]


def test_a_table_that_was_changed_is_made_anew_and_a_copied_one_is_kept(dfe, folder, looked, tmp_path):
    out, copied = tmp_path / "out", tmp_path / "copied"
    assert dfe("encode", folder, "-o", out).code == 0
    path = out / "a" / "face.parquet"
    whole = path.read_bytes()
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    shutil.copytree(out, copied)
    for place in (out, copied):
        looked.clear()
        ran = dfe("encode", folder, "-o", place)
        assert (ran.code, looked) == (0, ["a/face"])
        assert ran.out.count("the earlier table was changed after it was written") == 1
        assert (place / "a" / "face.parquet").read_bytes() == whole
        assert dfe("corpus", "verify", place).code == 0


def test_other_options_are_another_result(dfe, folder, looked, tmp_path):
    out = tmp_path / "out"
    for words, times in (
        ([], 3),
        (["--largest-only"], 3),
        (["--largest-only"], 0),
        ([], 3),
    ):
        looked.clear()
        assert dfe("encode", folder, "-o", out, *words).code == 0
        assert len(looked) == times, words


def test_a_page_that_is_asked_for_later_is_made_of_the_table(dfe, folder, looked, tmp_path):
    out = tmp_path / "out"
    assert dfe("encode", folder, "-o", out).code == 0
    before = {path: path.read_bytes() for path in out.rglob("*.parquet")}
    looked.clear()
    ran = dfe("encode", folder, "-o", out, "--report")
    assert (ran.code, looked) == (0, [])
    assert "3 reports made of tables that were there already" in ran.out
    pages = sorted(out.rglob("*.html"))
    assert len(pages) == 3
    assert {path: path.read_bytes() for path in out.rglob("*.parquet")} == before
    whole = pages[0].read_bytes()
    assert "3 already there" in dfe("encode", folder, "-o", out, "--report").out
    assert "3 already there" in dfe("encode", folder, "-o", out).out
    pages[0].unlink()
    again = dfe("encode", folder, "-o", out, "--report", "--json").json
    assert (again["pages_made_of_tables"], again["files_already_there"], looked) == (1, 3, [])
    assert pages[0].read_bytes() == whole
    pictured = dfe("encode", folder, "-o", out, "--report", "--thumbnails", "--json").json
    assert (pictured["pages_made_of_tables"], looked) == (3, [])
    assert b"data:image/jpeg" in pages[0].read_bytes()
    assert dfe("encode", folder, "-o", out, "--report", "--overwrite").code == 0
    assert len(looked) == 3


def test_another_version_does_it_again(dfe, folder, looked, tmp_path, monkeypatch):
    out = tmp_path / "out"
    assert dfe("encode", folder, "-o", out).code == 0
    looked.clear()
    monkeypatch.setattr("dfe.encoding.going_on.__version__", "99")
    assert dfe("encode", folder, "-o", out).code == 0
    assert len(looked) == 3


def test_a_result_of_another_source_is_not_replaced(dfe, folder, looked, tmp_path):
    out = tmp_path / "out"
    cv2.imwrite(str(folder / "b/face.png"), np.zeros((90, 90, 3), np.uint8))
    assert dfe("encode", folder / "a/face.png", "-o", out).code == 0
    before = (out / "face.parquet").read_bytes()
    ran = dfe("encode", folder / "b/face.png", "-o", out)
    assert ran.code == 1
    assert "exists already, and was made of ../media/a/face.png" in ran.err
    assert (out / "face.parquet").read_bytes() == before
    looked.clear()
    (folder / "moved").mkdir()
    (folder / "a/face.png").rename(folder / "moved/face.png")
    assert dfe("encode", folder / "moved/face.png", "-o", out).code == 0
    assert looked == [], "the same file in another place"


def test_files_that_no_manifest_knows_stay(dfe, folder, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "other.html").write_text("somebody's page")
    assert dfe("encode", folder / "c", "-o", out, "--report").code == 1
    assert dfe("encode", folder / "c", "-o", out).code == 0
    assert dfe("encode", folder / "c", "-o", out, "--report").code == 1
    assert (out / "other.html").read_text() == "somebody's page"


def test_a_stopped_run_goes_on(dfe, folder, looked, tmp_path, monkeypatch):
    out = tmp_path / "out"
    assemble = "dfe.encoding.finish.assembled"
    from dfe.encoding import finish

    whole, count = finish.assembled, 0

    def stopped(*words):
        nonlocal count
        count += 1
        if count == 2:
            raise KeyboardInterrupt
        return whole(*words)

    monkeypatch.setattr(assemble, stopped)
    assert dfe("encode", folder, "-o", out).code == 130
    assert [row["status"] for row in rows(out).values()].count("waiting") == 2
    monkeypatch.setattr(assemble, whole)
    looked.clear()
    ran = dfe("encode", folder, "-o", out, "--json")
    assert ran.code == 0
    assert len(looked) == 2
    assert ran.json["files_already_there"] == 1
    assert {row["status"] for row in rows(out).values()} == {"done"}


def test_a_failed_one_is_tried_again_and_then_there(dfe, folder, astronaut, tmp_path):
    out = tmp_path / "out"
    (folder / "c/other.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert dfe("encode", folder, "-o", out).code == 1
    again = dfe("encode", folder, "-o", out)
    assert (again.code, again.err.count("other.png")) == (1, 1), "the exit code is that of the results, not of the news"
    shutil.copy(astronaut, folder / "c/other.png")
    ran = dfe("encode", folder, "-o", out, "--json")
    assert (ran.code, ran.json["files_done"], ran.json["files_already_there"]) == (0, 1, 2)


def test_a_manifest_that_somebody_has_spoilt_costs_no_result(dfe, folder, tmp_path):
    out = tmp_path / "out"
    assert dfe("encode", folder / "c", "-o", out).code == 0
    for spoilt in (b"", b"a;b\n1;2\n", b"\xff\xfe\x00", b"input,output,status\n,,\n" + b"x," * 50):
        (out / "manifest.csv").write_bytes(spoilt)
        ran = dfe("encode", folder / "c", "-o", out)
        assert ran.code == 1
        assert "exists already" in ran.err
    assert dfe("encode", folder / "c", "-o", out, "--overwrite").code == 0


def test_two_runs_into_one_folder_keep_each_other_s_rows(tmp_path):
    first, second = Manifest(tmp_path), Manifest(tmp_path)
    first.note(Row("a.mp4", "a.parquet"))
    second.note(Row("b.mp4", "b.parquet", status="done"))
    first.note(Row("a.mp4", "a.parquet", status="done", reason='said "so", once\nmore'))
    first.keep()
    told = {row.output: row for row in Manifest(tmp_path)}
    assert set(told) == {"a.parquet", "b.parquet"}
    assert told["a.parquet"].reason == 'said "so", once\nmore'


def test_a_source_that_changes_while_it_is_read_is_told_and_done_again(dfe, folder, tmp_path, monkeypatch):
    out, picture = tmp_path / "out", folder / "c/other.png"
    observe = observing.observe

    def touched(task, told=None):
        monkeypatch.setattr("dfe.encoding.tasks.images", lambda paths: _growing(paths, picture))
        return observe(task, told)

    from dfe.encoding import tasks

    whole = tasks.images

    def _growing(paths, target):
        yield from whole(paths)
        with target.open("ab") as file:
            file.write(b"more")
        os.utime(target, ns=(time.time_ns(), time.time_ns()))

    monkeypatch.setattr(observing, "observe", touched)
    ran = dfe("encode", folder / "c", "-o", out, "--json")
    assert ran.code == 1
    assert "other.png: changed while it was read; encode it again" in ran.json["problems"][0]
    recording = Recording.read(out / "other.parquet")
    assert [defect.kind for defect in recording.provenance.defects] == ["changed"]
    monkeypatch.undo()
    ran = dfe("encode", folder / "c", "-o", out, "--json")
    assert (ran.code, ran.json["files_done"]) == (0, 1)


def test_a_folder_of_pictures_survives_each_of_them(dfe, astronaut, tmp_path, monkeypatch):
    folder = tmp_path / "set"
    folder.mkdir()
    for name in ("a.png", "gone.png", "z.png"):
        shutil.copy(astronaut, folder / name)
    (folder / "empty.png").touch()
    (folder / "folder.png").mkdir()
    (folder / "lost.png").symlink_to(folder / "nowhere.png")
    from dfe.encoding import run

    plan = run._coders

    def vanishing(*words):
        (folder / "gone.png").unlink()
        return plan(*words)

    monkeypatch.setattr(run, "_coders", vanishing)
    ran = dfe("encode", folder, "-o", tmp_path / "out", "--json")
    assert ran.code == 1
    recording = Recording.read(tmp_path / "out" / "set.parquet")
    told = dict(zip(recording.column("source").tolist(), recording.column("reason").tolist(), strict=True))
    assert told["a.png"] is None
    assert told["z.png"] is None
    assert "empty" in told["empty.png"]
    assert "no such file" in told["gone.png"]
    assert "no such file" in told["lost.png"]
    assert recording.provenance.source.sha256 is not None


def test_names_that_differ_in_blanks_only_are_two_recordings(dfe, folder, tmp_path):
    (folder / "a  b").mkdir()
    (folder / "a b").mkdir()
    for name in ("a  b", "a b"):
        shutil.copy(folder / "a" / "face.png", folder / name / "talk.png")
    out = tmp_path / "out"
    assert dfe("encode", folder, "-o", out, "--tokenizer", "none").code == 0
    assert {"a  b/talk.parquet", "a b/talk.parquet"} <= rows(out).keys()
    assert dfe("encode", folder, "-o", out, "--tokenizer", "none", "--json").json["files_already_there"] == 5
    assert dfe("corpus", "verify", out, "--sources").code == 0


def test_a_table_never_takes_the_place_of_the_list(dfe, folder, tmp_path):
    for name in ("Manifest.png", "manifest-1of2.png"):
        shutil.copy(folder / "a" / "face.png", tmp_path / name)
        ran = dfe("encode", tmp_path / name, "-o", tmp_path / "out", "--format", "csv", "--tokenizer", "none")
        assert (ran.code, "would be called as the list of results is; rename it" in ran.err) == (1, True)
        assert dfe("encode", tmp_path / name, "-o", tmp_path / "out", "--tokenizer", "none").code == 0
