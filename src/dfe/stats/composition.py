"""How a subject's time is shared out between main displays and none, as a composition.

Shares of a whole cannot be compared one by one: if one rises, others must fall. Centred log-ratios (Aitchison, 1986)
compare each part with the geometric mean of all.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.types import DoubleArray
from dfe.stats.bag import ZERO_SHARE, BagOfTokens

OTHER = "other"


class Composition(NamedTuple):
    """Log-ratios of ``P`` parts."""

    values: tuple[DoubleArray, ...]
    """``(S, P)`` of each set of rows given."""
    shares: tuple[DoubleArray, ...]
    """``(S, P)`` shares of time of the same."""
    parts: tuple[int, ...]
    """Which column each part is; -1 stands for all others taken together, the last one if there are any."""
    zero: float
    """Share that stood in for none."""
    zeros: int
    """Shares that it stood in for."""


def compose(seconds: tuple[DoubleArray, ...], at_least: float = 0.5) -> Composition:
    """Log-ratios of seconds ``(S, P)``, of one or more sets of rows with the same columns.

    Columns that fewer than half of the rows have at all are taken together as one part: with them nearly all log-ratios
    would come from replaced zeros. A zero that is left becomes :data:`dfe.stats.bag.ZERO_SHARE` of the smallest share
    that anybody has.
    """
    whole = np.concatenate(seconds)
    kept = np.flatnonzero((whole > 0).mean(axis=0) >= at_least)
    rest = np.setdiff1d(np.arange(whole.shape[1]), kept)
    columns, parts = [whole[:, kept]], tuple(int(i) for i in kept)
    if whole[:, rest].any():
        columns.append(whole[:, rest].sum(axis=1, keepdims=True))
        parts += (-1,)
    sums = np.column_stack([whole.sum(axis=1), *columns])
    bag = BagOfTokens("log-ratio")
    values = bag.fit_transform(sums)
    shares = sums[:, 1:] / sums[:, :1].clip(1e-12)
    ends = np.cumsum([len(part) for part in seconds])[:-1]
    return Composition(
        tuple(np.split(np.asarray(values), ends)),
        tuple(np.split(shares, ends)),
        parts,
        float(bag.zero_),
        int((shares <= 0).sum()),
    )


def zero_words(composition: Composition) -> str:
    """One sentence about the replacement of zeros."""
    return (
        f"{composition.zeros} shares of zero were replaced by {composition.zero:.2g}, "
        f"{ZERO_SHARE:.0%} of the smallest share that any subject had"
    )
