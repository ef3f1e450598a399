from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings

from dfe.formats.boris import boris_project, write_boris
from dfe.formats.csv import write_csv
from dfe.formats.event import Event
from dfe.formats.labels import read_labels
from dfe.formats.textgrid import textgrid_text, write_textgrid
from dfe.formats.tiers import MediaRef, key, names, tiers
from dfe.formats.webvtt import webvtt_text, write_webvtt
from made_events import MIXED, SMILE, SOURCE, any_events

MEDIA = MediaRef(Path("videos/clip.mp4"), 12.5, 30.0)


def test_a_textgrid_as_praat_writes_it() -> None:
    assert textgrid_text([SMILE], MEDIA) == (
        'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 12.5\ntiers? <exists>\nsize = 1\n'
        'item []:\n    item [1]:\n        class = "IntervalTier"\n        name = "face0 mouth"\n        xmin = 0\n'
        "        xmax = 12.5\n        intervals: size = 3\n"
        '        intervals [1]:\n            xmin = 0\n            xmax = 1.25\n            text = ""\n'
        "        intervals [2]:\n            xmin = 1.25\n            xmax = 2\n"
        '            text = "lip corner pull, left"\n'
        '        intervals [3]:\n            xmin = 2\n            xmax = 12.5\n            text = ""\n'
    )


@settings(max_examples=60, deadline=None)
@given(any_events())
def test_textgrids_tile_the_time_and_are_read_back(tmp_path_factory, events: list[Event]) -> None:
    path = write_textgrid(tmp_path_factory.mktemp("praat") / "a.TextGrid", events, MEDIA, SOURCE)
    text = path.read_text(encoding="utf-8")
    blocks = text.split("    item [")[1:]
    for block in blocks:
        starts, ends = (
            [float(v) for v in re.findall(rf"^ {{12}}{name} = (\S+)$", block, re.M)] for name in ("xmin", "xmax")
        )
        assert starts[0] == 0
        assert starts[1:] == ends[:-1]
        assert ends[-1] == 12.5
        assert all(a < b for a, b in zip(starts, ends, strict=True))
    expected = [
        (tier.name, p.begin / 1e4, p.end / 1e4, names(events)[key(p.event)].strip())
        for tier in tiers(events, 10_000)
        for p in tier.placed
    ]
    assert [tuple(label) for label in read_labels(path)] == expected


def test_other_readers_agree_on_the_textgrid(tmp_path: Path) -> None:
    praat = pytest.importorskip("pympi.Praat", reason="needs the extra dev")
    path = write_textgrid(tmp_path / "a.TextGrid", MIXED, MEDIA, SOURCE)
    grid = praat.TextGrid(str(path))
    theirs = [
        (tier.name, start, end, text) for tier in grid.get_tiers() for start, end, text in tier.get_intervals() if text
    ]
    assert theirs == [tuple(label) for label in read_labels(path)]


CUE = re.compile(r"(\d+)\n(\d\d+):(\d\d):(\d\d)\.(\d{3}) --> (\d\d+):(\d\d):(\d\d)\.(\d{3})\n([^\n]+)")


@settings(max_examples=60, deadline=None)
@given(any_events())
def test_cues_keep_the_rules_of_webvtt(events: list[Event]) -> None:
    head, *blocks = webvtt_text(events, SOURCE).rstrip("\n").split("\n\n")
    assert head == "WEBVTT"
    assert blocks[0] == f"NOTE tokenizer dfe-face41@2 {'ab' * 32}"
    cues = [CUE.fullmatch(block) for block in blocks[1:]]
    assert len(cues) == len(events)
    began = 0
    for cue in cues:
        assert cue is not None
        h, m, s, ms, h2, m2, s2, ms2 = map(int, cue.groups()[1:9])
        begin, end = ((h * 60 + m) * 60 + s) * 1000 + ms, ((h2 * 60 + m2) * 60 + s2) * 1000 + ms2
        assert began <= begin < end
        began = begin
        assert not re.search(r"<|-->|&(?!amp;|lt;|gt;)", cue[10])


def test_cues_name_the_face_where_there_are_several() -> None:
    assert "\nmouth: lip corner pull, left\n" in webvtt_text([SMILE], SOURCE)
    text = webvtt_text(MIXED, SOURCE)
    assert "00:00:01.250 --> 00:00:02.000\nface 0, mouth: lip corner pull, left\n" in text
    assert 'face 0, brows: a "b" &lt;c&gt; &amp; d\'' in text


