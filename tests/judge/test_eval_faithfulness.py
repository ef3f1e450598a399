"""Faithfulness: inner products vertex by vertex."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dfe.displays.displays import Displays
from dfe.judge.faces import Faces
from dfe.judge.faithfulness import faithfulness
from dfe.judge.units import Units
from dfe.space.base import ExpressionSpace
from dfe.space.regions import own_regions
from dfe.stats.bootstrap import SubjectBootstrap


def book(space: ExpressionSpace, *movements: dict[str, float], sign: float = 1) -> Units:
    directions = np.stack([space.vector(values) for values in movements])
    unit = np.arange(-1, len(directions))[None]
    return Units(Displays.of(space, directions, unit, sign * (unit >= 0).astype(np.float32)))


def regions_by_hand(space: ExpressionSpace, moved: np.ndarray) -> list[int]:
    """The fewest regions, largest first, that hold half of the energy of a displacement ``(V, 3)``."""
    energy = np.where(space.moving, np.square(moved.astype(np.float64)).sum(axis=1), 0)
    held = [energy[space.mesh.vertex_region == i].sum() for i in range(len(space.mesh.regions))]
    chosen: list[int] = []
    while sum(held[i] for i in chosen) < 0.5 * sum(held):
        chosen.append(max((i for i in range(len(held)) if i not in chosen), key=lambda i: held[i]))
    return chosen


def test_own_regions_are_the_fewest_that_hold_half_of_the_energy(coder: Any, space: ExpressionSpace) -> None:
    mixed = [{"browInnerUp": 0.5, "eyeWideLeft": 1.0, "noseSneerLeft": 1.0}, {"browDownLeft": 1.0}]
    for units in (Units(coder.displays()), book(space, *mixed)):
        own = own_regions(units.directions, space)
        for display, moved in enumerate(space.displace(units.directions)):
            assert set(np.flatnonzero(own[display])) == set(regions_by_hand(space, moved))
    named = [[space.mesh.regions[i] for i in np.flatnonzero(row)] for row in own]
    assert named == [["eyes", "nose"], ["brow"]]


def test_shares_count_inner_products_over_vertices(faces: Faces, coder: Any, codes: np.ndarray) -> None:
    space, units = faces.space, Units(coder.displays())
    x, codes = faces.x[:120], codes[:120]
    figures = faithfulness(units, x, codes, coder.base, SubjectBootstrap(faces.subject[:120]))
    face = space.displace(x - coder.base).astype(np.float64)
    templates = space.displace(coder.book[1:]).astype(np.float64)
    own = [np.isin(space.mesh.vertex_region, regions_by_hand(space, moved)) for moved in templates]
    agree: dict[str, list[list[bool]]] = {"own": [[], [], [], []], "whole": [[], [], [], []]}
    for n, row in enumerate(codes):
        for level, code in enumerate(row):
            if code:
                product = np.where(space.moving, (face[n] * templates[code - 1]).sum(axis=1), 0)
                agree["own"][level].append(product[own[code - 1]].sum() > 0)
                agree["whole"][level].append(product.sum() > 0)
    for key, overall, by_level in (
        ("own", figures.own_region, figures.own_region_by_level),
        ("whole", figures.whole_face, figures.whole_face_by_level),
    ):
        assert overall.value == pytest.approx(np.mean(np.concatenate(agree[key])))
        assert [level.value for level in by_level] == pytest.approx([np.mean(level) for level in agree[key]])
        assert overall.value < 1
        assert overall.low <= overall.value <= overall.high


def test_a_display_may_be_in_its_own_region_and_drown_in_the_whole_face(space: ExpressionSpace) -> None:
    units = book(space, {"jawOpen": 0.02, "browInnerUp": 1.0})
    # The jaw that moves the other way outweighs the brow in the whole face, but not in the display's own region.
    own = [space.mesh.regions[i] for i in np.flatnonzero(own_regions(units.directions, space)[0])]
    assert own == ["brow"]
    face = space.vector({"jawOpen": -1.0, "browInnerUp": 0.1})[None]
    figures = faithfulness(units, face, np.array([[1]], np.int16), np.zeros(space.dimension), SubjectBootstrap(None))
    assert (figures.own_region.value, figures.whole_face.value) == (1, 0)


def test_the_sign_in_which_a_display_is_said_counts(space: ExpressionSpace) -> None:
    face, base = space.vector({"jawOpen": 0.3})[None], np.zeros(space.dimension, np.float32)
    codes = np.array([[1]], np.int16)
    for sign, expected in ((1, 1), (-1, 0)):
        units = book(space, {"jawOpen": 1.0}, sign=sign)
        figures = faithfulness(units, face, codes, base, SubjectBootstrap(None))
        assert (figures.own_region.value, figures.whole_face.value) == (expected, expected)
    above = space.vector({"jawOpen": 0.5})
    assert faithfulness(book(space, {"jawOpen": 1.0}), face, codes, above, SubjectBootstrap(None)).own_region.value == 0


def test_a_level_that_never_speaks_has_no_share(faces: Faces, coder: Any, codes: np.ndarray) -> None:
    units = Units(coder.displays())
    quiet = codes.copy()
    quiet[:, 2:] = 0
    figures = faithfulness(units, faces.x, quiet, coder.base, SubjectBootstrap(faces.subject))
    assert np.isnan([e.value for e in figures.own_region_by_level]).tolist() == [False, False, True, True]
    silent = faithfulness(units, faces.x, np.zeros_like(codes), coder.base, SubjectBootstrap(faces.subject))
    assert np.isnan(silent.own_region.value)
