"""What the viewer counts, finds, changes and takes back, without a browser."""

import csv
import http.client
import shutil
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("starlette", reason="needs the extra viewer")

from dfe.base.errors import DfeError, OutputError, TableError, UsageError
from dfe.events.config import EventConfig
from dfe.events.find import find_events
from dfe.events.rates import rates
from dfe.media.video import Video
from dfe.recording.recording import Recording
from dfe.recording.roles import read_roles
from dfe.viewer.chosen import in_stretch
from dfe.viewer.film import find_film, transcode
from dfe.viewer.library import Entry, Library
from dfe.viewer.occurrences import MOST, _Strongest
from dfe.viewer.overview import Overview
from dfe.viewer.recordings_app import recordings_app
from dfe.viewer.serve import Server
from dfe.viewer.viewing import Viewing, ViewOptions
from made_views import FRAMES, smiling, stamps, view_recording
from made_waiting import eventually
from numbered_video import number_of, write_video
from packed_blocks import open_block


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return view_recording(tmp_path_factory.mktemp("views"), faces=2)


@pytest.fixture
def viewing(clip, tmp_path):
    """A viewer of a copy of the clip, which a test may change."""
    for file in clip.parent.iterdir():
        shutil.copy(file, tmp_path / file.name)
    made = Viewing(Library.of([tmp_path / clip.name]), ViewOptions())
    yield made
    made.close()


def test_a_whole_recording_counts_as_dfe_events_counts_it(clip):
    found = find_events(Recording.read(clip))
    for face in (0, 1):
        whole = [rate for rate in rates(found) if rate.face == face]
        chosen = in_stretch(found, face, -1.0, 100.0)
        assert len(chosen) == len(whole) > 20
        assert any(rate.count for rate in chosen)
        for one, other in zip(chosen, whole, strict=True):
            for name in ("token", "count", "exposure_s", "per_min", "share", "mean_duration_s", "mean_intensity"):
                assert getattr(one, name) == getattr(other, name)


def test_stretches_that_make_up_a_recording_share_its_events(clip):
    found = find_events(Recording.read(clip))
    edges = [-1.0, 1.2, 2.05, 3.0, 100.0]
    parts = [in_stretch(found, 0, a, b) for a, b in pairwise(edges)]
    for whole, *split in zip(in_stretch(found, 0, -1.0, 100.0), *parts, strict=True):
        assert sum(rate.count for rate in split) == whole.count
        assert sum(rate.exposure_s for rate in split) == pytest.approx(whole.exposure_s)
        on = sum((rate.share or 0) * rate.exposure_s for rate in split)
        assert on == pytest.approx((whole.share or 0) * whole.exposure_s)


def test_the_block_holds_what_the_recording_says(clip, viewing):
    recording = Recording.read(clip)
    told = open_block(viewing.opened(0).block)
    assert told["kind"] == "video"
    np.testing.assert_array_equal(told["frames"]["time"], np.array(stamps()) * 10)
    face = told["faces"][1]
    mine = recording.face_ids == 1
    tokens = recording.tokens().at(mine)
    np.testing.assert_array_equal(face["display"].reshape(tokens.display.shape), tokens.display)
    np.testing.assert_allclose(face["mm"].reshape(tokens.mm.shape) / 100, np.nan_to_num(tokens.mm), atol=0.006)
    np.testing.assert_array_equal(face["box"].reshape(-1, 4)[0], [70, 8, 70, 80])
    strip = next(one for one in told["faces"][0]["strips"] if one["token"] == str(smiling(recording)))
    amounts = recording.tokens().at(recording.face_ids == 0).amounts(63)[:, smiling(recording) - 1]
    assert strip["count"].sum() == (amounts > 0).sum()
    region = next(one for one in told["faces"][0]["strips"] if one["kind"] == "region")
    assert smiling(recording) in region["displays"]


def test_frames_that_are_far_apart_and_still_pictures_are_left_out(clip, tmp_path):
    for name, seconds in (("slow", 20.0), ("stills", np.nan)):
        recording = Recording.read(clip)
        place = recording.table.column_names.index("time_s")
        times = pa.array(recording.times * seconds, from_pandas=True)
        recording.table = recording.table.set_column(place, recording.table.schema.field(place), times)
        recording.write(tmp_path / f"{name}.parquet")
    made = Viewing(Library.of([clip, tmp_path / "slow.parquet", tmp_path / "stills.parquet"]), ViewOptions())
    found = made.occurrences(0, [str(smiling(Recording.read(clip)))])
    assert (found["recordings"], found["waiting"]) == (1, 0)
    stills, slow = sorted(found["left_out"].items())
    assert slow[0].startswith("without events (has 1.")
    assert stills == ("of still pictures", 1)
    made.close()


