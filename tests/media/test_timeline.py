from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfe.media.timeline import Timeline, build_timeline

MS = Fraction(1, 1000)


def build(pts, dts=None, **options) -> Timeline:
    dts = [None] * len(pts) if dts is None else dts
    return build_timeline(pts, dts, time_base=MS, start_s=options.pop("start_s", 0.0), rate=25, **options)


@given(
    gaps=st.lists(st.integers(1, 5000), min_size=1, max_size=60),
    start=st.integers(-1000, 10**9),
    group=st.integers(1, 16),
)
def test_sound_stamps_in_any_order_of_decoding_give_the_times_themselves(gaps, start, group):
    shown = start + np.cumsum(gaps)
    order = [i for k in range(0, len(shown), group) for i in reversed(range(k, min(k + group, len(shown))))]
    timeline = build([int(shown[i]) for i in order])
    assert timeline.time_stamps == "ok"
    assert timeline.repair is None
    np.testing.assert_array_equal(timeline.stamps, shown)
    np.testing.assert_allclose(timeline.times_s, shown / 1000)


@given(st.lists(st.one_of(st.none(), st.integers(-100, 3000)), min_size=1, max_size=80))
def test_times_increase_strictly_whatever_the_stamps(pts):
    timeline = build(pts)
    assert len(timeline.times_s) == len(pts)
    assert (np.diff(timeline.times_s) > 0).all()
    assert (timeline.time_stamps == "ok") == (timeline.repair is None) == (len(timeline.stamps) == len(pts))


def test_doubled_stamps_are_spread_between_neighbours_and_the_rest_stays():
    timeline = build([0, 40, 40, 40, 100, 140, 140])
    np.testing.assert_allclose(timeline.times_s, [0, 0.04, 0.06, 0.08, 0.1, 0.14, 0.18])
    assert timeline.time_stamps == "repaired"
    assert "3 frames share" in timeline.repair


def test_missing_stamps_fall_back_on_the_order_of_decoding_then_on_the_rate():
    decoding = [500, 533, 600, 700]
    np.testing.assert_allclose(build([None] * 4, decoding).times_s, [0, 0.033, 0.1, 0.2])
    counted = build([None] * 4, [0, 1, 1, 2])
    np.testing.assert_allclose(counted.times_s, [0, 0.04, 0.08, 0.12])
    assert "25 frames per second" in counted.repair


def test_stamps_that_start_again_are_counted():
    timeline = build([*range(0, 4000, 40), *range(10, 4010, 40)])
    np.testing.assert_allclose(timeline.times_s, np.arange(200) / 25)
    assert "backwards" in timeline.repair


def test_times_are_from_the_start_of_the_container():
    assert build([1400, 1440], start_s=1.4).times_s == pytest.approx([0, 0.04])
    assert build([1900, 1940], start_s=1.4).times_s == pytest.approx([0.5, 0.54])
    assert build([1400, 1440], start_s=None).times_s == pytest.approx([0, 0.04])


def test_a_rate_is_variable_only_beyond_rounding():
    steady = build([round(i * 1000 / 30) for i in range(90)])
    assert not steady.is_variable(0.001)
    assert steady.frame_rate == pytest.approx(30, abs=0.01)
    assert build([0, 33, 66, 133, 166]).is_variable(0.001)
    assert not build([5]).is_variable(0.001)
    assert build([5]).frame_rate == 0


@given(st.integers(0, 40), st.integers(0, 40))
def test_cuts_in_time_are_half_open(start, end):
    timeline = build([40 * i for i in range(30)])
    low, high = timeline.indices(start / 25, end / 25)
    assert list(range(low, high)) == [i for i in range(30) if start <= i < end]
