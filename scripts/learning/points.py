"""Fits the regressors from 68 points to version 2's expressions: a small network on disturbed copies of the faces.

The points come from the same mesh as the coefficients, so undisturbed they say almost all. Another tracker places them
otherwise: so each copy of a face is turned a little, its points are moved at random, and whole contours are moved
together.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import torch

from dfe.base.types import DoubleArray, FloatArray
from dfe.frontends.landmarks.networks import Networks
from dfe.frontends.points.alignment import align_picture, align_space
from dfe.frontends.points.mapping import PARTNER, POINTS, weights
from dfe.frontends.points.regressor import SWAP, Arrays
from dfe.space.registry import load_space

GROUPS = (
    range(0, 17),
    range(17, 22),
    range(22, 27),
    range(27, 31),
    range(31, 36),
    range(36, 42),
    range(42, 48),
    range(48, 60),
    range(60, 68),
)
"""Jaw, brows, bridge and base of the nose, eyes, outer and inner lips."""


@dataclass(frozen=True)
class PointsConfig:
    """Settings of :func:`fit_points`; lengths in cm of a face of ordinary size."""

    hidden: int = 128
    copies: int = 8
    """Disturbed copies of each face and of its mirror image."""
    point_cm: float = 0.15
    """Standard deviation by which each point is moved."""
    group_cm: float = 0.1
    """Standard deviation by which the points of a contour are moved together."""
    jaw: float = 6.0
    """Times as much for the jaw, where trackers agree least."""
    turn_degrees: float = 8.0
    """Standard deviation of the turn about each axis, of the regressor of pictures."""
    rate: float = 2e-3
    decay: float = 1e-2
    batch: int = 256
    passes: int = 10
    """Over all copies."""
    quiet: float = 0.2
    """Share of the faces, those nearest to no expression, whose mean is the shape at rest."""
    seed: int = 0

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


class PointFaces(NamedTuple):
    """Faces to learn from."""

    points: DoubleArray
    """``(n, 68, 3)`` px: x to the right, y down, z away from the camera."""
    values: FloatArray
    """``(n, 43)``: expression and blinks."""
    pose: DoubleArray
    """``(n, 3)``: pitch, yaw and roll in radians."""


def fit_points(faces: PointFaces, reference: DoubleArray, *, depth: bool, config: PointsConfig) -> Arrays:
    """Train a regressor of points in space (``depth``) or in a picture.

    Args:
        faces: to learn from.
        reference: ``(68, 3)`` cm: the face that others are laid on.
        depth: which of the two.
        config: settings.
    """
    rng = np.random.default_rng(config.seed)
    both = with_mirrored(faces)
    # In cm of the reference face and looking ahead, as far as the picture's own axes allow.
    level = _in_cm(both.points, reference)
    clean = _shapes(level, reference, depth)
    mean = clean.mean(axis=0)
    offset = [clean] + [_shapes(_disturbed(level, depth, config, rng), reference, depth) for _ in range(config.copies)]
    inputs = torch.tensor((np.concatenate(offset) - mean).reshape(-1, mean.size), dtype=torch.float32)
    wanted = torch.tensor(np.tile(both.values, (config.copies + 1, 1)))
    layers = _train(inputs, wanted, config)
    space = load_space("arkit51/face41")
    said = both.values[:, : space.dimension]
    strength = space.error_mm(said, np.zeros_like(said))
    rest = clean[strength <= np.quantile(strength, config.quiet)].mean(axis=0)
    parts = (reference, mean, rest, *layers, _pose_line(both, reference, depth))
    return Arrays(*(np.asarray(part, np.float32) for part in parts))


def with_mirrored(faces: PointFaces) -> PointFaces:
    """The faces and their mirror images."""
    image = faces.points[:, PARTNER] * [-1.0, 1.0, 1.0]
    pose = np.concatenate([faces.pose, faces.pose * [1.0, -1.0, -1.0]])
    values = np.concatenate([faces.values, faces.values[:, SWAP]])
    return PointFaces(np.concatenate([faces.points, image]), values, pose)


def disturbed(points: DoubleArray, reference: DoubleArray, config: PointsConfig, *, depth: bool) -> DoubleArray:
    """Points ``(n, 68, 3)`` as another tracker might place them, in cm; what the regressors are trained to bear."""
    return _disturbed(_in_cm(points, reference), depth, config, np.random.default_rng(config.seed + 1))


def reference_face(networks: Networks) -> DoubleArray:
    """The canonical face's 68 points in cm, ``(68, 3)``: x to the picture's right, y down, z away from the camera."""
    vertices = networks.arrays("geometry.npz")["vertices_cm"].astype(np.float64)
    return np.asarray(weights(networks)[:, : len(vertices)] @ vertices * [1.0, -1.0, -1.0])


def _in_cm(points: DoubleArray, reference: DoubleArray) -> DoubleArray:
    """Points scaled to the reference's size about their own middle; turned as they were."""
    shape = align_space(points, reference).shape
    middle = points.mean(axis=1, keepdims=True)
    spread = np.sqrt(np.square(points - middle).sum(axis=(1, 2)))
    own = np.sqrt(np.square(shape - shape.mean(axis=1, keepdims=True)).sum(axis=(1, 2)))
    return np.asarray((points - middle) * (own / spread)[:, None, None])