def test_recordings_of_other_tokenizers_and_damaged_ones_are_named_and_left_out(clip, tmp_path):
    for file in clip.parent.iterdir():
        shutil.copy(file, tmp_path / file.name)
    view_recording(tmp_path, "bare", film=False, frames=10, tokens=False)
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 no")
    made = Viewing(Library.of([tmp_path / "clip.parquet"], tmp_path), ViewOptions())
    found = made.occurrences(0, [str(smiling(Recording.read(clip)))])
    assert found["recordings"] == 1
    assert found["left_out"] == {"without tokens": 1, "damaged, or no recording": 1}
    made.close()


def test_a_large_corpus_is_looked_through_bit_by_bit_and_read_anew_only_after_changes(clip, tmp_path, monkeypatch):
    for name in "abc":
        shutil.copy(clip, tmp_path / f"{name}.parquet")
    made = Viewing(Library.of([tmp_path]), ViewOptions())
    display = str(smiling(Recording.read(clip)))
    told = [made.occurrences(0, [display], patience_s=0) for _ in range(3)]
    assert [(one["recordings"], one["waiting"]) for one in told] == [(1, 2), (2, 1), (3, 0)]
    assert told[2]["total"] == 3 * told[0]["total"] > 0
    read = []
    monkeypatch.setattr("dfe.viewer.occurrences.events_of", lambda path, *_: read.append(path.stem) or {})
    assert made.occurrences(0, ["smile"])["waiting"] == 0
    made.edit(0, {"what": "name", "display": 3, "name": "polite smile"})
    made.occurrences(0, ["smile"])
    assert read == []
    shutil.copy(clip, tmp_path / "b.parquet")
    made.occurrences(0, ["smile"])
    assert read == ["b"]
    made.edit(0, {"what": "group", "name": "mine", "displays": [3, 5]})
    made.occurrences(0, ["mine"])
    assert read == ["b", "a", "b", "c"]
    made.close()


