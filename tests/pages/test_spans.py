"""States of a face over time against brute force, frame by frame."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfe.clock.clock import Clock
from dfe.pages.spans import NO_FRAME, state_spans


def stretches(clock, states):
    """Time of the frames whose state is 0, and of those whose state is 0 or 1."""
    return [Clock(clock.times[states <= most], clock.step_s).spans for most in (0, 1)]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from([None, "", "far", "turned"])), min_size=1, max_size=25))
def test_state_spans_of_few_frames_a_second_give_every_frame_back(rows):
    clock = Clock.of(np.arange(len(rows)) / 2, 0.5)
    states = np.array([state for state, _ in rows])
    spans = state_spans(clock, stretches(clock, states), states, [reason for _, reason in rows])
    for at, (state, reason) in zip(clock.times, rows, strict=True):
        i = int(np.flatnonzero((spans.start_s - 1e-9 <= at) & (at < spans.end_s - 1e-9))[0])
        assert (spans.state[i], spans.reason[i]) == (state, reason or "")
    np.testing.assert_allclose(spans.start_s[1:], spans.end_s[:-1])
    assert spans.end_s[-1] - spans.start_s[0] == pytest.approx(clock.duration_s)
    pairs = list(zip(spans.state.tolist(), spans.reason, strict=True))
    assert all(one != other for one, other in pairwise(pairs))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=1, max_size=60))
def test_time_in_a_state_is_that_of_its_stretches(states):
    states = np.array(states)
    clock = Clock.of(np.arange(len(states)) / 25, 0.04)
    usable, found = stretches(clock, states)
    spans = state_spans(clock, [usable, found], states, [""] * len(states))
    length = spans.end_s - spans.start_s
    assert length[spans.state == 0].sum() == pytest.approx((usable[:, 1] - usable[:, 0]).sum())
    assert length[spans.state < 2].sum() == pytest.approx((found[:, 1] - found[:, 0]).sum())
    assert length.sum() == pytest.approx(clock.duration_s)


def test_state_spans_say_where_frames_are_missing():
    clock = Clock.of([0.0, 0.04, 0.08, 2.0, 2.04])
    spans = state_spans(clock, [clock.spans], [0] * 5, [""] * 5)
    np.testing.assert_allclose(spans.start_s, [0.0, 0.12, 2.0])
    np.testing.assert_allclose(spans.end_s, [0.12, 2.0, 2.08])
    assert spans.state.tolist() == [0, 1, 0]
    assert spans.reason == ("", NO_FRAME, "")
