"""Faithfulness: whether the displays that a face is said to show are there in the face."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.evaluation.bootstrap import Estimate, SubjectBootstrap
from dfe.evaluation.units import SILENT, Units, of_said
from dfe.space.base import ExpressionSpace
from dfe.types import BoolArray, CodeArray, DoubleArray, FloatArray, IntArray

OWN_SHARE = 0.5
"""A display's own region: the fewest regions that hold at least this share of its energy within all regions."""


class Faithfulness(NamedTuple):
    """Share of the displays said that agree with the face; by level, NaN where a level never speaks.

    A display agrees if its displacement and the face's, both from the base, have a positive inner product in mm². One
    that does not corrects what another level said, and is no display of the face.
    """

    own_region: Estimate
    """Inner product over the display's own region of the face; the measure to go by."""
    whole_face: Estimate
    """Inner product over all moving vertices."""
    own_region_by_level: tuple[Estimate, ...]
    whole_face_by_level: tuple[Estimate, ...]


def faithfulness(
    units: Units, x: FloatArray, codes: CodeArray, base: FloatArray, bootstrap: SubjectBootstrap
) -> Faithfulness:
    """Agreement of displays with faces.

    Args:
        units: the displays of a coding.
        x: ``(n, D)`` finite expressions.
        codes: ``(n, N)`` of these expressions.
        base: ``(D,)``, the expression that no display at all stands for.
        bootstrap: of these faces.
    """
    said = units.said(codes)
    speaks = said != SILENT
    face = x.astype(np.float64) - base
    own = _agree(face, own_images(units), said)
    whole = _agree(face, units.directions @ units.space.gram, said)
    used = speaks.sum(axis=1)
    return Faithfulness(
        own_region=bootstrap.ratio(own.sum(axis=1), used),
        whole_face=bootstrap.ratio(whole.sum(axis=1), used),
        own_region_by_level=tuple(bootstrap.mean_of_columns(np.where(speaks, own, np.nan))),
        whole_face_by_level=tuple(bootstrap.mean_of_columns(np.where(speaks, whole, np.nan))),
    )


def own_images(units: Units) -> DoubleArray:
    """``(U, D)``: the inner product of row u with a face is that of display u over its own region, in summed mm²."""
    sums = region_sums(units.space)
    own = own_regions(units)
    images = np.zeros(units.directions.shape)
    for region, gram in enumerate(sums.values()):
        images[own[:, region]] += units.directions[own[:, region]] @ gram
    # What moves no region of the face, as the neck does, is judged over everything that it moves.
    nowhere = ~own.any(axis=1)
    images[nowhere] = units.directions[nowhere] @ units.space.gram
    return images


def own_regions(units: Units) -> BoolArray:
    """``(U, R)``: the fewest regions, of those of ``space.region_grams``, that hold half of each display's energy.

    Energy is summed over the moving vertices of a region, as in the error on the mesh. All False where a display moves
    no vertex of any region.
    """
    sums = region_sums(units.space)
    energies = np.zeros((len(units), len(sums)))
    for region, gram in enumerate(sums.values()):
        energies[:, region] = np.einsum("ud,ud->u", units.directions @ gram, units.directions)
    order = np.argsort(-energies, axis=1, kind="stable")
    ranked = np.take_along_axis(energies, order, axis=1)
    before = np.cumsum(ranked, axis=1) - ranked
    needed = (before < OWN_SHARE * energies.sum(axis=1, keepdims=True)) & units.moves[:, None]
    own = np.zeros(energies.shape, bool)
    np.put_along_axis(own, order, needed, axis=1)
    return own


def region_sums(space: ExpressionSpace) -> dict[str, DoubleArray]:
    """``space.region_grams`` as sums over vertices instead of means, so that regions can be added; ``(D, D)``, mm²."""
    region = space.mesh.vertex_region[space.moving]
    counts = {name: np.count_nonzero(region == i) for i, name in enumerate(space.mesh.regions)}
    return {name: gram * counts[name] for name, gram in space.region_grams.items()}


def _agree(face: DoubleArray, images: DoubleArray, said: IntArray) -> BoolArray:
    """``(n, N)``; False where a level is silent."""
    levels = [np.einsum("nd,nd->n", face, of_said(images, display)) for display in said.T]
    return np.asarray(np.stack(levels, axis=1) > 0)
