"""The model and the mesh map that a training run starts with."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from dfe.base.types import BoolArray, DoubleArray, FloatArray
from dfe.quantizers.rvq.config import TokenizerConfig
from dfe.quantizers.rvq.model import RvqVae
from dfe.quantizers.sparse.model import GradedDisplays
from dfe.quantizers.sparse.search import SparseConfig
from dfe.space.base import ExpressionSpace
from dfe.training.config import TrainConfig
from dfe.training.data import TrainingData
from dfe.training.initialise import LatentMap, common_face, first_book

Model = RvqVae | GradedDisplays
"""What a training run trains."""

_SPARSITY_VERTICES = 1000
MOVABLE = 2e-3
"""What every coefficient has of every display at first: at exactly 0 none would get a gradient through the clamp."""


def start_model(
    data: TrainingData,
    space: ExpressionSpace,
    config: TrainConfig,
    maps: LatentMap,
    neutral: FloatArray | None,
) -> Model:
    """The model before its first step: neutral, map, first book and gains; transformers that change nothing.

    Args:
        data: rows to begin from.
        space: of the rows.
        config: settings.
        maps: the space's map to mesh coordinates.
        neutral: ``(D,)`` in place of ``config.neutral``.
    """
    if neutral is not None:
        rest = neutral.astype(np.float64)
    elif config.neutral == "mode":
        rest = common_face(data.training, data.weights, maps.to_latent)
    elif config.neutral == "mean":
        rest = np.average(data.training.astype(np.float64), axis=0, weights=data.weights)
    else:
        rest = np.zeros(space.dimension)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        if config.graded is not None:
            return _graded(data, space, config, maps, rest)
        return _residual(data, space, config, maps, rest)


def _residual(
    data: TrainingData, space: ExpressionSpace, config: TrainConfig, maps: LatentMap, rest: DoubleArray
) -> RvqVae:
    shape = TokenizerConfig(
        regions=tuple(tuple(int(i) for i in region) for region in space.regions.values()),
        levels=config.levels,
        size=config.size,
        threshold_mm2=config.threshold_mm2,
        encoder=config.encoder,
        beam=config.beam,
        decoder=config.decoder,
    )
    z = (data.training.astype(np.float64) - rest) @ maps.to_latent
    start = first_book(z, data.weights, config.levels, config.size, config.seed, gains=config.gains)
    model = RvqVae(shape, rest, maps.to_latent, maps.from_latent)
    with torch.no_grad():
        model.quantizer.codes.copy_(torch.tensor(start.book[1:]))
        model.quantizer.log_gains.copy_(torch.tensor(start.gains[1:]).log())
    model.quantizer.log_gains.requires_grad_(config.gains)
    return model


def _graded(
    data: TrainingData, space: ExpressionSpace, config: TrainConfig, maps: LatentMap, rest: DoubleArray
) -> GradedDisplays:
    """Displays that begin as single coefficients, the busiest first, and then as what random faces show.

    Where coefficients go either way from zero (learned components, FLAME's), displays may lower them too.
    """
    settings = config.graded
    assert settings is not None
    shape = SparseConfig(
        dimension=space.dimension,
        levels=config.levels,
        size=config.size,
        steps=settings.steps,
        penalty_mm=settings.penalty_mm,
        least_mm=settings.least_mm,
        iterations=settings.iterations,
        sweeps=settings.sweeps,
        faithful=settings.faithful,
        closed=settings.mirrored,
    )
    own = np.arange(space.dimension)
    partner = np.asarray(space.partner) if settings.mirrored else own
    pairs = round((config.size - 1) * (1 - settings.symmetric) / 2) if (partner != own).any() else 0
    rows = data.training.astype(np.float64) - rest
    rng = np.random.default_rng(config.seed)
    signed = bool((space.lower < 0).any())
    symmetric = _first_displays(rows, space, rng, config.size - 1 - 2 * pairs, own <= partner, signed)
    left = _first_displays(rows, space, rng, pairs, own < partner, signed)
    gains = np.geomspace(settings.lowest_mm, settings.highest_mm, settings.steps)
    nonnegative = settings.nonnegative and not signed
    return GradedDisplays(shape, space, rest, maps.to_latent, symmetric, left, gains, nonnegative=nonnegative)


def _first_displays(
    rows: DoubleArray, space: ExpressionSpace, rng: np.random.Generator, count: int, among: BoolArray, signed: bool
) -> DoubleArray:
    """``(count, D)``: each coefficient of ``among`` alone, those that move faces most first, then faces.

    Of signed coefficients first up, then down.
    """
    busy = np.square(rows).mean(axis=0) * np.diag(space.gram)
    order = [i for i in np.argsort(-busy, kind="stable") if among[i]]
    single = np.eye(space.dimension)[order]
    single = np.stack([single, -single], axis=1).reshape(-1, space.dimension)[:count] if signed else single[:count]
    faces = rows[rng.choice(len(rows), count - len(single))] * among
    faces = faces if signed else np.maximum(faces, 0.0)
    return np.concatenate([single, faces]) + MOVABLE


def mesh_map(space: ExpressionSpace, maps: LatentMap) -> Tensor:
    """Displacement ``(d, V', 3)`` in mm per unit of the latent, of moving vertices spread evenly over their list."""
    moving = np.flatnonzero(space.moving)
    some = moving[np.unique(np.linspace(0, len(moving) - 1, min(len(moving), _SPARSITY_VERTICES)).astype(int))]
    displacement = np.tensordot(maps.from_latent, space.basis[:, some].astype(np.float64), axes=1)
    return torch.tensor(displacement, dtype=torch.float32)
