"""Runs over two thresholds against a walk through the samples, one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dfe.clock.clock import Clock
from dfe.clock.resampling import Timeline
from dfe.events.hysteresis import runs

ON, OFF, MIN_S, MERGE_S = 0.6, 0.3, 0.1, 0.08


def walk(signal, time):
    """Onset, offset, apex, peak, cut before, cut after: a state machine per stretch."""
    found = []
    for number in range(len(time.spans)):
        mine = np.flatnonzero(time.stretch == number)
        s, g = signal[mine], time.grid_s[mine]
        here, begin = [], None
        for k in range(len(s) + 1):
            high = k < len(s) and s[k] >= OFF
            if high and begin is None:
                begin = k
            if not high and begin is not None:
                if s[begin:k].max() >= ON:
                    cut_before, cut_after = begin == 0, k == len(s)
                    onset = time.spans[number, 0]
                    if not cut_before:
                        onset = g[begin - 1] + 0.04 * (OFF - s[begin - 1]) / (s[begin] - s[begin - 1])
                    offset = time.spans[number, 1]
                    if not cut_after:
                        offset = g[k - 1] + 0.04 * (s[k - 1] - OFF) / (s[k - 1] - s[k])
                    here.append([onset, offset, begin, k, cut_before, cut_after])
                begin = None
        joined = here[:1]
        for event in here[1:]:
            if event[0] - joined[-1][1] < MERGE_S - 1e-9:
                joined[-1] = [joined[-1][0], event[1], joined[-1][2], event[3], joined[-1][4], event[5]]
            else:
                joined.append(event)
        for onset, offset, a, b, cut_before, cut_after in joined:
            if offset - onset >= MIN_S - 1e-9:
                apex = a + int(np.argmax(s[a:b]))
                found.append((onset, offset, np.clip(g[apex], onset, offset), s[apex], cut_before, cut_after))
    return found


AS_FAR_APART_AS_THE_LIMIT = [(0.04, 0), (0.04, 7), (0.04, 5), (0.04, 1), (0.04, 0), (0.04, 6), (0.04, 10)]
"""But for rounding, which must not decide."""


@settings(max_examples=300, deadline=None)
@example([(0.5, 0), *AS_FAR_APART_AS_THE_LIMIT])
@example([(0.04, 0), (0.5, 0), *AS_FAR_APART_AS_THE_LIMIT[1:]])
@given(st.lists(st.tuples(st.sampled_from([0.04, 0.04, 0.04, 0.5]), st.integers(0, 10)), min_size=1, max_size=60))
def test_the_same_events_as_a_walk_through_the_samples(rows):
    t = np.cumsum([step for step, _ in rows])
    time = Timeline.of(Clock.of(t, 0.04), rate=25)
    signal = time.resampled(np.array([value / 10 for _, value in rows]))
    found = runs(signal, time, on=ON, off=OFF, min_s=MIN_S, merge_s=MERGE_S)
    columns = (found.onset_s, found.offset_s, found.apex_s, found.peak, found.cut_before, found.cut_after)
    wanted = walk(signal, time)
    assert len(found) == len(wanted)
    for row, event in zip(zip(*columns, strict=True), wanted, strict=True):
        assert row == pytest.approx(event, abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 10), min_size=2, max_size=60))
def test_time_backwards_gives_the_same_events_backwards(values):
    t = np.arange(len(values)) / 25
    time = Timeline.of(Clock.of(t, 0.04), rate=25, smoothing_s=0.06)
    s = np.array(values) / 10
    there, back = (runs(time.smoothed(part), time, on=ON, off=OFF, min_s=0, merge_s=0) for part in (s, s[::-1]))
    whole = ~there.cut_before & ~there.cut_after
    mirrored = ~back.cut_before & ~back.cut_after
    assert np.allclose(there.onset_s[whole], (t[-1] - back.offset_s[mirrored])[::-1])
    assert np.allclose(there.offset_s[whole], (t[-1] - back.onset_s[mirrored])[::-1])
