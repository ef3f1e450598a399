from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.displays.displays import Displays
from dfe.judge.bits import code_lengths, raw_bits, speaks


def by_hand(fit: np.ndarray, codes: np.ndarray, displays: Displays) -> np.ndarray:
    """The definition, code by code: counts in a dictionary."""
    levels = range(codes.shape[1])

    def key(row: np.ndarray, level: int) -> tuple[int, bool]:
        return level, level > 0 and displays.number[level - 1, row[level - 1]] == 0

    known = [1 + max([0, *(k for k in range(len(said)) if said[k] > 0)]) for said in displays.number]
    counts = Counter((*key(row, level), row[level]) for row in fit for level in levels)
    out = np.zeros(codes.shape)
    for i, row in enumerate(codes):
        for level in levels:
            total = sum(counts[*key(row, level), code] + 0.5 for code in range(known[level]))
            out[i, level] = -np.log2((counts[*key(row, level), row[level]] + 0.5) / total)
    return out


def test_lengths_are_those_of_the_definition(coder, faces, codes) -> None:
    fit, measured = codes[:400], codes[400:430]
    displays = coder.displays()
    np.testing.assert_allclose(code_lengths(fit, measured, displays), by_hand(fit, measured, displays), rtol=1e-12)


def test_levels_of_different_sizes_and_without_silence(space) -> None:
    rng = np.random.default_rng(0)
    unit = np.array([[0, 1, 2], [-1, 3, -1], [4, 5, -1], [-1, 6, 7]])
    displays = Displays.of(space, np.zeros((8, space.dimension), np.float32), unit, (unit >= 0).astype(np.float32))
    fit, measured = (rng.integers(0, [3, 2, 2, 3], (n, 4)).astype(np.int16) for n in (200, 40))
    np.testing.assert_allclose(code_lengths(fit, measured, displays), by_hand(fit, measured, displays), rtol=1e-12)
    assert raw_bits(displays) == pytest.approx(np.log2(3 * 2 * 2 * 3))


def test_mean_length_is_the_entropy_of_what_is_drawn(space) -> None:
    """Independent draws of a known distribution: Shannon's entropy, to what chance and smoothing leave."""
    rng = np.random.default_rng(1)
    share = np.array([0.5, 0.2, 0.2, 0.1])
    entropy = -(share * np.log2(share)).sum()
    displays = Displays.of(
        space, np.zeros((4, space.dimension), np.float32), np.arange(4)[None].repeat(2, 0), np.ones((2, 4))
    )
    fit, measured = (rng.choice(4, (20_000, 2), p=share).astype(np.int16) for _ in range(2))
    assert code_lengths(fit, measured, displays).mean() == pytest.approx(entropy, abs=0.02)


def test_after_the_first_silence_the_rest_costs_next_to_nothing(coder, codes) -> None:
    lengths = code_lengths(codes, codes, coder.displays())
    after = np.cumsum(codes == 0, axis=1) > 1
    assert after.sum() > 200
    assert lengths[after].max() < 0.1
    assert lengths[~after].mean() > 1


def test_probabilities_of_every_context_sum_to_one(coder, codes) -> None:
    every = np.array([[first, code, 0, 0] for first in (0, 1) for code in range(coder.size)], np.int16)
    share = 2.0 ** -code_lengths(codes, every, coder.displays())[:, 1]
    np.testing.assert_allclose(share.reshape(2, -1).sum(axis=1), 1, rtol=1e-12)


def test_raw_bits_are_n_log2_k(coder) -> None:
    assert raw_bits(coder.displays()) == pytest.approx(4 * np.log2(13))


def test_refuses_what_the_coding_does_not_have(coder, codes) -> None:
    displays = coder.displays()
    with pytest.raises(UsageError, match="not -1 to -1"):
        speaks(np.full((2, 4), -1, np.int16), displays)
    with pytest.raises(UsageError, match="codes 0 to 12"):
        speaks(np.full((2, 4), 13, np.int16), displays)
    with pytest.raises(UsageError, match="do not fit 4 levels"):
        speaks(np.zeros((2, 5), np.int16), displays)
    with pytest.raises(UsageError, match="the fit has 4"):
        code_lengths(codes, codes[:, :2], displays)
