"""Dictionary learning: non-negative units of which a few, in non-negative amounts, make up a face."""

from __future__ import annotations

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray
from dfe.baselines.metric import metric_of
from dfe.baselines.needs import one_thread
from dfe.baselines.units import pursue

_UPDATES = 40
_DEAD = 1e-9


def learn_units(
    rows: DoubleArray, gram: DoubleArray, units: int, active: int, *, iterations: int = 25, seed: int = 0
) -> DoubleArray:
    """Units ``(U, D)``, non-negative and 1 mm long each, for faces ``(n, D)`` as sums of at most m of them.

    Alternates between the amounts of each face (:func:`~dfe.baselines.units.pursue`) and the units given the amounts
    (accelerated projected gradient, "A fast iterative shrinkage-thresholding algorithm", Beck & Teboulle, 2009); both
    lower the squared error in mm. Units that no face has start anew from what the worst-served faces have left over.

    Args:
        rows: what faces have above the base.
        gram: ``(D, D)``, mm².
        units: U.
        active: m.
        iterations: alternations.
        seed: of the faces to start from.

    Raises:
        UsageError: fewer faces than units.
    """
    if len(rows) < units:
        raise UsageError(f"{len(rows)} faces cannot teach {units} units", advice="fit on more faces or ask for fewer")
    forth = metric_of(gram).forth
    rng = np.random.default_rng(seed)
    book = _unit_length(_start(rows, units, rng), forth)
    active = min(active, units)
    with one_thread():
        for _ in range(iterations):
            amounts = _amounts(rows, book, gram, active)
            left = rows - amounts @ book
            dead = np.flatnonzero(np.square(amounts).sum(axis=0) < _DEAD)
            if len(dead):
                worst = np.argsort(-np.square(left @ forth).sum(axis=1), kind="stable")[: len(dead)]
                book[dead] = np.maximum(left[worst], 0.0) + _DEAD
            book = _unit_length(_better_book(rows, amounts, book, gram), forth)
    return book


def _start(rows: DoubleArray, units: int, rng: np.random.Generator) -> DoubleArray:
    """Each coefficient on its own, then faces drawn at random."""
    d = rows.shape[1]
    faces = np.maximum(rows[rng.choice(len(rows), max(units - d, 0), replace=False)], 0.0) + _DEAD
    order = np.argsort(-np.square(rows).mean(axis=0), kind="stable")
    return np.concatenate([np.eye(d)[order[:units]], faces])


def _amounts(rows: DoubleArray, book: DoubleArray, gram: DoubleArray, active: int) -> DoubleArray:
    chosen, amounts = pursue(rows @ gram @ book.T, book @ gram @ book.T, active)
    full = np.zeros((len(rows), len(book)))
    for unit, amount in zip(chosen, amounts, strict=True):
        full[np.arange(len(rows)), unit] = amount
    return full


def _better_book(rows: DoubleArray, amounts: DoubleArray, book: DoubleArray, gram: DoubleArray) -> DoubleArray:
    """Descends on ``|(rows - amounts @ book)|²`` in mm over non-negative books."""
    within, across = amounts.T @ amounts, amounts.T @ rows
    rate = 1 / max(float(np.linalg.eigvalsh(within)[-1] * np.linalg.eigvalsh(gram)[-1]), _DEAD)
    here, ahead, momentum = book, book, 1.0
    for _ in range(_UPDATES):
        there = np.maximum(ahead - rate * (within @ ahead - across) @ gram, 0.0)
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = there + (momentum - 1) / following * (there - here)
        here, momentum = there, following
    return here


def _unit_length(book: DoubleArray, forth: DoubleArray) -> DoubleArray:
    length = np.linalg.norm(book @ forth, axis=1, keepdims=True)
    # What does not move the mesh has no length to be brought to; it is no unit.
    unit: DoubleArray = np.divide(book, length, out=np.zeros_like(book), where=length > _DEAD)
    return unit
