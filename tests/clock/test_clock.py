"""The rule of time against a walk from row to row, and what it is for: cameras, holes and gaps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfe.clock.clock import GAP_S, LONE_S, Clock, face_clocks, row_seconds, row_times, usual_step


def walk(times, step):
    """Seconds of each moment, and whether a gap follows: one after the other."""
    gap = max(GAP_S, 1.5 * step)
    out = []
    for here, following in zip(times, [*times[1:], None], strict=True):
        broken = following is None or following - here > gap + 1e-6
        out.append((step if broken else following - here, broken))
    return out


@given(st.lists(st.sampled_from([0.01, 0.033, 0.04, 0.1, 0.2, 0.21, 0.5, 1.0, 7.0]), max_size=40))
def test_a_clock_is_a_walk_from_row_to_row(steps):
    times = np.cumsum([3.0, *steps])
    clock = Clock.of(np.random.default_rng(0).permutation(np.repeat(times, 2)))
    expected = walk(clock.times.tolist(), clock.step_s)
    assert clock.seconds == pytest.approx([seconds for seconds, _ in expected])
    assert clock.last.tolist() == [broken for _, broken in expected]
    assert clock.first.tolist() == [True, *clock.last[:-1].tolist()]
    assert clock.valid_s == pytest.approx(sum(seconds for seconds, _ in expected))
    assert (clock.spans[:, 1] - clock.spans[:, 0]).sum() == pytest.approx(clock.valid_s)
    assert (clock.spans[1:, 0] > clock.spans[:-1, 1]).all()
    assert clock.valid_s <= clock.duration_s + 1e-9


@given(st.sampled_from([5.0, 15.0, 25.0, 30.0, 59.94]), st.floats(1, 20))
def test_rows_of_any_rate_stand_for_the_whole_time(rate, seconds):
    clock = Clock.of(np.arange(0, seconds, 1 / rate))
    assert clock.valid_s == pytest.approx(len(clock.times) / rate)
    assert clock.rate == pytest.approx(rate)


def test_the_frame_rate_changes_no_share():
    seconds = np.arange(0, 10, 1 / 60)
    for times in (seconds, seconds[::2], seconds[::4]):
        weights = Clock.of(times).seconds
        assert weights[(times >= 2) & (times < 5)].sum() / weights.sum() == pytest.approx(0.3, abs=0.01)


def test_a_gap_counts_for_nobody_and_a_short_hole_for_the_row_before_it():
    clock = Clock.of(np.concatenate([np.arange(50) / 25, 10 + np.arange(50) / 25, [12.1]]))
    assert clock.seconds[49] == pytest.approx(0.04)
    assert clock.seconds[99] == pytest.approx(0.14)
    assert clock.valid_s == pytest.approx(4.14 + 0.04 - 0.04)
    assert clock.duration_s == pytest.approx(12.14)
    assert clock.rate == pytest.approx(99 / (1.96 + 2.1))


def test_one_missing_frame_is_a_gap_where_frames_are_few():
    assert Clock.of([0.0, 1, 2, 4, 5]).seconds.tolist() == [1, 1, 1, 1, 1]
    assert Clock.of(np.arange(5.0)).valid_s == 5


def test_a_lone_moment_and_none():
    assert Clock.of([2.0]).seconds == pytest.approx([LONE_S])
    assert Clock.of([2.0]).rate is None
    assert Clock.of([2.0], 0.1).duration_s == pytest.approx(0.1)
    empty = Clock.of([np.nan, np.nan])
    assert (empty.valid_s, empty.duration_s, empty.rate, len(empty.spans)) == (0, 0, None, 0)


def test_faces_have_clocks_of_their_own_and_the_step_is_the_recordings():
    frames = np.repeat(np.arange(6), 2)
    times = frames / 10
    face = np.tile([0, 1], 6)
    counted = np.array([1, 1, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1], bool)
    assert usual_step(times) == pytest.approx(0.1)
    found = {
        one: (rows.tolist(), clock.seconds.round(6).tolist())
        for one, rows, clock in face_clocks(frames, times, face, counted)
    }
    assert found == {0: ([0, 2, 4, 6, 8, 10], [0.1] * 6), 1: ([1, 11], [0.1, 0.1])}
    seconds = row_seconds(frames, times, face, counted)
    assert seconds[~counted].tolist() == [0] * 4
    assert seconds.sum() == pytest.approx(0.8)
    assert row_times(frames, times, face, counted)[11] == pytest.approx([0.5, 0.6])
    # A face that is listed twice in a frame counts once.
    assert row_seconds([0, 0, 1], np.array([0.0, 0.0, 0.1]), [0, 0, 0], np.ones(3, bool)) == pytest.approx(
        [0.1, 0, 0.1]
    )


LONG = np.arange(16, 56)
SCATTERED = np.random.default_rng(2).permutation(np.arange(1, 71))[:40]


@pytest.mark.parametrize("lost", [LONG, SCATTERED], ids=["long", "scattered"])
def test_frames_that_are_missing_count_as_frames_without_a_face(lost):
    times = np.arange(72) / 30
    there = np.ones(72, bool)
    there[lost] = False
    frames, face = np.arange(72), np.where(there, 0, -1)
    zeros = row_seconds(frames, times, face, there)
    holes = row_seconds(frames[there], times[there], face[there], np.ones(32, bool))
    assert holes == pytest.approx(zeros[there])
    step = usual_step(times[there], frames[there])
    assert Clock.of(times[there], step).duration_s == pytest.approx(Clock.of(times).duration_s)
    assert zeros.sum() / Clock.of(times).duration_s == pytest.approx(32 / 72)


def test_pictures_count_one_each():
    assert row_seconds([0, 1, 2], np.full(3, np.nan), [0, 1, 0], np.array([True, True, False])).tolist() == [1, 1, 0]
    assert row_seconds([], np.zeros(0), [], np.zeros(0, bool)).shape == (0,)


def test_an_event_goes_on_over_a_lost_frame_that_counts_for_nothing():
    frames = np.array([0, 1, 2, 4, 5])
    (_, _, clock), *_ = face_clocks(frames, frames / 25, np.zeros(5), np.ones(5, bool))
    assert clock.seconds == pytest.approx([0.04] * 5)
    assert clock.stretches == pytest.approx(np.array([[0, 0.24]]))
    assert clock.spans == pytest.approx(np.array([[0, 0.12], [0.16, 0.24]]))


def test_where_every_fifth_frame_was_looked_at_nothing_is_missing():
    frames = np.arange(0, 100, 5)
    assert row_seconds(frames, frames / 50, np.zeros(20), np.ones(20, bool)) == pytest.approx(np.full(20, 0.1))


def test_an_uneven_camera_leaves_nothing_out():
    times = np.cumsum(np.random.default_rng(0).choice([0.02, 0.033, 0.08, 0.15], 300))
    seconds = row_seconds(np.arange(300), times, np.zeros(300), np.ones(300, bool))
    assert seconds[:-1] == pytest.approx(np.diff(times))
