"""Beam search against greedy search and against every sequence there is."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise, product

import numpy as np
import pytest

from dfe.base.errors import ModelError
from dfe.quantizers.rvq.beam import BeamSearch
from dfe.quantizers.rvq.config import RvqConfig
from dfe.quantizers.rvq.search import GramSearch
from dfe.tokenizer.tokenizer import Tokenizer

RNG = np.random.default_rng(5)
BOOK = np.concatenate([np.zeros((1, 3)), RNG.normal(size=(5, 3))])
GAINS = np.array([1.0, 0.7, 0.4])
Z = RNG.normal(size=(60, 3))


def cost(z: np.ndarray, codes: tuple[int, ...], threshold: float) -> float:
    said = sum(gain * BOOK[code] for gain, code in zip(GAINS, codes, strict=True))
    return float(np.square(z - said).sum() + threshold * np.count_nonzero(codes))


@pytest.mark.parametrize("threshold", [0.0, 0.2])
def test_a_beam_that_keeps_everything_finds_the_best_sequence_of_all(threshold: float) -> None:
    found = BeamSearch(BOOK, GAINS, threshold, 1000).search(Z).codes
    every = [c for c in product(range(6), repeat=3) if all(b == 0 for a, b in pairwise(c) if a == 0)]
    for z, codes in zip(Z, found, strict=True):
        best = min(every, key=lambda c: cost(z, c, threshold))
        assert cost(z, tuple(codes.tolist()), threshold) == pytest.approx(cost(z, best, threshold), abs=1e-9)


def test_a_beam_of_one_is_greedy_search() -> None:
    book = np.concatenate([np.zeros((1, 8)), RNG.normal(size=(40, 8))])
    gains, z = 0.8 ** np.arange(6), RNG.normal(size=(700, 8))
    np.testing.assert_array_equal(
        BeamSearch(book, gains, 0.1, 1).search(z).codes, GramSearch(book, gains, 0.1).search(z).codes
    )


def test_wider_is_never_worse_on_the_whole_and_rows_are_their_own() -> None:
    errors = []
    for beam in (1, 2, 4, 16):
        search = BeamSearch(BOOK, GAINS, 0.0, beam)
        codes = search.search(Z).codes
        errors.append(np.mean([cost(z, tuple(c.tolist()), 0.0) for z, c in zip(Z, codes, strict=True)]))
        np.testing.assert_array_equal(np.concatenate([search.search(z[None]).codes for z in Z]), codes)
    assert errors[0] > errors[1] > errors[3]
    assert errors[2] >= errors[3]


def test_equal_costs_go_to_the_first(make_tokenizer: Callable[..., Tokenizer]) -> None:
    twins = np.concatenate([BOOK, BOOK[1:]])
    codes = BeamSearch(twins, GAINS, 0.0, 8).search(Z).codes
    assert codes.max() < len(BOOK)


@pytest.mark.parametrize("threshold", [0.0, 0.3])
@pytest.mark.parametrize("beam", [3, 12])
def test_the_same_codes_as_a_search_that_sorts_all_candidates(beam: int, threshold: float) -> None:
    book = np.concatenate([np.zeros((1, 8)), RNG.normal(size=(40, 8))])
    gains, rows = 0.8 ** np.arange(4), np.concatenate([RNG.normal(size=(15, 8)), np.zeros((1, 8))])
    found = BeamSearch(book, gains, threshold, beam).search(rows).codes
    for z, codes in zip(rows, found, strict=True):
        np.testing.assert_array_equal(codes, sorted_search(z, book, gains, threshold, beam))


def sorted_search(z: np.ndarray, book: np.ndarray, gains: np.ndarray, threshold: float, beam: int) -> list[int]:
    kept: list[tuple[float, list[int], np.ndarray]] = [(0.0, [], z)]
    for gain in gains:
        every = []
        for spent, codes, left in kept:
            for code in range(len(book)) if not codes or codes[-1] else [0]:
                rest = left - gain * book[code]
                saved = np.square(rest).sum() - np.square(left).sum() + threshold * (code > 0)
                every.append((spent + saved, [*codes, code], rest))
        kept = sorted(every, key=lambda one: one[0])[:beam]
    return kept[0][1]


def test_a_tokenizer_with_a_beam_is_another_tokenizer(
    make_tokenizer: Callable[..., Tokenizer], faces: np.ndarray
) -> None:
    greedy = make_tokenizer(encoder=False)
    values = greedy.config.to_json()
    config = RvqConfig.from_json(values | {"beam": 8})
    wide = Tokenizer(name="random", version="1", space=greedy.space, config=config, weights=greedy.weights)
    assert RvqConfig.from_json(config.to_json()) == config
    assert wide.hash != greedy.hash
    x = faces[:500]
    assert wide.error_mm(x, wide.encode(x)).mean() < greedy.error_mm(x, greedy.encode(x)).mean()
    with pytest.raises(ModelError, match="beam is 0"):
        RvqConfig.from_json(values | {"beam": 0})
