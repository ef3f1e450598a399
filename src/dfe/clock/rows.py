"""How much time each row of a recording stands for, so that counts do not depend on the camera's rate."""

from __future__ import annotations

import numpy as np

from dfe.base.types import DoubleArray

LONGEST_ROW_S = 0.2
"""A row stands for the time to the next one, but not for longer than this: what follows is a gap."""
_STEPS = 3
"""At low rates a row may stand for up to this many of the usual steps."""


def row_seconds(times: DoubleArray) -> DoubleArray:
    """Time that each row stands for ``(n,)``, rows of one moment alike; 1 for each row of still pictures.

    Args:
        times: presentation times in seconds ``(n,)``, rising, faces of one frame sharing theirs; NaN throughout for
            pictures.
    """
    if not len(times) or np.isnan(times).all():
        return np.ones(len(times))
    moments, place = np.unique(times, return_inverse=True)
    steps = np.diff(moments)
    usual = float(np.median(steps)) if len(steps) else 1.0
    lengths = np.append(steps, usual).clip(max=max(LONGEST_ROW_S, _STEPS * usual))
    return np.asarray(lengths[place], np.float64)
