"""The Gram search against searches that compare every code with every residual."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfe.quantizers.rvq.search import BLOCK, FLOAT32_DOUBT, GramSearch, encode_rows


def brute_force(z: np.ndarray, book: np.ndarray, gains: np.ndarray, threshold: float) -> np.ndarray:
    """Nearest code at each level by the squared distances themselves, in float64."""
    codes = np.zeros((len(z), len(gains)), dtype=np.int16)
    for row, latent in enumerate(np.asarray(z, dtype=np.float64)):
        residual = latent
        for level, gain in enumerate(np.asarray(gains, dtype=np.float64)):
            saved = np.square(residual).sum() - np.square(residual - gain * book).sum(axis=1)
            saved[0] = threshold
            best = int(saved.argmax())
            if best == 0:
                break
            codes[row, level] = best
            residual = residual - gain * book[best]
    return codes


def random_search(size: int = 64, levels: int = 8, d: int = 24, threshold: float = 1.0) -> GramSearch:
    rng = np.random.default_rng(11)
    book = rng.normal(size=(size, d)).astype(np.float32)
    book[0] = 0
    return GramSearch(book, 0.8 ** np.arange(levels), threshold)


def identity(x: np.ndarray, dtype: type) -> np.ndarray:
    return x.astype(dtype)


@pytest.mark.parametrize("threshold", [0.0, 1.0, 8.0])
def test_float64_search_is_the_brute_force_search(threshold: float) -> None:
    search = random_search(threshold=threshold)
    z = np.random.default_rng(1).normal(size=(3000, 24)) * 1.5
    found = search.search(z)
    np.testing.assert_array_equal(found.codes, brute_force(z, search.codebook, search.gains, threshold))
    assert not found.doubt.any()
    assert (found.codes[:, 0] > 0).any()


def test_every_level_that_speaks_saves_more_than_the_threshold_and_silence_is_final() -> None:
    search = random_search(threshold=4.0)
    z = np.random.default_rng(2).normal(size=(2000, 24))
    codes = search.search(z).codes
    silent = codes == 0
    assert (np.logical_or.accumulate(silent, axis=1) == silent).all()
    assert 0 < silent.mean() < 1
    residual = z
    for level, gain in enumerate(search.gains):
        after = residual - gain * search.codebook[codes[:, level]]
        saved = np.square(residual).sum(axis=1) - np.square(after).sum(axis=1)
        assert (saved[~silent[:, level]] > 4.0).all()
        residual = after


def near_ties(search: GramSearch, rows: int) -> np.ndarray:
    """Latents almost half-way between the two best codes of some level, to about one float32 step."""
    rng = np.random.default_rng(5)
    z = rng.normal(size=(rows, search.codebook.shape[1]))
    codes = search.search(z).codes
    for row in range(rows):
        level = row % len(search.gains)
        residual = z[row] - (search.gains[:level, None] * search.codebook[codes[row, :level]]).sum(axis=0)
        gain = search.gains[level]
        scores = search.codebook @ residual - gain * np.square(search.codebook).sum(axis=1) / 2
        second, first = np.argsort(scores)[-2:]
        direction = search.codebook[second] - search.codebook[first]
        gap = scores[first] - scores[second]
        z[row] += direction * gap / (direction @ direction) * (1 + rng.normal() * 1e-6)
    return z.astype(np.float32)


def test_float32_never_errs_without_a_doubt_and_the_codes_are_those_of_float64() -> None:
    search = random_search()
    z = np.concatenate([near_ties(search, 4000), np.random.default_rng(6).normal(size=(20_000, 24)).astype("f4")])
    exact = search.search(z.astype(np.float64)).codes
    single = search.search(z)
    wrong = (single.codes != exact).any(axis=1)
    assert wrong.any(), "the rows are too easy to show anything"
    assert single.doubt[wrong].all()
    codes, doubt = encode_rows(search, z, identity)
    np.testing.assert_array_equal(codes, exact)
    assert doubt[4000:].mean() < 0.1


def test_float32_scores_are_several_times_better_than_the_doubt_allows() -> None:
    search = random_search(d=64, size=256)
    z = np.random.default_rng(8).normal(size=(4000, 64)).astype(np.float32)
    codes = search.search(z.astype(np.float64)).codes
    residual, single = z.astype(np.float64), None
    worst = 0.0
    book32 = search.codebook.astype(np.float32)
    for level, gain in enumerate(search.gains):
        exact = residual @ search.codebook.T
        single = z @ book32.T if single is None else single
        worst = max(worst, float((np.abs(single - exact).max(axis=1) / search.scale(z)).max()))
        residual = residual - gain * search.codebook[codes[:, level]]
        single = single - (gain * search.codebook @ search.codebook.T).astype(np.float32)[codes[:, level]]
    assert worst * 4 < FLOAT32_DOUBT


@given(
    book=st.lists(st.lists(st.integers(-3, 3), min_size=3, max_size=3), min_size=1, max_size=6),
    rows=st.lists(st.lists(st.integers(-6, 6), min_size=3, max_size=3), min_size=1, max_size=8),
    threshold=st.sampled_from([0, 1, 2, 4]),
    levels=st.integers(1, 4),
)
@settings(max_examples=150, deadline=None)
def test_ties_go_to_the_lowest_index(book: list[list[int]], rows: list[list[int]], threshold: int, levels: int) -> None:
    full = [[0, 0, 0], *book, *book]
    gains = [Fraction(1, 2**level) for level in range(levels)]
    expected = []
    for row in rows:
        residual, codes = [Fraction(v) for v in row], []
        for gain in gains:
            before = sum(r * r for r in residual)
            saved = [before - sum((r - gain * c) ** 2 for r, c in zip(residual, code, strict=True)) for code in full]
            saved[0] = Fraction(threshold)
            best = saved.index(max(saved)) if 0 not in codes else 0
            codes.append(best)
            residual = [r - gain * c for r, c in zip(residual, full[best], strict=True)]
        expected.append(codes)
    search = GramSearch(np.array(full, dtype=float), np.array(gains, dtype=float), threshold)
    found = encode_rows(search, np.array(rows, dtype=np.float32), identity)
    assert found.codes.tolist() == expected


@given(cuts=st.lists(st.integers(0, 1600), max_size=6), seed=st.integers(0, 2**16))
@settings(max_examples=15, deadline=None)
def test_codes_do_not_depend_on_the_batch(cuts: list[int], seed: int) -> None:
    search = random_search()
    z = near_ties(search, 1600)
    whole = encode_rows(search, z, identity)
    order = np.random.default_rng(seed).permutation(len(z))
    parts = [encode_rows(search, part, identity) for part in np.split(z[order], sorted(cuts))]
    np.testing.assert_array_equal(np.concatenate([p.codes for p in parts]), whole.codes[order])


def test_no_rows_give_no_codes() -> None:
    search = random_search()
    assert encode_rows(search, np.zeros((0, 24), dtype=np.float32), identity).codes.shape == (0, 8)
    assert search.search(np.zeros((0, 24))).codes.shape == (0, 8)


def test_one_row_more_than_a_block() -> None:
    search = random_search()
    z = np.random.default_rng(9).normal(size=(BLOCK + 1, 24)).astype(np.float32)
    np.testing.assert_array_equal(
        encode_rows(search, z, identity).codes[-1:], encode_rows(search, z[-1:], identity).codes
    )
