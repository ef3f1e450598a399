"""Which displays enough subjects show, whatever their group, to be worth a test.

A filter that does not know the groups leaves p of what passes it as they are, and spares the others the correction for
tests that could not have found anything (Bourgon, Gentleman and Huber, 2010, *PNAS* 107, 9546).
"""

from __future__ import annotations

from math import ceil

import numpy as np

from dfe.base.types import BoolArray

LEAST_SHARE = 0.1
LEAST_SUBJECTS = 3


def shown_enough(shown: BoolArray) -> BoolArray:
    """Displays ``(T,)`` that enough of all subjects show at least once.

    Args:
        shown: ``(S, T)`` whether a subject shows a display.
    """
    return np.asarray(shown.sum(axis=0) >= fewest_subjects(len(shown)))


def fewest_subjects(subjects: int) -> int:
    """How many of so many have to show a display: a tenth, and at least three."""
    return max(LEAST_SUBJECTS, ceil(LEAST_SHARE * subjects))
