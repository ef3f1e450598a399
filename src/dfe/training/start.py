"""The model and the mesh map that a training run starts with."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from dfe.space.base import ExpressionSpace
from dfe.tokenizer.config import TokenizerConfig
from dfe.tokenizer.model import RvqVae
from dfe.training.config import TrainConfig
from dfe.training.data import TrainingData
from dfe.training.initialise import LatentMap, common_face, first_book
from dfe.types import FloatArray

_SPARSITY_VERTICES = 1000


def start_model(
    data: TrainingData,
    space: ExpressionSpace,
    config: TrainConfig,
    maps: LatentMap,
    neutral: FloatArray | None,
) -> RvqVae:
    """The model before its first step: neutral, map, first book and gains; an encoder that changes nothing.

    Args:
        data: rows to begin from.
        space: of the rows.
        config: settings.
        maps: the space's map to mesh coordinates.
        neutral: ``(D,)`` in place of ``config.neutral``.
    """
    shape = TokenizerConfig(
        regions=tuple(tuple(int(i) for i in region) for region in space.regions.values()),
        levels=config.levels,
        size=config.size,
        threshold_mm2=config.threshold_mm2,
        encoder=config.encoder,
    )
    if neutral is not None:
        rest = neutral.astype(np.float64)
    elif config.neutral == "mode":
        rest = common_face(data.training, data.weights, maps.to_latent)
    elif config.neutral == "mean":
        rest = np.average(data.training.astype(np.float64), axis=0, weights=data.weights)
    else:
        rest = np.zeros(space.dimension)
    z = (data.training.astype(np.float64) - rest) @ maps.to_latent
    start = first_book(z, data.weights, config.levels, config.size, config.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        model = RvqVae(shape, rest, maps.to_latent, maps.from_latent)
    with torch.no_grad():
        model.quantizer.codes.copy_(torch.tensor(start.book[1:]))
        model.quantizer.log_gains.copy_(torch.tensor(start.gains[1:]).log())
    return model


def mesh_map(space: ExpressionSpace, maps: LatentMap) -> Tensor:
    """Displacement ``(d, V', 3)`` in mm per unit of the latent, of moving vertices spread evenly over their list."""
    moving = np.flatnonzero(space.moving)
    some = moving[np.unique(np.linspace(0, len(moving) - 1, min(len(moving), _SPARSITY_VERTICES)).astype(int))]
    displacement = np.tensordot(maps.from_latent, space.basis[:, some].astype(np.float64), axes=1)
    return torch.tensor(displacement, dtype=torch.float32)
