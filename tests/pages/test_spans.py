"""Run lengths against brute force, frame by frame."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfe.clock.clock import GAP_S, Clock
from dfe.pages.spans import NO_FRAME, occupancy, state_spans, token_spans


def brute_force(times, codes, face_ids):
    """Every row of every face in turn, extending or opening a stretch per code."""
    distinct = sorted(set(times))
    steps = [b - a for a, b in pairwise(distinct)]
    interval = float(np.median(steps)) if steps else 0.04
    limit = max(GAP_S, 1.5 * interval) + 1e-6
    found = {}
    for face in sorted({f for f in face_ids if f >= 0}):
        rows = sorted((i for i in range(len(times)) if face_ids[i] == face), key=lambda i: times[i])
        done, running = [], {}
        for k, i in enumerate(rows):
            follows = k + 1 < len(rows) and times[rows[k + 1]] - times[i] <= limit
            after = next((t for t in distinct if t > times[i]), np.inf)
            until = after if after - times[i] <= limit else times[i] + interval
            said = {}
            for level, code in enumerate(codes[i], start=1):
                if code > 0:
                    said.setdefault(int(code), level)
            for code in [c for c in running if c not in said]:
                done.append(running.pop(code))
            for code, level in said.items():
                start, _, _, strongest, frames = running.get(code, (times[i], None, code, level, 0))
                running[code] = (start, until, code, min(strongest, level), frames + 1)
            if not follows:
                done += running.values()
                running = {}
        found[face] = sorted(done, key=lambda s: (s[0], s[2]))
    return found


def as_tuples(spans):
    return list(
        zip(
            spans.start_s.tolist(),
            spans.end_s.tolist(),
            spans.code.tolist(),
            spans.level.tolist(),
            spans.frames.tolist(),
            strict=True,
        )
    )


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_token_spans_equal_brute_force(data):
    n = data.draw(st.integers(0, 30))
    steps = data.draw(st.lists(st.sampled_from([0.02, 0.04, 0.05, 0.13, 0.21, 0.5]), min_size=n, max_size=n))
    times = np.round(np.cumsum(steps), 6)
    faces = np.array(data.draw(st.lists(st.integers(-1, 2), min_size=n, max_size=n)), np.int16)
    codes = np.array(
        data.draw(st.lists(st.lists(st.integers(-1, 4), min_size=3, max_size=3), min_size=n, max_size=n)), np.int16
    ).reshape(n, 3)
    order = np.array(data.draw(st.permutations(range(n))), int)
    spans = token_spans(order, times[order], codes[order], faces[order])
    expected = brute_force(times.tolist(), codes.tolist(), faces.tolist())
    assert {face: as_tuples(s) for face, s in spans.items()} == expected


def test_two_faces_in_the_same_frames_do_not_halve_the_frame_interval():
    times = np.repeat(np.arange(10) / 10, 2)
    spans = token_spans(np.repeat(np.arange(10), 2), times, np.ones((20, 1), np.int16), np.tile([0, 1], 10))
    for face in (0, 1):
        assert as_tuples(spans[face]) == [(0.0, pytest.approx(1.0), 1, 1, 10)]


def test_slow_recordings_are_not_torn_into_single_frames():
    times = np.arange(6) * 0.5
    spans = token_spans(np.arange(6), times, np.ones((6, 2), np.int16), np.zeros(6))
    assert as_tuples(spans[0]) == [(0.0, 3.0, 1, 1, 6)]


def test_a_short_loss_of_the_face_does_not_end_a_stretch_and_a_long_one_does():
    times = np.arange(40) / 25
    kept = np.ones(40, bool)
    kept[10:13] = False
    kept[20:30] = False
    faces = np.where(kept, 0, -1)
    codes = np.where(kept[:, None], 7, -1).astype(np.int16)
    spans = token_spans(np.arange(40), times, codes, faces)[0]
    assert as_tuples(spans) == [(0.0, pytest.approx(0.8), 7, 1, 17), (1.2, pytest.approx(1.6), 7, 1, 10)]


def test_stills_have_no_spans():
    assert token_spans(np.arange(3), np.full(3, np.nan), np.ones((3, 2), np.int16), np.zeros(3)) == {}


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


@settings(max_examples=60, deadline=None)
@given(st.lists(st.booleans(), min_size=2, max_size=60), st.integers(1, 12))
def test_occupancy_equals_counting_fine_steps(spoken, bins):
    times = np.arange(len(spoken)) / 10
    codes = np.where(np.array(spoken)[:, None], 3, 0).astype(np.int16)
    spans = token_spans(np.arange(len(spoken)), times, codes, np.zeros(len(spoken)))[0]
    edges = np.linspace(0, len(spoken) / 10, bins + 1)
    fine = np.repeat(spoken, 1000)
    at = (np.arange(len(fine)) + 0.5) / 10000
    counted = [fine[(at >= a) & (at < b)].mean() for a, b in pairwise(edges)]
    np.testing.assert_allclose(occupancy(spans, edges), counted, atol=0.02)
