"""What a face shows over time, as charts draw it: whole in, whole out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dfe.pages.course import MM_STEP, Course, Mark, course_data, strip
from dfe.pages.packed import packed
from packed_blocks import open_block


@settings(max_examples=80, deadline=None)
@given(
    arrays.arrays(
        np.float64, st.integers(0, 60), elements=st.one_of(st.just(0.0), st.floats(1e-6, 30), st.just(np.nan))
    )
)
def test_a_strip_gives_its_amounts_back_to_within_a_step(amount):
    made = strip("7", "display", "smile", amount)
    known = np.nan_to_num(amount)
    back = made.amounts(len(amount))
    assert made.step == max(MM_STEP, known.max(initial=0) / 255)
    # Rounded up: what there is stays visible, what there is not stays away.
    assert ((back > 0) == (known > 0)).all()
    assert (back >= known - 1e-6).all()
    assert (back <= known + made.step + 1e-6).all()
    ends = made.first + made.count
    assert (made.first[1:] > ends[:-1]).all()


def test_a_course_tells_times_in_tenths_of_milliseconds_and_what_is_unknown():
    times = np.array([0.0, 1 / 30, 3599.96666])
    marks = (Mark("7", "display", "smile", 0.1, 0.2, 0.3, 1.25, "mm", True),)
    made = Course(
        3, times, times + 0.04, (strip("7", "display", "smile", np.ones(3)),), marks, {"yaw": [1.23, np.nan, -90]}
    )
    told = open_block(packed(course_data(made)))
    assert told["id"] == 3
    np.testing.assert_allclose(told["start"] / 10_000, times, atol=5e-5)
    np.testing.assert_allclose(told["end"] / 10_000, times + 0.04, atol=5e-5)
    assert told["curves"]["yaw"].tolist() == [12, -32768, -900]
    assert told["marks"]["kinds"] == [{"kind": "display", "token": "7", "label": "smile", "measure": "mm"}]
    assert (told["marks"]["apex"].tolist(), told["marks"]["censored"].tolist()) == ([2000], [1])
    assert told["strips"][0]["strength"].tolist() == [20, 20, 20]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        arrays.arrays(
            st.sampled_from([np.uint8, np.int16, np.int32, np.float32, np.float64]),
            st.integers(0, 9),
            elements={"min_value": 0, "max_value": 100},
        ),
        max_size=4,
    )
)
def test_a_block_holds_what_was_packed(values):
    told = open_block(packed({"a": values, "b": {"c": "é<script>", "d": [None, 1.5, True]}}))
    for one, other in zip(told["a"], values, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    assert told["b"] == {"c": "é<script>", "d": [None, 1.5, True]}


def test_what_cannot_be_read_back_is_not_packed():
    with pytest.raises(TypeError, match="int64"):
        packed({"a": np.zeros(3, np.int64)})
    with pytest.raises(ValueError, match="JSON"):
        packed({"a": float("nan")})
