"""Time that stretches have in common, against clipping each pair by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfe.clock.spans import seconds_in, spans

moments = st.floats(-50, 50)
pairs = st.lists(st.tuples(moments, moments), max_size=8)


@given(pairs, pairs)
def test_seconds_of_each_stretch_that_lie_in_others(inside, asked):
    a = spans(inside)
    start, end = np.sort(np.array(asked, float).reshape(-1, 2), axis=1).T
    wanted = [sum(max(0.0, min(e, high) - max(s, low)) for low, high in a) for s, e in zip(start, end, strict=True)]
    np.testing.assert_allclose(seconds_in(a, start, end), wanted, atol=1e-9)


def test_all_of_time_loses_nothing():
    assert seconds_in(np.array([[-1e12, 1e12]]), np.array([0.1]), np.array([0.14])) == pytest.approx([0.04], abs=1e-12)
    assert seconds_in(np.array([[-np.inf, np.inf]]), np.array([0.1]), np.array([0.14])) == pytest.approx([0.04])
