"""Events with the packaged tokenizer, folders of recordings, and `dfe events` and `dfe faces` on real videos."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import dfe as package
from dfe.base.errors import ModelError, TableError, UsageError
from dfe.events.config import EventConfig
from dfe.events.export import load_events
from dfe.events.find import find_events
from dfe.events.folder import entities, events_to_folder, voices_of
from dfe.recording.build import RowBuffer, build_recording
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef, TokenizerRef
from dfe.recording.recording import Recording

RATE = 25


def smiles(name: str = "clip", faces: int = 1, seconds: int = 8) -> Recording:
    """Faces that smile from the third to the fifth second, coded by the default tokenizer."""
    tokenizer = package.load_tokenizer("dfe-face41@3")
    space, rows = tokenizer.space, RowBuffer()
    both = [space.index("mouthSmileLeft"), space.index("mouthSmileRight")]
    for i in range(seconds * RATE):
        x = np.zeros(41, np.float32)
        x[both] = 0.9 * np.interp(i / RATE, [3, 3.4, 4.6, 5], [0, 1, 1, 0])
        for face in range(faces):
            rows.add_face(
                i, i / RATE, f"{name}.mp4", 1.0, (0, 0, 90, 90), (0, 0, 0), x,
                np.zeros(8, np.float32), np.zeros(2, np.float32), face_id=face,
            )  # fmt: skip
    made = Provenance(SourceInfo(f"{name}.mp4"), SpaceRef(space.id, space.version, space.hash), "0.1.0")
    recording = build_recording(rows, made)
    return recording.with_tokens(tokenizer.encode(recording.expressions()), tokenizer.provenance())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    smiles("one").write(tmp_path / "in" / "one.parquet")
    smiles("two", faces=2).write(tmp_path / "in" / "deep" / "sub-07_ses-2_task-rest.parquet")
    return tmp_path / "in"


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.open(encoding="utf-8"), delimiter="\t" if path.suffix == ".tsv" else ","))


def test_a_recording_finds_its_own_tokenizer_and_words():
    found = find_events(smiles())
    assert "lip corner pull" in {event.label for event in found}
    assert all(event.onset_s + 0.1 >= 3 and event.offset_s <= 5.1 for event in found)
    assert found.tokenizer == "dfe-face41@3"
    frame = found.to_pandas()
    assert frame["label"].tolist() == [event.label for event in found]
    assert frame["duration_s"].tolist() == [event.duration_s for event in found]
    assert list(find_events(smiles(), EventConfig(on_mm=100)).to_pandas().columns) == list(frame.columns)
    first = next(event for event in found if event.kind == "display")
    named = find_events(smiles(), labels={first.display: "Duchenne"}, tokenizer="dfe-face41@3")
    assert next(e for e in named if e.kind == "display").label == "Duchenne"
    assert [e.label for e in find_events(smiles(), EventConfig(on_mm=100))] == []


def test_a_tokenizer_that_is_not_the_packages_must_be_named():
    recording = smiles()
    foreign = replace(recording.provenance, tokenizer=TokenizerRef("mine", "1", "ab" * 32))
    with pytest.raises(ModelError, match=r"mine@1 does not come with the package.*--tokenizer"):
        find_events(Recording(recording.table, foreign))
    with pytest.raises(ModelError, match="are those of dfe-face41@3"):
        find_events(recording, tokenizer="dfe-rvq@1")


def test_a_folder_gives_a_table_of_each_and_the_rates_of_all(folder, tmp_path, dfe):
    ran = dfe("events", folder, "-o", tmp_path / "out", "--json")
    assert ran.code == 0, ran.err
    assert [r["name"] for r in ran.json["recordings"]] == ["deep/sub-07_ses-2_task-rest", "one"]
    events = read(tmp_path / "out" / "one.events.tsv")
    assert events
    assert {row["speaking"] for row in events} == {"n/a"}
    assert (tmp_path / "out" / "deep" / "sub-07_ses-2_task-rest.events.json").is_file()
    rates = read(tmp_path / "out" / "rates.csv")
    rest = [row for row in rates if row["session"] == "2"]
    assert {row["subject"] for row in rest} == {"07"}
    assert {row["condition"] for row in rest} == {"rest"}
    assert {row["face"] for row in rest} == {"0", "1"}
    assert {float(row["exposure_s"]) for row in rates} == {8.0}
    counts = {row["token"]: int(row["count"]) for row in rates if row["recording"] == "one"}
    for token, count in counts.items():
        assert count == sum(token in (event["display"], event["label"]) for event in events)
    again = dfe("events", folder, "-o", tmp_path / "out")
    assert again.code == 1
    assert "exists already" in again.err
    assert dfe("events", folder, "-o", tmp_path / "out", "--overwrite").code == 0


def test_speech_and_roles_from_files(folder, tmp_path, dfe):
    (tmp_path / "talk").mkdir()
    (tmp_path / "talk" / "one.rttm").write_text("SPEAKER one 1 3.5 1.5 <NA> <NA> A <NA> <NA>\n")
    roles = tmp_path / "roles.csv"
    roles.write_text("recording,face_id,start,end,subject,role\none,0,,,P1,client\n")
    words = ("--speech", tmp_path / "talk", "--speakers", "A=0", "--roles", roles, "--format", "csv")
    ran = dfe("events", folder, "-o", tmp_path / "out", *words)
    assert ran.code == 0, ran.err
    assert "1" in {row["speaking"] for row in read(tmp_path / "out" / "one.events.csv")}
    rates = read(tmp_path / "out" / "rates.csv")
    mine = [row for row in rates if row["recording"] == "one"]
    assert {(row["subject"], row["role"]) for row in mine} == {("P1", "client")}
    assert {row["speech"]: float(row["exposure_s"]) for row in mine} == {"all": 8.0, "silent": 6.5, "speaking": 1.5}
    assert {row["speech"] for row in rates if row["recording"] != "one"} == {"all"}


def test_files_of_speech_go_by_their_folders_and_are_refused_where_two_mean_one(tmp_path):
    for name in ("s1/film.rttm", "s2/film.TextGrid", "s3/film.eaf"):
        path = tmp_path / name
        path.parent.mkdir()
        path.touch()
    found = voices_of(tmp_path, ["s1/film", "s2/film", "other"])
    assert found == {"s1/film": tmp_path / "s1" / "film.rttm", "s2/film": tmp_path / "s2" / "film.TextGrid"}
    with pytest.raises(TableError, match="film may be s1/film and s2/film; name the folder above both"):
        voices_of(tmp_path, ["film", "other"])
    with pytest.raises(UsageError, match=r"no file of speech.*: film\.rttm, .* in it, s4/film at hand"):
        voices_of(tmp_path, ["s4/film"])
    (tmp_path / "s1" / "film.eaf").touch()
    with pytest.raises(UsageError, match=r"film\.rttm: is about s1/film, as is .*film\.eaf; leave one out"):
        voices_of(tmp_path, ["s1/film"])


def test_what_cannot_be_read_does_not_stop_the_others(folder, tmp_path, dfe):
    (folder / "broken.parquet").write_bytes(b"PAR1 not really")
    ran = dfe("events", folder, "-o", tmp_path / "out")
    assert ran.code == 1
    assert "broken.parquet" in ran.err
    assert (tmp_path / "out" / "one.events.tsv").is_file()
    roles = tmp_path / "roles.csv"
    roles.write_text("recording,face_id,subject\none,4,P1\n")
    ran = dfe("events", folder / "one.parquet", "-o", tmp_path / "out2", "--roles", roles)
    assert ran.code == 1
    assert "line 2: one has no face 4" in ran.err
    assert not (tmp_path / "out2").exists()


def test_command_lines_that_make_no_sense(folder, tmp_path, dfe):
    out = ("-o", tmp_path / "out")
    speech = tmp_path / "talk.eaf"
    speech.write_text("<a/>")
    for words, said in (
        ((folder, *out, "--speech", speech), "one file of speech for 2 recordings"),
        ((folder, *out, "--speech", speech, "--speakers", "A"), "NAME=FACE"),
        ((folder, *out, "--speakers", "A=0"), "--speakers does nothing without --speech"),
        ((folder, *out, "--on", "0.1", "--off", "0.2"), "off_mm"),
        ((folder / "one.parquet", folder / "one.parquet", *out), "has the name of"),
        ((*out,), "nothing to do"),
        ((tmp_path / "empty", *out), "no such file"),
    ):
        ran = dfe("events", *words)
        assert ran.code in (1, 2)
        assert said in ran.err
        assert "Traceback" not in ran.err
    assert not (tmp_path / "out").exists()


def test_names_in_the_manner_of_bids():
    assert entities("sub-01_ses-a_task-rest_x") == {"subject": "01", "session": "a", "condition": "rest"}
    assert entities("sub-01/sub-01_video") == {"subject": "01"}
    assert entities("interview") == {}


def test_two_recordings_of_a_name_are_refused(folder, tmp_path):
    with pytest.raises(UsageError, match="rename"):
        events_to_folder([folder, folder], tmp_path / "out")


def test_faces_are_listed_and_put_right_from_the_command_line(folder, tmp_path, dfe):
    one = folder / "one.parquet"
    assert [face["face_id"] for face in dfe("faces", one, "--json").json] == [0]
    ran = dfe("faces", one, "--split", "0@4", "-o", tmp_path / "split.parquet", "--json")
    assert {face["face_id"]: face["rows"] for face in ran.json} == {0: 100, 1: 100}
    ran = dfe("faces", tmp_path / "split.parquet", "--join", "1:0", "-o", tmp_path / "again.parquet")
    assert ran.code == 0
    assert Recording.read(tmp_path / "again.parquet").table.equals(Recording.read(one).table)
    for words, said in (
        (("--join", "1:0"), "need -o"), (("-o", tmp_path / "x.parquet"), "needs --join"),
        (("--split", "0:4", "-o", tmp_path / "x.parquet"), "0@12.5"),
        (("--join", "9:0", "-o", tmp_path / "x.parquet"), "no face 9"),
        (("--split", "0@2", "-o", tmp_path / "split.parquet"), "exists already"),
    ):  # fmt: skip
        ran = dfe("faces", one, *words)
        assert ran.code in (1, 2)
        assert said in ran.err
    assert not (tmp_path / "x.parquet").exists()


def test_recordings_without_tokens_say_what_to_do():
    recording = smiles()
    names = [name for name in recording.table.column_names if not name.startswith(("tok_", "mm_"))]
    bare = Recording(recording.table.select(names), replace(recording.provenance, tokenizer=None))
    with pytest.raises(TableError, match="dfe encode"):
        find_events(bare)


def test_a_talking_man_has_events_at_half_his_frames_too(carphone):
    whole = package.encode(carphone)[0]
    half = Recording(whole.table.take(np.arange(0, len(whole), 2)), whole.provenance)
    every = EventConfig(all_rows=True)  # The face is small.
    counts = [sum(event.kind == "display" for event in find_events(part, every)) for part in (whole, half)]
    assert min(counts) > 3
    assert abs(counts[0] - counts[1]) <= 0.25 * max(counts)


def test_a_recording_is_exported_with_the_events_that_are_found_in_it(tmp_path):
    path = tmp_path / "clip.parquet"
    made = smiles()
    made.write(path)
    table = load_events(path)
    assert len(table.events) > 0
    assert table.events == find_events(made).events
    assert table.source.duration_s == pytest.approx(8.0)
