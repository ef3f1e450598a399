"""A sample of what `make faults` does to corpora at length."""

from __future__ import annotations

from pathlib import Path

import pytest

from made_corpus_faults import counted, filled, killed_at_a_piece, mutated, small_disk
from made_mid_run import in_the_middle

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="workers are found through /proc")


def test_a_run_of_two_workers_that_is_killed_in_a_long_film_goes_on_to_the_bytes_of_one(tmp_path):
    assert killed_at_a_piece(tmp_path) == []


def test_shares_make_the_same_tables(tmp_path):
    assert counted(tmp_path, ()) == []


def test_damaged_films_are_all_accounted_for(tmp_path):
    assert mutated(tmp_path, 12, 3) == []


def test_a_source_that_is_written_over_in_a_run_costs_itself(tmp_path):
    assert in_the_middle(tmp_path, "written over", 0.0) == []


def test_a_full_disk_stops_the_run_and_it_goes_on(tmp_path):
    with small_disk(tmp_path / "disk") as disk:
        if disk is not None:
            assert filled(tmp_path / "work", disk) == []