def test_a_recording_that_was_written_anew_is_read_anew(viewing):
    path, before = viewing.entry(0).path, viewing.opened(0)
    assert viewing.opened(0) is before
    recording = Recording.read(path)
    recording.table = recording.table.slice(0, len(recording) // 2)
    recording.write(path, overwrite=True)
    after = viewing.opened(0)
    assert len(after.frames) < len(before.frames)
    assert viewing.opened(0) is after
    listed = viewing.occurrences(0, ["smile"])["rows"]
    smiles = [event for event in after.events if event.kind == "group" and event.label == "smile"]
    assert sorted(row["apex_s"] for row in listed) == sorted(event.apex_s for event in smiles)


def test_names_and_roles_that_another_program_writes_are_seen(viewing):
    folder = viewing.entry(0).path.parent
    states = [viewing.state(0)]
    viewing.edit(0, {"what": "name", "display": 3, "name": "polite smile"})
    theirs = (folder / "names.json").read_bytes()
    viewing.undo()
    assert viewing.opened(0).names.name(3) == ""
    states.append(viewing.state(0))
    (folder / "names.json").write_bytes(theirs)
    states.append(viewing.state(0))
    assert viewing.opened(0).names.name(3) == "polite smile"
    assert states[1]["charts"] != states[2]["charts"] == viewing.state(0)["charts"]
    (folder / "roles.csv").write_text("recording,face_id,subject\nclip,0,anna\n")
    assert viewing.state(0)["charts"] == states[2]["charts"]
    assert states[2]["labels"] != viewing.state(0)["labels"] == viewing.labels(0)["state"]
    assert [row["subject"] for row in viewing.labels(0)["roles"]] == ["anna"]
    assert not viewing.state(0)["several"]


def test_recordings_that_come_into_the_folder_get_further_keys(clip, tmp_path, monkeypatch):
    monkeypatch.setattr("dfe.viewer.viewing._LOOK_S", 0.0)
    monkeypatch.setattr("dfe.viewer.viewing._REST", 0)
    shutil.copy(clip, tmp_path / "m.parquet")
    made = Viewing(Library.of([tmp_path]), ViewOptions())
    overview = Overview(made)
    overview.start()
    eventually(lambda: overview.told()["done"] == 1)
    version = str(overview.told()["version"])
    assert overview.told(version)["rows"] is None
    for name in ("a", "z"):
        shutil.copy(clip, tmp_path / f"{name}.parquet")
    assert made.occurrences(0, ["smile"], patience_s=60)["recordings"] == 3
    assert [(entry.key, entry.name) for entry in made.library.entries] == [(0, "m"), (1, "a"), (2, "z")]
    (tmp_path / "m.parquet").write_bytes(b"PAR1 no")
    overview.start()
    eventually(lambda: len(overview.told()["problems"]) == 1)
    eventually(lambda: overview.told()["done"] == 3)
    assert overview.told(version)["rows"].count("<tr") == 2
    made.close()


def test_the_strongest_of_many_events_are_those_of_a_plain_sort():
    random = np.random.default_rng(1)
    entries = [Entry(key, Path(f"{key}"), f"r{key % 3}") for key in range(5)]
    found, every = _Strongest(), []
    for entry in entries:
        for token in ("7", "smile"):
            events = np.round(random.gamma(2.0, 1.0, (200, 6)), 1)
            found.add(entry, token, events)
            every += [(-mm, entry.name, onset, int(face), token) for face, onset, _, _, mm, _ in events]
    assert found.total == len(every) == 2000
    listed = [(-one.intensity, one.name, one.onset_s, one.face_id, one.token) for one in found.listed()]
    assert listed == sorted(every)[:MOST]


def test_displays_that_are_not_counted_are_refused_in_words(viewing):
    unsteady = [str(one) for one in sorted(viewing.opened(0).vocabulary.unsteady)]
    with pytest.raises(UsageError, match="unsteady"):
        viewing.occurrences(0, unsteady[:1])
    assert viewing.occurrences(0, [*unsteady, "smile"]) == viewing.occurrences(0, ["smile"])
    with pytest.raises(UsageError, match="no display or group 'grin'"):
        viewing.occurrences(0, ["grin"])


def test_names_merges_and_groups_are_kept_where_commands_read_them_and_undone(viewing):
    folder = viewing.entry(0).path.parent
    assert viewing.edit(0, {"what": "name", "display": 3, "name": " polite  smile ", "note": "at greetings"})
    assert viewing.edit(0, {"what": "merge", "displays": [5, 9], "name": "grin"})
    assert viewing.edit(0, {"what": "group", "name": "mine", "displays": [3, 5]})
    opened = viewing.opened(0)
    assert opened.names.name(3) == "polite smile"
    assert [merge.displays for merge in opened.names.merges] == [(5, 9)]
    assert opened.vocabulary.counted_as(9) == 5
    assert dict(opened.names.groups) == {"mine": (3, 5)}
    found = find_events(Recording.read(viewing.entry(0).path), names=opened.names)
    assert found.events == opened.events.events
    assert viewing.history.last.startswith("group mine")
    for _ in range(3):
        viewing.undo()
    assert not (folder / "names.json").exists()
    with pytest.raises(UsageError, match="nothing to undo"):
        viewing.undo()


def test_faces_are_joined_and_cut_in_the_recording_itself(viewing):
    path = viewing.entry(0).path
    before = path.read_bytes()
    viewing.edit(0, {"what": "split face", "face": 1, "at_s": 2.0})
    assert viewing.opened(0).faces == (0, 1, 2)
    changed = Recording.read(path)
    assert changed.provenance.options["faces"] == [{"split": 1, "at_s": 2.0, "into": 2}]
    viewing.edit(0, {"what": "join faces", "face": 2, "into": 1})
    assert viewing.opened(0).faces == (0, 1)
    viewing.undo()
    viewing.undo()
    assert path.read_bytes() == before


def test_roles_and_windows_are_tables_that_commands_read(viewing):
    folder = viewing.entry(0).path.parent
    (folder / "roles.csv").write_text("recording,face_id,start,end,subject,role,mark\nother,0,,,anna,,x\n")
    viewing.edit(0, {"what": "role", "face": 0, "subject": "ben", "role": "client", "start_s": 0.5, "end_s": None})
    roles = read_roles(folder / "roles.csv")
    assert [(role.recording, role.subject, role.start_s) for role in roles] == [
        ("other", "anna", -np.inf),
        ("clip", "ben", 0.5),
    ]
    with pytest.raises(TableError, match="overlap"):
        viewing.edit(0, {"what": "role", "face": 0, "subject": "cleo", "start_s": 1.0, "end_s": 2.0})
    assert len(read_roles(folder / "roles.csv")) == 2
    with (folder / "roles.csv").open() as file:
        assert next(csv.DictReader(file))["mark"] == "x"
    viewing.edit(0, {"what": "window", "start_s": 0.5, "end_s": 1.75, "condition": "neutral", "face": 1})
    assert viewing.labels(0)["windows"] == [
        {"recording": "clip", "face_id": "1", "start_s": "0.5000", "end_s": "1.7500", "condition": "neutral"}
    ]
    viewing.edit(0, {"what": "not window", "row": viewing.labels(0)["windows"][0]})
    assert viewing.labels(0)["windows"] == []
    viewing.undo()
    assert len(viewing.labels(0)["windows"]) == 1


def test_what_somebody_else_changed_is_not_taken_back(viewing):
    viewing.edit(0, {"what": "name", "display": 3, "name": "smile"})
    file = viewing.entry(0).path.parent / "names.json"
    file.write_text(file.read_text().replace("smile", "grin"))
    with pytest.raises(OutputError, match="changed by something else"):
        viewing.undo()
    assert "grin" in file.read_text()


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({}, "what is no text"),
        ({"what": "delete everything"}, "change that there is not"),
        ({"what": "name", "display": 9999, "name": "x"}, "has displays 1 to"),
        ({"what": "name", "display": "3", "name": "x"}, "display is no number"),
        ({"what": "name", "display": True, "name": "x"}, "display is no number"),
        ({"what": "name", "display": 3, "name": "x" * 150}, "characters"),
        ({"what": "name", "display": 3, "name": "a\x00b"}, "no text"),
        ({"what": "merge", "displays": [3], "name": "x"}, "does not read"),
        ({"what": "merge", "displays": [3, 4], "name": "lids"}, "cannot be called"),
        ({"what": "group", "name": "7", "displays": [3]}, "cannot be called"),
        ({"what": "unmerge", "name": "nothing"}, "no merge"),
        ({"what": "join faces", "face": 1, "into": 0}, "both seen in frame"),
        ({"what": "split face", "face": 7, "at_s": 1}, "no face 7"),
        ({"what": "split face", "face": 0, "at_s": "soon"}, "no time in seconds"),
        ({"what": "role", "face": 0, "subject": ""}, "say whose face"),
        ({"what": "window", "start_s": 2, "end_s": 1, "condition": "a"}, "ends before it begins"),
        ({"what": "not window", "row": {"recording": 3}}, "a row that is none"),
    ],
)
def test_changes_that_make_no_sense_change_nothing(viewing, sent, says):
    folder = viewing.entry(0).path.parent
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    with pytest.raises(DfeError, match=says):
        viewing.edit(0, sent)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert viewing.history.last == ""


