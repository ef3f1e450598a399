"""Motion told: the share of the movement that landmarks measured which a coding says, by part of the face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import UsageError
from dfe.base.types import FloatArray, IntArray
from dfe.facemodel.measures import FACE_PARTS
from dfe.stats.bootstrap import PERCENTILES, Estimate, SubjectBootstrap

WHOLE = "whole"
PENALTY = 30.0
"""Of the ridge regression from numbers in standard deviations to movement."""


def centred(rows: NDArray[np.floating], person: IntArray) -> NDArray[np.floating]:
    """Rows ``(n, ...)`` less the mean of their person ``(n,)``; in the rows' own precision."""
    index = np.unique(person, return_inverse=True)[1]
    out = np.empty_like(rows)
    for one in range(int(index.max(initial=-1)) + 1):
        mine = index == one
        out[mine] = rows[mine] - rows[mine].mean(axis=0, dtype=np.float64).astype(rows.dtype)
    return out


@dataclass(frozen=True, eq=False)
class MotionMap:
    """The best linear map from a coding's numbers to the movement of 468 points, for codings that draw another face.

    It is fitted on other people than it is used on, and generous: whatever the numbers tell linearly, it finds.

    Args:
        weights: ``(D, 1404)`` mm per unit.
    """

    weights: FloatArray

    @staticmethod
    def fit(numbers: NDArray[np.floating], motion: NDArray[np.floating], person: IntArray) -> MotionMap:
        """Ridge regression within people: both are centred on each person's mean.

        Args:
            numbers: ``(n, D)``.
            motion: ``(n, 468, 3)`` mm, as measured, in head coordinates.
            person: ``(n,)``.

        Raises:
            UsageError: arrays that do not fit together.
        """
        if motion.ndim != 3 or not len(numbers) == len(motion) == len(person):
            raise UsageError(f"numbers of shape {numbers.shape} and movements of shape {motion.shape} do not fit")
        x = np.asarray(centred(np.asarray(numbers, np.float64), person), np.float64)
        spread = x.std(axis=0) + 1e-6
        x /= spread
        y = centred(motion, person).reshape(len(motion), -1)
        system = x.T @ x + PENALTY * np.eye(x.shape[1])
        found = np.linalg.solve(system, (x.T.astype(y.dtype) @ y).astype(np.float64)) / spread[:, None]
        return MotionMap(found.astype(np.float32))

    def __call__(self, numbers: NDArray[np.floating]) -> FloatArray:
        """Numbers ``(n, D)`` to movements ``(n, 468, 3)`` in mm, up to what is the same in all rows."""
        moved = np.asarray(numbers, np.float32) @ self.weights
        return np.asarray(moved.reshape(len(numbers), self.weights.shape[1] // 3, 3), np.float32)


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
        measured, told = (values[rows] - values[rows].mean(axis=0, dtype=np.float64) for values in (motion, said))
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
