"""Means and spreads over time, against NumPy's own."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from dfe.predict.reading import ExampleRows
from dfe.predict.representations.moments import Moments


def moments_of(values: np.ndarray, seconds: np.ndarray) -> Moments:
    made = Moments(2, values.shape[1])
    rows = ExampleRows(np.zeros(len(values), np.int64), np.arange(len(values)), seconds, np.array([seconds.sum()]))
    made.add(values, rows, SimpleNamespace(places=np.array([1])))
    return made


def test_they_are_weighted_by_time_and_unknown_without_any():
    rng = np.random.default_rng(0)
    values, seconds = rng.normal(2, 1, (50, 3)), rng.uniform(0.02, 0.2, 50)
    made = moments_of(values, seconds)
    mean = np.average(values, axis=0, weights=seconds)
    np.testing.assert_allclose(made.mean[1], mean)
    np.testing.assert_allclose(made.spread[1] ** 2, np.average((values - mean) ** 2, axis=0, weights=seconds))
    assert np.isnan(made.mean[0]).all()
    assert np.isnan(made.spread[0]).all()


@pytest.mark.parametrize("value", [0.1, 123.4, 1e-7, -3.3, 1e6])
def test_what_does_not_vary_has_no_spread(value):
    made = moments_of(np.full((999, 1), value), np.full(999, 0.0401))
    assert made.spread[1, 0] == 0
