"""Damaged files of every kind: read, or refused in one line; a sample here, any number with `make faults`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dfe.base.errors import DfeError
from made_faults import KINDS, PIECES, Edit, bears, damaged, drawn_edits

SAMPLE = 40


@pytest.fixture(autouse=True)
def inside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", KINDS)
def test_the_whole_file_is_read(name, tmp_path):
    kind = KINDS[name]
    (tmp_path / kind.name).write_bytes(kind.content())
    if name == "pickle":
        with pytest.raises(DfeError, match="names 'pathlib"):
            kind.read(tmp_path / kind.name)
    else:
        kind.read(tmp_path / kind.name)


@pytest.mark.parametrize("name", KINDS)
def test_a_damaged_file_is_read_or_refused_in_a_line(name, tmp_path):
    kind, rng = KINDS[name], np.random.default_rng([7, *name.encode()])
    whole = kind.content()
    for _ in range(SAMPLE):
        edits = drawn_edits(rng)
        assert bears(kind, damaged(whole, edits), tmp_path) == "", edits


edits = st.lists(
    st.builds(Edit, st.integers(0, 2**31), st.integers(-1, 12), st.sampled_from(PIECES) | st.binary(max_size=4)),
    min_size=1,
    max_size=4,
)
TEXTS = [
    name
    for name in KINDS
    if name.startswith(
        ("labels", "units", "ELAN", "TextGrid", "RTTM", "events", "provenance", "tokenizer.json", "pickle")
    )
]


@pytest.mark.parametrize("name", TEXTS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=edits)
def test_any_change_of_a_valid_file_is_read_or_refused(name, edits, tmp_path):
    kind = KINDS[name]
    assert bears(kind, damaged(kind.content(), edits), tmp_path) == ""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(noise=b"sep=\x80\na\x80b")
@given(noise=st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), max_size=30).map(b"".join))
def test_noise_is_no_table_of_labels(noise, tmp_path):
    assert bears(KINDS["labels (Excel)"], noise, tmp_path) == ""
