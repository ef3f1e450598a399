"""Intraclass correlations against a published example, their analysis of variance written out, and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from dfe.base.errors import UsageError
from dfe.stats.f_quantile import f_quantile
from dfe.stats.icc import few, icc_a1, icc_c1

# Shrout & Fleiss 1979, table 2: four judges, six targets. Intervals as R's psych::ICC prints them for it.
JUDGES = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


@pytest.mark.parametrize("share", [0.025, 0.5, 0.975])
@pytest.mark.parametrize("above", [1, 1.3, 5, 29, 300])
@pytest.mark.parametrize("below", [1, 1.02, 2.7, 29, 400])
def test_quantiles_of_f_are_scipys(share, above, below) -> None:
    assert_allclose(f_quantile(share, above, below), stats.f.ppf(share, above, below), rtol=1e-9)


@pytest.mark.parametrize("wrong", [(0, 1, 1), (0.5, 0, 1), (0.5, 1, math.nan), (1, 1, 1)])
def test_quantiles_that_there_are_not(wrong) -> None:
    with pytest.raises(UsageError, match="no F distribution"):
        f_quantile(*wrong)


def test_the_published_example() -> None:
    agreement, consistency = icc_a1(JUDGES), icc_c1(JUDGES)
    assert (round(agreement.value, 2), round(agreement.low, 3), round(agreement.high, 2)) == (0.29, 0.019, 0.76)
    assert (round(consistency.value, 2), round(consistency.low, 3), round(consistency.high, 2)) == (0.71, 0.342, 0.95)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(*[st.integers(-20, 20)] * 3), min_size=2, max_size=8))
def test_icc_is_its_analysis_of_variance_written_out(ratings) -> None:
    table = np.array(ratings, float)
    n, k = table.shape
    grand = sum(table.ravel()) / (n * k)
    row, column = [sum(r) / k for r in table], [sum(c) / n for c in table.T]
    msr = sum(k * (m - grand) ** 2 for m in row) / (n - 1)
    msc = sum(n * (m - grand) ** 2 for m in column) / (k - 1)
    mse = sum((table[i, j] - row[i] - column[j] + grand) ** 2 for i in range(n) for j in range(k)) / ((n - 1) * (k - 1))
    for ours, below in (
        (icc_a1(table), msr + (k - 1) * mse + k * (msc - mse) / n),
        (icc_c1(table), msr + (k - 1) * mse),
    ):
        if below > 1e-9:
            assert_allclose(ours.value, (msr - mse) / below, atol=1e-9)
            if not math.isnan(ours.low):
                assert ours.low <= ours.value + 1e-12
                assert ours.value <= ours.high + 1e-12 <= 1 + 2e-12
        else:
            assert math.isnan(ours.value)


def test_icc_tells_a_constant_difference_from_agreement() -> None:
    ours = np.arange(10.0)
    assert icc_a1(np.c_[ours, ours]).value == 1
    assert icc_a1(np.c_[ours, ours + 5]).value < 0.5
    assert icc_c1(np.c_[ours, ours + 5]).value == 1
    assert icc_a1([[1, 1], [np.nan, 3], [2, 2], [3, 3]]).value == 1


def test_what_cannot_be_had_is_blank() -> None:
    for icc in (icc_a1, icc_c1):
        assert math.isnan(icc([[1, 2]]).value)
        assert math.isnan(icc([[2, 2], [2, 2]]).value)
        assert math.isnan(icc([[1, 2], [np.nan, 1]]).value)
        assert math.isnan(icc([[0.1, 0.1], [0.2, 0.2], [0.7, 0.7]]).low)


@pytest.mark.parametrize("people", [5, 20])
@pytest.mark.parametrize("icc", [icc_a1, icc_c1])
def test_intervals_hold_the_truth_in_95_of_100(icc, people) -> None:
    rng = np.random.default_rng(people)
    runs, held = 1_000, 0
    for _ in range(runs):
        rows = rng.normal(size=(people, 1)) * math.sqrt(0.6) + rng.normal(size=(people, 2)) * math.sqrt(0.4)
        found = icc(rows)
        held += found.low <= 0.6 <= found.high
    assert 0.93 <= held / runs <= 0.97


def test_many_subjects_have_a_narrow_interval() -> None:
    rng = np.random.default_rng(2)
    estimate = icc_a1(rng.normal(0, 2, (200, 1)) + rng.normal(0, 1, (200, 2)))
    assert estimate.low < 0.8 < estimate.high
    assert estimate.high - estimate.low < 0.15


def test_few_subjects_have_a_caution() -> None:
    assert few(9) == "only 9 subjects"
    assert few(1) == "only 1 subject"
    assert few(10) == ""
