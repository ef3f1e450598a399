from __future__ import annotations

import csv
import json

import pytest

from dfe.formats.elan import write_elan
from dfe.formats.event import Event
from dfe.formats.tiers import MediaRef
from dfe.formats.tsv import EventSource, write_events_tsv


def test_from_sheets_to_agreement(dfe, tmp_path):
    out = tmp_path / "sheets"
    ran = dfe("naming-sheets", "default", "-o", out, "--displays", 1, 2, 3, "--seed", 4)
    assert ran.code == 0, ran.err
    assert "3 displays" in ran.out
    key = json.loads((out / "key.json").read_text())
    names = [{1: "smile", 2: "jaw drop", 3: "frown"}, {1: "smile", 2: "jaw drop", 3: "sneer"}]
    paths = []
    for number, (coder, said) in enumerate(zip(key["coders"], names, strict=True), start=1):
        paths.append(out / f"coder_{number}" / "sheet.csv")
        with paths[-1].open("w", newline="") as file:
            csv.writer(file).writerows([["id", "name"], *([one, said[display]] for one, display in coder.items())])
    ran = dfe("agreement", *paths, "--key", out / "key.json")
    assert ran.code == 0, ran.err
    assert "Krippendorff's alpha  0.6" in ran.out
    assert "Gwet's AC1" in ran.out
    assert "      3     0%  frown | sneer" in ran.out
    figures = dfe("agreement", *paths, "--key", out / "key.json", "--json").json
    assert figures["names"]["observed"]["value"] == 2 / 3
    assert figures["sides"] == {"items": 0, "alpha": NOTHING, "ac1": NOTHING, "observed": NOTHING}
    assert [one["agreed"] for one in figures["displays"]] == ["smile", "jaw drop", None]


NOTHING = {"value": None, "low": None, "high": None}


def test_events_against_people(dfe, tmp_path):
    ours = [Event(0, "display", 7, "smile", "mouth", t, t + 0.1, t + 0.4, 2.0) for t in (1.0, 3.0, 5.0)]
    marked = [Event(0, "display", 7, "smile", "mouth", t, t + 0.1, t + 0.4, 2.0) for t in (1.1, 3.1, 9.0, 9.5)]
    table = write_events_tsv(tmp_path / "clip.events.tsv", ours, EventSource(duration_s=30.0))
    human = write_elan(tmp_path / "clip.eaf", marked, MediaRef(), EventSource())
    arguments = ["agreement", "--events", table, "--human", human, "--tier", "face0 mouth"]
    ran = dfe(*arguments, "--tolerance", "0.2")
    assert ran.code == 0, ran.err
    assert "3 events found, 4 marked, 2 the same" in ran.out
    assert "F1         0.57, by chance 0.05" in ran.out
    assert "ICC(A,1)   –, events per minute, needs two recordings" in ran.out
    figures = dfe(*arguments, "--tolerance", "0.05", "--json").json
    assert (figures["matched"], figures["f1"]["value"]) == (0, 0)
    # Three events and four marks, each within 0.05 s of a mark for 0.1 of 30 seconds: 0.04 pairs, of seven.
    assert figures["f1_by_chance"] == pytest.approx(2 * 3 * 4 * 0.1 / 30 / 7, abs=0.003)


def test_what_does_not_go_together(dfe, tmp_path):
    for arguments, says in [
        ([], "nothing to compare"),
        (["a.csv", "b.csv"], "sheets are blind without their key"),
        (["a.csv", "--events", "e.tsv"], "sheets and events"),
        (["--events", "e.tsv", "--human", "a.eaf"], "no tier to compare with"),
    ]:
        ran = dfe("agreement", *arguments)
        assert (ran.code, ran.err.count("\n")) == (2, 1)
        assert says in ran.err
