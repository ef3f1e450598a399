"""The region of the face that a display is about, and how far a face agrees with it there."""

from __future__ import annotations

import numpy as np

from dfe.base.types import BoolArray, DoubleArray
from dfe.space.base import ExpressionSpace

OWN_SHARE = 0.5
"""A display's own region: the fewest regions that hold at least this share of its energy within all regions."""

_STILL_MM2 = 1e-12


def region_sums(space: ExpressionSpace) -> dict[str, DoubleArray]:
    """``space.region_grams`` as sums over vertices instead of means, so that regions can be added; ``(D, D)``, mm²."""
    region = space.mesh.vertex_region[space.moving]
    counts = {name: np.count_nonzero(region == i) for i, name in enumerate(space.mesh.regions)}
    return {name: gram * counts[name] for name, gram in space.region_grams.items()}


def own_regions(directions: DoubleArray, space: ExpressionSpace) -> BoolArray:
    """``(U, R)``: the fewest regions, of those of ``space.region_grams``, that hold half of each display's energy.

    Energy is summed over the moving vertices of a region, as in the error on the mesh. All False where a display moves
    no vertex of any region.

    Args:
        directions: ``(U, D)``, what each display adds to a face.
        space: in which they live.
    """
    sums = region_sums(space)
    energies = np.zeros((len(directions), len(sums)))
    for region, gram in enumerate(sums.values()):
        energies[:, region] = np.einsum("ud,ud->u", directions @ gram, directions)
    order = np.argsort(-energies, axis=1, kind="stable")
    ranked = np.take_along_axis(energies, order, axis=1)
    before = np.cumsum(ranked, axis=1) - ranked
    moves = np.einsum("ud,ud->u", directions @ space.gram, directions) > _STILL_MM2
    needed = (before < OWN_SHARE * energies.sum(axis=1, keepdims=True)) & moves[:, None]
    own = np.zeros(energies.shape, bool)
    np.put_along_axis(own, order, needed, axis=1)
    return own


def own_images(directions: DoubleArray, space: ExpressionSpace) -> DoubleArray:
    """``(U, D)``: the inner product of row u with a face is that of display u over its own region, in summed mm².

    A display that moves no vertex of any region, as the neck does, is judged over everything that it moves.
    """
    sums = region_sums(space)
    own = own_regions(directions, space)
    images = np.zeros(directions.shape)
    for region, gram in enumerate(sums.values()):
        images[own[:, region]] += directions[own[:, region]] @ gram
    nowhere = ~own.any(axis=1)
    images[nowhere] = directions[nowhere] @ space.gram
    return images
