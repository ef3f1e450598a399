"""Fits version 2 of the landmark front end's expressions: a linear map from logits and landmarks to coefficients.

What a face's landmarks say is taken as the sum of who it is, where the head points, and what the face does. From many
pictures, some of them of the same person, the three can be told apart by their covariances:

- *Head pose* is erased: the features are projected, along their own covariance, so that no linear reader finds pitch,
  yaw or roll in them any more (least-squares concept erasure, Belrose et al., arXiv 2306.03819). Fitted on faces and
  their mirror images, the projection treats left and right alike.
- *Identity* is what differs between people beyond what one person's pictures differ by: ``B = total - within``. The
  expression is what is left of the variance of faces that express something: ``E = total of expressive faces - B``.
  The best linear guess of the expression is then ``E (E + weight B)^-1`` times the features (Wiener's filter).

All steps together are one matrix. Nothing here knows an emotion label but the zero point: the typical face that people
call neutral.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dfe.frontends.landmarks.networks import Networks
from dfe.frontends.landmarks.reading import POSE_TERMS, pose_terms
from dfe.space.arkit import ARKIT_NAMES, FACE_NAMES, load_space, mirrored_name
from dfe.types import BoolArray, DoubleArray, IntArray

CHANNELS = len(ARKIT_NAMES)
_FACE = np.array([ARKIT_NAMES.index(name) for name in FACE_NAMES])
_PARTNER = np.array([ARKIT_NAMES.index(mirrored_name(name)) for name in ARKIT_NAMES])
_POSE_SIGNS = np.array([1.0, -1.0, -1.0])
_FLIP = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True)
class ReadingConfig:
    """Choices of the fit; docs/decisions/0006 says how they were made."""

    components: int = 40
    """Principal components of the landmarks that stand beside the 51 logits."""
    identity_weight: float = 2.0
    """How much the identity counts against the expression; more leaks less and says less."""
    ridge: float = 1e-3
    """Share of each feature's variance added to the covariance that is inverted."""
    high: float = 0.99
    """Quantile of a coefficient that fixes its scale."""
    least_reach: float = 0.3
    """Activation at that quantile where version 1 stayed below it."""


class Looks(NamedTuple):
    """What the front end saw of n faces."""

    logits: DoubleArray
    """``(n, 51)`` of ``ARKIT_NAMES``, left and right treated alike."""
    landmarks: DoubleArray
    """``(n, 1404)``: pose-normalised, cm."""
    pose: DoubleArray
    """``(n, 3)``: pitch, yaw, roll in radians."""

    def take(self, rows: IntArray | BoolArray) -> Looks:
        return Looks(*(part[rows] for part in self))


class Affine(NamedTuple):
    """``bias + logits @ logits' weights + landmarks @ landmarks' weights + pose_terms @ pose's weights``."""

    logits: DoubleArray
    landmarks: DoubleArray
    pose: DoubleArray
    bias: DoubleArray

    def __call__(self, looks: Looks) -> DoubleArray:
        """``(n, outputs)``."""
        terms = pose_terms(looks.pose) @ self.pose
        return np.asarray(self.bias + looks.logits @ self.logits + looks.landmarks @ self.landmarks + terms)

    def then(self, matrix: DoubleArray, shift: DoubleArray) -> Affine:
        """The map followed by ``y @ matrix + shift``."""
        return Affine(self.logits @ matrix, self.landmarks @ matrix, self.pose @ matrix, self.bias @ matrix + shift)


class Features:
    """Logits and principal components of the landmarks, each component even or odd under the left-right flip.

    Args:
        landmarks: ``(n, 1404)`` of faces to find the components of.
        components: how many.
    """

    def __init__(self, landmarks: DoubleArray, components: int) -> None:
        flipped = mirrored_landmarks(landmarks)
        self.middle = (landmarks.mean(axis=0) + flipped.mean(axis=0)) / 2
        centred = np.concatenate([landmarks, flipped]) - self.middle
        _, axes = np.linalg.eigh(centred.T @ centred / len(centred))
        self.axes = np.ascontiguousarray(axes[:, ::-1][:, :components])
        parity = np.sign((mirrored_landmarks(self.axes.T) * self.axes.T).sum(axis=1))
        size = CHANNELS + components
        self.mirror = np.zeros((size, size))
        """``(size, size)``: the mirrored face's features are ``features @ mirror``."""
        self.mirror[_PARTNER, np.arange(CHANNELS)] = 1
        self.mirror[np.arange(CHANNELS, size), np.arange(CHANNELS, size)] = parity

    def __call__(self, looks: Looks) -> DoubleArray:
        """``(n, 51 + components)``."""
        return np.concatenate([looks.logits, (looks.landmarks - self.middle) @ self.axes], axis=1)

    def affine(self) -> Affine:
        """The same as a map."""
        size = len(self.mirror)
        logits, landmarks = np.eye(CHANNELS, size), np.zeros((len(self.middle), size))
        landmarks[:, CHANNELS:] = self.axes
        bias = -(self.middle @ landmarks)
        return Affine(logits, landmarks, np.zeros((POSE_TERMS, size)), bias)


