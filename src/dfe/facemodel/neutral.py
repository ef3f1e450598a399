"""Whose neutral: a person's own face at rest, estimated together with who the person is.

A calm frame is one that looks like a face at rest. What calm frames have in common is partly the person's own resting
face and partly an expression that was held. Both have priors: how far people's resting faces differ along a mode, and
how far expressions go. The more calm frames there are, the less is put down to a held expression; a film that is all
grin has none, so its grin stays an expression.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.facemodel.drift import OWN_SHARE, own_drift, said_of_turns, without_drift
from dfe.facemodel.exact import on_grid
from dfe.facemodel.fit import Frames
from dfe.facemodel.model import TURN_UNIT, FaceModel
from dfe.facemodel.posterior import Fitter

Neutral = Literal["own", "population", "given"]

CALM_FRAMES = 12.0
"""So many calm frames halve what may be put down to a held expression."""
CALM_REACH = 1.5
"""Distance from the population's resting face at which a frame counts by half, in standard deviations of people's
resting faces (root mean square over modes). Of faces labelled neutral 90% lie within it, of happy ones half beyond."""
_SHARP = 4.0
_TURNED = 0.25
_BITS = 20
_AT_ONCE = 256


class RestingFace(NamedTuple):
    """A person's face at rest; what frames are measured against."""

    variables: DoubleArray
    """``(K + 2 U,)``: its products with the modes."""
    pose: DoubleArray
    """``(3,)`` radians: how the head was held in the frames that it comes from."""
    identity: DoubleArray
    """``(A,)``."""
    rest: DoubleArray
    """``(K,)``: how the person's resting face differs from the population's, along the expression modes, mm."""
    held: DoubleArray
    """``(K,)``: the expression that the calm frames had in common and that is no part of the resting face, mm."""
    calm_frames: float
    """How many frames' worth of calm it rests on."""
    sure: float
    """0 to 1: the share of a deviation along the expression modes that is believed to be the person's own."""


def calmness(fitter: Fitter, frames: Frames) -> DoubleArray:
    """``(n,)``, 0 to 1: how much each frame looks like a face at rest that looks ahead; 0 where nothing was seen.

    A frame counts in full at the population's resting face, and by half :data:`CALM_REACH` away from it.
    """
    precision = np.asarray(np.linalg.inv(fitter.model.rest_covariance), np.float64)
    parts = [frames.part(start, start + _AT_ONCE) for start in range(0, len(frames.still), _AT_ONCE)]
    return np.concatenate([_calm(fitter, part, precision) for part in parts]) if parts else np.empty(0)


def _calm(fitter: Fitter, frames: Frames, precision: DoubleArray) -> DoubleArray:
    still = np.where(np.isfinite(frames.still), frames.still, 0)
    far = np.sqrt(np.maximum(np.matmul(np.matmul(still[:, None], precision), still[:, :, None])[:, 0, 0], 0))
    reach = CALM_REACH * np.sqrt(fitter.model.dimension)
    turned = np.square(np.nan_to_num(frames.pose[:, :2]) / _TURNED).sum(axis=1)
    weight = 1 / (1 + (far / reach) ** (2 * _SHARP)) * np.exp(-turned / 2)
    return np.asarray(np.where(np.isfinite(frames.still).all(axis=1), weight, 0.0), np.float64)


def resting_face(
    fitter: Fitter, frames: Frames, neutral: Neutral = "own", given: BoolArray | None = None
) -> RestingFace:
    """The face that a person's frames are measured against; the same however the frames were cut into chunks.

    Args:
        fitter: that the frames come from.
        frames: of one person.
        neutral: ``own``, the person's resting face; ``population``, what the person would look like with everybody's
            resting face; ``given``, the mean of the frames in ``given``, all of it.
        given: ``(n,)`` frames that are neutral, for ``given``; for the others those that tell of a face at rest, where
            there are any (a picture that stands still says the same thing many times over). None: all do.

    Raises:
        UsageError: no usable frame.
    """
    model, posterior = fitter.model, fitter.posterior
    k = model.dimension
    weight, calm = _weights(fitter, frames, neutral, given)
    variables, identity, pose = (
        _mean(array, weight) for array in (frames.products.variables, frames.products.identity, frames.pose)
    )
    own = model.rest_covariance if neutral != "population" else np.zeros((k, k))
    hold = model.expression_covariance / (1 + calm / CALM_FRAMES) if neutral == "own" else model.expression_covariance
    both = own + hold
    off, person = _joint(fitter, variables, identity, pose, both)
    rest = off if neutral == "given" else own @ np.linalg.solve(both, off)
    held = off - rest
    variables = variables - posterior.gram[:, :k] @ held
    sure = 1.0 if neutral == "given" else float(np.trace(own) / np.trace(both))
    return RestingFace(variables, pose, person, rest, held, calm, sure)


