"""Against worked examples that were published, and against definitions written out pair by pair."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from dfe.base.errors import UsageError
from dfe.stats.agreement import (
    agreement,
    as_codes,
    category_counts,
    gwet_ac1,
    item_agreement,
    krippendorff_alpha,
    observed_agreement,
)


def rows(*coders: str) -> list[list[int]]:
    """Coders' values as strings, ``.`` for missing, to (items, coders)."""
    return [[-1 if value == "." else ord(value) for value in item] for item in zip(*coders, strict=True)]


# Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", examples A, B and C.
BINARY = rows("0100000010", "1110010000")
TWO_CODERS = rows("aabbdcccedda", "babbbccceddd")
FOUR_CODERS = rows("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
# Worked example of Wikipedia's article "Krippendorff's alpha": three coders, 15 units.
THREE_CODERS = rows(".....34121133.3", "1.213343.......", "..21344.21133.4")


@pytest.mark.parametrize(
    ("data", "published"), [(BINARY, 0.095), (TWO_CODERS, 0.692), (FOUR_CODERS, 0.743), (THREE_CODERS, 0.691)]
)
def test_alpha_of_published_examples(data, published: float) -> None:
    assert round(krippendorff_alpha(category_counts(data)), 3) == published


def test_ac1_of_published_examples() -> None:
    # The same four raters in Gwet's Handbook (table 2.10) and his package irrCAC: 0.775, agreement 0.818.
    counts = category_counts(FOUR_CODERS)
    assert round(gwet_ac1(counts), 5) == 0.77544
    assert round(observed_agreement(counts), 5) == 0.81818
    # Gwet 2002, "Kappa statistic is not satisfactory": 118, 5, 2, 0 of 125 subjects; AC1 0.94 where kappa is negative.
    paradox = [[0, 0]] * 118 + [[0, 1]] * 5 + [[1, 0]] * 2
    assert round(gwet_ac1(category_counts(paradox)), 2) == 0.94
    assert krippendorff_alpha(category_counts(paradox)) < 0


codes = st.lists(st.lists(st.integers(-1, 3), min_size=3, max_size=3), min_size=2, max_size=9)


@settings(max_examples=150, deadline=None)
@given(codes)
def test_alpha_is_its_definition_pair_by_pair(data) -> None:
    paired = [[v for v in item if v >= 0] for item in data]
    paired = [values for values in paired if len(values) >= 2]
    everything = [v for values in paired for v in values]
    n = len(everything)
    expected = sum(a != b for a, b in itertools.permutations(everything, 2)) / (n * (n - 1)) if n else 0
    ours = krippendorff_alpha(category_counts(data))
    if expected == 0:
        assert math.isnan(ours)
        return
    observed = sum(sum(a != b for a, b in itertools.permutations(v, 2)) / (len(v) - 1) for v in paired) / n
    assert_allclose(ours, 1 - observed / expected, atol=1e-12)


@settings(max_examples=150, deadline=None)
@given(codes)
def test_ac1_is_its_definition_pair_by_pair(data) -> None:
    named = [[v for v in item if v >= 0] for item in data]
    named = [values for values in named if values]
    categories = sorted({v for values in named for v in values})
    paired = [list(itertools.permutations(values, 2)) for values in named if len(values) >= 2]
    ours = gwet_ac1(category_counts(data))
    if len(categories) < 2 or not paired:
        assert math.isnan(ours)
        return
    observed = np.mean([np.mean([a == b for a, b in pairs]) for pairs in paired])
    shares = [np.mean([values.count(c) / len(values) for values in named]) for c in categories]
    chance = sum(p * (1 - p) for p in shares) / (len(categories) - 1)
    assert_allclose(ours, (observed - chance) / (1 - chance), atol=1e-12)
    assert_allclose(observed_agreement(category_counts(data)), observed)


@settings(max_examples=60, deadline=None)
@given(codes, st.lists(st.integers(0, 3), min_size=9, max_size=9))
def test_weights_are_repetitions(data, weights) -> None:
    repeated = [item for item, weight in zip(data, weights, strict=False) for _ in range(weight)]
    counts, w = category_counts(data), np.array(weights[: len(data)])
    for figure in (krippendorff_alpha, gwet_ac1, observed_agreement):
        expected = figure(category_counts(np.array(repeated, int).reshape(-1, 3)))
        assert_allclose(figure(counts, w), expected, atol=1e-12)


def test_each_item_has_its_own_agreement() -> None:
    share = item_agreement(category_counts([[1, 1, 1], [1, 1, 2], [1, 2, 3], [1, 2, -1], [1, -1, -1]]))
    assert_allclose(share, [1, 1 / 3, 0, 0, np.nan])


def test_intervals_hold_the_figure_and_narrow_with_items() -> None:
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 6, 400)
    noisy = np.where(rng.random((400, 2)) < 0.8, truth[:, None], rng.integers(0, 6, (400, 2)))
    small, large = agreement(noisy[:50], draws=300), agreement(noisy, draws=300)
    for few, many in zip(small[:3], large[:3], strict=True):
        assert few.low < few.value < few.high
        assert many.high - many.low < few.high - few.low
    assert (small.items, large.items) == (50, 400)
    assert agreement(noisy, draws=300) == large
    assert agreement(noisy, draws=300, seed=1) != large


def test_names_become_numbers() -> None:
    numbers, known = as_codes([["smile", "frown"], ["", "smile"]])
    assert known == ("frown", "smile")
    assert numbers.tolist() == [[1, 0], [-1, 1]]


@pytest.mark.parametrize("bad", [[1, 2, 3], [[1], [2]], [[0.5, 1.0]]])
def test_arrays_that_are_no_codes(bad) -> None:
    with pytest.raises(UsageError, match="agreement needs whole numbers"):
        agreement(bad)
