"""Redundancy: cosines between vertices, pair by pair."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from dfe.displays.displays import Displays
from dfe.judge.redundancy import redundancy
from dfe.judge.units import Units
from dfe.space.base import ExpressionSpace

SMILE = {"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0}
LEFT, RIGHT = {"mouthSmileLeft": 0.7}, {"mouthSmileRight": 0.4}
LOPSIDED = {"mouthSmileLeft": 1.0, "mouthSmileRight": 0.55}


def book(space: ExpressionSpace, *movements: dict[str, float]) -> Units:
    directions = np.stack([space.vector(values) for values in movements])
    unit = np.arange(-1, len(directions))[None]
    return Units(Displays.of(space, directions, unit, (unit >= 0).astype(np.float32)))


def absolute_cosines(units: Units) -> np.ndarray:
    rows = units.space.displace(units.directions)[:, units.space.moving].reshape(len(units), -1).astype(np.float64)
    return np.array([abs(a @ b) / (np.linalg.norm(a) * np.linalg.norm(b)) for a, b in combinations(rows, 2)])


def test_figures_are_those_of_the_vertices(coder: Any, space: ExpressionSpace) -> None:
    units = Units(coder.displays())
    figures, expected = redundancy(units), absolute_cosines(units)
    assert figures.mean == pytest.approx(expected.mean(), rel=1e-4)
    assert figures.max == pytest.approx(expected.max(), rel=1e-4)
    assert figures.share_alike == (expected > 0.8).mean()
    assert (figures.pairs, figures.halves) == (66, 0)


def test_much_alike_displays_are_counted(space: ExpressionSpace) -> None:
    units = book(space, SMILE, LOPSIDED, {"browInnerUp": 1.0}, {"jawOpen": 1.0})
    figures, expected = redundancy(units), absolute_cosines(units)
    assert figures.share_alike == pytest.approx(1 / 6) == (expected > 0.8).mean()
    assert figures.max == pytest.approx(expected.max(), rel=1e-4)


def test_a_smile_may_be_like_its_halves(space: ExpressionSpace) -> None:
    units = book(space, SMILE, LEFT, RIGHT, {"jawOpen": 1.0})
    figures = redundancy(units)
    cosines = absolute_cosines(units)
    assert cosines[:2] == pytest.approx([0.71, 0.71], abs=0.03)
    assert (figures.pairs, figures.halves) == (4, 2)
    assert figures.mean == pytest.approx(cosines[2:].mean(), rel=1e-4)


def test_halves_of_another_display_and_near_copies_are_not_excused(space: ExpressionSpace) -> None:
    assert redundancy(book(space, SMILE, {"browDownLeft": 1.0}, {"mouthFrownLeft": 1.0})).halves == 0
    lopsided = redundancy(book(space, SMILE, LOPSIDED))
    assert (lopsided.pairs, lopsided.halves) == (1, 0)
    assert lopsided.max > 0.8


def test_a_direction_said_both_ways_is_not_redundant_with_itself(space: ExpressionSpace) -> None:
    directions = np.stack([space.vector(SMILE), space.vector({"jawOpen": 1.0})])
    unit, intensity = np.array([[0, 0, 1, 1]]), np.array([[1, -1, 1, -1]], np.float32)
    units = Units(Displays.of(space, directions, unit, intensity))
    assert len(units) == 4
    figures = redundancy(units)
    assert figures.pairs == 1
    assert figures.max == pytest.approx(absolute_cosines(book(space, SMILE, {"jawOpen": 1.0}))[0], rel=1e-4)


def test_still_displays_make_no_pair(space: ExpressionSpace) -> None:
    assert redundancy(book(space, SMILE, {}, {"jawOpen": 1.0})).pairs == 1
    nothing = redundancy(book(space, SMILE, {}))
    assert nothing.pairs == 0
    assert np.isnan([nothing.mean, nothing.max, nothing.share_alike]).all()
