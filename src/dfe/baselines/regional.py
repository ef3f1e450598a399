"""A dictionary for each region of the face: units that live in the coefficients of one region.

After the Facial Basis of "Beyond FACS: Data-driven Facial Expression Dictionaries" (Sariyanidi et al., FG 2025): 50
additive, localised units by dictionary learning. That work learns from the vertices of a 3DMM fitted to videos; here
a region is what its coefficients move, and amounts are non-negative and rounded.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray, FloatArray
from dfe.baselines.additive import AdditiveCoder
from dfe.baselines.dictionary import learn_units
from dfe.baselines.sparse import learning_rows, lowest_face
from dfe.baselines.units import unit_coder
from dfe.space.base import ExpressionSpace

FEWEST = 2
"""Units that every region gets."""

MOST_PER_COEFFICIENT = 2
"""Units of a region for each of its coefficients at most."""


def regional_dictionaries(
    train: FloatArray,
    space: ExpressionSpace,
    units: int = 50,
    active: int = 8,
    intensities: int = 8,
    seed: int = 0,
) -> AdditiveCoder:
    """Non-negative units of one region each, at most m of them a face over all regions, in no order.

    Dictionaries are learned region by region, in the mm that a region's coefficients move; a face's amounts and codes
    are found for all regions at once, since neighbouring regions move the same vertices.

    Args:
        train: ``(n, D)`` finite expressions.
        space: of the expressions; its regions say which coefficients belong together.
        units: U in all, dealt by :func:`dealt_units`.
        active: m.
        intensities: codes of a unit besides 0.
        seed: of the rows learned from and of the units' start.

    Raises:
        UsageError: too few or too many units for the regions.
    """
    base, sample = lowest_face(train), learning_rows(train, seed)
    above = (sample - base).astype(np.float64)
    moved: dict[str, float] = {}
    for region, members in space.regions.items():
        own = above[:, members] - above[:, members].mean(axis=0)
        moved[region] = float(np.sqrt(np.einsum("nd,de,ne->n", own, _block(space, members), own).mean()))
    counts = dealt_units(moved, {region: len(members) for region, members in space.regions.items()}, units)
    book = np.zeros((units, space.dimension))
    first = 0
    for region, members in space.regions.items():
        rows = slice(first, first + counts[region])
        book[rows, members] = learn_units(above[:, members], _block(space, members), counts[region], active, seed=seed)
        first += counts[region]
    id = f"regional-{units}units-{active}"
    return unit_coder(id, space, base, book, sample, active=min(active, units), intensities=intensities)


def dealt_units(moved: Mapping[str, float], coefficients: Mapping[str, int], units: int) -> dict[str, int]:
    """Number of units of each region.

    Two each; every further one to the region with the largest share for a unit more (highest averages), unless it has
    two for each coefficient. Shares are standard deviations, since by variance the mouth would get nearly all.

    Args:
        moved: root mean square movement about the mean face, mm, by region.
        coefficients: number of them, by region.
        units: in all.

    Raises:
        UsageError: too few or too many units for the regions.
    """
    most = {region: max(MOST_PER_COEFFICIENT * n, FEWEST) for region, n in coefficients.items()}
    if not FEWEST * len(most) <= units <= sum(most.values()):
        raise UsageError(f"{len(most)} regions take {FEWEST * len(most)} to {sum(most.values())} units, not {units}")
    dealt = dict.fromkeys(moved, FEWEST)
    while sum(dealt.values()) < units:
        hungry = [region for region in dealt if dealt[region] < most[region]]
        dealt[max(hungry, key=lambda region: moved[region] / (dealt[region] + 1))] += 1
    return dealt


def _block(space: ExpressionSpace, members: tuple[int, ...]) -> DoubleArray:
    block: DoubleArray = space.gram[np.ix_(members, members)]
    return block
