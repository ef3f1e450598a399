"""Stretches of time, against a walk along the rows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dfe.clock.runs import find_runs, gap_length, row_seconds, usual_step


def walk(times, said, usual):
    """Stretches one row after the other: ``(display, seconds, censored)``."""
    found = []
    for display in range(said.shape[1]):
        start = None
        for row in range(len(times)):
            first = row == 0 or times[row] - times[row - 1] > gap_length(usual)
            last = row + 1 == len(times) or times[row + 1] - times[row] > gap_length(usual)
            if said[row, display] and start is None:
                start = (row, first)
            ends = last or not said[row + 1, display]
            if start is not None and ends:
                seconds = sum(usual if r + 1 == len(times) or times[r + 1] - times[r] > gap_length(usual)
                              else times[r + 1] - times[r] for r in range(start[0], row + 1))  # fmt: skip
                found.append((display, round(seconds, 9), start[1] or last))
                start = None
    return found


@given(st.lists(st.tuples(st.sampled_from([1, 2, 5, 40]), st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_runs_are_those_of_a_walk(rows):
    times = np.cumsum([step for step, _, _ in rows]) / 30.0
    said = np.array([flags for _, *flags in rows])
    usual = usual_step(times)
    runs = find_runs(times, said, usual)
    got = list(zip(runs.display.tolist(), np.round(runs.seconds, 9).tolist(), runs.censored.tolist(), strict=True))
    expected = walk(times, said, usual)
    assert [(d, c) for d, _, c in got] == [(d, c) for d, _, c in expected]
    np.testing.assert_allclose([s for _, s, _ in got], [s for _, s, _ in expected], atol=1e-9)


def test_a_row_stands_for_the_time_to_the_next_and_a_gap_for_nothing():
    times = np.array([0.0, 0.1, 0.2, 1.2, 1.3])
    np.testing.assert_allclose(row_seconds(times, 0.1), [0.1, 0.1, 0.1, 0.1, 0.1])
    np.testing.assert_allclose(row_seconds(np.array([0.0, 0.05, 0.2]), 0.1), [0.05, 0.15, 0.1])
    assert find_runs(np.zeros(0), np.zeros((0, 3), bool), 0.0).display.tolist() == []


def test_frame_rate_changes_no_share():
    seconds = np.arange(0, 10, 1 / 60)
    for times in (seconds, seconds[::2], seconds[::4]):
        weights = row_seconds(times, usual_step(times))
        share = weights[(times >= 2) & (times < 5)].sum() / weights.sum()
        assert abs(share - 0.3) < 0.01
