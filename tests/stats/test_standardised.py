"""Columns of one number alone are told from columns that vary, whatever rounding leaves of them."""

from __future__ import annotations

import numpy as np
import pytest

from dfe.stats.linear import spread_of, standardised


@pytest.mark.parametrize("value", [0.0, 0.1, 1 / 3, 2.7, -1e6, 1e-9])
@pytest.mark.parametrize("count", [1, 7, 37, 333])
def test_a_constant_column_is_only_centred(value, count):
    rows = np.random.default_rng(0).normal(size=(count, 2))
    rows[:, 0] = value
    assert spread_of(rows)[0] == 0
    other = np.column_stack([np.full(5, value + 0.01), np.zeros(5)])
    np.testing.assert_allclose(standardised(other, rows)[:, 0], 0.01, rtol=1e-4)


def test_what_varies_has_spread_one():
    rows = np.random.default_rng(1).normal(3, 1e-7, (50, 2)) * [1.0, 1e9]
    done = standardised(rows, rows)
    np.testing.assert_allclose(done.mean(axis=0), 0, atol=1e-7)
    np.testing.assert_allclose(done.std(axis=0), 1)
