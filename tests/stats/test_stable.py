"""Stability selection: planted columns are found, noise is not, and people stay together."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import lars_path

from dfe.stats import stable
from dfe.stats.stable import stability_selection


def test_planted_columns_are_found_and_others_are_not():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 60))
    aim = x[:, 3] - x[:, 10] + 0.5 * rng.normal(size=300)
    found = stability_selection(x, aim[:, None], np.arange(300), pairs=20)
    assert set(np.flatnonzero(found.share[0] >= found.threshold)) == {3, 10}


def test_of_noise_no_more_than_the_bound_are_taken():
    named = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        common = rng.normal(size=(80, 4)) @ rng.normal(size=(4, 50))
        x = common + rng.normal(size=(80, 50))
        found = stability_selection(x, rng.normal(size=(80, 1)), np.arange(80), pairs=15, seed=seed)
        named.append((found.share[0] >= found.threshold).sum())
    assert np.mean(named) <= found.expected_false
    assert found.expected_false <= 1


def test_the_number_taken_keeps_the_bound():
    x = np.random.default_rng(1).normal(size=(40, 70))
    found = stability_selection(x, np.random.default_rng(2).normal(size=(40, 1)), np.arange(40), pairs=1)
    assert found.taken == int(np.sqrt(0.5 * 70))
    assert found.expected_false == pytest.approx(found.taken**2 / (0.5 * 70))
    assert found.share.sum() == pytest.approx(found.taken)


def test_people_are_in_one_half(monkeypatch):
    halves = []
    monkeypatch.setattr(
        stable, "_first", lambda x, aims, taken: halves.append(x[:, 0].astype(int)) or [np.zeros(0, int)]
    )
    people = np.repeat(np.arange(12), 3)
    x = np.column_stack([people, np.ones(36)])
    stability_selection(x, x[:, :1], people, pairs=4)
    for one, other in zip(halves[::2], halves[1::2], strict=True):
        assert not set(one) & set(other)
        assert sorted({*one, *other}) == list(range(12))


def test_the_first_are_those_of_the_path():
    rng = np.random.default_rng(2)
    x, aim = rng.normal(size=(50, 8)), rng.normal(size=50)
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    _, active, _ = lars_path(scaled, aim - aim.mean(), method="lar", max_iter=3)
    assert stable._first(x, aim[:, None], 3)[0].tolist() == list(active)
