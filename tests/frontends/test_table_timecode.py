"""Time codes of phone recordings."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfe.base.errors import TableError
from dfe.frontends.tables.timecode import clock_rate, read_timecodes


def where(row: int) -> str:
    return f"t.csv, row {row + 2}"


def codes(first: int, count: int, clock: int, step: int, mark: str = ":") -> list[str]:
    numbers = range(first * clock, first * clock + count * step, step)
    return [
        f"{n // clock // 3600 % 24:02d}:{n // clock // 60 % 60:02d}:{n // clock % 60:02d}{mark}{n % clock:02d}.125"
        for n in numbers
    ]


@pytest.mark.parametrize(("clock", "step"), [(24, 1), (25, 1), (30, 1), (60, 1), (60, 2)])
def test_rates(clock, step):
    times = read_timecodes(codes(45_000, 5 * clock, clock, step), where)
    np.testing.assert_allclose(times, np.arange(5 * clock) * step / clock, atol=1e-9)


def test_midnight():
    times = read_timecodes(codes(24 * 3600 - 2, 300, 60, 1), where)
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
    times = read_timecodes([drop_frame(n, clock) for n in range(first, first + 4 * clock)], where)
    wanted = [float(Fraction(n * 1001, clock * 1000)) for n in range(4 * clock)]
    np.testing.assert_allclose(times, wanted, atol=1e-6)


def test_short_takes_count_at_30_or_60():
    assert clock_rate(np.zeros(3), np.array([1.0, 2, 3])) == 30
    assert clock_rate(np.zeros(3), np.array([1.0, 2, 45])) == 60
    assert clock_rate(np.arange(8.0), np.array([1.0, 2, 3, 24.5, 0, 0, 0, 0])) == 25


@pytest.mark.parametrize(
    "code", ["", "12:00:00", "12:00:00:x", "25:00:00:01", "12:60:00:01", "12:00:00:-1", "12:00:00:nan"]
)
def test_what_is_no_time_code(code):
    with pytest.raises(TableError, match=r"^t\.csv, row 3: .*is no time code"):
        read_timecodes(["12:00:00:01.5", code], where)
