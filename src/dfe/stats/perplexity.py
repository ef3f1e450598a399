"""How many things are in use, the rare ones counting less."""

from __future__ import annotations

import numpy as np

from dfe.base.types import DoubleArray, IntArray


def perplexity(uses: DoubleArray | IntArray) -> float:
    """Exp of the entropy of the shares of uses ``(U,)``, none below 0; NaN where nothing is used.

    The effective number of equally frequent ones (Hill's number of order 1).
    """
    counts = uses[uses > 0]
    if not len(counts):
        return float("nan")
    shares = counts / counts.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))
