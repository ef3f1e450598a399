"""A sample of what `make faults` does to corpora at length."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from made_corpus_faults import counted, disturbed, filled, killed, mutated, small_disk

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="workers are found through /proc")


def test_a_run_that_is_killed_goes_on_to_the_same_bytes(tmp_path):
    assert killed(tmp_path, 2, np.random.default_rng(7)) == []


def test_several_workers_and_shares_make_the_same_tables(tmp_path):
    assert counted(tmp_path, (2,)) == []


def test_damaged_films_are_all_accounted_for(tmp_path):
    assert mutated(tmp_path, 12, 3) == []


def test_a_source_that_is_removed_costs_itself(tmp_path):
    assert disturbed(tmp_path, "removed") == []


def test_a_full_disk_stops_the_run_and_it_goes_on(tmp_path):
    with small_disk(tmp_path / "disk") as disk:
        if disk is not None:
            assert filled(tmp_path / "work", disk) == []
