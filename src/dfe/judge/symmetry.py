"""Symmetry: on which side displays are, and whether the mirrored face gets the mirrored displays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dfe.atlas.similarity import partners_of
from dfe.base.types import BoolArray, CodeArray, DoubleArray, FloatArray, IntArray
from dfe.displays.describe import describe_displays
from dfe.displays.displays import Coder
from dfe.facs.coder import AuProxyCoder
from dfe.judge.units import SILENT, Units, of_said
from dfe.stats.bootstrap import Estimate, SubjectBootstrap

CLOSED_COSINE = 0.99
"""A mirror image is in the book if some display has at least this cosine with it."""

SIDES: tuple[str, ...] = ("symmetric", "left", "right")

NO_PARTNER = -2
"""Stands in place of a display that the book does not have."""


class Symmetry(NamedTuple):
    """Sides of displays and constancy under the left-right flip; shares, NaN where nothing can be counted."""

    displays: dict[str, float]
    """By side, share of the displays that move the face, used or not."""
    said: dict[str, Estimate]
    """By side, share of the displays said."""
    closed: float
    """Share of the displays whose mirror image is in the book."""
    consistent: Estimate
    """Share of faces whose mirrored face gets exactly the mirrored displays, as multisets."""
    overlap: Estimate
    """Mean over faces of what the two multisets share of their union (Jaccard); 1 where both are empty."""


def symmetry(units: Units, coder: Coder, x: FloatArray, codes: CodeArray, bootstrap: SubjectBootstrap) -> Symmetry:
    """All figures of symmetry.

    Levels and intensities at which displays are said make no difference: only which displays, and how often.

    Args:
        units: the displays of the coding.
        coder: encodes the mirrored faces.
        x: ``(n, D)`` the finite numbers that the coder reads.
        codes: ``(n, N)`` of these.
        bootstrap: of these faces.
    """
    said, moves, side = units.said(codes), units.moves, sides(units)
    reads = coder.reads if isinstance(coder, AuProxyCoder) else units.space
    mirrored = units.said(coder.encode_codes(reads.mirror(x)))
    overlap = multiset_overlap(mirror_image(said, mirror_partners(units)), mirrored)
    tokens = of_said(moves, said).sum(axis=1)
    return Symmetry(
        displays={s: _share(side[moves] == s) for s in SIDES},
        said={s: bootstrap.ratio(of_said(moves & (side == s), said).sum(axis=1), tokens) for s in SIDES},
        closed=_share(units.mirror_cosines[moves].max(axis=1, initial=-1.0) >= CLOSED_COSINE),
        consistent=bootstrap.mean(overlap == 1),
        overlap=bootstrap.mean(overlap),
    )


def sides(units: Units) -> NDArray[np.str_]:
    """``symmetric``, ``left`` or ``right``, ``(U,)``, as the atlas says it (:attr:`DisplayDescription.side`)."""
    return np.array([token.side for token in describe_displays(units.unit_directions, units.space)], np.str_)


def mirror_partners(units: Units) -> IntArray:
    """Each display's partner as the atlas has it, ``(U,)``; :data:`NO_PARTNER` where there is none."""
    partners = partners_of(units.mirror_cosines)
    return np.where(partners < 0, NO_PARTNER, partners)


def mirror_image(said: IntArray, partners: IntArray) -> IntArray:
    """The displays that the mirrored faces should get, ``(n, N)``."""
    return np.append(partners, SILENT)[said]


def multiset_overlap(a: IntArray, b: IntArray) -> DoubleArray:
    """Elements that two multisets have in common by those of their union, row by row, ``(n, N)`` twice to ``(n,)``.

    -1 is no element; other negative numbers are elements that are like no other. 1 where both sets are empty.
    """
    base = 1 + max(a.max(initial=0), b.max(initial=0))
    keys_a, counts_a = np.unique(_keys(a, base), return_counts=True)
    keys_b, counts_b = np.unique(_keys(b, base), return_counts=True)
    both, at_a, at_b = np.intersect1d(keys_a, keys_b, assume_unique=True, return_indices=True)
    common = np.bincount(both // base, np.minimum(counts_a[at_a], counts_b[at_b]), len(a))
    union = (a != SILENT).sum(axis=1) + (b != SILENT).sum(axis=1) - common
    return np.where(union > 0, common / np.maximum(union, 1), 1.0)


def _keys(rows: IntArray, base: int) -> IntArray:
    keys = np.arange(len(rows))[:, None] * base + rows
    return np.asarray(keys[rows >= 0])


def _share(true: BoolArray) -> float:
    return float(true.mean()) if len(true) else float("nan")