def mirrored_landmarks(landmarks: DoubleArray) -> DoubleArray:
    """Pose-normalised landmarks ``(n, 1404)`` of the mirror image."""
    partner = Networks().partner[: landmarks.shape[1] // 3]
    return np.asarray((landmarks.reshape(len(landmarks), len(partner), 3)[:, partner] * _FLIP).reshape(landmarks.shape))


def erase(features: DoubleArray, pose: DoubleArray, mirror: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    """Matrix and shift after which no linear reader finds the pose ``(n, 3)`` in the features ``(n, size)``.

    Fitted on the faces and their mirror images; equation 3 of arXiv 2306.03819.
    """
    x = np.concatenate([features, features @ mirror])
    z = np.concatenate([pose, pose * _POSE_SIGNS])
    middle = x.mean(axis=0)
    x, z = x - middle, z - z.mean(axis=0)
    total = x.T @ x / len(x)
    values, axes = np.linalg.eigh(total + 1e-9 * np.trace(total) / len(total) * np.eye(len(total)))
    whiten, colour = (axes * values**-0.5) @ axes.T, (axes * values**0.5) @ axes.T
    seen, _, _ = np.linalg.svd(whiten @ (x.T @ z / len(x)), full_matrices=False)
    matrix = np.eye(len(total)) - whiten @ seen @ seen.T @ colour
    return matrix, middle - middle @ matrix


def covariance(x: DoubleArray, mirror: DoubleArray) -> DoubleArray:
    """Of the faces and their mirror images."""
    return np.asarray(np.cov(np.concatenate([x, x @ mirror]).T))


def within_people(x: DoubleArray, person: IntArray, mirror: DoubleArray) -> DoubleArray:
    """Covariance of one person's pictures around their mean, pooled over people and over mirror images."""
    _, who, count = np.unique(person, return_inverse=True, return_counts=True)
    mean = np.zeros((len(count), x.shape[1]))
    np.add.at(mean, who, x)
    apart = x - (mean / count[:, None])[who]
    pooled = apart.T @ apart / (len(x) - len(count))
    return np.asarray((pooled + mirror.T @ pooled @ mirror) / 2)


def expression_filter(expressive: DoubleArray, identity: DoubleArray, weight: float, ridge: float) -> DoubleArray:
    """Matrix of the best linear guess of the expression, ``(size, size)``; both arguments are covariances."""
    identity = _positive(identity)
    expression = _positive(expressive - identity)
    inverted = expression + weight * identity + ridge * np.diag(np.diag(expressive))
    return np.asarray(np.linalg.solve(inverted, expression))


def asymmetry(one: Looks, both: DoubleArray, features: Features, ridge: float = 1e-3) -> Affine:
    """Map from one look to the features that looks at the picture and at its mirror image have on average.

    Args:
        one: what was seen in one look, ``n`` faces.
        both: ``(n, size)`` features of the same faces, seen both ways.
        features: how features are made.
        ridge: share of each term's variance.
    """
    x = features(one)
    spread = x.std(axis=0)
    terms = np.concatenate([np.ones((len(x), 1)), pose_terms(one.pose), x / spread], axis=1)
    weights = np.linalg.solve(terms.T @ terms + ridge * len(x) * np.eye(terms.shape[1]), terms.T @ (both - x))
    plain = features.affine()
    linear = np.eye(len(spread)) + weights[1 + POSE_TERMS :] / spread[:, None]
    moved = plain.then(linear, weights[0])
    return moved._replace(pose=weights[1 : 1 + POSE_TERMS])


class Fit(NamedTuple):
    """The two maps to the 41 coefficients of version 2."""

    both: Affine
    """For landmarks found both ways."""
    one: Affine
    """For landmarks found in one look."""


def fit_reading(
    people: Looks,
    person: IntArray,
    expressive: Looks,
    neutral: BoolArray,
    one: Looks,
    one_is: IntArray,
    reach: DoubleArray,
    config: ReadingConfig | None = None,
) -> Fit:
    """Fit both maps.

    Args:
        people: faces seen both ways, many people with several pictures.
        person: ``(n,)`` who they are.
        expressive: faces seen both ways that express something.
        neutral: ``(n + m,)``: which of ``people`` and ``expressive`` are called neutral.
        one: some of ``people`` and ``expressive`` seen in one look.
        one_is: ``(len(one),)``: which row of ``people`` and ``expressive``, one after the other, each of them is.
        reach: ``(41,)``: how far version 1's coefficients go from the neutral face at ``config.high``.
        config: choices.
    """
    config = config or ReadingConfig()
    features = Features(np.concatenate([people.landmarks, expressive.landmarks[::5]]), config.components)
    mirror = features.mirror
    p, e = features(people), features(expressive)
    erasing, shift = erase(p, people.pose, mirror)
    both = np.concatenate([p, e])
    p, e = p @ erasing + shift, e @ erasing + shift
    identity = covariance(p, mirror) - within_people(p, person, mirror)
    guess = expression_filter(covariance(e, mirror), identity, config.identity_weight, config.ridge)
    middle = (e.mean(axis=0) + e.mean(axis=0) @ mirror) / 2
    matrix, shift = erasing @ guess[:, _FACE], (shift - middle) @ guess[:, _FACE]
    values = both @ matrix + shift
    zero, scale = _scale(values, neutral, reach, config)
    matrix, shift = matrix / scale, (shift - zero) / scale
    seen_once = asymmetry(one, both[one_is], features)
    return Fit(features.affine().then(matrix, shift), seen_once.then(matrix, shift))


def _scale(
    values: DoubleArray, neutral: BoolArray, reach: DoubleArray, config: ReadingConfig
) -> tuple[DoubleArray, DoubleArray]:
    """Zero and unit of each coefficient, those of left and right being one."""
    partner = load_space("arkit51/face41").partner
    pooled = np.concatenate([values, values[:, partner]])
    zero = np.median(pooled[np.concatenate([neutral, neutral])], axis=0)
    high = np.quantile(pooled, config.high, axis=0) - zero
    reach = np.maximum((reach + reach[partner]) / 2, config.least_reach)
    return zero, high / reach


def _positive(symmetric: DoubleArray) -> DoubleArray:
    """The nearest matrix without negative variances."""
    values, axes = np.linalg.eigh((symmetric + symmetric.T) / 2)
    return np.asarray((axes * np.maximum(values, 0)) @ axes.T)
