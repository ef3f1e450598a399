"""Stability: whether another seed, or other faces, lead to the same displays."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from dfe.base.errors import DfeError, UsageError
from dfe.base.installing import how_to_install
from dfe.base.types import DoubleArray, IntArray
from dfe.displays.displays import Displays, length_mm
from dfe.judge.units import Units

SAME_COSINE = 0.85
"""A display is found again if its match has a cosine above this."""


class Stability(NamedTuple):
    """How well the displays of two books match one to one; NaN where a book has none.

    A display of the larger book that is left without a match counts as one of cosine 0.
    """

    cosine: float
    """Mean cosine in mm of matched displays."""
    share_same: float
    """Share of matched displays with a cosine above :data:`SAME_COSINE`."""
    chance_cosine: float
    """What ``cosine`` would be for displays drawn at random: a large book in few dimensions matches any other well."""
    used_cosine: float
    """As ``cosine``, when only displays in use are matched with each other; NaN where uses are not known."""
    used_share_same: float
    """As ``share_same``, likewise."""
    pairs: int
    """Pairs of books that the figures are means over."""


def match_templates(
    a: Displays,
    b: Displays,
    uses: tuple[IntArray, IntArray] | None = None,
) -> Stability:
    """Match the displays of two books so that the sum of their cosines is largest (Kuhn 1955).

    Chance is a match of the first book with as many directions as the second has, drawn from the normal distribution
    that has the mean and the covariance of the second book's displays at unit energy; seed 0.

    Displays are those of :class:`~dfe.judge.units.Units`: a direction said with both signs is two, so a book
    whose directions come with arbitrary signs matches all the same. Displays that move nothing are left out.

    Args:
        a, b: displays of two codings, in one space.
        uses: ``(U_a,)`` and ``(U_b,)``, how often each display is said, as :meth:`Units.uses` counts.

    Raises:
        UsageError: uses of another number of displays.
        DfeError: SciPy is not installed.
    """
    first, second = Units(a), Units(b)
    cosines = first.cosines_with(second.unit_directions)
    counts = (len(first), len(second)) if uses is None else (len(uses[0]), len(uses[1]))
    if counts != cosines.shape:
        raise UsageError(f"uses of {counts[0]} and {counts[1]} displays do not fit {len(first)} and {len(second)}")
    cosine, share = _figures(cosines[np.ix_(first.moves, second.moves)])
    chance, _ = _figures(first.cosines_with(_drawn(second))[first.moves])
    if uses is None:
        return Stability(cosine, share, chance, float("nan"), float("nan"), 1)
    used = _figures(cosines[np.ix_(first.moves & (uses[0] > 0), second.moves & (uses[1] > 0))])
    return Stability(cosine, share, chance, *used, 1)


def stability(books: Sequence[Displays], uses: Sequence[IntArray] | None = None) -> Stability:
    """Mean of :func:`match_templates` over all pairs of books that came from several seeds.

    Raises:
        UsageError: fewer than two books, or uses of another number of books.
    """
    if len(books) < 2 or (uses is not None and len(uses) != len(books)):
        raise UsageError("stability needs the displays, and the uses, of two or more trained books")
    matched = [
        match_templates(books[i], books[j], None if uses is None else (uses[i], uses[j]))
        for i, j in combinations(range(len(books)), 2)
    ]
    cosine, share, chance, used_cosine, used_share, _ = np.array(matched, np.float64).mean(axis=0).tolist()
    return Stability(cosine, share, chance, used_cosine, used_share, len(matched))


def _drawn(units: Units) -> DoubleArray:
    """``(U_moving, D)``: directions of unit energy, drawn like the displays but with no regard to what they are."""
    rows = units.unit_directions[units.moves]
    if not len(rows):
        return rows
    mean = rows.mean(axis=0)
    weights = np.random.default_rng(0).standard_normal((len(rows), len(rows)))
    drawn = mean + weights @ (rows - mean) / np.sqrt(len(rows))
    length = length_mm(drawn, units.space)
    return np.asarray(drawn / np.where(length > 0, length, np.inf)[:, None])


def _figures(cosines: DoubleArray) -> tuple[float, float]:
    """Mean of the matched cosines, and the share of high ones; unmatched displays count."""
    if not cosines.size:
        return float("nan"), float("nan")
    matched = cosines[_optimize().linear_sum_assignment(cosines, maximize=True)]
    larger = max(cosines.shape)
    return float(matched.sum() / larger), float((matched > SAME_COSINE).sum() / larger)


def _optimize() -> Any:
    try:
        return import_module("scipy.optimize")
    except ImportError as error:
        raise DfeError(
            "this needs SciPy, which comes with scikit-learn and is not installed", advice=how_to_install("study")
        ) from error
