"""Networks for several faces at a time: a face's result depends neither on the others nor on its place among them."""

from __future__ import annotations

import numpy as np
import pytest

from dfe.frontends.landmarks.networks import Networks

pytest.importorskip("onnx", reason="makes networks for other batches")

from gpu import filled, noise, open_batch, places, run

BATCH = 3
FROM_ONE = {"landmarks": 1e-3, "coefficients": 1e-4, "covering": 1e-5}
"""Pixels of the crop, and shares: what the arithmetic of another batch may change."""


@pytest.mark.parametrize("name", FROM_ONE)
def test_a_batch_of_fixed_size_changes_nothing_by_what_else_is_in_it(name):
    values = noise()[name][:4]
    if name == "coefficients":
        values = np.random.default_rng(1).normal(128, 40, values.shape).astype(np.float32)
    session = open_batch(name, BATCH, "cpu")
    found = run(name, session, values, BATCH)
    by_itself = np.concatenate([run(name, session, filled(value, BATCH), BATCH)[:1] for value in values])
    elsewhere = run(name, session, values[::-1].copy(), BATCH)[::-1]
    np.testing.assert_array_equal(found, by_itself)
    np.testing.assert_array_equal(found, elsewhere)
    one = Networks()
    alone = np.concatenate([places(name, one.run(name, value[None])[0]) for value in values])
    assert np.abs(found - alone).max() < FROM_ONE[name]
