"""Non-negative sparse coding and NMF: a face as a sum of parts, each at one of a few intensities.

Both add units to a lowest face, the 1st percentile of each coefficient, so that they serve spaces whose coefficients
are signed too; where coefficients are activations it is all but zero.
"""

from __future__ import annotations

import warnings

import numpy as np

from dfe.base.types import FloatArray
from dfe.baselines.additive import AdditiveCoder
from dfe.baselines.dictionary import learn_units
from dfe.baselines.needs import one_thread, sklearn
from dfe.baselines.units import unit_coder
from dfe.space.base import ExpressionSpace

LEARNED_ROWS = 8000
"""Rows, drawn by the seed, that dictionaries and intensities are learned from."""

_LOWEST = 0.01
_SMALLEST = 1e-9
_ITERATIONS = 2000


def sparse_coding(
    train: FloatArray, space: ExpressionSpace, units: int, active: int, intensities: int = 8, seed: int = 0
) -> AdditiveCoder:
    """Non-negative sparse coding: at most m of U learned units a face, in no order.

    After "Non-negative sparse coding" (Hoyer, 2002), with a limit on the number of units in place of a penalty on
    their amounts. Learned and searched in mm.

    Args:
        train: ``(n, D)`` finite expressions.
        space: of the expressions.
        units: U, each a level of its own; code 0 says that a face does not have it.
        active: m.
        intensities: codes of a unit besides 0.
        seed: of the rows learned from and of the units' start.
    """
    base, sample = lowest_face(train), learning_rows(train, seed)
    book = learn_units((sample - base).astype(np.float64), space.gram, units, active, seed=seed)
    id = f"sparse-{units}units-{active}"
    return unit_coder(id, space, base, book, sample, active=min(active, units), intensities=intensities)


def nmf(train: FloatArray, space: ExpressionSpace, units: int, intensities: int = 8, seed: int = 0) -> AdditiveCoder:
    """Non-negative matrix factorisation: every unit may be part of every face, in no order.

    "Learning the parts of objects by non-negative matrix factorization" (Lee & Seung, 1999), by scikit-learn. The
    units are learned on coefficients scaled to the mm that each moves on its own, since mm themselves would not stay
    non-negative; amounts and intensities are then found in mm. Arguments as :func:`sparse_coding`.
    """
    base, sample = lowest_face(train), learning_rows(train, seed)
    scale = np.sqrt(np.diag(space.gram))
    model = sklearn("decomposition").NMF(units, init="nndsvda", max_iter=_ITERATIONS, tol=1e-4, random_state=seed)
    with one_thread(), warnings.catch_warnings():
        # It stops after enough rounds on any faces; how well it fits is what an evaluation measures.
        warnings.simplefilter("ignore", sklearn("exceptions").ConvergenceWarning)
        model.fit(np.maximum(sample - base, 0.0).astype(np.float64) * scale)
    parts = np.asarray(model.components_, dtype=np.float64)
    book = np.divide(parts, scale, out=np.zeros_like(parts), where=scale > _SMALLEST)
    return unit_coder(f"nmf-{units}units", space, base, book, sample, active=units, intensities=intensities)


def lowest_face(train: FloatArray) -> FloatArray:
    """``(D,)``: the 1st percentile of each coefficient."""
    lowest: FloatArray = np.quantile(train, _LOWEST, axis=0).astype(np.float32)
    return lowest


def learning_rows(train: FloatArray, seed: int) -> FloatArray:
    """At most :data:`LEARNED_ROWS` of the rows ``(n, D)``, drawn without replacement."""
    return train[np.random.default_rng(seed).permutation(len(train))[:LEARNED_ROWS]]
