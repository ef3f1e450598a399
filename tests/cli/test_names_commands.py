"""`dfe atlas` changes merges and groups, and what comes after obeys them."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from dfe.displays.names import VARIABLE
from dfe.formats.tsv import read_events_tsv
from made_groups import face
from made_study import recording, write


@pytest.fixture
def clip(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    x = face(np.random.default_rng(3), 40, 8, 4)
    write(tmp_path, "clip", recording(x, np.arange(len(x)) / 10))
    return tmp_path / "clip.parquet"


def test_a_merge_is_made_obeyed_told_and_undone(dfe, clip, tmp_path):
    names = tmp_path / "mine.json"
    merge = ["atlas", "dfe-face41@3", "--names", str(names), "--merge", "15+22=broad smile", "--by", "anna"]
    ran = dfe(*merge)
    assert ran.code == 0, ran.err
    assert "displays 15 and 22 count as one, broad smile (merged by anna" in ran.out
    ran = dfe("events", str(clip), "-o", str(tmp_path / "ev"), "--names", str(names))
    assert ran.code == 0, ran.err
    assert "broad smile" in ran.out
    rows = {row["token"]: row for row in csv.DictReader((tmp_path / "ev" / "rates.csv").open(newline=""))}
    assert rows["15"]["label"] == "broad smile"
    assert "22" not in rows
    assert rows["smile"]["unit"] == "group"
    assert int(rows["smile"]["count"]) > 0
    table = tmp_path / "ev" / "clip.events.tsv"
    assert "15 and 22 count as one" in json.loads(table.with_suffix(".json").read_text())["DFE"]["merges"][0]
    assert "15 and 22 count as one" in read_events_tsv(table).source.merges[0]
    ran = dfe("export", str(table), "-o", str(tmp_path / "x"), "--to", "elan", "boris", "csv")
    assert ran.code == 0, ran.err
    for name in ("clip.eaf", "clip.boris"):
        assert "15 and 22 count as one" in (tmp_path / "x" / name).read_text("utf-8")
    ran = dfe("export", clip, "-o", tmp_path / "y", "--names", names, "--to", "csv", "elan")
    assert ran.code == 0, ran.err
    assert "broad smile" in (tmp_path / "y" / "clip.csv").read_text("utf-8")
    assert "15 and 22 count as one" in (tmp_path / "y" / "clip.eaf").read_text("utf-8")
    ran = dfe("export", table, "-o", tmp_path / "z", "--names", names)
    assert (ran.code, ran.err.count("\n")) == (2, 1), ran.err
    assert "tables of events have their names already" in ran.err
    ran = dfe("atlas", "dfe-face41@3", "--names", str(names), "--unmerge", "broad smile")
    assert ran.code == 0, ran.err
    assert json.loads(names.read_text()).get("merges") is None


def test_what_makes_no_sense_changes_nothing(dfe, tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    names = tmp_path / "mine.json"
    book = ["atlas", "dfe-face41@3"]
    ran = dfe(*book, "--merge", "15+22=smile")
    assert ran.code == 2, ran.err
    assert "comes with the package" in ran.err
    ran = dfe(*book, "--names", str(names), "--merge", "15+22=a", "22+29=b")
    assert ran.code == 2, ran.err
    assert "display 22 is part of a already" in ran.err
    assert not names.exists()


def test_groups_are_listed_and_edited(dfe, tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "names.json"))
    ran = dfe("atlas", "dfe-face41@3", "--set-group", "polite smile=13+36", "jaw drop=")
    assert ran.code == 0, ran.err
    ran = dfe("atlas", "dfe-face41@3", "--list-groups")
    assert ran.code == 0, ran.err
    said = ran.out
    assert "polite smile (your own)" in said
    assert "smile (lip corner up and out" in said
    assert "jaw drop (" not in said
    assert "gaze left: gaze left, from 10 degrees" in said
    ran = dfe("atlas", "dfe-face41@3", "--unset-group", "jaw drop")
    assert ran.code == 0, ran.err
    ran = dfe("atlas", "dfe-face41@3", "--list-groups")
    assert ran.code == 0, ran.err
    assert "jaw drop (" in ran.out