def test_a_video_is_found_beside_its_recording_and_known_by_its_bytes(clip, tmp_path):
    made = Recording.read(clip).provenance
    assert find_film(None, clip, made).path == clip.with_suffix(".mp4")
    assert find_film(None, clip, made).said == ""
    assert find_film(clip.parent, tmp_path / "a.parquet", made).path == clip.with_suffix(".mp4")
    moved = find_film(None, tmp_path / "clip.parquet", made)
    assert moved.path is None
    assert "clip.mp4 is not in" in moved.said
    assert "--video" in moved.said
    gone = find_film(tmp_path / "nowhere.mp4", clip, made)
    assert "nowhere.mp4 is not there" in gone.said
    other = write_video(tmp_path / "clip.mp4", frames=20)
    assert "not the one that was encoded" in find_film(other, clip, made).said


def test_a_copy_for_browsers_has_the_same_frames_at_the_same_times(tmp_path):
    source = write_video(tmp_path / "old.avi", "mpeg4", 20, rate=10, size=(97, 129), pix_fmt="yuv420p")
    made = view_recording(tmp_path, "film", film=False, frames=10)
    assert not find_film(source, made, Recording.read(made).provenance).plays
    transcode(source, tmp_path / "copy.mp4")
    copy = Video(tmp_path / "copy.mp4")
    assert find_film(tmp_path / "copy.mp4", made, Recording.read(made).provenance).plays
    np.testing.assert_allclose(copy.timeline.times_s, np.arange(20) / 10, atol=1e-3)
    assert [number_of(frame.image) for frame in copy.frames()] == list(range(20))


