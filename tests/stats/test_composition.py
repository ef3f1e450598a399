from __future__ import annotations

import numpy as np

from dfe.stats.composition import compose, zero_words


def test_log_ratios_are_those_of_the_formula_with_stated_zeros():
    seconds = np.array([[60.0, 30, 10, 0, 0], [80, 0, 10, 10, 0], [50, 40, 5, 0, 5], [90, 8, 2, 0, 0]])
    done = compose((seconds[:2], seconds[2:]))
    assert done.parts == (0, 1, 2, -1)
    merged = np.column_stack([seconds[:, :3], seconds[:, 3:].sum(axis=1)])
    shares = merged / merged.sum(axis=1, keepdims=True)
    zero = 0.65 * shares[shares > 0].min()
    logs = np.log(np.where(shares > 0, shares, zero))
    expected = logs - logs.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(np.concatenate(done.values), expected)
    np.testing.assert_allclose(np.concatenate(done.shares), shares)
    assert [len(part) for part in done.values] == [2, 2]
    assert (done.zero, done.zeros) == (zero, 3)
    assert "3 shares of zero" in zero_words(done)


def test_log_ratios_do_not_depend_on_how_long_somebody_was_seen():
    seconds = np.random.default_rng(0).gamma(1, 10, (6, 5))
    one, two = compose((seconds,)), compose((seconds * np.arange(1, 7)[:, None],))
    np.testing.assert_allclose(one.values[0], two.values[0])
    assert one.zeros == 0
