"""Losses of the sparse quantiser: how far faces are, and how local and how unlike displays are."""

from __future__ import annotations

import torch
from torch import Tensor

from dfe.quantizers.settings import LossWeights
from dfe.quantizers.train.losses import coherence, distance, orthogonality, reconstruction, sparsity, weighted
from dfe.quantizers.train.trainable import Output, Terms


def losses(
    output: Output,
    said: Tensor,
    templates: Tensor,
    to_judged: Tensor,
    mesh_map: Tensor,
    weights: LossWeights,
) -> Terms:
    """Weight and value of every loss term that counts.

    Args:
        output: what the model made of a batch.
        said: ``(n, N)`` displays of these faces, 0 nothing.
        templates: ``(K - 1, d)`` mesh coordinates of the displays.
        to_judged: ``(D, d)``: L with ``L L'`` what the search compares faces in, mm².
        mesh_map: ``(d, V, 3)``, displacement in mm per unit of the latent.
        weights: of the terms.
    """
    terms = {
        "distance": lambda: distance(output.x, output.input, to_judged),
        "reconstruction": lambda: reconstruction(output.x, output.input, to_judged),
        "sparsity": lambda: sparsity(templates, mesh_map, importance(said, len(templates)).to(templates)),
        "orthogonality": lambda: orthogonality(templates),
        "coherence": lambda: coherence(templates),
    }
    return weighted(weights, terms)


def importance(said: Tensor, displays: int) -> Tensor:
    """``(U,)``: how much the extent of each display counts: half of it alike, half by how often the batch says it."""
    uses = torch.bincount(said.flatten(), minlength=displays + 1)[1:].float()
    return (uses / uses.sum().clamp(min=1) + 1 / displays) / 2
