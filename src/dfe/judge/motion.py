"""Motion told: the share of the movement that landmarks measured which a coding says, by part of the face."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import UsageError
from dfe.base.types import IntArray
from dfe.facemodel.measures import FACE_PARTS
from dfe.stats.bootstrap import PERCENTILES, Estimate, SubjectBootstrap

WHOLE = "whole"


def motion_told_over_people(
    motion: NDArray[np.floating],
    said: NDArray[np.floating],
    person: IntArray,
    bootstrap: SubjectBootstrap | None = None,
) -> Mapping[str, Estimate]:
    """``1 - energy of the error / energy``, whole and by part, with intervals over people.

    Both movements are centred on each person's own mean first, so that it is movement that counts and not what a face
    looks like.

    Args:
        motion: ``(n, 468, 3)`` mm, as measured, in head coordinates.
        said: ``(n, 468, 3)`` mm, by the coding.
        person: ``(n,)`` number of each face's person.
        bootstrap: draws of people; made for these people if None.

    Raises:
        UsageError: arrays that do not fit together.
    """
    if motion.shape != said.shape or motion.ndim != 3 or len(person) != len(motion):
        raise UsageError(f"movements of shapes {motion.shape} and {said.shape} do not fit {len(person)} rows")
    draws = bootstrap or SubjectBootstrap(person)
    index, counts = draws.index(len(person)), draws.counts(len(person))
    energy, error = (np.zeros((counts.shape[1], motion.shape[1])) for _ in range(2))
    for one in range(counts.shape[1]):
        rows = index == one
        measured, told = (values[rows] - values[rows].mean(axis=0) for values in (motion, said))
        energy[one], error[one] = np.square(measured).sum(axis=(0, 2)), np.square(measured - told).sum(axis=(0, 2))
    parts = {WHOLE: tuple(range(motion.shape[1])), **FACE_PARTS}
    found = {}
    for name, points in parts.items():
        of_energy, of_error = energy[:, points].sum(axis=1), error[:, points].sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            drawn = 1 - (counts @ of_error) / (counts @ of_energy)
            value = float(1 - of_error.sum() / of_energy.sum())
        low, high = np.percentile(drawn, PERCENTILES) if counts.shape[1] > 1 else (np.nan, np.nan)
        found[name] = Estimate(value, float(low), float(high))
    return found
