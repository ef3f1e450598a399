"""Even samples and smoothing against sums written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfe.clock.clock import Clock
from dfe.clock.resampling import Timeline, gaussian

steps = st.lists(
    st.sampled_from([0.001, 0.0167, 0.0333, 0.04, 0.0667, 0.1, 0.2, 0.21, 0.9, 7.3]), min_size=0, max_size=40
)


def brute_mean(t, s, low, high):
    if high - low < 1e-6:
        return np.interp(low, t, s)
    inside = t[(t > low) & (t < high)]
    edges = np.concatenate([[low], inside, [high]])
    values = np.interp(edges, t, s)
    return np.sum((values[1:] + values[:-1]) / 2 * np.diff(edges)) / (high - low)


@settings(max_examples=150, deadline=None)
@given(steps, st.floats(0, 50), st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.05, 0.2]))
def test_samples_are_means_of_the_lines_that_join_the_rows_of_a_stretch(gaps, begin, seed, smoothing):
    t = begin + np.cumsum([0.0, *gaps])
    s = np.random.default_rng(seed).normal(size=len(t))
    time = Timeline.of(Clock.of(t, 0.04), rate=25, smoothing_s=smoothing)
    parts = np.split(np.arange(len(t)), np.flatnonzero(np.diff(t) > 0.2 + 1e-6) + 1)
    assert len(parts) == len(time.spans)
    out, smooth, kernel = time.resampled(s), time.smoothed(s), gaussian(smoothing, 25)
    assert not out[~time.seen].any()
    for number, rows in enumerate(parts):
        mine = np.flatnonzero(time.stretch == number)
        a, b = t[rows[0]], t[rows[-1]]
        assert time.spans[number].tolist() == [a, pytest.approx(b + 0.04)]
        grid = time.grid_s[mine]
        assert np.allclose(np.diff(grid), 0.04)
        assert np.allclose(grid * 25, np.rint(grid * 25), atol=1e-6)
        low, high = (grid - 0.02).clip(a, b), (grid + 0.02).clip(a, b)
        wanted = [brute_mean(t[rows], s[rows], x, y) for x, y in zip(low, high, strict=True)]
        assert np.allclose(out[mine], wanted, atol=1e-7)
        reach = len(kernel) // 2
        for k in range(len(mine)):
            near = [j for j in range(len(mine)) if abs(j - k) <= reach]
            weights = np.array([kernel[j - k + reach] for j in near])
            assert smooth[mine[k]] == pytest.approx(weights @ out[mine[near]] / weights.sum(), abs=1e-9)


def test_a_kernel_is_symmetric_and_keeps_the_level():
    kernel = gaussian(0.08, 25)
    assert kernel.sum() == pytest.approx(1)
    assert np.array_equal(kernel, kernel[::-1])
    assert gaussian(0, 25).tolist() == [1.0]


def test_a_face_that_is_never_seen_has_no_time():
    time = Timeline.of(Clock.of([]), rate=25, smoothing_s=0.1)
    assert len(time.spans) == 0
    assert not time.seen.any()
    assert not time.smoothed(np.zeros(0)).any()
