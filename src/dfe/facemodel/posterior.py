"""Expressions from what was measured: the most probable ones under the model's priors, in closed form.

A frame is first compressed to the products of its displacement with the model's modes, weighted by the noise. They hold
all that the frame says about identity, expression and turn, so nothing else need be kept.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from dfe.base.types import DoubleArray
from dfe.facemodel.exact import WEIGHT_BITS, on_grid, product
from dfe.facemodel.model import TURN_UNIT, FaceModel

_ROWS_AT_ONCE = 32


class Products(NamedTuple):
    """What frames say, compressed; all rows independent of each other."""

    variables: DoubleArray
    """``(n, K + 2 U)``: with the modes that change from frame to frame."""
    identity: DoubleArray
    """``(n, A)``: with the modes that do not."""


class Fitter(Protocol):
    """What turns points into :class:`Products`; :class:`~dfe.facemodel.fit.FaceFitter` or one of fewer points."""

    @property
    def model(self) -> FaceModel:
        """The face model."""
        ...

    @property
    def posterior(self) -> Posterior:
        """Estimates from its products."""
        ...


class Posterior:
    """Closed-form estimates under a face model, seen through fixed observation weights.

    Args:
        model: the face model.
        observed: ``(m, 468)`` weights by which m observed points are made of the mesh's; None: the mesh itself.
        noise_mm: ``(m,)``, or ``(m, 3)`` by axis, standard deviation of the observed points; None: the model's.
        extra: ``(X, 468, 3)`` further modes of variance 1, as the head's turn where the points that tell it are few.
    """

    def __init__(
        self,
        model: FaceModel,
        observed: DoubleArray | None = None,
        noise_mm: DoubleArray | None = None,
        extra: DoubleArray | None = None,
    ) -> None:
        self.model = model
        noise = model.noise_mm if noise_mm is None else noise_mm
        weight = (np.repeat(noise, 3) if noise.ndim == 1 else noise.ravel()) ** -2

        def seen(modes: DoubleArray) -> DoubleArray:
            return modes if observed is None else np.einsum("mp,dpk->dmk", observed, modes)

        def flat(modes: DoubleArray) -> DoubleArray:
            return seen(modes).reshape(len(modes), -1)

        parts = [model.expression, *model.turn] + ([] if extra is None else [extra])
        variables = np.concatenate([flat(part) for part in parts])
        identity = flat(model.identity)
        self.mean = seen(model.mean_mm[None])[0].ravel()
        self._variables = on_grid(variables * weight, WEIGHT_BITS)
        self._identity = on_grid(identity * weight, WEIGHT_BITS)
        self.gram = self._variables @ variables.T
        self.gram = (self.gram + self.gram.T) / 2
        self.cross = self._variables @ identity.T
        self.identity_gram = self._identity @ identity.T + np.diag(1 / model.identity_variance)
        # A face whose person is unknown: the person is one more source of noise.
        self._identity_inverse: DoubleArray = np.asarray(np.linalg.inv(self.identity_gram), np.float64)
        self._person = self.cross @ self._identity_inverse
        self.still_gram = self.gram - self._person @ self.cross.T
        self.still_gram = (self.still_gram + self.still_gram.T) / 2
        self._precision = np.linalg.inv(model.expression_covariance)
        self.shapes = np.concatenate([identity, variables])

    def products(self, shape_mm: DoubleArray) -> Products:
        """Faces in head coordinates ``(n, m, 3)`` compressed; the same to the last bit in any batch."""
        off = shape_mm.reshape(len(shape_mm), len(self.mean)) - self.mean
        return Products(product(off, self._variables), product(off, self._identity))

    def still(self, seen: Products, pose: DoubleArray) -> DoubleArray:
        """Expressions and turns ``(n, K + 2 U)`` of faces whose person is unknown; ``pose`` ``(n, 3)`` in radians."""
        return self._solve(seen.variables - _rows(seen.identity, self._person), self.still_gram, pose)

    def person(self, seen: Products, variables: DoubleArray) -> DoubleArray:
        """Identity coefficients ``(n, A)`` of faces whose other coefficients ``(n, K + 2 U)`` were found."""
        right = seen.identity - _rows(variables, self.cross.T)
        return _rows(right, self._identity_inverse)

    def tracked(self, variables: DoubleArray, pose: DoubleArray, turning: float = 1.0) -> DoubleArray:
        """Expressions and turns ``(n, K + 2 U)`` against a person's own face.

        Args:
            variables: ``(n, K + 2 U)`` products of the frames less those of the person's face.
            pose: ``(n, 3)`` radians, less that of the person's face.
            turning: share of the turn modes' variance that is left to each frame.
        """
        return self._solve(variables, self.gram, pose, turning)

    def _solve(self, right: DoubleArray, gram: DoubleArray, pose: DoubleArray, turning: float = 1.0) -> DoubleArray:
        k = self.model.dimension
        spread = np.sqrt(turning * self.model.turn_variance)
        scale = np.ones(right.shape)
        for axis, (one, angle) in enumerate(zip(spread, (pose[:, 1], pose[:, 0]), strict=True)):
            start = k + axis * len(one)
            scale[:, start : start + len(one)] = angle[:, None] / TURN_UNIT * one
        prior = np.eye(len(gram))
        prior[:k, :k] = self._precision
        found = np.empty(right.shape)
        for start in range(0, len(right), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            s = scale[part]
            system = s[:, :, None] * gram * s[:, None, :] + prior
            found[part] = np.linalg.solve(system, (s * right[part])[..., None])[..., 0] * s
        return found


def _rows(rows: DoubleArray, weights: DoubleArray) -> DoubleArray:
    """``rows @ weights.T`` with every row on its own, so that no row depends on its batch."""
    return np.asarray(np.matmul(rows[:, None], weights.T)[:, 0])
