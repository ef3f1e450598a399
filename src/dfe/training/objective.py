"""What training minimises: the weighted loss terms, and how fast each part of the model is learned."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from dfe.quantizers.rvq.model import Output
from dfe.quantizers.sparse.model import GradedDisplays
from dfe.training import losses
from dfe.training.config import LossWeights, TrainConfig
from dfe.training.start import Model

_WARM_UP = 100


def loss_terms(
    model: Model, x: Tensor, output: Output, mesh_map: Tensor, weights: LossWeights
) -> dict[str, tuple[float, Tensor]]:
    """Weight and value of every loss term that counts.

    Args:
        model: as it is.
        x: ``(n, D)``.
        output: what the model made of ``x``.
        mesh_map: ``(d, V, 3)``, displacement in mm per unit of the latent.
        weights: of the terms; those of weight 0 are not computed.
    """
    quantized, codes = output.quantized, model.templates()
    every: dict[str, tuple[float, Callable[[], Tensor]]] = {
        "distance": (weights.distance, lambda: losses.distance(output.x, x, model.to_latent)),
        "reconstruction": (weights.reconstruction, lambda: losses.reconstruction(output.x, x, model.to_latent)),
        "commitment": (weights.commitment, lambda: losses.commitment(quantized.residuals, quantized.spoken)),
        "codebook": (weights.codebook, lambda: losses.codebook(quantized.residuals, quantized.spoken)),
        "sparsity": (weights.sparsity, lambda: losses.sparsity(codes, mesh_map, _importance(model, output))),
        "orthogonality": (weights.orthogonality, lambda: losses.orthogonality(codes)),
        "coherence": (weights.coherence, lambda: losses.coherence(codes)),
        "usage": (weights.usage, lambda: losses.usage(quantized.residuals, model.searched(), model.gains())),
    }
    return {name: (weight, term()) for name, (weight, term) in every.items() if weight > 0}


def parameter_groups(model: Model, config: TrainConfig) -> list[dict[str, Any]]:
    """What is learned, and how fast at most."""
    if isinstance(model, GradedDisplays):
        assert config.graded is not None
        return [
            {"params": [model.symmetric, model.left], "lr": config.learning_rate},
            {"params": [model.log_gains], "lr": config.graded.gains_learning_rate},
        ]
    quantizer = model.quantizer
    groups: list[dict[str, Any]] = [{"params": [quantizer.codes, quantizer.log_gains], "lr": config.learning_rate}]
    for transformer in (model.encoder, model.transformer):
        if transformer is not None:
            groups.append({"params": list(transformer.parameters()), "lr": config.encoder_learning_rate})
    return groups


def _importance(model: Model, output: Output) -> Tensor | None:
    """How much the extent of each graded display counts: half of it alike, half by how often the batch says it."""
    if not isinstance(model, GradedDisplays):
        return None
    said = model.said(output.quantized.codes).flatten()
    uses = torch.bincount(said, minlength=model.config.size)[1:].to(output.x)
    return (uses / uses.sum().clamp(min=1) + 1 / len(uses)) / 2


def schedule(step: int, steps: int) -> float:
    """Share of the highest learning rate: a linear warm-up, then a cosine down to one hundredth."""
    warm = min(1.0, (step + 1) / _WARM_UP)
    return warm * (0.01 + 0.99 * (1 + math.cos(math.pi * step / steps)) / 2)
