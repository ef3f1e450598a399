"""Inputs that were tried and not taken: landmarks beside the logits, identity held down, shapes fitted to landmarks.

What a face's landmarks say is taken as the sum of who it is and what the face does. Identity is what differs between
people beyond what one person's pictures differ by: ``B = total - within``. Expression is what is left of the variance
of faces that express something, ``E = total of expressive faces - B``, and the best linear guess of it is
``E (E + weight B)^-1`` times the features (Wiener's filter).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.frontends.landmarks.networks import Networks
from dfe.space.arkit import ARKIT_NAMES
from learning.reading import FACE, PARTNER, erase
from looks import Seen

CHANNELS = len(ARKIT_NAMES)
RIDGE = 1e-3
_FLIP = np.array([-1.0, 1.0, 1.0])


class Affine(NamedTuple):
    """Coefficients from logits and landmarks."""

    logits: np.ndarray
    landmarks: np.ndarray
    bias: np.ndarray

    def __call__(self, seen: Seen, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        return self.bias + seen.looks.logits[rows] @ self.logits + seen.landmarks[rows] @ self.landmarks

    def then(self, matrix: np.ndarray, shift: np.ndarray) -> Affine:
        """Followed by ``y @ matrix + shift``."""
        return Affine(self.logits @ matrix, self.landmarks @ matrix, self.bias @ matrix + shift)


class Features:
    """Logits and principal components of the landmarks, each component even or odd under the left-right flip."""

    def __init__(self, landmarks: np.ndarray, components: int) -> None:
        flipped = mirrored_landmarks(landmarks)
        self.middle = (landmarks.mean(axis=0) + flipped.mean(axis=0)) / 2
        centred = np.concatenate([landmarks, flipped]) - self.middle
        _, axes = np.linalg.eigh(centred.T @ centred / len(centred))
        self.axes = np.ascontiguousarray(axes[:, ::-1][:, :components])
        parity = np.sign((mirrored_landmarks(self.axes.T) * self.axes.T).sum(axis=1))
        size = CHANNELS + components
        self.mirror = np.zeros((size, size))
        self.mirror[PARTNER, np.arange(CHANNELS)] = 1
        self.mirror[np.arange(CHANNELS, size), np.arange(CHANNELS, size)] = parity

    def __call__(self, seen: Seen, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        return np.concatenate([seen.looks.logits[rows], (seen.landmarks[rows] - self.middle) @ self.axes], axis=1)

    def affine(self) -> Affine:
        """The same as a map."""
        landmarks = np.zeros((len(self.middle), len(self.mirror)))
        landmarks[:, CHANNELS:] = self.axes
        return Affine(np.eye(CHANNELS, len(self.mirror)), landmarks, -(self.middle @ landmarks))


def mirrored_landmarks(landmarks: np.ndarray) -> np.ndarray:
    """Pose-normalised landmarks ``(n, 1404)`` of the mirror image."""
    partner = Networks().partner[: landmarks.shape[1] // 3]
    return (landmarks.reshape(len(landmarks), len(partner), 3)[:, partner] * _FLIP).reshape(landmarks.shape)


def covariance(x: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """Of the faces and their mirror images."""
    return np.asarray(np.cov(np.concatenate([x, x @ mirror]).T))


def within_people(x: np.ndarray, person: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """Covariance of one person's pictures around their mean, pooled over people and over mirror images."""
    _, who, count = np.unique(person, return_inverse=True, return_counts=True)
    mean = np.zeros((len(count), x.shape[1]))
    np.add.at(mean, who, x)
    apart = x - (mean / count[:, None])[who]
    pooled = apart.T @ apart / (len(x) - len(count))
    return np.asarray((pooled + mirror.T @ pooled @ mirror) / 2)


