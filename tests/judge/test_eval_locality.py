"""Locality: vertex by vertex."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dfe.displays.displays import Displays
from dfe.judge.faces import Faces
from dfe.judge.locality import local_shares, locality, radii_mm, weighted_percentile
from dfe.judge.units import Units
from dfe.space.base import ExpressionSpace
from dfe.stats.bootstrap import SubjectBootstrap

MOVEMENTS = (
    {"mouthSmileLeft": 1.0},
    {"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0},
    {"mouthSmileLeft": 1.0, "mouthSmileRight": 0.1},
    {"browDownLeft": 1.0, "mouthSmileRight": 1.0},
    {"jawOpen": 1.0},
    {},
)


@pytest.fixture(scope="module")
def units(space: ExpressionSpace) -> Units:
    directions = np.stack([space.vector(values) for values in MOVEMENTS])
    unit = np.arange(-1, len(directions))[None]
    return Units(Displays.of(space, directions, unit, (unit >= 0).astype(np.float32)))


def energy(units: Units, display: int) -> np.ndarray:
    moved = units.space.displace(units.directions[display][None])[0, units.space.moving].astype(np.float64)
    return np.square(moved).sum(axis=1)


def squares_about_centroid(weights: np.ndarray, places: np.ndarray) -> float:
    centre = np.average(places, axis=0, weights=weights)
    return float(sum(w * np.square(p - centre).sum() for w, p in zip(weights, places, strict=True)))


def test_shares_count_the_vertices_that_hold_the_energy(units: Units) -> None:
    shares = local_shares(units, units.vertex_energies())
    for display in range(5):
        ordered = sorted(energy(units, display), reverse=True)
        count = next(m for m in range(len(ordered)) if sum(ordered[:m]) >= 0.9 * sum(ordered))
        assert shares[display] == pytest.approx(count / len(ordered), abs=1e-3)
    assert shares[5] == 0


def test_radii_are_measured_from_the_centroid_within_halves_where_symmetric(units: Units) -> None:
    radii = radii_mm(units, units.vertex_energies())
    places = units.space.mesh.vertices_mm[units.space.moving].astype(np.float64)
    for display, symmetric in enumerate([False, True, False, False, True]):
        e = energy(units, display)
        if symmetric:
            middle = 0.5 * (places[:, 0] == 0)
            left, right = e * ((places[:, 0] > 0) + middle), e * ((places[:, 0] < 0) + middle)
            squares = squares_about_centroid(left, places) + squares_about_centroid(right, places)
        else:
            squares = squares_about_centroid(e, places)
        assert radii[display] == pytest.approx(np.sqrt(squares / e.sum()), rel=1e-3)
    assert radii[5] == 0


def test_a_smile_is_no_wider_than_its_halves_but_far_corners_are(units: Units) -> None:
    one_corner, smile, _, far, _, _ = radii_mm(units, units.vertex_energies())
    assert smile < 1.1 * one_corner
    assert far > 1.3 * one_corner


def test_percentiles_are_those_of_the_tokens() -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(size=30)
    uses = rng.integers(0, 9, 30)
    for percent in (10, 50, 90, 100):
        expected = np.percentile(np.repeat(values, uses), percent, method="inverted_cdf")
        assert weighted_percentile(values, uses, percent) == expected
    assert np.isnan(weighted_percentile(values, np.zeros(30), 90))


def test_figures_are_means_over_the_tokens_said(faces: Faces, coder: Any, codes: np.ndarray) -> None:
    units = Units(coder.displays())
    figures = locality(units, codes, SubjectBootstrap(faces.subject))
    energies = units.vertex_energies()
    for values, mean, high in (
        (local_shares(units, energies), figures.share, figures.share_p90),
        (radii_mm(units, energies), figures.radius_mm, figures.radius_p90_mm),
    ):
        tokens = [values[code - 1] for row in codes for code in row if code > 0]
        assert mean.value == pytest.approx(np.mean(tokens))
        assert high.value == pytest.approx(np.percentile(tokens, 90, method="inverted_cdf"))
        assert mean.low < mean.value < mean.high
        assert high.low <= high.value <= high.high


def test_silence_and_still_displays_have_no_extent(units: Units) -> None:
    for codes in ([[0], [0]], [[6], [6]]):
        figures = locality(units, np.array(codes, np.int16), SubjectBootstrap(None))
        assert np.isnan([figure.value for figure in figures]).all()
    one = locality(units, np.array([[1], [6], [0]], np.int16), SubjectBootstrap(None))
    assert one.share.value == local_shares(units, units.vertex_energies())[0]
