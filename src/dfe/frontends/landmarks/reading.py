"""From landmarks to expression coefficients in the space ``arkit51/face41``.

A linear map of the coefficient network's logits, fitted by ``scripts/make_reading.py``: what the head's turn tells
about them is taken out, a coefficient speaks only where it goes beyond what most neutral faces show, and left and right
are treated alike. docs/expression-input.md says how it was chosen and what each coefficient is worth.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.errors import ModelError
from dfe.base.types import DoubleArray, FloatArray
from dfe.frontends.landmarks.coefficients import bounded, find_logits
from dfe.frontends.landmarks.networks import ADVICE, Networks
from dfe.space.registry import load_space

FILE = "reading-2.npz"
POSE_TERMS = 9
"""Pitch, yaw, roll, and their products two by two."""
_RADIANS = 0.35
_WIDEST = 2.5


class Reading(NamedTuple):
    """What is read off one face's landmarks."""

    expression: FloatArray
    """``(41,)`` in the order of ``FACE_NAMES``, within the bounds of the space."""
    coefficients: FloatArray
    """``(52,)`` of the network, 0 to 1; gaze and blink come from here."""
    logits: FloatArray
    """``(52,)``: the same before the sigmoid."""


class Reader:
    """Reads expressions off landmarks.

    Args:
        networks: where the coefficient network, the canonical face and the linear map come from.
        both_ways: the landmarks are means over the picture and its mirror image. Those of one look alone are corrected
            for the landmark network's own asymmetry.

    Raises:
        ModelError: the packaged map is missing or damaged.
    """

    def __init__(self, networks: Networks, both_ways: bool) -> None:
        self.networks, self.map = networks, LinearMap.read(networks, both_ways)

    def __call__(self, points: DoubleArray, pose: DoubleArray) -> Reading:
        """Expression from landmarks ``(478, 3)`` in pixels and pitch, yaw and roll ``(3,)`` in radians."""
        logits = find_logits(self.networks, points)
        expression = self.map(logits[None], pose[None])[0]
        return Reading(expression, (1 / (1 + np.exp(-logits))).astype(np.float32), logits)


class LinearMap(NamedTuple):
    """Bias + logits + pose, each times its weights, cut to the bounds of the space."""

    logits: DoubleArray
    """``(51, 41)``: weights of the logits of ``ARKIT_NAMES``."""
    pose: DoubleArray
    """``(9, 41)``: weights of :func:`pose_terms`; zero where the landmarks were found both ways."""
    bias: DoubleArray
    """``(41,)``."""

    @classmethod
    def read(cls, networks: Networks, both_ways: bool) -> LinearMap:
        """The packaged map for landmarks found both ways, or in one look.

        Raises:
            ModelError: it is missing or damaged.
        """
        kind = "both" if both_ways else "one"
        arrays = networks.arrays(FILE)
        try:
            return cls(*(arrays[f"{kind}_{part}"].astype(np.float64) for part in cls._fields))
        except KeyError as problem:
            raise ModelError("the linear map is not whole", where=FILE, advice=ADVICE) from problem

    def __call__(self, logits: FloatArray, pose: DoubleArray) -> FloatArray:
        """Expressions ``(n, 41)`` from the network's logits ``(n, 52)`` and pitch, yaw and roll ``(n, 3)``."""
        space = load_space("arkit51/face41")
        values = self.bias + logits[:, 1:].astype(np.float64) @ self.logits + pose_terms(pose) @ self.pose
        return bounded(values.clip(space.lower, space.upper).astype(np.float32))


def pose_terms(pose: DoubleArray) -> DoubleArray:
    """Pitch, yaw and roll ``(n, 3)`` in units of 20 degrees, and their products two by two: ``(n, 9)``.

    A roll over 45 degrees counts for what is left to the quarter turn, and one over 90 for what is left to the half
    turn: the crop is level, so a face that lies or stands on its head is seen as an upright one.
    """
    level = pose.copy()
    level[:, 2] = np.arcsin(np.sin(2 * pose[:, 2])) / 2
    p = np.clip(level / _RADIANS, -_WIDEST, _WIDEST)
    first, second = np.triu_indices(3)
    return np.concatenate([p, p[:, first] * p[:, second]], axis=1)
