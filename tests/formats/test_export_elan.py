from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from hypothesis import given, settings

import eaf_structure
from dfe.base.errors import OutputError
from dfe.formats.elan import elan_text, write_elan
from dfe.formats.event import Event
from dfe.formats.labels import read_labels
from dfe.formats.tiers import MediaRef, key, names, tiers
from dfe.formats.tsv import EventSource
from made_events import MIXED, SOURCE, any_events

NO_MEDIA = MediaRef()


def test_what_elan_is_told(tmp_path: Path) -> None:
    media = MediaRef(tmp_path / "videos" / "Gespräch & 1.mp4", 12.5, 30.0)
    root = eaf_structure.check(elan_text(MIXED, media, SOURCE, folder=tmp_path / "out"))
    linked = root.find("HEADER/MEDIA_DESCRIPTOR").attrib  # type: ignore[union-attr]
    assert linked == {
        "MEDIA_URL": "file:///Gespräch & 1.mp4",
        "MIME_TYPE": "video/mp4",
        "RELATIVE_MEDIA_URL": "../videos/Gespräch & 1.mp4",
    }
    properties = {p.attrib["NAME"]: p.text for p in root.iter("PROPERTY")}
    assert properties["dfe.tokenizer"] == "dfe-face41@2"
    assert properties["dfe.tokenizer.hash"] == "ab" * 32
    assert properties["lastUsedAnnotationId"] == str(len(MIXED))
    assert str(tmp_path) not in elan_text(MIXED, media, SOURCE, folder=tmp_path / "out").decode()
    entries = {e.attrib["CVE_ID"]: e.findtext("CVE_VALUE") for e in root.iter("CV_ENTRY_ML")}
    assert entries["dfe-face41_2.display.7"] == "lip corner pull, left"
    assert entries["dfe-face41_2.display.9"] == "jaw drop (display 9)"
    assert entries["dfe-face41_2.gaze.gaze_left"] == "gaze left"
    participants = {t.attrib["TIER_ID"]: t.attrib["PARTICIPANT"] for t in root.iter("TIER")}
    assert participants["face1 mouth"] == "face1"


@settings(max_examples=60, deadline=None)
@given(any_events())
def test_any_events_make_a_file_by_the_schema_that_is_read_back(tmp_path_factory, events: list[Event]) -> None:
    path = tmp_path_factory.mktemp("elan") / "a.eaf"
    write_elan(path, events, NO_MEDIA, SOURCE)
    eaf_structure.check(path.read_bytes())
    words = names(events, lambda text: text.replace("\x00", "\ufffd").replace("\x0b", "\ufffd"))
    expected = [
        (tier.name, p.begin / 1000, p.end / 1000, words[key(p.event)])
        for tier in tiers(events, 1000)
        for p in tier.placed
    ]
    assert [tuple(label) for label in read_labels(path)] == expected


def test_times_come_back_to_the_millisecond(tmp_path: Path) -> None:
    exact = [Event(0, "display", 1, "a", "mouth", k * 1.2345678, k, k * 1.2345678 + 0.7, 1) for k in range(50)]
    labels = read_labels(write_elan(tmp_path / "a.eaf", exact, NO_MEDIA, SOURCE))
    assert len(labels) == 50
    for label, event in zip(labels, exact, strict=True):
        assert abs(label.start_s - event.onset_s) <= 0.0005
        assert abs(label.end_s - event.offset_s) <= 0.0005


def test_nothing_happened(tmp_path: Path) -> None:
    path = write_elan(tmp_path / "a.eaf", (), NO_MEDIA, EventSource())
    eaf_structure.check(path.read_bytes())
    assert read_labels(path) == ()


def test_same_events_same_bytes_and_nothing_is_replaced_unasked(tmp_path: Path) -> None:
    one = write_elan(tmp_path / "a.eaf", MIXED, NO_MEDIA, SOURCE)
    two = write_elan(tmp_path / "b.eaf", MIXED[::-1], NO_MEDIA, SOURCE)
    assert one.read_bytes() == two.read_bytes()
    with pytest.raises(OutputError, match="exists already"):
        write_elan(one, MIXED, NO_MEDIA, SOURCE)
    write_elan(one, (), NO_MEDIA, SOURCE, overwrite=True)
    assert one.read_bytes() != two.read_bytes()


@pytest.mark.parametrize("tokenizer", ["7up@1", "ünï", "@", None])
def test_ids_are_names_whatever_the_tokenizer_is_called(tmp_path: Path, tokenizer: str | None) -> None:
    eaf_structure.check(elan_text(MIXED, NO_MEDIA, EventSource(tokenizer=tokenizer), tmp_path))


def test_pympi_reads_the_same(tmp_path: Path) -> None:
    elan = pytest.importorskip("pympi.Elan", reason="needs the extra dev")
    path = write_elan(tmp_path / "a.eaf", MIXED, MediaRef(tmp_path / "clip.mp4"), SOURCE)
    eaf = elan.Eaf(str(path))
    expected = {
        tier.name: [(p.begin, p.end, names(MIXED)[key(p.event)]) for p in tier.placed] for tier in tiers(MIXED, 1000)
    }
    assert set(eaf.get_tier_names()) == set(expected)
    for name, rows in expected.items():
        assert sorted(row[:3] for row in eaf.get_annotation_data_for_tier(name)) == rows
    assert eaf.get_linked_files()[0]["RELATIVE_MEDIA_URL"] == "./clip.mp4"
    assert ("dfe.tokenizer", "dfe-face41@2") in eaf.get_properties()
    assert len(eaf.get_cv_entries("dfe-face41@2")) == len(names(MIXED))
    # And what pympi writes of it, we read.
    again = tmp_path / "again.eaf"
    importlib.import_module("pympi").Elan.to_eaf(str(again), eaf)
    assert sorted(read_labels(again)) == sorted(read_labels(path))


@pytest.mark.parametrize(
    ("video", "linked"),
    [("a/clip.mp4", "../a/clip.mp4"), ("out/clip.mp4", "./clip.mp4"), ("out/in/..clip.mp4", "./in/..clip.mp4")],
)
def test_the_video_is_linked_from_where_the_file_lies(tmp_path: Path, video: str, linked: str) -> None:
    text = elan_text((), MediaRef(tmp_path / video), SOURCE, folder=tmp_path / "out").decode()
    assert f'RELATIVE_MEDIA_URL="{linked}"' in text
