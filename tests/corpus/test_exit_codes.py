"""Exit codes that scripts can trust: what a run says, it says again, and so does the status."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dfe.base.errors import DiskFull
from made_films import grey_film, study_of_films


@pytest.fixture
def planned(dfe, tmp_path: Path) -> Callable[[], Path]:
    """A plan of two films in ``media``, and of whatever was put beside them."""
    media = study_of_films(tmp_path / "media", subjects=2, tasks=("rest",))

    def plan() -> Path:
        path = tmp_path / "plan.parquet"
        dfe("corpus", "plan", media, "-o", path, "--sample", "0", "--overwrite", "--pattern", "{subject}/*.mp4")
        return path

    return plan


def codes(dfe, plan: Path, out: Path, *words: object) -> tuple[int, int, int, int]:
    """Of a run, of the status, of the run once more, of the status again."""
    found = []
    for _ in range(2):
        found += [dfe("corpus", "run", plan, "-o", out, *words).code, dfe("corpus", "status", out).code]
    return found[0], found[1], found[2], found[3]


def test_all_done(dfe, planned, tmp_path):
    assert codes(dfe, planned(), tmp_path / "out") == (0, 0, 0, 0)


def test_unreadable_when_it_was_planned(dfe, planned, tmp_path):
    (tmp_path / "media" / "s1" / "torn.mp4").write_bytes(b"no film" * 90)
    plan, out = planned(), tmp_path / "out"
    assert codes(dfe, plan, out) == (1, 1, 1, 1)
    told = dfe("corpus", "status", out, "--json", "--by-subject")
    assert (told.json["done"], told.json["failed"], told.json["waiting"]) == (2, 1, 0)
    assert "torn.mp4" in told.err
    written = (out / "manifest.csv").stat()
    dfe("corpus", "run", plan, "-o", out)
    assert (out / "manifest.csv").stat() == written, "what is known already is not written again"
    assert dfe("corpus", "verify", out).code == 0
    assert dfe("encode", tmp_path / "media", "-o", out).code == 1
    (tmp_path / "media" / "s1" / "torn.mp4").write_bytes(grey_film(7))
    assert codes(dfe, planned(), out) == (0, 0, 0, 0)


def test_unreadable_since_it_was_planned(dfe, planned, tmp_path):
    plan = planned()
    (tmp_path / "media" / "s1" / "s1_rest.mp4").write_bytes(b"no film" * 90)
    assert codes(dfe, plan, tmp_path / "out") == (1, 1, 1, 1)


def test_damaged_in_part(dfe, planned, tmp_path, astronaut):
    pictures = tmp_path / "media" / "s3" / "pictures"
    pictures.mkdir(parents=True)
    shutil.copy(astronaut, pictures / "a.png")
    (pictures / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(99))
    plan, out = planned(), tmp_path / "out"
    assert codes(dfe, plan, out) == (1, 1, 1, 1)
    assert dfe("corpus", "status", out, "--json").json["damaged"] == 1
    assert codes(dfe, plan, out, "--report") == (1, 1, 1, 1), "a page made of the table that is there, too"


def test_stopped_early(dfe, planned, tmp_path):
    plan, out = planned(), tmp_path / "out"
    assert codes(dfe, plan, out, "--min-free", "1e9") == (75, 75, 75, 75)
    assert codes(dfe, plan, out) == (0, 0, 0, 0)


@pytest.mark.parametrize("step", ["dfe.corpus.run.write_subjects", "dfe.encoding.manifest.append_rows"])
def test_no_room_for_anything_at_all(dfe, planned, tmp_path, monkeypatch, step):
    plan, out = planned(), tmp_path / "out"
    with monkeypatch.context() as full:
        full.setattr(step, lambda *_, **__: (_ for _ in ()).throw(DiskFull("the disk is full", where=out)))
        ran = dfe("corpus", "run", plan, "-o", out)
    assert (ran.code, "to go:" in ran.out, "the disk is full" in ran.out) == (75, True, True)
    assert codes(dfe, plan, out) == (0, 0, 0, 0)


def test_shares_that_have_not_begun_are_waiting(dfe, planned, tmp_path):
    plan, out = planned(), tmp_path / "out"
    assert codes(dfe, plan, out, "--shard", "1/2") == (0, 75, 0, 75)
    told = dfe("corpus", "status", out, "--json").json
    assert (told["recordings"], told["done"], told["waiting"]) == (2, 1, 1)
    assert [(one["subject"], one["done"], one["recordings"]) for one in told["subjects"]] == [
        ("s1", 1, 1),
        ("s2", 0, 1),
    ]
    assert codes(dfe, plan, out, "--shard", "2/2") == (0, 0, 0, 0)
    assert dfe("corpus", "merge", out).code == 0
    assert dfe("corpus", "status", out).code == 0


def test_what_was_renamed_after_a_stop_is_told_and_waits_no_more(dfe, planned, tmp_path):
    plan, out, home = planned(), tmp_path / "out", tmp_path / "media" / "s1"
    assert codes(dfe, plan, out, "--min-free", "1e9") == (75, 75, 75, 75)
    (home / "s1_rest.mp4").rename(home / "s1_later.mp4")
    assert dfe("corpus", "status", out).code == 75, "starting it again tells what is the matter"
    stuck = dfe("corpus", "run", plan, "-o", out)
    assert (stuck.code, dfe("corpus", "status", out).code) == (1, 1)
    assert "s1_rest.mp4: cannot be found any more; bring it back; if it was renamed, name or plan it anew" in stuck.err
    assert codes(dfe, planned(), out) == (0, 0, 0, 0)
    told = dfe("corpus", "status", out, "--json")
    assert (told.json["recordings"], told.json["done"]) == (2, 2)
    assert len(told.json["left_out"]) == 1
    assert "s1_rest.mp4: was to be done by an earlier run, and is not planned any more" in told.err


def test_a_folder_renamed_after_a_stop(dfe, planned, tmp_path):
    plan, out = planned(), tmp_path / "out"
    assert dfe("corpus", "run", plan, "-o", out, "--min-free", "1e9").code == 75
    (tmp_path / "media" / "s1").rename(tmp_path / "media" / "s9")
    assert codes(dfe, planned(), out) == (0, 0, 0, 0)
    shutil.rmtree(tmp_path / "media")
    assert dfe("corpus", "status", out).code == 75, "the whole disk may be away"


def test_what_another_plan_has_begun_still_waits(dfe, planned, tmp_path):
    plan, out, film = planned(), tmp_path / "out", tmp_path / "media" / "s1" / "s1_rest.mp4"
    assert dfe("corpus", "run", plan, "-o", out, "--min-free", "1e9").code == 75
    other = tmp_path / "other.parquet"
    dfe("corpus", "plan", tmp_path / "media" / "s2", "-o", other, "--sample", "0")
    assert dfe("corpus", "run", other, "-o", out).code == 0
    assert film.exists()
    assert dfe("corpus", "status", out).code == 75


def test_what_was_renamed_under_pseudonyms(dfe, planned, tmp_path):
    plan, out, home = planned(), tmp_path / "out", tmp_path / "media" / "s1"
    how = ("--pseudonyms", tmp_path / "key")
    assert dfe("corpus", "run", plan, "-o", out, *how, "--min-free", "1e9").code == 75
    (home / "s1_rest.mp4").rename(home / "s1_later.mp4")
    assert codes(dfe, planned(), out, *how) == (0, 0, 0, 0)
    assert "is not planned any more" in dfe("corpus", "status", out).err


def _subjects(out: Path) -> list[dict[str, str]]:
    with (out / "subjects.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_what_people_add_to_the_subjects_stays(dfe, planned, tmp_path):
    out = tmp_path / "out"
    assert dfe("corpus", "run", planned(), "-o", out).code == 0
    rows = [{**row, "session": "one", "group": "=1+1"} for row in _subjects(out)]
    with (out / "subjects.csv").open("w", newline="") as file:
        written = csv.DictWriter(file, rows[0].keys(), delimiter=";")
        written.writeheader()
        written.writerows(rows)
    (tmp_path / "media" / "s2" / "s2_new.mp4").write_bytes(grey_film(9))
    (tmp_path / "media" / "s1" / "s1_rest.mp4").unlink()
    assert dfe("corpus", "run", planned(), "-o", out).code == 0
    found = {row["recording"]: (row["subject"], row["session"], row["group"]) for row in _subjects(out)}
    assert found == {
        "s1/s1_rest": ("s1", "one", "'=1+1"),
        "s2/s2_rest": ("s2", "one", "'=1+1"),
        "s2/s2_new": ("s2", "", ""),
    }
    before, written = (out / "subjects.csv").read_bytes(), (out / "subjects.csv").stat().st_mtime_ns
    assert dfe("corpus", "run", planned(), "-o", out).code == 0
    assert (out / "subjects.csv").stat().st_mtime_ns == written, "nothing is written over the same"
    assert dfe("corpus", "merge", out, "-o", tmp_path / "all").code == 0
    assert (out / "subjects.csv").read_bytes() == before
    assert sorted(_subjects(tmp_path / "all"), key=str) == sorted(_subjects(out), key=str)


@pytest.mark.parametrize(
    "broken",
    ["s1/s1_rest,,,,calm, then not", 's1/s1_rest,,,,"calm', "s1/s1_rest,,,,calm\nname,group,group"],
    ids=["a comma too many", "an open quote", "no table of ours"],
)
def test_a_table_of_subjects_that_cannot_be_read_is_not_written_over(dfe, planned, tmp_path, broken):
    plan, out = planned(), tmp_path / "out"
    out.mkdir()
    head, *rows = reversed(broken.split("\n")) if "\n" in broken else ("recording,subject,session,task,note", broken)
    path = out / "subjects.csv"
    path.write_text("\n".join([head, *rows, "s2/s2_rest,,,,typed by hand\n"]))
    before = path.read_bytes()
    ran = dfe("corpus", "run", plan, "-o", out, "--min-free", "1e9")
    assert (ran.code, path.read_bytes()) == (3, before)
    assert "subjects.csv" in ran.err
    assert "mend it" in ran.err
    path.unlink()
    assert dfe("corpus", "run", plan, "-o", out, "--min-free", "1e9").code == 75
    path.write_bytes(before)
    assert dfe("corpus", "merge", out).code == 1
    assert dfe("corpus", "status", out).code == 3
    assert path.read_bytes() == before


def test_names_of_any_kind_are_written_to_the_subjects_as_csv_writes_them():
    from dfe.base.csv_text import csv_text
    from dfe.corpus.subjects import COLUMNS, _text

    for odd in ("b", "-b", "b,c", 'b"c', "b\nc", "b\rc", "", "'=b", "ﬁ b", "b'"):
        columns = [["a", odd, "d"], *[["", odd, "x"]] * 3]
        assert _text(columns) == csv_text(COLUMNS, zip(*columns, strict=True)), odd
