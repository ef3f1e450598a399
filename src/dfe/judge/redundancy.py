"""Redundancy: how alike the displays of a coding are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.types import BoolArray
from dfe.displays.describe import SYMMETRIC_COSINE
from dfe.displays.displays import length_mm
from dfe.judge.units import Units

ALIKE_COSINE = 0.8
"""Two displays are much alike above this absolute cosine."""

HALF_COSINE = 0.9
"""A display is half of a symmetric one if it and its mirror image add up to it at this absolute cosine or more, and
it is not itself much alike it: nothing above :data:`ALIKE_COSINE` is excused."""


class Redundancy(NamedTuple):
    """Absolute cosines in mm between the directions of displays; NaN where there is no pair."""

    mean: float
    """Mean |cos| over pairs."""
    max: float
    share_alike: float
    """Share of pairs whose |cos| is above :data:`ALIKE_COSINE`."""
    pairs: int
    """Pairs of different directions that both move the face."""
    halves: int
    """Pairs of a symmetric display and its own half that were left out."""


def redundancy(units: Units) -> Redundancy:
    """Cosines between different directions, used or not.

    A direction said with both signs is taken once: that it is opposite to itself is no redundancy. Neither is a
    smile's likeness to a smile of the left half (cosine 0.71, where the halves do not overlap): such pairs are left
    out.
    """
    first = np.unique(units.axis, return_index=True)[1]
    kept = first[units.moves[first]]
    cosines = np.abs(units.cosines[np.ix_(kept, kept)])
    counted = np.triu(np.ones(cosines.shape, bool), 1)
    halves = counted & _own_halves(units)[np.ix_(kept, kept)]
    values = cosines[counted & ~halves]
    if not len(values):
        return Redundancy(float("nan"), float("nan"), float("nan"), 0, int(halves.sum()))
    return Redundancy(
        mean=float(values.mean()),
        max=float(values.max()),
        share_alike=float((values > ALIKE_COSINE).mean()),
        pairs=len(values),
        halves=int(halves.sum()),
    )


def _own_halves(units: Units) -> BoolArray:
    """``(U, U)``: pairs, either way round, of a symmetric display and a display that is one half of it."""
    symmetric = np.diagonal(units.mirror_cosines) >= SYMMETRIC_COSINE
    both = units.unit_directions + units.unit_directions[:, units.space.partner]
    length = length_mm(both, units.space)
    # A display that is opposite to its own mirror image adds up with it to nothing, and is half of nothing.
    real = length > 1e-6
    both = both / np.where(real, length, np.inf)[:, None]
    whole = np.abs(units.cosines_with(both)) >= HALF_COSINE
    apart = np.abs(units.cosines) <= ALIKE_COSINE
    half = whole & apart & symmetric[:, None] & (~symmetric & real)[None, :]
    return np.asarray(half | half.T)
