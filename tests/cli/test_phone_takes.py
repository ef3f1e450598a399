"""A phone's real take from its table to tokens, events and a page; nothing was learned from NeuroSync's takes."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from dfe.recording.recording import Recording

pytestmark = pytest.mark.shared_data
TAKE = "neurosync_Angry_MySlate_164"


@pytest.fixture
def take(shared_data: Path) -> Path:
    return shared_data / "arkit" / f"{TAKE}.csv.gz"


def test_a_take_is_encoded_and_its_events_are_found(dfe, take, tmp_path):
    ran = dfe("encode", take, "--calibrate", "-o", tmp_path / "out", "--report")
    assert ran.code == 0, ran.err
    made = Recording.read(tmp_path / "out" / f"{TAKE}.parquet")
    assert (len(made), made.space_id, made.tokenizer_id) == (1895, "arkit51/face41", "dfe-face41@3")
    assert made.success.all()
    assert np.diff(made.times).mean() == pytest.approx(1 / 60, rel=0.003)
    tokens = made.tokens()
    said = tokens.display > 0
    assert 2 < said.sum(axis=1).mean() < 8
    assert np.isfinite(tokens.mm[said]).all()
    assert len(np.unique(tokens.display[said])) > 20
    page = (tmp_path / "out" / f"{TAKE}.html").read_text("utf-8")
    assert "dfe-face41@3" in page
    ran = dfe("events", tmp_path / "out", "-o", tmp_path / "events")
    assert ran.code == 0, ran.err
    with (tmp_path / "events" / "rates.csv").open(newline="") as file:
        rates = list(csv.DictReader(file))
    assert sum(int(row["count"]) for row in rates if row["unit"] == "display") > 20
    assert {row["recording"] for row in rates} == {TAKE}


def test_a_take_that_is_not_calibrated_has_no_tokenizer_and_says_so(dfe, take, tmp_path):
    ran = dfe("encode", take, "-o", tmp_path / "out")
    assert ran.code == 1
    assert "add --calibrate" in ran.err
    ran = dfe("encode", take, "-o", tmp_path / "bare", "--tokenizer", "none")
    assert ran.code == 0, ran.err
    assert Recording.read(tmp_path / "bare" / f"{TAKE}.parquet").space_id == "arkit-phone/face41"
