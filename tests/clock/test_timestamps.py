"""Times of another tool's rows."""

from __future__ import annotations

import numpy as np
import pytest

from dfe.base.errors import TableError
from dfe.clock.stamps import seconds_per_unit, settle_times


@pytest.mark.parametrize("fps", [1, 12, 29.97, 60, 240])
@pytest.mark.parametrize("named", [1.0, 1e-3])
def test_the_unit_is_judged_by_the_step(fps, named):
    frame = np.array([0, 1, 3, 4, 10])
    assert seconds_per_unit(frame, frame / fps, named) == 1.0
    assert seconds_per_unit(frame, frame / fps * 1000, named) == 1e-3


def test_the_name_decides_where_the_step_does_not():
    assert seconds_per_unit(np.array([0]), np.array([40.0]), 1e-3) == 1e-3
    assert seconds_per_unit(np.arange(3), np.full(3, np.nan), 1e-3) == 1e-3
    assert seconds_per_unit(np.arange(3), np.arange(3) * 1e-6) == 1.0


def test_sound_times_stay():
    frame, time = np.array([0, 0, 1, 5]), np.array([0.1, 0.1, 0.14, 0.3])
    times = settle_times(frame, time, "t.csv")
    np.testing.assert_array_equal(times.time_s, time)
    assert (times.time_stamps, times.warnings) == ("ok", ())


def test_times_that_fall_are_set_anew():
    frame = np.array([0, 1, 1, 2, 3, 5])
    times = settle_times(frame, np.array([1.0, 1.04, 1.04, 1.08, 1.02, 1.2]), "t.csv")
    np.testing.assert_allclose(times.time_s, 1 + frame * 0.04)
    assert times.time_stamps == "repaired"
    assert "do not rise throughout: set anew at 25 frames a second" in times.warnings[0]


def test_missing_times_are_set_anew():
    frame = np.arange(5)
    times = settle_times(frame, np.array([np.nan, 0.5, 1.0, np.nan, 2.0]), "t.csv")
    np.testing.assert_allclose(times.time_s, frame / 2)
    assert times.time_stamps == "repaired"


def test_a_rate_overrides():
    times = settle_times(np.array([0, 2, 3]), np.array([0, 1.0, 2]), "t.csv", rate=10)
    np.testing.assert_allclose(times.time_s, [0, 0.2, 0.3])
    assert times.time_stamps == "repaired"


def test_improbable_times_are_kept_and_told():
    times = settle_times(np.arange(3), np.arange(3) / 1000, "t.csv")
    assert times.time_s.tolist() == [0, 0.001, 0.002]
    assert "1000 frames a second" in times.warnings[0]


@pytest.mark.parametrize(("time", "rate"), [(np.full(3, np.nan), None), (np.zeros(3), None), (np.arange(3.0), -1.0)])
def test_no_times_to_go_by(time, rate):
    with pytest.raises(TableError, match=r"^t\.csv: .*(no times that rise|no number of frames)"):
        settle_times(np.arange(3), time, "t.csv", rate=rate)


@pytest.mark.parametrize("decimals", [0, 1])
@pytest.mark.parametrize("fps", [15, 29.97, 60])
@pytest.mark.parametrize("unit", [1.0, 1e-3])
def test_rounded_times_give_the_rate_of_their_line_not_of_their_jumps(fps, decimals, unit):
    frame = np.arange(1000)
    time = np.round(frame / fps, decimals) / unit
    assert seconds_per_unit(frame, time) == unit
    times = settle_times(frame, time * unit, "t.csv")
    np.testing.assert_allclose(times.time_s, frame / fps, atol=10.0**-decimals)
    assert times.time_stamps == "repaired"
    assert times.warnings[0].startswith(f"its times are rounded to {10.0**-decimals:g} s: set anew at ")


def test_a_clock_that_stands_still_for_once_is_not_rounded():
    frame = np.arange(40)
    time = np.concatenate([np.arange(20), np.full(10, 19), np.arange(20, 30)]) * 0.04
    assert settle_times(frame, time, "t.csv").time_s[-1] == pytest.approx(39 * 0.04)


def test_rounded_times_of_a_short_take_tell_no_rate():
    frame = np.arange(60)
    with pytest.raises(TableError, match="rounded to 1 s, too coarse for so few; say how many frames a second"):
        settle_times(frame, np.floor(frame / 30), "t.csv")
