"""Symmetry: mirrored faces and multisets, one by one."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from dfe.judge.faces import Faces
from dfe.judge.symmetry import NO_PARTNER, mirror_image, mirror_partners, multiset_overlap, sides, symmetry
from dfe.judge.units import Units
from dfe.space.base import ExpressionSpace
from dfe.stats.bootstrap import SubjectBootstrap

BOOK = (
    {"mouthSmileLeft": 0.8},
    {"mouthSmileLeft": 0.6, "mouthSmileRight": 0.6},
    {"mouthSmileRight": 0.8},
    {"browDownLeft": 0.5, "eyeSquintLeft": 0.5},
    {"jawOpen": 0.5},
    {"browDownRight": 0.5, "eyeSquintRight": 0.5},
    {"jawLeft": 0.5},
    {"jawRight": 0.5},
)
PARTNERS = [2, 1, 0, 5, 4, 3, 7, 6]


def coder_of(like: Any, space: ExpressionSpace, *movements: dict[str, float]) -> Any:
    """A coder of the kind of the fixture with a book of one's own and a symmetric base."""
    directions = np.stack([space.vector(values) for values in movements])
    return type(like)(space, directions, 0.7 ** np.arange(4), np.full(space.dimension, 0.02))


def by_hand(units: Units, coder: Any, x: np.ndarray, partners: list[int]) -> tuple[float, float]:
    """Shares of mirrored faces with the mirrored tokens, and mean Jaccard overlap, with counters."""
    same, overlap = [], []
    for row, image in zip(coder.encode_codes(x), coder.encode_codes(x[:, units.space.partner]), strict=True):
        said = [partners[c - 1] for c in row if c > 0]
        expected = Counter((c if c >= 0 else f"none {i}") for i, c in enumerate(said))
        found = Counter(int(c) - 1 for c in image if c > 0)
        same.append(expected == found)
        union = (expected | found).total()
        overlap.append((expected & found).total() / union if union else 1.0)
    return float(np.mean(same)), float(np.mean(overlap))


def test_partners_are_the_mirrored_displays(coder: Any, space: ExpressionSpace) -> None:
    units = Units(coder_of(coder, space, *BOOK).displays())
    assert mirror_partners(units).tolist() == PARTNERS
    without = Units(coder_of(coder, space, *BOOK[:2], *BOOK[3:]).displays())
    assert mirror_partners(without).tolist() == [NO_PARTNER, 1, 4, 3, 2, 6, 5]


def test_sides_are_named_by_the_subject(coder: Any, space: ExpressionSpace) -> None:
    units = Units(coder_of(coder, space, *BOOK).displays())
    expected = ["left", "symmetric", "right", "left", "symmetric", "right", "left", "right"]
    assert sides(units).tolist() == expected


def test_a_closed_book_gives_mirrored_faces_the_mirrored_displays(faces: Faces, coder: Any) -> None:
    closed = coder_of(coder, faces.space, *BOOK)
    units, codes = Units(closed.displays()), closed.encode_codes(faces.x)
    figures = symmetry(units, closed, faces.x, codes, SubjectBootstrap(faces.subject))
    assert figures.closed == 1
    assert figures.displays == {"symmetric": 2 / 8, "left": 3 / 8, "right": 3 / 8}
    assert figures.consistent.value == 1 == figures.overlap.value
    side = np.array(["", *sides(units)])[codes]
    for name in ("symmetric", "left", "right"):
        assert figures.said[name].value == pytest.approx((side == name).sum() / (codes > 0).sum())
        assert figures.said[name].low < figures.said[name].value < figures.said[name].high


def test_a_display_without_mirror_image_breaks_the_consistency(faces: Faces, coder: Any) -> None:
    lonely = coder_of(coder, faces.space, *BOOK[:2], *BOOK[3:])
    units, codes = Units(lonely.displays()), lonely.encode_codes(faces.x)
    figures = symmetry(units, lonely, faces.x, codes, SubjectBootstrap(faces.subject))
    same, overlap = by_hand(units, lonely, faces.x, [NO_PARTNER, 1, 4, 3, 2, 6, 5])
    assert figures.closed == pytest.approx(6 / 7)
    assert 0 < figures.consistent.value < figures.overlap.value < 1
    assert (figures.consistent.value, figures.overlap.value) == pytest.approx((same, overlap))


def test_a_book_learned_without_regard_to_sides_is_judged_the_same_way(
    faces: Faces, coder: Any, codes: np.ndarray
) -> None:
    units = Units(coder.displays())
    figures = symmetry(units, coder, faces.x, codes, SubjectBootstrap(faces.subject))
    moved = faces.space.displace(units.directions).astype(np.float64)
    flipped = (moved[:, faces.space.mesh.mirror] * [-1, 1, 1])[:, faces.space.moving].reshape(len(units), -1)
    flat = moved[:, faces.space.moving].reshape(len(units), -1)
    cosines = flipped @ flat.T / np.outer(np.linalg.norm(flipped, axis=1), np.linalg.norm(flat, axis=1))
    assert figures.closed == (cosines.max(axis=1) >= 0.99).mean()
    partners = [int(row.argmax()) if row.max() >= 0.95 else NO_PARTNER for row in cosines]
    assert (figures.consistent.value, figures.overlap.value) == pytest.approx(by_hand(units, coder, faces.x, partners))


def test_overlap_of_multisets_is_that_of_counters() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.integers(-2, 4, (200, 5)), rng.integers(-1, 4, (200, 5))
    a[0] = b[0] = -1
    expected = []
    for row, other in zip(a.tolist(), b.tolist(), strict=True):
        first = Counter(v if v >= 0 else f"none {i}" for i, v in enumerate(row) if v != -1)
        second = Counter(v for v in other if v != -1)
        union = (first | second).total()
        expected.append((first & second).total() / union if union else 1)
    np.testing.assert_allclose(multiset_overlap(a, b), expected)


def test_silence_and_missing_partners_keep_their_places() -> None:
    image = mirror_image(np.array([[0, -1, 2], [1, 1, -1]]), np.array([2, NO_PARTNER, 0]))
    assert image.tolist() == [[2, -1, 0], [NO_PARTNER, NO_PARTNER, -1]]
