"""Diversity: published formulas, and sets counted one by one."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from dfe.displays.displays import Displays
from dfe.judge.diversity import (
    distinct_sets,
    diversity,
    effective_ranks,
    mean_distance_mm,
    variance_covered,
)
from dfe.judge.faces import Faces
from dfe.judge.units import Units
from dfe.space.base import ExpressionSpace
from dfe.stats.bootstrap import SubjectBootstrap
from dfe.stats.perplexity import perplexity


def book(space: ExpressionSpace, directions: np.ndarray) -> Units:
    """One level that says each of the directions."""
    unit = np.arange(-1, len(directions))[None]
    return Units(Displays.of(space, directions.astype(np.float32), unit, (unit >= 0).astype(np.float32)))


def flat(units: Units) -> np.ndarray:
    """Displays as displacements of unit energy, ``(U, 3 V_moving)``, float64."""
    moved = units.space.displace(units.directions)[:, units.space.moving].reshape(len(units), -1).astype(np.float64)
    return moved / np.sqrt(np.square(moved).sum(axis=1, keepdims=True) / units.space.moving.sum())


def orthogonal(space: ExpressionSpace) -> np.ndarray:
    """``(D, D)`` directions at right angles to each other in mm, of very different size."""
    return np.linalg.eigh(space.gram)[1].T * np.geomspace(0.01, 1, space.dimension)[:, None]


@pytest.mark.parametrize(("uses", "expected"), [([3, 3, 3, 3], 4), ([0, 9], 1), ([2, 1, 1, 0], 2**1.5)])
def test_perplexity_is_the_effective_number_of_displays(uses: list[int], expected: float) -> None:
    assert perplexity(np.array(uses)) == pytest.approx(expected)


def test_nothing_said_has_no_perplexity() -> None:
    assert np.isnan(perplexity(np.zeros(4)))


def test_effective_ranks_follow_roy_and_vetterli_on_the_mesh(space: ExpressionSpace, coder: Any) -> None:
    units = book(space, coder.book[1:])
    values = np.linalg.svd(flat(units), compute_uv=False)
    for figure, spectrum in zip(effective_ranks(units), (values, values**2), strict=True):
        p = spectrum / spectrum.sum()
        assert figure == pytest.approx(np.exp(-(p * np.log(p)).sum()), rel=1e-4)


def test_effective_ranks_count_directions_at_right_angles_and_no_copies(space: ExpressionSpace) -> None:
    directions = orthogonal(space)[[3, 17, 30, 40]]
    assert effective_ranks(book(space, directions)) == pytest.approx((4, 4), rel=1e-4)
    assert effective_ranks(book(space, np.repeat(directions[:1], 5, axis=0) * np.arange(1, 6)[:, None])) == (
        pytest.approx((1, 1), abs=1e-3)
    )


def test_mean_distance_is_that_between_vertices(space: ExpressionSpace, coder: Any) -> None:
    units = book(space, coder.book[1:])
    rows = flat(units)
    pairs = [np.sqrt(np.square(a - b).sum() / space.moving.sum()) for a, b in combinations(rows, 2)]
    assert mean_distance_mm(units) == pytest.approx(np.mean(pairs), rel=1e-4)
    assert mean_distance_mm(book(space, orthogonal(space)[:9])) == pytest.approx(np.sqrt(2), rel=1e-4)
    assert np.isnan(mean_distance_mm(book(space, coder.book[:2])))


def test_variance_covered_is_what_a_least_squares_fit_on_the_mesh_explains(faces: Faces, coder: Any) -> None:
    units = book(faces.space, coder.book[1:5])
    centred = faces.space.displace(faces.x - faces.x.mean(axis=0))[:, faces.space.moving].reshape(len(faces.x), -1)
    rest = centred.T - flat(units).T @ np.linalg.lstsq(flat(units).T, centred.T, rcond=None)[0]
    covered = variance_covered(units, faces.x, SubjectBootstrap(faces.subject))
    assert covered.value == pytest.approx(1 - np.square(rest).sum() / np.square(centred).sum(), rel=1e-4)
    assert 0 < covered.low < covered.value < covered.high < 1


def test_a_book_that_spans_the_space_covers_all_and_copies_cover_no_more(faces: Faces) -> None:
    every, people = orthogonal(faces.space), SubjectBootstrap(faces.subject)
    assert variance_covered(book(faces.space, every), faces.x, people).value == pytest.approx(1)
    two = variance_covered(book(faces.space, every[-2:]), faces.x, people).value
    copies = every[-2:] * np.float32(0.37) + np.float32(1e-9) * every[:2]
    again = variance_covered(book(faces.space, np.concatenate([every[-2:], copies])), faces.x, people).value
    assert again == pytest.approx(two, rel=1e-3)


def test_distinct_sets_are_multisets_whatever_the_order() -> None:
    said = np.array([[1, 2, -1], [2, -1, 1], [1, 2, 2], [2, 1, 1], [-1, -1, -1], [2, 2, 1]])
    assert distinct_sets(said, 6) == pytest.approx(4)


@pytest.mark.parametrize("faces", range(1, 8))
def test_rarefied_sets_are_the_mean_over_all_samples(faces: int) -> None:
    said = np.array([[0, 1], [1, 0], [1, 0], [2, 2], [2, -1], [3, 1], [3, 1]])
    names = [tuple(sorted(row)) for row in said]
    expected = np.mean([len({names[i] for i in sample}) for sample in combinations(range(7), faces)])
    assert distinct_sets(said, faces) == pytest.approx(expected)


def test_rarefaction_stays_exact_for_many_faces() -> None:
    said = np.repeat(np.arange(50_000), 2)[:, None]
    # Two faces to a set: it is missed if both are, at (n - m)(n - m - 1) / (n (n - 1)).
    assert distinct_sets(said, 10_000) == pytest.approx(50_000 * (1 - 90_000 * 89_999 / (100_000 * 99_999)), rel=1e-6)


def test_all_figures_of_a_coding(faces: Faces, coder: Any, codes: np.ndarray) -> None:
    units = Units(coder.displays())
    people = SubjectBootstrap(faces.subject)
    figures = diversity(units, faces.x, codes, people)
    said = [code for row in codes for code in row if code > 0]
    shares = np.array(list(Counter(said).values())) / len(said)
    assert figures.perplexity.value == pytest.approx(np.exp(-(shares * np.log(shares)).sum()))
    assert figures.perplexity.low < figures.perplexity.high
    assert (figures.displays, figures.share_used) == (12, len(set(said)) / 12)
    assert figures.distinct_sets == pytest.approx(len({tuple(sorted(row)) for row in codes}))
    assert figures.distinct_sets_of == len(faces.x)


def test_the_interval_of_the_perplexity_draws_people(faces: Faces, coder: Any, codes: np.ndarray) -> None:
    units = Units(coder.displays())
    one_each = diversity(units, faces.x, codes, SubjectBootstrap(None)).perplexity
    same = diversity(units, faces.x, codes, SubjectBootstrap(np.arange(len(codes)))).perplexity
    assert one_each == same
    counts = np.stack([units.uses(codes[faces.subject == s]) for s in range(40)])
    rng = np.random.default_rng(9)
    drawn = [perplexity(counts[rng.integers(40, size=40)].sum(axis=0)) for _ in range(2000)]
    figure = diversity(units, faces.x, codes, SubjectBootstrap(faces.subject)).perplexity
    assert (figure.low, figure.high) == pytest.approx(np.percentile(drawn, [2.5, 97.5]), abs=0.1)


def test_displays_that_nobody_uses_are_dead(faces: Faces, coder: Any, codes: np.ndarray) -> None:
    units = Units(coder.displays())
    few = np.where(codes > 3, 0, codes)
    assert diversity(units, faces.x, few, SubjectBootstrap(None)).share_used == pytest.approx(3 / 12)
    silent = diversity(units, faces.x, np.zeros_like(codes), SubjectBootstrap(None))
    assert (silent.share_used, silent.distinct_sets) == (0, 1)
    assert np.isnan(silent.perplexity.value)
