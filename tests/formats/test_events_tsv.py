from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dfe.base.errors import OutputError, TableError
from dfe.formats.event import Event
from dfe.formats.tsv import COLUMNS, EventSource, events_tsv, read_events_tsv, write_events_tsv

SMILE = Event(0, "display", 7, "lip corner pull, left", "mouth", 1.25, 1.5, 2.0, 3.125)
BLINK = Event(1, "blink", 0, "blink", "eyes", 2.0, 2.08, 2.2, 0.9, censored=True, speaking=False)
SOURCE = EventSource("clip é.mp4", "dfe-face41@3", "ab" * 32, 12.5, 29.97)

HEAD = "onset\tduration\tface_id\tkind\tdisplay\tlabel\tregion\n"


def test_the_file_as_a_person_would_read_it(tmp_path: Path) -> None:
    path = write_events_tsv(tmp_path / "a.events.tsv", [SMILE, BLINK], SOURCE)
    assert path.read_text() == (
        "onset\tduration\tface_id\tkind\tdisplay\tlabel\tregion\tapex\tintensity\tcensored\tspeaking\n"
        "1.2500\t0.7500\t0\tdisplay\t7\tlip corner pull, left\tmouth\t1.5000\t3.1250\t0\tn/a\n"
        "2.0000\t0.2000\t1\tblink\t0\tblink\teyes\t2.0800\t0.9000\t1\t0\n"
    )
    told = json.loads((tmp_path / "a.events.json").read_text())
    assert set(told) == {"DFE", *COLUMNS}
    assert told["onset"]["Units"] == "s"
    assert read_events_tsv(path) == ((SMILE, BLINK), SOURCE)
    write_events_tsv(path, [SMILE], settings={"on_mm": 1.5}, overwrite=True)
    assert json.loads((tmp_path / "a.events.json").read_text())["Settings"] == {"on_mm": 1.5}


labels = (
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
    .map(lambda s: " ".join(s.split()))
    .filter(lambda s: s not in ("", "n/a"))
)
times = st.floats(0, 1e5, allow_nan=False)


@st.composite
def events(draw: st.DrawFn) -> Event:
    onset, apex, offset = sorted(draw(st.tuples(times, times, times)))
    return Event(
        draw(st.integers(0, 9)),
        draw(st.sampled_from(["display", "blink", "gaze"])),
        draw(st.integers(0, 300)),
        draw(
            st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
            .map(lambda s: " ".join(s.split()))
            .filter(lambda s: s not in ("", "n/a"))
        ),
        draw(st.sampled_from(["mouth", "brows", ""])),
        onset,
        apex,
        offset,
        draw(st.floats(0, 40)),
        draw(st.booleans()),
        draw(st.sampled_from([None, True, False])),
    )


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(events(), max_size=5))
def test_what_is_written_is_read_again_to_a_tenth_of_a_millisecond(tmp_path_factory, many: list[Event]) -> None:
    path = tmp_path_factory.mktemp("tsv") / "e.tsv"
    again = read_events_tsv(write_events_tsv(path, many)).events
    assert len(again) == len(many)
    for a, b in zip(again, many, strict=True):
        for name in ("onset_s", "apex_s", "offset_s", "intensity"):
            assert abs(getattr(a, name) - getattr(b, name)) <= 0.51e-4
        assert a.onset_s <= a.apex_s <= a.offset_s
        for name in ("face_id", "kind", "display", "label", "region", "censored", "speaking"):
            assert getattr(a, name) == getattr(b, name)
    # Reading and writing again changes nothing more.
    assert events_tsv(again) == path.read_text(encoding="utf-8")


def test_a_table_that_a_person_has_edited(tmp_path: Path) -> None:
    path = tmp_path / "e.tsv"
    path.write_text("note\t" + HEAD + "mine\t1\t0.5\t0\tdisplay\t3\tn/a\tmouth\n\n", encoding="utf-8-sig")
    (event,), source = read_events_tsv(path)
    assert (event.onset_s, event.offset_s, event.label, event.speaking, event.censored) == (1, 1.5, "", None, False)
    assert math.isnan(event.apex_s)
    assert math.isnan(event.intensity)
    assert source == EventSource()