def drift_against(fitter: Fitter, frames: Frames, face: RestingFace) -> DoubleArray:
    """What turning the head does to this person's measured face, as :func:`~dfe.facemodel.drift.own_drift` has it."""
    fine = np.flatnonzero(np.isfinite(frames.still).all(axis=1))
    said = [said_of_turns(fitter, _against(frames, rows, face)) for rows in _blocks(fine)]
    return own_drift(fitter, np.concatenate(said), frames.pose[fine] - face.pose)


def expressions(fitter: Fitter, frames: Frames, face: RestingFace, drift: DoubleArray | None = None) -> DoubleArray:
    """Expressions ``(n, K)`` against a person's own face; rows without a face are NaN.

    Args:
        fitter: that the frames come from.
        frames: of one person.
        face: the person's, at rest.
        drift: that other frames of the person told (:func:`drift_against`); None: that of these frames.
    """
    fine = np.flatnonzero(np.isfinite(frames.still).all(axis=1))
    found = np.full(frames.still.shape, np.nan)
    if not len(fine):
        return found
    known = drift_against(fitter, frames, face) if drift is None else drift
    for rows in _blocks(fine):
        pose = frames.pose[rows] - face.pose
        variables = without_drift(fitter, _against(frames, rows, face), pose, known)
        found[rows] = fitter.posterior.tracked(variables, pose, 1 - OWN_SHARE)[:, : fitter.model.dimension]
    return found


def _blocks(rows: IntArray) -> list[IntArray]:
    """Rows a block at a time: all products of a long film at once are as large again as what was seen of it."""
    return [rows[start : start + _AT_ONCE] for start in range(0, max(len(rows), 1), _AT_ONCE)]


def _against(frames: Frames, rows: IntArray, face: RestingFace) -> DoubleArray:
    """Products ``(m, K + 2 U)`` of some frames, less those of the face that they are measured against."""
    products = frames.products.variables[rows]
    products -= face.variables
    return products


def resting_shape(fitter: Fitter, face: RestingFace) -> DoubleArray:
    """``(468, 3)`` mm: what the person looks like at rest, as the model has it."""
    return shape_at_rest(fitter.model, face)


def shape_at_rest(model: FaceModel, face: RestingFace) -> DoubleArray:
    """As :func:`resting_shape`, where only the model is at hand."""
    return np.asarray(
        model.mean_mm + np.tensordot(face.identity, model.identity, 1) + np.tensordot(face.rest, model.expression, 1)
    )


def _weights(fitter: Fitter, frames: Frames, neutral: Neutral, given: BoolArray | None) -> tuple[DoubleArray, float]:
    """How much each frame says of the resting face ``(n,)``, and how many calm frames that makes."""
    fine: BoolArray = np.asarray(np.isfinite(frames.still).all(axis=1), bool)
    if neutral == "given":
        if given is None or not (fine & given).any():
            raise UsageError("the neutral interval holds no usable face", advice="choose another interval")
        return (fine & given).astype(np.float64), float((fine & given).sum())
    if not fine.any():
        raise UsageError("there is no usable face to find a resting face in")
    asked = fine if given is None or not (fine & given).any() else fine & given
    calm = np.where(asked, calmness(fitter, frames), 0.0)
    most = float(calm.max())
    # Where nothing is calm, the calmest frames stand for the person, and the prior for the rest.
    share = np.asarray(calm / most if most > 0 else asked.astype(np.float64))
    return on_grid(share, _BITS), float(on_grid(calm, _BITS).sum())


def _mean(rows: DoubleArray, weight: DoubleArray) -> DoubleArray:
    """Weighted mean whose sums are exact, so that no order of summation shows."""
    there = np.flatnonzero(weight > 0)
    total = np.zeros(rows.shape[1])
    for start in range(0, len(there), _AT_ONCE):
        some = there[start : start + _AT_ONCE]
        total += on_grid(rows[some] * weight[some, None], _BITS).sum(axis=0)
    return np.asarray(total / weight.sum())


def _joint(
    fitter: Fitter, variables: DoubleArray, identity: DoubleArray, pose: DoubleArray, prior: DoubleArray
) -> tuple[DoubleArray, DoubleArray]:
    """Expression ``(K,)`` and identity ``(A,)`` of a mean face, the expression having the covariance ``prior``."""
    model, posterior = fitter.model, fitter.posterior
    k, a = model.dimension, len(model.identity)
    angle = np.array([pose[1], pose[0]]) / TURN_UNIT
    turn = (model.turn_variance * np.square(angle)[:, None]).ravel()
    gram = np.block([[posterior.identity_gram, posterior.cross.T], [posterior.cross, posterior.gram]])
    right = np.concatenate([identity, variables])
    root = np.linalg.cholesky(prior + 1e-9 * np.eye(k))
    scale = np.zeros(gram.shape)
    scale[:a, :a] = np.eye(a)
    scale[a : a + k, a : a + k] = root
    free = len(posterior.gram) - k - len(turn)
    scale[a + k :, a + k :] = np.diag(np.sqrt(np.concatenate([turn, np.ones(free)])))
    system = scale.T @ gram @ scale
    system[a:, a:] += np.eye(len(system) - a)
    found = scale @ np.linalg.solve(system, scale.T @ right)
    return found[a : a + k], found[:a]
