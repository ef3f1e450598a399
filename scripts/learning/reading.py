"""Fits version 2 of the landmark front end's expressions: a linear map from the network's logits to coefficients.

- *Head pose is erased*: the logits are projected, along their own covariance, so that no linear reader finds pitch, yaw
  or roll in them any more (least-squares concept erasure, Belrose et al., arXiv 2306.03819). Fitted on faces and their
  mirror images, the projection treats left and right alike.
- *Each coefficient is set to zero where most neutral faces lie*: at a high quantile of them. What differs between
  people at rest is then not said, and what is said is movement.
- *The scale is the sigmoids'*: at its high quantile over all faces a coefficient goes as far as its sigmoid did.

All of it is one matrix. Of the labels of emotions only "neutral" takes part, for the zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.frontends.landmarks.reading import POSE_TERMS, LinearMap, pose_terms
from dfe.space.arkit import ARKIT_NAMES, FACE_NAMES, mirrored_name
from dfe.space.registry import load_space

FACE = np.array([ARKIT_NAMES.index(name) for name in FACE_NAMES])
"""Where the 41 coded coefficients stand among the 51."""
PARTNER = np.array([ARKIT_NAMES.index(mirrored_name(name)) for name in ARKIT_NAMES])
"""The logit that each becomes in the mirror image, ``(51,)``."""
POSE_SIGNS = np.array([1.0, -1.0, -1.0])
"""What the flip does to pitch, yaw and roll."""


@dataclass(frozen=True)
class ReadingConfig:
    """Choices of the fit; docs/decisions/0006 says how they were made."""

    zero: float = 0.8
    """Quantile of the neutral faces that a coefficient has to pass in order to speak."""
    high: float = 0.99
    """Quantile of all faces that fixes its scale."""
    least_reach: float = 0.3
    """Activation at that quantile where the sigmoid stayed below it."""


class Looks(NamedTuple):
    """What the front end saw of n faces."""

    logits: DoubleArray
    """``(n, 51)`` of ``ARKIT_NAMES``, left and right treated alike."""
    pose: DoubleArray
    """``(n, 3)``: pitch, yaw, roll in radians."""

    def take(self, rows: IntArray | BoolArray) -> Looks:
        """Some of the faces."""
        return Looks(self.logits[rows], self.pose[rows])


class Fit(NamedTuple):
    """The two maps to the 41 coefficients of version 2."""

    both: LinearMap
    """For landmarks found both ways."""
    one: LinearMap
    """For landmarks found in one look."""


def fit_reading(
    people: Looks,
    expressive: Looks,
    neutral: BoolArray,
    one: Looks,
    one_is: IntArray,
    reach: DoubleArray,
    config: ReadingConfig | None = None,
) -> Fit:
    """Fit both maps.

    Args:
        people: faces seen both ways, with heads turned as people turn them; the pose is erased on them.
        expressive: faces seen both ways that express something.
        neutral: ``(n + m,)``: which of ``people`` and ``expressive`` are called neutral.
        one: some of ``people`` and ``expressive`` seen in one look.
        one_is: ``(len(one),)``: which row of ``people`` and ``expressive``, one after the other, each of them is.
        reach: ``(41,)``: how far the network's sigmoids go at ``config.high``.
        config: choices.
    """
    config = config or ReadingConfig()
    erasing, shift = erase(people.logits, people.logits[:, PARTNER], people.pose)
    both = np.concatenate([people.logits, expressive.logits])
    zero, unit = scale(both @ erasing[:, FACE] + shift[FACE], neutral, reach, config)
    matrix, bias = erasing[:, FACE] / unit, (shift[FACE] - zero) / unit
    weights, turned, middle = asymmetry(one, both[one_is])
    return Fit(
        both=LinearMap(matrix, np.zeros((POSE_TERMS, len(FACE))), bias),
        one=LinearMap(weights @ matrix, turned @ matrix, middle @ matrix + bias),
    )


def erase(features: DoubleArray, mirrored: DoubleArray, pose: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    """Matrix and shift after which no linear reader finds the pose ``(n, 3)`` in the features ``(n, size)``.

    Fitted on the faces and their mirror images, ``(n, size)`` too; equation 3 of arXiv 2306.03819.
    """
    x = np.concatenate([features, mirrored])
    z = np.concatenate([pose, pose * POSE_SIGNS])
    middle = x.mean(axis=0)
    x, z = x - middle, z - z.mean(axis=0)
    total = x.T @ x / len(x)
    values, axes = np.linalg.eigh(total + 1e-9 * np.trace(total) / len(total) * np.eye(len(total)))
    whiten, colour = (axes * values**-0.5) @ axes.T, (axes * values**0.5) @ axes.T
    seen, _, _ = np.linalg.svd(whiten @ (x.T @ z / len(x)), full_matrices=False)
    matrix = np.eye(len(total)) - whiten @ seen @ seen.T @ colour
    return matrix, middle - middle @ matrix


def scale(
    values: DoubleArray, neutral: BoolArray, reach: DoubleArray, config: ReadingConfig
) -> tuple[DoubleArray, DoubleArray]:
    """Zero and unit of each coefficient ``(41,)``, those of left and right being one."""
    partner = load_space("arkit51/face41").partner
    pooled = np.concatenate([values, values[:, partner]])
    zero = np.quantile(pooled[np.concatenate([neutral, neutral])], config.zero, axis=0)
    high = np.quantile(pooled, config.high, axis=0) - zero
    return zero, high / np.maximum((reach + reach[partner]) / 2, config.least_reach)


def asymmetry(one: Looks, both: DoubleArray, ridge: float = 1e-3) -> tuple[DoubleArray, DoubleArray, DoubleArray]:
    """From one look to the logits that looks at a picture and at its mirror image have on average.

    Args:
        one: what was seen in one look, ``n`` faces.
        both: ``(n, 51)`` logits of the same faces, seen both ways.
        ridge: share of each term's variance.

    Returns:
        Weights of the logits ``(51, 51)`` and of the pose terms ``(9, 51)``, and a shift ``(51,)``.
    """
    spread = one.logits.std(axis=0)
    terms = np.concatenate([np.ones((len(both), 1)), pose_terms(one.pose), one.logits / spread], axis=1)
    gram = terms.T @ terms + ridge * len(both) * np.eye(terms.shape[1])
    weights = np.linalg.solve(gram, terms.T @ (both - one.logits))
    return np.eye(len(spread)) + weights[1 + POSE_TERMS :] / spread[:, None], weights[1 : 1 + POSE_TERMS], weights[0]