def test_labels_cannot_break_the_table(tmp_path: Path) -> None:
    odd = Event(0, "display", 1, 'a\tb\n"c" \r\x85\u2028d', "mouth", 0, 0, 1, 1)
    with write_events_tsv(tmp_path / "e.tsv", [odd]).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert [len(row) for row in rows] == [11, 11]
    assert rows[1][5] == 'a b "c" d'


def test_a_null_in_a_label_is_marked_as_lost(tmp_path: Path) -> None:
    path = write_events_tsv(tmp_path / "e.tsv", [Event(0, "display", 1, "a\0b", "mouth", 0, 0, 1, 1)])
    assert read_events_tsv(path).events[0].label == "a\ufffdb"


SAVED = {
    "semicolons and decimal commas": lambda text: text.replace("\t", ";").replace(".", ",").encode("utf-8-sig"),
    "a sep= line": lambda text: ("sep=;\r\n" + text.replace("\t", ";").replace("\n", "\r\n")).encode(),
    "UTF-16, as Excel's Unicode text": lambda text: text.encode("utf-16"),
    "Windows-1252": lambda text: text.encode("cp1252"),
    "cells in quotes": lambda text: "\n".join(
        "\t".join(f'"{cell}"' for cell in line.split("\t")) for line in text.splitlines()
    ).encode(),
    "trailing zeros gone": lambda text: text.replace("0000\t", "\t").replace("00\t", "\t").encode(),
}


@pytest.mark.parametrize("how", SAVED)
@pytest.mark.parametrize("suffix", [".tsv", ".csv"])
def test_what_a_spreadsheet_saved_is_read_alike(tmp_path: Path, how: str, suffix: str) -> None:
    from dfe.events.export import load_events

    smile = Event(0, "display", 7, "große Mundöffnung", "mouth", 1.25, 1.5, 2.0, 3.125)
    path = tmp_path / f"a.events{suffix}"
    path.write_bytes(SAVED[how](events_tsv([smile, BLINK])))
    assert load_events(path).events == (smile, BLINK)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("onset,duration\n", "lacks the column 'face_id'"),
        (HEAD + "1\t1\t0\tdisplay\t3\tx\n", "line 2: has 6 cells, the header has 7"),
        (HEAD + "1\t-1\t0\tdisplay\t3\tx\tmouth\n", "line 2: onset and duration must be"),
        (HEAD + "n/a\t1\t0\tdisplay\t3\tx\tmouth\n", "line 2: onset and duration must be"),
        (HEAD + "\n1\tlong\t0\tdisplay\t3\tx\tmouth\n", "line 3: duration 'long' is no number"),
        (HEAD + "1\t1\t0\tsmile\t3\tx\tmouth\n", "line 2: kind 'smile' is none of display"),
        (HEAD + "1\t1\t0.5\tdisplay\t3\tx\tmouth\n", "line 2: face_id '0.5' is no whole number"),
        (HEAD.strip() + "\tspeaking\n1\t1\t0\tdisplay\t3\tx\tmouth\tmaybe\n", "line 2: speaking 'maybe'"),
    ],
)
def test_refusals_name_the_line(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "e.tsv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TableError, match=says):
        read_events_tsv(path)


def test_files_that_are_not_text_or_not_there(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no such file"):
        read_events_tsv(tmp_path / "none.tsv")
    (tmp_path / "b.tsv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TableError, match="no proper UTF-16"):
        read_events_tsv(tmp_path / "b.tsv")
    path = write_events_tsv(tmp_path / "c.tsv", [SMILE])
    (tmp_path / "c.json").write_text("{")
    with pytest.raises(TableError, match=r"c\.json: cannot be read as JSON"):
        read_events_tsv(path)
    with pytest.raises(OutputError, match="exists already"):
        write_events_tsv(path, [SMILE])


def test_a_foreign_json_beside_it_says_nothing(tmp_path: Path) -> None:
    path = write_events_tsv(tmp_path / "c.tsv", [SMILE])
    (tmp_path / "c.json").write_text('{"DFE": {"tokenizer": 3, "duration_s": "long", "recording": "a.mp4"}}')
    assert read_events_tsv(path).source == EventSource(recording="a.mp4")
