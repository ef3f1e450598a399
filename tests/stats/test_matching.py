from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from dfe.base.errors import UsageError
from dfe.stats.matching import Matches, event_score, match_onsets, matched_by_chance


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
    chance = [0.5] * 40
    score = event_score(many, chance, draws=500)
    true = sum(len(one.pairs) for one in many)
    assert (score.matched, score.found, score.marked) == (true, true + 80, true + 40)
    assert_allclose(score.f1.value, 2 * true / (2 * true + 120))
    assert_allclose([score.precision.value, score.recall.value], [true / (true + 80), true / (true + 40)])
    assert score.f1.low < score.f1.value < score.f1.high
    assert_allclose(score.f1_by_chance, 2 * 20 / (2 * true + 120))
    assert event_score(many, chance, draws=500) == score
    alone = event_score([made(3, 4, 4)], [1.0])
    assert alone.f1_by_chance == 0.25
    assert alone.f1.value == 0.75
    assert math.isnan(alone.f1.low)


def test_chance_of_far_apart_events_is_the_time_that_the_tolerance_covers() -> None:
    # Each of 3 found events lies within 0.5 s of one of 4 marks for 4 of 100 seconds; no two share a mark.
    found, marked = [3.0, 31.0, 77.0], [10.0, 35.0, 58.0, 90.0]
    assert_allclose(matched_by_chance(found, marked, 0.5, 100.0), 3 * 4 * 2 * 0.5 / 100, atol=0.01)
    assert matched_by_chance([], marked, 0.5, 100.0) == 0
    assert_allclose(matched_by_chance(np.add(found, 13.7), marked, 0.5, 100.0), 0.12, atol=0.01)


@pytest.mark.parametrize("per_min", [4, 40])
def test_events_at_random_reach_what_chance_says(per_min) -> None:
    rng = np.random.default_rng(per_min)
    seen, chance = [], []
    for _ in range(60):
        found, marked = (rng.uniform(0, 120, rng.poisson(2 * per_min)) for _ in range(2))
        seen.append(len(match_onsets(found, marked, 0.5).pairs))
        chance.append(matched_by_chance(found, marked, 0.5, 120.0))
    error = 3 * np.std(np.array(seen) - chance) / math.sqrt(60)
    assert abs(np.mean(seen) - np.mean(chance)) < error
    assert np.mean(seen) > 0.05


def test_events_that_are_found_are_above_chance() -> None:
    marked = np.random.default_rng(1).uniform(0, 300, 40)
    pairs = len(match_onsets(marked + 0.1, marked, 0.2).pairs)
    assert pairs > 3 * matched_by_chance(marked + 0.1, marked, 0.2, 300.0)


@pytest.mark.parametrize("length", [0.0, -1.0, math.nan])
def test_chance_needs_time(length) -> None:
    with pytest.raises(UsageError, match="no time for events by chance"):
        matched_by_chance([1.0], [1.0], 0.2, length)