def test_hours_in_cues() -> None:
    late = Event(0, "blink", 0, "blink", "eyes", 3661.5, 3661.6, 3662, 1)
    assert "01:01:01.500 --> 01:01:02.000" in webvtt_text([late], SOURCE)


def test_the_csv_has_the_columns_of_the_tsv(tmp_path: Path) -> None:
    with write_csv(tmp_path / "a.csv", MIXED, MEDIA, SOURCE).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["label"] for row in rows] == [event.label for event in MIXED]
    assert rows[0]["speaking"] == ""
    assert rows[3]["speaking"] == "1"
    assert [float(row["onset"]) for row in rows] == [event.onset_s for event in MIXED]


def spans(project: dict) -> list[tuple[str, str, float, float]]:
    """Pair starts and stops as BORIS does: every second row of a subject and a code is a stop."""
    (observation,) = project["observations"].values()
    times = [row[0] for row in observation["events"]]
    assert times == sorted(times)
    running: dict[tuple[str, str], float] = {}
    found = []
    for time, subject, code, _, _, _ in observation["events"]:
        if (subject, code) in running:
            found.append((subject, code, running.pop((subject, code)), time))
        else:
            running[subject, code] = time
    assert not running
    return found


def test_a_boris_project(tmp_path: Path) -> None:
    project = json.loads(write_boris(tmp_path / "clip.boris", MIXED, MEDIA, SOURCE).read_text(encoding="utf-8"))
    assert project["project_format_version"] == "7.0"
    assert [subject["name"] for subject in project["subjects_conf"].values()] == ["face 0", "face 1"]
    codes = {b["code"]: b for b in project["behaviors_conf"].values()}
    assert codes["lip corner pull - left"]["category"] == "mouth"
    assert codes["lip corner pull - left"]["description"] == "display 7"
    assert {b["type"] for b in codes.values()} == {"State event"}
    assert project["behavioral_categories"] == ["brows", "eyes", "mouth"]
    observation = project["observations"]["clip"]
    assert observation["file"]["1"] == ["clip.mp4"]
    assert observation["media_info"]["length"] == {"clip.mp4": 12.5}
    assert [0.0, "face 0", 'a "b" <c> & d\'', "", "intensity 1 mm, apex 0.250 s", 0] in observation["events"]
    assert [1.25, "face 0", "lip corner pull - left", "", "intensity 3.12 mm, apex 1.500 s", 37] in observation[
        "events"
    ]
    assert ("face 0", "lip corner pull - left", 1.25, 2.0) in spans(project)
    assert ("face 0", "lip corner pull - left", 2.0, 3.0) in spans(project)


@settings(max_examples=60, deadline=None)
@given(any_events())
def test_boris_pairs_starts_and_stops_to_the_time_that_a_display_takes(events: list[Event]) -> None:
    project = boris_project(events, MediaRef(), SOURCE)
    defined = {b["code"] for b in project["behaviors_conf"].values()}
    assert len(defined) == len(project["behaviors_conf"]) == len({key(event) for event in events})
    assert not any(set(code) & set(",|") for code in defined)
    found = spans(project)
    assert {code for _, code, _, _ in found} == (defined if events else set())
    # Time covered by each face, counted millisecond by millisecond from the events themselves.
    for face in {event.face_id for event in events}:
        mine = [(code, start, end) for subject, code, start, end in found if subject == f"face {face}"]
        covered = sum(round((end - start) * 1000) for _, start, end in mine)
        expected = {
            (key(event), tick)
            for event in events
            if event.face_id == face
            for tick in range(
                round(event.onset_s * 1000), max(round(event.offset_s * 1000), round(event.onset_s * 1000) + 1)
            )
        }
        assert covered == len(expected)
    assert next(iter(project["observations"].values()))["type"] == "LIVE"


@pytest.mark.parametrize("writer", [write_boris, write_csv, write_textgrid, write_webvtt])
def test_same_bytes_again(tmp_path: Path, writer) -> None:
    one, two = (writer(tmp_path / name / "a.x", MIXED, MEDIA, SOURCE) for name in "ab")
    assert one.read_bytes() == two.read_bytes()
