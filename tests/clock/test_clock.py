import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfe.clock.rows import LONGEST_ROW_S, row_seconds


@given(st.sampled_from([15.0, 25.0, 30.0, 59.94]), st.floats(1, 20))
def test_rows_of_any_rate_stand_for_the_whole_time(rate, seconds):
    times = np.arange(0, seconds, 1 / rate)
    assert row_seconds(times).sum() == pytest.approx(len(times) / rate)


def test_a_gap_is_no_time_of_the_row_before_it():
    times = np.concatenate([np.arange(50) / 25, 10 + np.arange(50) / 25])
    assert row_seconds(times)[49] == LONGEST_ROW_S
    assert row_seconds(times).sum() == pytest.approx(4 - 0.04 + LONGEST_ROW_S)


def test_faces_of_one_frame_share_its_time():
    assert row_seconds(np.array([0.0, 0.0, 0.1, 0.2])).tolist() == pytest.approx([0.1, 0.1, 0.1, 0.1])


def test_pictures_count_one_each():
    assert row_seconds(np.full(3, np.nan)).tolist() == [1, 1, 1]
    assert row_seconds(np.zeros(0)).shape == (0,)


def test_a_frame_a_second_stands_for_its_second():
    assert row_seconds(np.arange(5.0)).tolist() == [1, 1, 1, 1, 1]
