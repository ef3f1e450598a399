"""Time codes of phone recordings."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfe.base.errors import TableError
from dfe.frontends.tables.timecode import CLOCK_RATES, clock_rate, read_timecodes


def where(row: int) -> str:
    return f"t.csv, row {row + 2}"


def codes(first: int, count: int, clock: int, step: int, mark: str = ":") -> list[str]:
    numbers = range(first * clock, first * clock + count * step, step)
    return [
        f"{n // clock // 3600 % 24:02d}:{n // clock // 60 % 60:02d}:{n // clock % 60:02d}{mark}{n % clock:02d}.125"
        for n in numbers
    ]


@pytest.mark.parametrize(
    ("clock", "step"), [*((rate, 1) for rate in CLOCK_RATES), (60, 2), (60, 4), (50, 5), (48, 2), (30, 3), (18, 1)]
)
def test_rates(clock, step):
    times = read_timecodes(codes(45_000, 5 * clock, clock, step), where).time_s
    np.testing.assert_allclose(times, np.arange(5 * clock) * step / clock, atol=1e-9)


def test_midnight():
    times = read_timecodes(codes(24 * 3600 - 2, 300, 60, 1), where).time_s
    np.testing.assert_allclose(np.diff(times), 1 / 60, atol=1e-6)


def drop_frame(number: int, clock: int) -> str:
    """Time code of frame ``number`` by the definition: numbers 0 and 1 (0 to 3 at 60) of a minute are left out."""
    left_out = round(clock / 15)
    per_ten = clock * 600 - 9 * left_out
    tens, rest = divmod(number, per_ten)
    number += 9 * left_out * tens
    if rest >= clock * 60:
        number += left_out * (1 + (rest - clock * 60) // (clock * 60 - left_out))
    second, frame = divmod(number, clock)
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d};{frame:02d}.000"


@given(first=st.integers(0, 80_000), clock=st.sampled_from([30, 60]))
def test_drop_frame_codes_count_every_frame_once(first, clock):
    times = read_timecodes([drop_frame(n, clock) for n in range(first, first + 4 * clock)], where).time_s
    wanted = [float(Fraction(n * 1001, clock * 1000)) for n in range(4 * clock)]
    np.testing.assert_allclose(times, wanted, atol=1e-6)


def test_short_takes_count_at_30_or_60():
    assert clock_rate(np.zeros(3), np.array([1.0, 2, 3])) == (30, False)
    assert clock_rate(np.zeros(3), np.array([1.0, 2, 45])) == (60, False)
    assert clock_rate(np.arange(8.0), np.array([1.0, 2, 3, 24.5, 0, 0, 0, 0]))[0] == 25


@pytest.mark.parametrize(
    "code", ["x", "12:00:00", "12:00:00:x", "25:00:00:01", "12:60:00:01", "12:00:00:-1", "12:00:00:nan"]
)
def test_what_is_no_time_code(code):
    with pytest.raises(TableError, match=r"^t\.csv, row 3: .*is no time code"):
        read_timecodes(["12:00:00:01.5", code], where)


@pytest.mark.parametrize("rate", [10, 12, 15, 20, 24, 25, 30, 48, 50, 60])
@pytest.mark.parametrize("drift", [0.0, 0.001, 0.0016])
def test_rows_lie_at_their_place_whatever_the_rate(rate, drift):
    """The fraction of a frame drifts, as phones' clocks do."""
    count = 12 * rate
    ticks = np.arange(count) * (1 + drift) + 7
    words = [f"10:00:{int(t // rate):02d}:{t % rate:06.3f}" for t in ticks]
    found = read_timecodes(words, where)
    assert (found.clock, found.guessed) == (rate, False)
    np.testing.assert_allclose(found.time_s, np.arange(count) / rate, atol=drift * count / rate + 1e-3)


@given(
    rate=st.sampled_from([10, 12, 15, 20, 24, 25, 30, 50, 60]),
    lost=st.sets(st.integers(1, 118), max_size=40),
    first=st.integers(0, 59),
)
def test_holes_stay_holes(rate, lost, first):
    kept = [k for k in range(rate * 6) if k not in lost]
    words = [f"01:{(n := k + first) // rate // 60:02d}:{n // rate % 60:02d}:{n % rate:02d}.000" for k in kept]
    found = read_timecodes(words, where)
    assert found.clock == rate
    np.testing.assert_allclose(found.time_s, np.array(kept) / rate, atol=1e-9)


@pytest.mark.parametrize("rate", [23.976, 29.97, 59.94])
def test_codes_that_follow_the_clock_on_the_wall(rate):
    """Frames numbered anew each second of real time: some seconds have one fewer."""
    times = np.arange(int(rate * 60)) / rate
    nominal = round(rate)
    words = [f"10:{int(t // 60):02d}:{int(t % 60):02d}:{int(t % 1 * nominal + 1e-6):02d}" for t in times]
    found = read_timecodes(words, where)
    assert found.clock == nominal
    np.testing.assert_allclose(found.time_s, times, atol=1 / nominal)


def test_rows_without_a_code():
    found = read_timecodes(["", "10:00:00:00", "", "10:00:00:02"], where)
    assert np.isnan(found.time_s).tolist() == [True, False, True, False]
    assert found.guessed
    assert np.isnan(read_timecodes(["", ""], where).time_s).all()
