"""A film in the face model's space, with a made tokenizer on it: eyes in mm and degrees, groups, one answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from dfe.atlas.use import measure_use
from dfe.comparison.measures import measure_rows
from dfe.comparison.table import GroupRow
from dfe.datasets.examples import Examples
from dfe.displays.units import EYES
from dfe.displays.vocabulary import vocabulary_of
from dfe.encoding.coders import add_tokens
from dfe.encoding.run import encode
from dfe.events.finding import detect
from dfe.events.rates import rates
from dfe.predict.representations.tokens import TokenBag
from dfe.recording.eyes import eye_signals
from dfe.recording.recording import Recording
from dfe.recording.schema import BLINK, GAZE
from dfe.report.build import recording_view
from dfe.space.registry import load_space
from made_measures import features_of
from made_tokenizers import random_tokenizer


@pytest.fixture(scope="module")
def book():
    made = random_tokenizer(load_space("dfe-face"), size=24, levels=6, encoder=False)
    made.subject_neutral = "resting face"
    return made


@pytest.fixture(scope="module")
def film(carphone: Path, book) -> Recording:
    """A clip whose lids close for 0.3 s and for 1 s, and whose gaze goes 20 degrees to the left for a second."""
    made = encode(carphone, tokenizer=None, max_faces=1, space=Path("dfe-face"))[0]
    time = made.times
    closed = ((time >= 1.0) & (time < 1.3)) | ((time >= 2.0) & (time < 3.0))
    lids = np.where(closed, 1.5, 9.0)
    left = np.where((time >= 3.4) & (time < 4.4), 20.0, 0.0)
    known = {"lids_left_mm": lids, "lids_right_mm": lids, "gaze_left_yaw_deg": left, "gaze_right_yaw_deg": left}
    table = made.table
    for name in ("gaze_left_pitch_deg", "gaze_right_pitch_deg"):
        known[name] = np.full(len(time), 9.0)
    for name, values in known.items():
        column = pa.array(values.astype(np.float32), mask=~made.success)
        table = table.set_column(table.column_names.index(name), name, column)
    # The face of this clip is small; what counts here is what is counted.
    for name, column in (("usable", pa.array(made.success)), ("why_not", pa.nulls(len(made), table["why_not"].type))):
        table = table.set_column(table.column_names.index(name), name, column)
    bare = table.select([name for name in table.column_names if name not in (*GAZE, *BLINK)])
    return add_tokens(Recording(bare, made.provenance), book)


def test_lids_and_gaze_are_those_that_were_measured(film, book):
    eyes = eye_signals(film, film.usable)
    assert eyes.measured
    assert eyes.usual[0].whose == "own"
    assert eyes.usual[0].opening_mm == pytest.approx((9, 9))
    found = [event for event in detect(film, book, vocabulary=vocabulary_of(book)) if event.region == "eyes"]
    assert [(e.kind, e.label) for e in found if e.kind != "gaze"] == [
        ("blink", "blink"), ("eyes", "eyes closed"), ("eyes", "gaze left"),
    ]  # fmt: skip
    assert [e.intensity for e in found if e.kind == "eyes"] == pytest.approx([7.5, 20.0], rel=0.02)


def test_every_room_counts_the_same_units(film, book, tmp_path):
    film.write(tmp_path / "film.parquet")
    events = {rate.token: rate for rate in rates(detect(film, book, vocabulary=vocabulary_of(book)))}
    sums, _ = measure_rows([GroupRow("film", tmp_path / "film.parquet", "p", face=0)], tokenizer=book)
    one = Examples(("film",), ("film",), np.array(["p"]), {}, ())
    time, begun = (
        features_of(TokenBag(book, what, units=("display", "eyes", "group")), one, tmp_path)
        for what in ("time", "events")
    )
    use = measure_use(book, tmp_path)
    beside = {unit.token: share for unit, share in zip(use.units, use.unit_share, strict=True)}
    rows = {row.token: row for row in recording_view(film, book).people[0].units}
    groups = [unit.token for unit in vocabulary_of(book).units() if unit.kind == "group"]
    assert len(groups) >= 5
    for token in (*groups, *(unit.token for unit in EYES)):
        place = [kind.token for kind in sums.kinds].index(token)
        if token in events:
            assert sums.count[0, place] == events[token].count
            assert begun.x[0, begun.names.index(token)] == events[token].count
        share = time.x[0, time.names.index(token)] / time.x[0, 0]
        assert beside[token] == pytest.approx(share, abs=1e-9)
        if share > 0:
            assert rows[token].share == pytest.approx(share, abs=1e-9)
            assert rows[token].per_min == pytest.approx(events[token].per_min)