def _shapes(points: DoubleArray, reference: DoubleArray, depth: bool) -> DoubleArray:
    return align_space(points, reference).shape if depth else align_picture(points[:, :, :2], reference).shape


def _pose_line(both: PointFaces, reference: DoubleArray, depth: bool) -> DoubleArray:
    """Slope and offset ``(2, 3)`` from the alignment's angles to the true ones.

    Points in space keep their slope: that of the mesh comes from its own depth, which other tools do not share.
    """
    found = (align_space(both.points, reference) if depth else align_picture(both.points[:, :, :2], reference)).pose
    middle, true = found.mean(axis=0), both.pose.mean(axis=0)
    off = found - middle
    slope = np.ones(3) if depth else (off * both.pose).sum(axis=0) / np.maximum(np.square(off).sum(axis=0), 1e-12)
    return np.stack([slope, true - slope * middle])


def _disturbed(points: DoubleArray, depth: bool, config: PointsConfig, rng: np.random.Generator) -> DoubleArray:
    """A copy turned about the camera's axes, with its points moved."""
    moved = points if depth else _turned(points, rng.normal(0, np.radians(config.turn_degrees), (len(points), 2)))
    own, shared = np.full(POINTS, config.point_cm), np.zeros((len(points), POINTS, 3))
    own[GROUPS[0]] *= config.jaw
    for number, group in enumerate(GROUPS):
        by = config.group_cm * (config.jaw if number == 0 else 1)
        shared[:, list(group)] = rng.normal(0, by, (len(points), 1, 3))
    return np.asarray(moved + shared + rng.normal(0, 1, moved.shape) * own[:, None])


def _turned(points: DoubleArray, by: DoubleArray) -> DoubleArray:
    """Points turned up or down, then to the side, by radians ``(n, 2)``."""
    cos, sin = np.cos(by), np.sin(by)
    zero, one = np.zeros(len(by)), np.ones(len(by))
    nod = np.array([[one, zero, zero], [zero, cos[:, 0], -sin[:, 0]], [zero, sin[:, 0], cos[:, 0]]])
    shake = np.array([[cos[:, 1], zero, sin[:, 1]], [zero, one, zero], [-sin[:, 1], zero, cos[:, 1]]])
    return np.asarray(np.einsum("abn,bcn,nic->nia", shake, nod, points))


def _train(inputs: torch.Tensor, wanted: torch.Tensor, config: PointsConfig) -> list[FloatArray]:
    """Weights and biases of the three layers."""
    torch.manual_seed(config.seed)
    gram = torch.tensor(_metric(), dtype=torch.float32)
    wide, hidden = inputs.shape[1], config.hidden
    spread = inputs.std()
    layers = [torch.nn.Linear(*ends) for ends in ((wide, hidden), (hidden, hidden), (hidden, wanted.shape[1]))]
    network = torch.nn.Sequential(layers[0], torch.nn.SiLU(), layers[1], torch.nn.SiLU(), layers[2])
    with torch.no_grad():
        layers[-1].bias.copy_(wanted.mean(dim=0))
    optimiser = torch.optim.AdamW(network.parameters(), lr=config.rate, weight_decay=config.decay)
    steps = max(1, config.passes * len(inputs) // config.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, config.rate, total_steps=steps)
    for _ in range(steps):
        rows = torch.randint(len(inputs), (config.batch,))
        apart = network(inputs[rows] / spread) - wanted[rows]
        loss = ((apart @ gram) * apart).sum(dim=1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    parts: list[FloatArray] = [p.detach().numpy() for layer in layers for p in (layer.weight.T, layer.bias)]
    parts[0] = parts[0] / float(spread)
    return parts


def _metric() -> DoubleArray:
    """What errors cost ``(43, 43)``: half by the mesh in mm^2, half by the coefficients themselves."""
    gram = load_space("arkit51/face41").gram
    metric = np.eye(len(SWAP))
    metric[: len(gram), : len(gram)] += gram / np.diag(gram).mean() * 4
    return np.asarray(metric)
