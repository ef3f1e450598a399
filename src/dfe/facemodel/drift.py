"""What turning the head does to one person's measured face, found from all frames of the person together.

A landmark network moves a face when the head turns, by an amount that differs from person to person but is the same in
every frame of a person. So it is one set of unknowns for all frames, with a prior from other people: expressions that
go with a turn now and then are no reason to believe in it, since the priors of expressions are wide.
"""

from __future__ import annotations

import numpy as np

from dfe.base.types import DoubleArray
from dfe.facemodel.model import TURN_UNIT
from dfe.facemodel.posterior import Fitter

OWN_SHARE = 0.75
"""Of the variance of what turning does: what is the same in all of a person's frames. The rest is free in each."""
BENT_SHARE = 0.3
"""Variance of what goes with the angle's square, over that of what goes with the angle."""
LOOKS = 80.0
"""Frames that count as independent, at most: neighbouring frames of a film show nearly the same expression."""


def said_of_turns(fitter: Fitter, variables: DoubleArray) -> DoubleArray:
    """What frames say of the turn modes ``(n, 2 U)``, row by row, less what an expression could explain as well.

    Args:
        fitter: whose posterior compressed the frames.
        variables: ``(n, K + 2 U)`` products of the frames less those of the person's face.
    """
    k = fitter.model.dimension
    explained, _ = _explained(fitter)
    return np.asarray(variables[:, k : k + explained.shape[1]] - np.matmul(variables[:, None, :k], explained)[:, 0])


def own_drift(fitter: Fitter, said: DoubleArray, pose: DoubleArray) -> DoubleArray:
    """Coefficients ``(4 U,)`` of a person's own drift; for yaw, pitch and their squares.

    Args:
        fitter: whose posterior compressed the frames.
        said: ``(n, 2 U)`` as of :func:`said_of_turns`.
        pose: ``(n, 3)`` radians, less that of the person's face.
    """
    model = fitter.model
    u = model.turn_variance.shape[1]
    _, evidence = _explained(fitter)
    weight = min(1.0, LOOKS / max(len(pose), 1))
    angles = _angles(pose)
    products = weight * angles.T @ angles
    system, right = np.zeros((4 * u, 4 * u)), np.zeros(4 * u)
    for one in range(4):
        a = slice(one * u, (one + 1) * u)
        mine = slice((one % 2) * u, (one % 2 + 1) * u)
        right[a] = weight * (angles[:, one] @ said[:, mine])
        for two in range(4):
            other = slice((two % 2) * u, (two % 2 + 1) * u)
            system[a, two * u : (two + 1) * u] = products[one, two] * evidence[mine, other]
    root = np.sqrt(OWN_SHARE * np.concatenate([model.turn_variance, BENT_SHARE * model.turn_variance]).ravel())
    system = root[:, None] * system * root + np.eye(4 * u)
    return np.asarray(root * np.linalg.solve(system, root * right))


def without_drift(fitter: Fitter, variables: DoubleArray, pose: DoubleArray, drift: DoubleArray) -> DoubleArray:
    """Products ``(n, K + 2 U)`` less what a person's own drift adds to them; ``pose`` as of
    :func:`own_drift`.
    """
    k, u = fitter.model.dimension, fitter.model.turn_variance.shape[1]
    angles, fields = _angles(pose), drift.reshape(4, u)
    gram = fitter.posterior.gram
    images = np.stack([gram[:, k + (i % 2) * u : k + (i % 2 + 1) * u] @ fields[i] for i in range(4)])
    return np.asarray(variables - np.matmul(angles[:, None], images)[:, 0])


def _explained(fitter: Fitter) -> tuple[DoubleArray, DoubleArray]:
    """What an expression could explain as well is no evidence of drift: ``(K, 2 U)``, and what is left of it."""
    gram, k, u = fitter.posterior.gram, fitter.model.dimension, fitter.model.turn_variance.shape[1]
    turns = slice(k, k + 2 * u)
    explained = np.linalg.solve(gram[:k, :k] + np.linalg.inv(fitter.model.expression_covariance), gram[:k, turns])
    return explained, gram[turns, turns] - gram[turns, :k] @ explained


def _angles(pose: DoubleArray) -> DoubleArray:
    """``(n, 4)``: yaw, pitch and their squares in units of :data:`~dfe.facemodel.model.TURN_UNIT`."""
    yaw, pitch = pose[:, 1] / TURN_UNIT, pose[:, 0] / TURN_UNIT
    return np.stack([yaw, pitch, yaw * yaw, pitch * pitch], axis=1)
