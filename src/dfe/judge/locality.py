"""Locality: how small a part of the face a display moves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.types import CodeArray, DoubleArray, IntArray
from dfe.displays.describe import SYMMETRIC_COSINE, local_share
from dfe.judge.units import Units, of_said
from dfe.stats.bootstrap import Estimate, SubjectBootstrap

PERCENT = 90
"""Percentile of the displays in use that is given beside their mean."""


class Locality(NamedTuple):
    """Extent of the displays in use, each weighted by how often it is said; NaN where none is."""

    share: Estimate
    """Mean share of the moving vertices that hold 90% of a display's energy; smaller is more local."""
    share_p90: Estimate
    """90th percentile of that share."""
    radius_mm: Estimate
    """Mean energy-weighted radius."""
    radius_p90_mm: Estimate


def locality(units: Units, codes: CodeArray, bootstrap: SubjectBootstrap) -> Locality:
    """Extent of the displays that codes ``(n, m)`` say; displays that move nothing are left out."""
    said = units.said(codes)
    counts = of_said(units.moves, said)
    face, display = np.nonzero(counts)[0], said[counts]
    energies = units.vertex_energies()
    people = SubjectBootstrap(bootstrap.index(len(codes)), bootstrap.draws, bootstrap.seed)

    def both(values: DoubleArray) -> tuple[Estimate, Estimate]:
        mean = bootstrap.ratio(of_said(values, said).sum(axis=1), counts.sum(axis=1))

        def high(weights: DoubleArray) -> float:
            uses = np.bincount(display, weights[face], len(units)).astype(np.float64)
            return weighted_percentile(values, uses, PERCENT)

        return mean, people.statistic(high)

    return Locality(*both(local_shares(units, energies)), *both(radii_mm(units, energies)))


def local_shares(units: Units, energies: DoubleArray) -> DoubleArray:
    """Share of the moving vertices that hold 90% of each display's energy, ``(U,)``; 0 where nothing moves.

    Args:
        units: the displays.
        energies: ``(U, V_moving)`` of :meth:`Units.vertex_energies`.
    """
    return np.array([local_share(e) if moves else 0.0 for e, moves in zip(energies, units.moves, strict=True)])


def radii_mm(units: Units, energies: DoubleArray) -> DoubleArray:
    """Energy-weighted radius of each display on the neutral face, ``(U,)``, mm; 0 where nothing moves.

    Root mean squared distance, weighted by energy, of the moving vertices from the display's centroid. A symmetric
    display has a centroid in each half of the face, and distances are taken within the halves: a smile is not wide
    because a mouth has two corners. Any other display is measured over the whole face, one that moves the left brow
    and the right corner of the mouth included.

    Args:
        units: the displays.
        energies: ``(U, V_moving)`` of :meth:`Units.vertex_energies`.
    """
    places = units.space.mesh.vertices_mm[units.space.moving].astype(np.float64)
    # Vertices on the midline belong to either half by half.
    left = 0.5 + 0.5 * np.sign(places[:, 0])
    whole = _spread(energies, places)
    halves = _spread(energies * left, places) + _spread(energies * (1 - left), places)
    symmetric = np.diagonal(units.mirror_cosines) >= SYMMETRIC_COSINE
    total = np.where(units.moves, energies.sum(axis=1), np.inf)
    return np.asarray(np.sqrt(np.maximum(np.where(symmetric, halves, whole), 0.0) / total))


def weighted_percentile(values: DoubleArray, weights: DoubleArray | IntArray, percent: float) -> float:
    """The smallest of the values ``(U,)`` such that it and those below it carry ``percent`` of the weights ``(U,)``.

    Weights are whole numbers of uses; NaN where they sum to zero.
    """
    order = np.argsort(values, kind="stable")
    carried = np.cumsum(weights[order])
    if not len(carried) or carried[-1] <= 0:
        return float("nan")
    return float(values[order][np.searchsorted(100 * carried, percent * carried[-1])])


def _spread(energies: DoubleArray, places: DoubleArray) -> DoubleArray:
    """Sum over vertices of energy times squared distance from the centroid, ``(U,)``."""
    total = energies.sum(axis=1)
    first = energies @ places
    second = energies @ np.square(places).sum(axis=1)
    return np.asarray(second - np.square(first).sum(axis=1) / np.where(total > 0, total, np.inf))