def expression_filter(expressive: np.ndarray, identity: np.ndarray, weight: float, ridge: float) -> np.ndarray:
    """Matrix of the best linear guess of the expression, ``(size, size)``; both arguments are covariances."""
    identity = _positive(identity)
    expression = _positive(expressive - identity)
    inverted = expression + weight * identity + ridge * np.diag(np.diag(expressive))
    return np.asarray(np.linalg.solve(inverted, expression))


def _positive(symmetric: np.ndarray) -> np.ndarray:
    """The nearest matrix without negative variances."""
    values, axes = np.linalg.eigh((symmetric + symmetric.T) / 2)
    return np.asarray((axes * np.maximum(values, 0)) @ axes.T)


def filtered(
    people: Seen, rows: np.ndarray, person: np.ndarray, expressive: Seen, components: int, weight: float
) -> Affine:
    """Pose erased and identity held down, 41 coefficients; fitted on some rows of ``people``."""
    features, matrix, shift, _ = _filter(people, rows, person, expressive, components, weight)
    return features.affine().then(matrix[:, FACE], shift[FACE])


def from_landmarks(people: Seen, rows: np.ndarray, expressive: Seen, components: int = 100) -> Affine:
    """Logits guessed from the landmarks alone by ridge regression, then the pose erased."""
    features = Features(np.concatenate([people.landmarks[rows], expressive.landmarks[::5]]), components)
    x = np.concatenate([features(people, rows), features(expressive)])
    x = np.concatenate([x, x @ features.mirror])
    points, logits = x[:, CHANNELS:], x[:, :CHANNELS]
    middle = logits.mean(axis=0)
    gram = points.T @ points + RIDGE * np.diag(points.var(axis=0)) * len(points)
    guess = np.zeros((len(features.mirror), CHANNELS))
    guess[CHANNELS:] = np.linalg.solve(gram, points.T @ (logits - middle))
    guessed = features(people, rows) @ guess + middle
    matrix, shift = erase(guessed, guessed @ features.mirror[:CHANNELS, :CHANNELS], people.looks.pose[rows])
    return features.affine().then(guess @ matrix[:, FACE], middle @ matrix[:, FACE] + shift[FACE])


def shape_fit(
    people: Seen, rows: np.ndarray, person: np.ndarray, expressive: Seen, components: int = 60, ridge: float = 0.3
) -> Affine:
    """From the filtered logits on, the shapes that the landmarks' expression still asks for, by ridge regression.

    What each channel does to the landmarks is learnt from the faces themselves.
    """
    features, matrix, shift, said = _filter(people, rows, person, expressive, components, 1.0)
    channels, points = said[:, :CHANNELS], said[:, CHANNELS:]
    unit = np.diag(1 / channels.std(axis=0))
    basis = np.linalg.lstsq(channels @ unit, points, rcond=None)[0]
    gram = basis @ basis.T
    back = np.linalg.solve(gram + ridge * np.trace(gram) / len(gram) * np.eye(len(gram)), basis).T
    first = np.concatenate([unit, np.zeros((components, CHANNELS))])
    rest = np.concatenate([-unit @ basis, np.eye(components)])
    fit = first + rest @ back
    return features.affine().then((matrix @ fit)[:, FACE], (shift @ fit)[FACE])


def _filter(
    people: Seen, rows: np.ndarray, person: np.ndarray, expressive: Seen, components: int, weight: float
) -> tuple[Features, np.ndarray, np.ndarray, np.ndarray]:
    features = Features(np.concatenate([people.landmarks[rows], expressive.landmarks[::5]]), components)
    p, e, mirror = features(people, rows), features(expressive), features.mirror
    erasing, shift = erase(p, p @ mirror, people.looks.pose[rows])
    p, e = p @ erasing + shift, e @ erasing + shift
    identity = covariance(p, mirror) - within_people(p, person, mirror)
    guess = expression_filter(covariance(e, mirror), identity, weight, RIDGE)
    middle = (e.mean(axis=0) + e.mean(axis=0) @ mirror) / 2
    return features, erasing @ guess, (shift - middle) @ guess, (e - middle) @ guess
