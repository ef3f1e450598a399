"""Do faces with like tokens look alike? Neighbours among other people, judged by the geometry of the landmarks.

For each face its nearest neighbours by a coding are looked up among all faces of other people. They are judged by the
cosine between the two faces' pose-normalised landmarks, the mean face subtracted. A coarse coding has many neighbours
at the same distance: then the figure is what a random choice among them would bring on average.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.errors import UsageError
from dfe.base.types import BoolArray, DoubleArray, FloatArray, IntArray
from dfe.space.base import ExpressionSpace
from dfe.stats.bootstrap import Estimate, SubjectBootstrap

NEIGHBOURS = 5
QUERIES = 3000
_TIE = 1e-9
_ROWS_AT_ONCE = 256


class Found(NamedTuple):
    """Mean cosine between the geometry of a face and that of its neighbours; intervals over the people who ask."""

    nearest: Estimate
    five: Estimate
    """Mean of the five nearest."""


class AtBits(NamedTuple):
    """What the first codes of a face find, and what they cost."""

    codes: int
    bits: float
    found: Found


class Retrieval(NamedTuple):
    """What a coding finds, between what chance and what the uncoded expression find."""

    random: Estimate
    """By a random face of another person: the floor, and what 0 bits find."""
    geometry: Found
    """By the geometry that also judges: the ceiling of any coding."""
    continuous: Found
    """By the expressions before they are coded."""
    decoded: tuple[AtBits, ...]
    """By mm between decoded faces, for each number of codes asked for."""
    bag: Found
    """By the cosine of bags of displays."""
    faces: int


def choose(n: int, most: int = QUERIES, seed: int = 0) -> IntArray:
    """Rows of at most so many of n faces, drawn without regard to anything, in ascending order."""
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, most, replace=False)).astype(np.int64)


class Gallery:
    """Faces that ask for neighbours among each other, and the judge of what they find.

    It holds the ``(n, n)`` cosines in float32, 36 MB for 3,000 faces, and serves any number of codings.

    Args:
        geometry: ``(n, 468, 3)`` pose-normalised landmarks.
        subject: ``(n,)`` person of each; -1, or None for all: a person of their own.
        bootstrap: of these people; made of ``subject`` where None.

    Raises:
        UsageError: a face has fewer than five faces of other people to choose from, or landmarks are not finite.
    """

    def __init__(
        self, geometry: FloatArray, subject: IntArray | None = None, bootstrap: SubjectBootstrap | None = None
    ) -> None:
        flat = geometry.reshape(len(geometry), -1).astype(np.float64)
        flat -= flat.mean(axis=0)
        length = np.linalg.norm(flat, axis=1)
        if not (np.isfinite(length).all() and length.all()):
            raise UsageError("retrieval needs finite landmarks that are not all the mean face")
        unit = (flat / length[:, None]).astype(np.float32)
        self._cosines = unit @ unit.T
        self._person = np.arange(len(flat)) if subject is None else np.asarray(subject).astype(np.int64)
        unknown = self._person < 0
        self._person = np.where(unknown, self._person.max(initial=0) + 1 + np.arange(len(flat)), self._person)
        others = len(flat) - np.unique(self._person, return_inverse=True, return_counts=True)[2]
        if others.min(initial=len(flat)) < NEIGHBOURS:
            raise UsageError(f"retrieval needs {NEIGHBOURS} faces of other people for every face")
        self._bootstrap = bootstrap or SubjectBootstrap(self._person)

    def __len__(self) -> int:
        return len(self._person)

    def by_chance(self) -> Estimate:
        """What a random face of another person brings."""
        means = [self._other(part).astype(np.float64) for part in self._parts()]
        cosines = (self._cosines[part] for part in self._parts())
        return self._bootstrap.mean(
            np.concatenate([(o * c).sum(axis=1) / o.sum(axis=1) for o, c in zip(means, cosines, strict=True)])
        )

    def by_geometry(self) -> Found:
        """What the geometry that judges finds itself."""
        return self._found(lambda part: 1.0 - self._cosines[part].astype(np.float64))

    def by_expression(self, x: ArrayLike, space: ExpressionSpace) -> Found:
        """What expressions ``(n, D)``, decoded or never coded, find by their distance in mm."""
        values, vectors = np.linalg.eigh(space.gram)
        points = np.asarray(x, np.float64) @ (vectors * np.sqrt(np.maximum(values, 0.0)))
        self._check(len(points))
        square = np.square(points).sum(axis=1)
        return self._found(lambda part: square[part, None] + square - 2 * (points[part] @ points.T))

    def by_bag(self, bags: Any) -> Found:
        """What bags ``(n, U)`` (csr_array) find by their cosine; two empty bags are alike, one is like no other."""
        self._check(bags.shape[0])
        length = np.sqrt(np.asarray(bags.multiply(bags).sum(axis=1)).ravel())
        empty = length == 0
        scale = 1.0 / np.where(empty, 1.0, length)

        def distance(part: slice) -> DoubleArray:
            products = (bags[part] @ bags.T).toarray() * scale[part, None] * scale
            return np.asarray(1.0 - products - (empty[part, None] & empty))

        return self._found(distance)

    def _found(self, distance: Callable[[slice], DoubleArray]) -> Found:
        nearest, five = np.empty(len(self)), np.empty(len(self))
        for part in self._parts():
            far = np.where(self._other(part), distance(part), np.inf)
            nearest[part], five[part] = _judged(far, self._cosines[part].astype(np.float64))
        return Found(self._bootstrap.mean(nearest), self._bootstrap.mean(five))

    def _other(self, part: slice) -> BoolArray:
        return np.asarray(self._person[part, None] != self._person)

    def _parts(self) -> list[slice]:
        return [slice(at, min(at + _ROWS_AT_ONCE, len(self))) for at in range(0, len(self), _ROWS_AT_ONCE)]

    def _check(self, n: int) -> None:
        if n != len(self):
            raise UsageError(f"{n} expressions do not fit a gallery of {len(self)} faces")


def at_bits(result: Retrieval, bits: float) -> tuple[float, float]:
    """Cosine of the nearest and of the five nearest at a cost, on straight lines between the costs measured.

    NaN below the cost of one token; beyond the last token what all of them find.
    """
    costs = np.array([step.bits for step in result.decoded])
    nearest = [step.found.nearest.value for step in result.decoded]
    five = [step.found.five.value for step in result.decoded]
    order = np.argsort(costs, kind="stable")
    read = [float(np.interp(bits, costs[order], np.array(y)[order], left=np.nan)) for y in (nearest, five)]
    return read[0], read[1]


def _judged(distance: DoubleArray, cosines: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    """Expected cosine of the nearest and of the five nearest, ties drawn by lot; ``(r, n)`` twice to ``(r,)`` twice."""
    fifth = np.partition(distance, NEIGHBOURS - 1, axis=1)[:, NEIGHBOURS - 1, None]
    first = distance.min(axis=1, keepdims=True)
    nearest = _mean_where(np.abs(distance - first) <= _TIE, cosines)
    closer = distance < fifth - _TIE
    count = closer.sum(axis=1)
    tied = _mean_where(np.abs(distance - fifth) <= _TIE, cosines)
    five = (np.where(closer, cosines, 0.0).sum(axis=1) + (NEIGHBOURS - count) * tied) / NEIGHBOURS
    return nearest, five


def _mean_where(where: BoolArray, values: DoubleArray) -> DoubleArray:
    mean: DoubleArray = np.where(where, values, 0.0).sum(axis=1) / where.sum(axis=1)
    return mean
