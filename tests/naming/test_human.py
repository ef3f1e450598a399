from __future__ import annotations

import math
from pathlib import Path

import pytest
from numpy.testing import assert_allclose

from dfe.base.errors import UsageError
from dfe.formats.elan import write_elan
from dfe.formats.event import Event
from dfe.formats.labels import Label
from dfe.formats.tiers import MediaRef
from dfe.formats.tsv import EventSource, EventTable, read_events_tsv, write_events_tsv
from dfe.naming.human import Selection, compare, compare_files


def smile(onset: float, display: int = 7, face: int = 0, label: str = "smile") -> Event:
    return Event(face, "display", display, label, "mouth", onset, onset + 0.2, onset + 0.5, 2.0)


TABLE = EventTable(
    (smile(1), smile(3), smile(5, display=8, label="frown"), smile(7, face=1)), EventSource(duration_s=30.0)
)
LABELS = (Label("t", 1.1, 2, "smile"), Label("t", 5.05, 6, "frown"), Label("t", 20, 21, "smile"))


@pytest.mark.parametrize(
    ("selection", "matched", "found", "marked"),
    [
        (Selection("t"), 2, 4, 3),
        (Selection("t", face=0), 2, 3, 3),
        (Selection("t", values=("smile",), displays=(7,)), 1, 3, 2),
        (Selection("t", values=("smile",), names=("smile",), face=0), 1, 2, 2),
        (Selection("t", values=("frown",), names=("smile", "frown")), 1, 4, 1),
    ],
)
def test_what_is_compared_is_what_was_named(selection, matched, found, marked) -> None:
    one = compare("clip", TABLE, LABELS, selection, 0.2)
    assert (len(one.matches.pairs), one.matches.found, one.matches.marked) == (matched, found, marked)
    assert one.rates == (found * 2, marked * 2)


def test_without_a_length_rates_go_to_the_last_event_or_label() -> None:
    one = compare("clip", EventTable(TABLE.events, EventSource()), LABELS, Selection("t"), 0.2)
    assert_allclose(one.minutes, 21 / 60)
    with pytest.raises(UsageError, match="nothing to compare"):
        compare("clip", EventTable((), EventSource()), (), Selection("t"), 0.2)


def test_our_own_elan_file_agrees_with_us_entirely(tmp_path: Path) -> None:
    tables, files = [], []
    for number in range(4):
        events = [smile(2 * k) for k in range(number + 1)]
        source = EventSource("clip.mp4", duration_s=20.0)
        tables.append(write_events_tsv(tmp_path / f"{number}.events.tsv", events, source))
        files.append(write_elan(tmp_path / f"{number}.eaf", events, MediaRef(), source))
    result = compare_files(tables, files, Selection("face0 mouth"), 0.0, draws=100)
    assert result.score.f1 == (1, 1, 1)
    assert result.icc.value == 1
    assert [one.name for one in result.recordings] == ["0", "1", "2", "3"]
    alone = compare_files(tables[:1], files[:1], Selection("face0 mouth"), 0.0)
    assert alone.score.f1.value == 1
    assert math.isnan(alone.icc.value)
    assert len(read_events_tsv(tables[3]).events) == 4


def test_files_in_pairs_and_tiers_that_are_there(tmp_path: Path) -> None:
    table = write_events_tsv(tmp_path / "a.tsv", TABLE.events)
    file = write_elan(tmp_path / "a.eaf", TABLE.events, MediaRef(), EventSource())
    with pytest.raises(UsageError, match="1 tables of events and 2 annotation files"):
        compare_files([table], [file, file], Selection("face0 mouth"), 0.2)
    with pytest.raises(UsageError, match="tiers are: 'face0 mouth', 'face1 mouth'"):
        compare_files([table], [file], Selection("smiles"), 0.2)
