from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from dfe.base.errors import UsageError
from dfe.stats.matching import Matches, event_score, match_onsets


def most_pairs(found: list[int], marked: list[int], tolerance: int) -> int:
    """The largest one-to-one matching, by trying everything."""

    @cache
    def best(i: int, free: int) -> int:
        if i == len(found):
            return 0
        options = [best(i + 1, free)]
        for j, other in enumerate(marked):
            if free >> j & 1 and abs(found[i] - other) <= tolerance:
                options.append(1 + best(i + 1, free & ~(1 << j)))
        return max(options)

    return best(0, (1 << len(marked)) - 1)


onsets = st.lists(st.integers(0, 20), max_size=7)


@settings(max_examples=300, deadline=None)
@given(onsets, onsets, st.integers(0, 4))
def test_there_are_as_many_pairs_as_can_be(found, marked, tolerance) -> None:
    result = match_onsets(np.array(found) / 10, np.array(marked) / 10, tolerance / 10)
    assert len(result.pairs) == most_pairs(found, marked, tolerance)
    for side in zip(*result.pairs, strict=True):
        assert len(set(side)) == len(side)
    assert all(abs(found[i] - marked[j]) <= tolerance for i, j in result.pairs)


def test_f1_by_hand() -> None:
    result = match_onsets([1.0, 2.0, 9.0], [1.15, 5.0, 9.2, 9.21], 0.2)
    assert result.pairs == ((0, 0), (2, 2))
    assert_allclose(result.f1, 2 * 2 / (3 + 4))
    assert math.isnan(match_onsets([], [], 0.2).f1)
    assert match_onsets([1.0], [], 0.2).f1 == 0


@pytest.mark.parametrize("tolerance", [-0.1, math.nan])
def test_a_tolerance_is_not_negative(tolerance) -> None:
    with pytest.raises(UsageError, match="makes no sense"):
        match_onsets([1.0], [1.0], tolerance)


def made(true: int, found: int, marked: int) -> Matches:
    return Matches(tuple((k, k) for k in range(true)), found, marked)


def test_recordings_are_pooled_and_drawn_anew() -> None:
    rng = np.random.default_rng(0)
    many = [made(int(t), int(t) + 2, int(t) + 1) for t in rng.integers(0, 9, 40)]
    score = event_score(many, draws=500)
    true = sum(len(one.pairs) for one in many)
    assert (score.matched, score.found, score.marked) == (true, true + 80, true + 40)
    assert_allclose(score.f1.value, 2 * true / (2 * true + 120))
    assert_allclose([score.precision.value, score.recall.value], [true / (true + 80), true / (true + 40)])
    assert score.f1.low < score.f1.value < score.f1.high
    assert event_score(many, draws=500) == score
    alone = event_score([made(3, 4, 4)])
    assert alone.f1.value == 0.75
    assert math.isnan(alone.f1.low)