def test_still_pictures_and_recordings_without_tokens_open_and_say_why(clip, tmp_path):
    bare = view_recording(tmp_path, "bare", film=False, frames=10, tokens=False)
    made = Viewing(Library.of([bare]), ViewOptions())
    told = open_block(made.opened(0).block)
    assert "no tokens" in told["why"]
    assert (told["displays"], told["faces"][0]["levels"] if "levels" in told["faces"][0] else told["levels"]) == ([], 0)
    with pytest.raises(UsageError, match="no events"):
        made.chosen(0, 0, 0.0, 1.0)
    with pytest.raises(UsageError, match="no displays to name"):
        made.edit(0, {"what": "name", "display": 1, "name": "a"})
    made.close()
    other = Viewing(Library.of([clip]), ViewOptions(tokenizer="dfe-displays@1"))
    assert "another tokenizer" in open_block(other.opened(0).block)["why"]
    other.close()


def test_a_library_names_recordings_by_numbers_only(clip, tmp_path):
    library = Library.of([clip.parent])
    assert [(entry.key, entry.name) for entry in library.entries] == [(0, "clip")]
    assert (library.get(-1), library.get(1)) == (None, None)
    with pytest.raises(UsageError, match="no such recording"):
        Library.of([tmp_path / "nowhere.parquet"])
    with pytest.raises(UsageError, match="name a recording"):
        Library.of([])


def test_the_options_of_events_hold_in_the_viewer_too(clip):
    few = Viewing(Library.of([clip]), ViewOptions(events=EventConfig(on_mm=50.0, off_mm=50.0)))
    assert not [event for event in few.opened(0).events if event.kind == "display"]
    few.close()
    assert len(stamps()) == FRAMES


@pytest.fixture(scope="module")
def ask(clip):
    """Function that asks a served viewer by hand: status and words of the answer."""
    viewing = Viewing(Library.of([clip]), ViewOptions())
    with Server(recordings_app(viewing)).in_background() as url:
        parts = urlsplit(url)
        token = parts.query.removeprefix("token=")

        def send(path, body=None, **headers):
            line = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=120)
            own = {"Cookie": f"dfe-{parts.port}={token}", "Origin": f"http://127.0.0.1:{parts.port}"}
            line.request("GET" if body is None else "POST", path, body, {**own, **headers})
            answer = line.getresponse()
            status, words = answer.status, answer.read()
            line.close()
            return status, words.decode("utf-8", "replace")

        yield send
    viewing.close()


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("/recordings/7/data", None, 400, "no such recording"),
        ("/recordings/-1/data", None, 404, "nothing here"),
        ("/recordings/0/../../etc/passwd", None, 400, "no such addresses"),
        ("/recordings/clip.parquet", None, 404, "nothing here"),
        ("/recordings/0/points?first=0&count=5", None, 400, "keeps no landmarks"),
        ("/recordings/0/points?first=x&count=5", None, 400, "first is no number"),
        ("/recordings/0/chosen", '{"face": 0, "start_s": 2, "end_s": 1}', 400, "ends before it begins"),
        ("/recordings/0/chosen", '{"face": "0", "start_s": 0, "end_s": 1}', 400, "no stretch"),
        ("/recordings/0/chosen", '{"face": 0, "start_s": NaN, "end_s": 1}', 400, "no JSON"),
        ("/recordings/0/occurrences", '{"tokens": ["1) OR (1=1"]}', 400, "no display"),
        ("/recordings/0/occurrences", '{"tokens": []}', 400, "no display"),
        ("/recordings/0/occurrences", '{"tokens": [7]}', 400, "no display"),
        ("/recordings/0/edit", "[1]", 400, "no JSON object"),
        ("/recordings/0/edit", '{"what": "name"', 400, "no JSON"),
        ("/undo", "{}", 400, "nothing to undo"),
    ],
)
def test_requests_that_make_no_sense_are_refused_in_words(ask, path, body, status, says):
    found, words = ask(path, body)
    assert (found, says in words) == (status, True), words


def test_changes_of_another_site_are_refused(ask, clip):
    status, _ = ask("/recordings/0/edit", '{"what": "name", "display": 3, "name": "x"}', Origin="http://evil.example")
    assert status == 403
    assert not (clip.parent / "names.json").exists()


def test_the_page_shows_a_name_as_text(tmp_path, clip):
    nasty = tmp_path / "<img src=x onerror=alert(1)>.parquet"
    shutil.copy(clip, nasty)
    viewing = Viewing(Library.of([nasty]), ViewOptions())
    with Server(recordings_app(viewing)).in_background() as url:
        parts = urlsplit(url)
        line = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=120)
        line.request(
            "GET", "/recordings/0", headers={"Cookie": f"dfe-{parts.port}={parts.query.removeprefix('token=')}"}
        )
        page = line.getresponse().read().decode()
    assert "&lt;img src=x" in page
    assert "<img" not in page
    viewing.close()
