"""Stability: all matches tried."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.displays.displays import Displays
from dfe.judge.stability import match_templates, stability
from dfe.space.base import ExpressionSpace
from dfe.space.registry import load_space


def book(directions: np.ndarray) -> Displays:
    space = load_space("arkit51/face41")
    unit = np.arange(-1, len(directions))[None]
    return Displays.of(space, directions.astype(np.float32), unit, (unit >= 0).astype(np.float32))


@pytest.fixture(scope="module")
def directions(space: ExpressionSpace) -> np.ndarray:
    """``(5, D)``, sparse."""
    rng = np.random.default_rng(8)
    return rng.gamma(2, 0.3, (5, space.dimension)) * (rng.random((5, space.dimension)) < 0.15)


@pytest.fixture(scope="module")
def others(space: ExpressionSpace, directions: np.ndarray) -> np.ndarray:
    """Three of the directions, out of order and changed a little, and three new ones, ``(6, D)``."""
    rng = np.random.default_rng(9)
    new = rng.gamma(2, 0.3, (3, space.dimension)) * (rng.random((3, space.dimension)) < 0.15)
    return np.concatenate([directions[[4, 0, 2]] * 1.7 + rng.normal(0, 0.05, (3, space.dimension)), new])[::-1]


def cosines(space: ExpressionSpace, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    rows = [space.displace(x)[:, space.moving].reshape(len(x), -1).astype(np.float64) for x in (a, b)]
    unit = [r / np.linalg.norm(r, axis=1, keepdims=True) for r in rows]
    return unit[0] @ unit[1].T


def best(values: np.ndarray) -> tuple[float, float]:
    """Mean cosine and share above 0.85 of the best of all matches; displays left over count as 0."""
    small = values if values.shape[0] <= values.shape[1] else values.T
    rows = np.arange(len(small))
    found = max((small[rows, list(p)] for p in permutations(range(small.shape[1]), len(small))), key=np.sum)
    return found.sum() / small.shape[1], (found > 0.85).sum() / small.shape[1]


def test_the_match_is_the_best_of_all(space: ExpressionSpace, directions: np.ndarray, others: np.ndarray) -> None:
    expected = best(cosines(space, directions, others))
    for a, b in ((directions, others), (others, directions)):
        found = match_templates(book(a), book(b))
        assert (found.cosine, found.share_same) == pytest.approx(expected, abs=1e-4)
        assert np.isnan([found.used_cosine, found.used_share_same]).all()
    assert found.share_same == 0.5


def test_only_displays_in_use_are_matched_where_uses_are_known(
    space: ExpressionSpace, directions: np.ndarray, others: np.ndarray
) -> None:
    uses = np.array([3, 0, 1, 9, 1]), np.array([0, 2, 2, 0, 5, 1])
    found = match_templates(book(directions), book(others), uses)
    part = cosines(space, directions, others)[np.ix_(uses[0] > 0, uses[1] > 0)]
    assert (found.used_cosine, found.used_share_same) == pytest.approx(best(part), abs=1e-4)
    assert found.cosine == match_templates(book(directions), book(others)).cosine


def test_order_and_size_of_displays_make_no_difference(space: ExpressionSpace, directions: np.ndarray) -> None:
    scaled = directions[::-1] * np.arange(1, 6)[:, None]
    found = match_templates(book(directions), book(scaled))
    assert (found.cosine, found.share_same, found.pairs) == (pytest.approx(1), 1, 1)
    assert found.chance_cosine < 0.9


def test_opposites_match_only_where_both_are_said(space: ExpressionSpace, directions: np.ndarray) -> None:
    assert match_templates(book(directions[:1]), book(-directions[:1])).cosine == pytest.approx(-1)
    unit, intensity = np.array([[0, 0]]), np.array([[1, -1]], np.float32)
    both = Displays.of(space, directions[:1].astype(np.float32), unit, intensity)
    turned = replace(both, directions=-both.directions)
    assert match_templates(both, turned).cosine == pytest.approx(1)


def test_chance_grows_with_the_book(space: ExpressionSpace) -> None:
    rng = np.random.default_rng(3)
    few, many = (
        match_templates(book(rng.normal(size=(u, space.dimension))), book(rng.normal(size=(u, space.dimension))))
        for u in (10, 200)
    )
    assert few.chance_cosine < many.chance_cosine
    # Books that have nothing to do with each other match as well as chance has it.
    assert many.cosine == pytest.approx(many.chance_cosine, abs=0.03)


def test_several_seeds_are_means_over_pairs(space: ExpressionSpace, directions: np.ndarray, others: np.ndarray) -> None:
    books, uses = [book(directions), book(others), book(directions[::-1])], [np.ones(5), np.ones(6), np.ones(5)]
    pairs = [match_templates(books[i], books[j], (uses[i], uses[j])) for i, j in ((0, 1), (0, 2), (1, 2))]
    found = stability(books, uses)
    assert found.pairs == 3
    assert found[:5] == pytest.approx(np.mean([p[:5] for p in pairs], axis=0))


def test_still_displays_and_empty_books(space: ExpressionSpace, directions: np.ndarray) -> None:
    still = np.concatenate([directions, np.zeros((2, space.dimension))])
    assert match_templates(book(still), book(directions)).cosine == pytest.approx(1)
    nothing = match_templates(book(still[5:]), book(directions))
    assert np.isnan([nothing.cosine, nothing.share_same, nothing.chance_cosine]).all()


def test_what_does_not_fit_is_refused(space: ExpressionSpace, directions: np.ndarray) -> None:
    with pytest.raises(UsageError, match="two or more"):
        stability([book(directions)])
    with pytest.raises(UsageError, match="uses of 4 and 5"):
        match_templates(book(directions), book(directions), (np.ones(4), np.ones(5)))
