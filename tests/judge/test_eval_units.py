"""Displays as the measures see them: by brute force on the mesh and in codes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.displays.displays import Displays, length_mm
from dfe.judge.faces import Faces
from dfe.judge.units import Units, of_said
from dfe.space.base import ExpressionSpace

FLIP = np.array([-1.0, 1.0, 1.0])


def random_directions(space: ExpressionSpace) -> np.ndarray:
    directions = np.random.default_rng(2).normal(0, 0.3, (5, space.dimension)).astype(np.float32)
    directions[4] = 0
    return directions


@pytest.fixture(scope="module")
def signed(space: ExpressionSpace) -> Displays:
    """Five directions: 0 said both ways, 1 only upwards, 2 never, 3 only downwards, 4 still; three codes a level."""
    directions = random_directions(space)
    unit = np.array([[-1, 0, 1, 1], [0, 3, -1, 4]])
    intensity = np.array([[0, 0.5, 1.5, 0], [-2, -1, 0, 1]], np.float32)
    return Displays.of(space, directions, unit, intensity)


def moved(space: ExpressionSpace, x: np.ndarray) -> np.ndarray:
    """Displacements ``(n, V_moving, 3)`` in float64."""
    return space.displace(x)[:, space.moving].astype(np.float64)


def test_a_direction_said_both_ways_is_two_displays(signed: Displays) -> None:
    units = Units(signed)
    assert (len(units), units.levels) == (5, 2)
    assert units.axis.tolist() == [0, 1, 4, 0, 3]
    sign = np.array([1, 1, 1, -1, -1])[:, None]
    np.testing.assert_array_equal(units.directions, sign * signed.directions[[0, 1, 4, 0, 3]].astype(np.float64))
    assert units.unit.tolist() == [[-1, 0, 1, -1], [3, 4, -1, 2]]


def test_codes_say_displays_with_positive_intensities(space: ExpressionSpace, signed: Displays) -> None:
    units = Units(signed)
    codes = np.array([[0, 0], [1, 1], [2, 2], [3, 3], [-1, -1]], np.int16)
    assert units.said(codes).tolist() == [[-1, 3], [0, 4], [1, -1], [-1, 2], [-1, -1]]
    mm = np.append(length_mm(random_directions(space), space), 0)
    lengths = np.array([[0, 2], [0.5, 1], [1.5, 0], [0, 1], [0, 0]])
    np.testing.assert_allclose(
        units.intensities(codes), lengths * mm[[[5, 0], [0, 3], [1, 5], [5, 4], [5, 5]]], rtol=1e-6
    )
    assert units.uses(codes).tolist() == [1, 1, 1, 1, 1]
    assert units.uses(codes[:2]).tolist() == [1, 0, 0, 1, 1]
    assert units.said(codes[:, :1]).tolist() == [[-1], [0], [1], [-1], [-1]]


@pytest.mark.parametrize("which", ["coder", "channels"])
def test_displays_said_with_their_intensities_are_the_decoded_face(
    which: str, faces: Faces, request: pytest.FixtureRequest
) -> None:
    coder: Any = request.getfixturevalue(which)
    units = Units(coder.displays())
    codes = coder.encode_codes(faces.x[:50])
    base = coder.decode_codes(np.zeros((1, 0), np.int16))
    said = of_said(units.directions, units.said(codes))
    assert np.any(said)
    expected = base + np.einsum("nl,nld->nd", units.intensities(codes), said)
    np.testing.assert_allclose(coder.decode_codes(codes), expected, atol=1e-5)


def test_displays_of_a_plain_book_keep_their_numbers(coder: Any, space: ExpressionSpace, codes: np.ndarray) -> None:
    units = Units(coder.displays())
    np.testing.assert_array_equal(units.said(codes), codes - 1)
    np.testing.assert_array_equal(units.uses(codes), np.bincount(codes.ravel(), minlength=13)[1:])


def test_products_and_cosines_are_those_of_the_vertices(space: ExpressionSpace, signed: Displays) -> None:
    units = Units(signed)
    flat = moved(space, units.directions).reshape(len(units), -1)
    np.testing.assert_allclose(units.products, flat @ flat.T / space.moving.sum(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(units.energies, np.diagonal(units.products), atol=1e-9)
    assert units.moves.tolist() == [True, True, False, True, True]
    length = np.linalg.norm(flat, axis=1)
    expected = flat @ flat.T / np.where(np.outer(length, length) > 0, np.outer(length, length), np.inf)
    np.testing.assert_allclose(units.cosines, expected, atol=1e-5)
    assert units.cosines[0, 3] == pytest.approx(-1)


def test_mirror_cosines_are_those_of_the_mirrored_mesh(space: ExpressionSpace, signed: Displays) -> None:
    units = Units(signed)
    whole = space.displace(units.unit_directions).astype(np.float64)
    image = whole[:, space.mesh.mirror] * FLIP
    expected = np.einsum("uvk,wvk->uw", image[:, space.moving], whole[:, space.moving]) / space.moving.sum()
    np.testing.assert_allclose(units.mirror_cosines, expected, atol=1e-5)


def test_vertex_energies_are_squared_displacements_at_unit_energy(space: ExpressionSpace, signed: Displays) -> None:
    units = Units(signed)
    energies = units.vertex_energies()
    np.testing.assert_allclose(energies, np.square(moved(space, units.unit_directions)).sum(axis=2), atol=1e-3)
    np.testing.assert_allclose(energies.mean(axis=1), units.moves, atol=1e-9)


def test_what_does_not_fit_is_refused(signed: Displays) -> None:
    units = Units(signed)
    for codes in ([[0, 0, 0]], [[4, 0]], [[-2, 0]], [0, 0]):
        with pytest.raises(UsageError, match="2 levels of 4 codes"):
            units.said(np.array(codes, np.int16))
