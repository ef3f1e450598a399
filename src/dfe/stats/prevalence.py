"""Which displays enough subjects show, whatever their group, to be worth a test.

A filter that does not know the groups leaves p of what passes it as they are, and spares the others the correction for
tests that could not have found anything (Bourgon, Gentleman and Huber, 2010, *PNAS* 107, 9546).
"""

from __future__ import annotations

import numpy as np

from dfe.base.types import BoolArray

LEAST_SHARE = 0.1
LEAST_SUBJECTS = 3


def shown_enough(shown: BoolArray, share: float = LEAST_SHARE, subjects: int = LEAST_SUBJECTS) -> BoolArray:
    """Displays ``(T,)`` that so many of all subjects show at least once.

    Args:
        shown: ``(S, T)`` whether a subject shows a display.
        share: of the subjects, at least.
        subjects: at least.
    """
    return np.asarray(shown.sum(axis=0) >= max(float(subjects), share * len(shown)))
