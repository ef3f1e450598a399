"""Where the sparse quantiser starts: given movements, displays of single coefficients, what random faces show."""

from __future__ import annotations

import numpy as np

from dfe.base.rows import column_sums
from dfe.base.types import BoolArray, DoubleArray
from dfe.quantizers.settings import Start
from dfe.quantizers.sparse.settings import SparseSettings
from dfe.quantizers.sparse.train.model import SparseModel
from dfe.quantizers.sparse.train.reseed import MOVABLE

_SAME = 1e-4
"""A movement whose coefficients differ by less from those of its mirror image has no side."""


def first_model(settings: SparseSettings, start: Start) -> SparseModel:
    """Displays that begin as the movements that are given, then as single coefficients, the busiest first, and then as
    what random faces show.

    Where coefficients go either way from zero (learned components, FLAME's), displays may lower them too.
    """
    space, size = start.space, start.size
    own = np.arange(space.dimension)
    partner = np.asarray(space.partner) if settings.mirrored else own
    pairs = round((size - 1) * (1 - settings.symmetric) / 2) if (partner != own).any() else 0
    rng = np.random.default_rng(start.seed)
    signed = bool((space.lower < 0).any())
    offsets = (block.astype(np.float64) - start.neutral for block in start.rows.blocks())
    busy = column_sums(np.square(block) for block in offsets) / len(start.rows) * np.diag(space.gram)
    given = np.zeros((0, space.dimension)) if start.displays is None else start.displays
    sided = np.abs(given - given[:, partner]).max(axis=1, initial=0) > _SAME if pairs else np.zeros(len(given), bool)
    symmetric = _first_displays(start, busy, rng, size - 1 - 2 * pairs, own <= partner, given[~sided], signed)
    left = _first_displays(start, busy, rng, pairs, own < partner, given[sided], signed)
    return SparseModel(
        settings.config(space.dimension, start.levels, size),
        space,
        start.neutral,
        start.maps.to_latent,
        symmetric,
        left,
        np.geomspace(settings.lowest_mm, settings.highest_mm, settings.steps),
        nonnegative=settings.nonnegative and not signed,
    )


def _first_displays(
    start: Start,
    busy: DoubleArray,
    rng: np.random.Generator,
    count: int,
    among: BoolArray,
    given: DoubleArray,
    signed: bool,
) -> DoubleArray:
    """``(count, D)``: what is given; each coefficient of ``among`` alone, those that move faces most first; faces.

    Of signed coefficients first up, then down. ``busy`` ``(D,)``: how much each moves faces.
    """
    given, count = given[:count], max(count - len(given), 0)
    order = [i for i in np.argsort(-busy, kind="stable") if among[i]]
    single = np.eye(len(busy))[order]
    single = np.stack([single, -single], axis=1).reshape(-1, len(busy))[:count] if signed else single[:count]
    drawn = start.rows.take(rng.choice(len(start.rows), count - len(single)))
    faces = (drawn.astype(np.float64) - start.neutral) * among
    faces = faces if signed else np.maximum(faces, 0.0)
    return np.concatenate([given, single, faces]) + MOVABLE
