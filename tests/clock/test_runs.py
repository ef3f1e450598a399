"""Stretches of time, against a walk along the rows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dfe.clock.clock import Clock
from dfe.clock.runs import find_runs


def walk(times, said, usual, gap):
    """Stretches one row after the other: ``(display, start, seconds, censored)``."""
    found = []
    for display in range(said.shape[1]):
        start = None
        for row in range(len(times)):
            first = row == 0 or times[row] - times[row - 1] > gap
            last = row + 1 == len(times) or times[row + 1] - times[row] > gap
            if said[row, display] and start is None:
                start = (row, first)
            ends = last or not said[row + 1, display]
            if start is not None and ends:
                seconds = sum(usual if r + 1 == len(times) or times[r + 1] - times[r] > gap
                              else times[r + 1] - times[r] for r in range(start[0], row + 1))  # fmt: skip
                found.append((display, times[start[0]], seconds, start[1] or last))
                start = None
    return found


@given(st.lists(st.tuples(st.sampled_from([1, 2, 5, 40]), st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_runs_are_those_of_a_walk(rows):
    times = np.cumsum([step for step, _, _ in rows]) / 30.0
    said = np.array([flags for _, *flags in rows])
    clock = Clock.of(times)
    runs = find_runs(clock, *np.nonzero(said))
    expected = walk(times, said, clock.step_s, clock.gap_s)
    assert list(zip(runs.said.tolist(), runs.censored.tolist(), strict=True)) == [(d, c) for d, _, _, c in expected]
    np.testing.assert_allclose(runs.start_s, [start for _, start, _, _ in expected])
    np.testing.assert_allclose(runs.end_s - runs.start_s, [seconds for _, _, seconds, _ in expected], atol=1e-9)
    np.testing.assert_array_equal(clock.times[runs.first], runs.start_s)


def test_nothing_said_makes_no_stretch():
    assert len(find_runs(Clock.of([]), [], []).said) == 0
    assert len(find_runs(Clock.of([0.0, 0.1]), [], []).said) == 0
