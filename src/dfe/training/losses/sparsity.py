"""Makes templates local: few vertices move."""

from __future__ import annotations

import torch
from torch import Tensor

_TINY = 1e-8


def sparsity(codes: Tensor, mesh_map: Tensor, weights: Tensor | None = None) -> Tensor:
    """Mean L2,1 norm over vertices of each code's deformation at unit energy, between 0 (local) and 1.

    A deformation is scaled to a root mean square of 1 mm over the vertices first: its size, which a gain could undo,
    does not matter, only how the movement is shared out. 1 means that every vertex moves equally far.

    Args:
        codes: ``(K, d)`` without the zero code.
        mesh_map: ``(d, V, 3)``, displacement in mm of each vertex per unit of the latent.
        weights: ``(K,)`` of the mean, summing to 1; None: all codes alike.
    """
    moved = (codes @ mesh_map.flatten(1)).view(len(codes), -1, 3)
    energy = moved.square().sum(dim=2)
    # The square root's slope is infinite at rest, where a vertex is as sparse as can be.
    lengths = torch.sqrt(energy + _TINY)
    scale = torch.sqrt(energy.mean(dim=1) + _TINY)
    extents = lengths.mean(dim=1) / scale
    return extents.mean() if weights is None else (extents * weights).sum()
