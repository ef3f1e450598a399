"""Losses of any codebook of displays: how far faces are, and how local and how unlike displays are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict

import torch
import torch.nn.functional as F
from torch import Tensor

from dfe.quantizers.settings import LossWeights
from dfe.quantizers.train.trainable import Terms

_DISTANCE_FLOOR = 1e-4
ALIKE = 0.55
"""Cosine up to which two templates may be alike: that of a symmetric display and its own half is 0.71."""
_ENERGY_FLOOR = 1e-8


def weighted(weights: LossWeights, terms: Mapping[str, Callable[[], Tensor]]) -> Terms:
    """Weight and value of the terms that count; the others are not computed."""
    own = asdict(weights)
    return {name: (own[name], term()) for name, term in terms.items() if own[name] > 0}


def distance(decoded: Tensor, x: Tensor, to_latent: Tensor) -> Tensor:
    """Mean over faces of the mesh error in mm: the measure itself, in which no single face outweighs the others.

    Args:
        decoded: ``(n, D)`` coefficients.
        x: ``(n, D)`` coefficients.
        to_latent: ``(D, d)``, L with ``L L' = G``, the space's Gram matrix in mm^2.
    """
    squared: Tensor = ((decoded - x) @ to_latent).square().sum(dim=1)
    # The square root's slope is infinite where a face is met exactly.
    return (squared + _DISTANCE_FLOOR).sqrt().mean()


def reconstruction(decoded: Tensor, x: Tensor, to_latent: Tensor) -> Tensor:
    """Mean squared mesh error in mm^2.

    Args:
        decoded: ``(n, D)`` coefficients.
        x: ``(n, D)`` coefficients.
        to_latent: ``(D, d)``, L with ``L L' = G``, the space's Gram matrix in mm^2.
    """
    return ((decoded - x) @ to_latent).square().sum(dim=1).mean()


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
    lengths = torch.sqrt(energy + _ENERGY_FLOOR)
    scale = torch.sqrt(energy.mean(dim=1) + _ENERGY_FLOOR)
    extents = lengths.mean(dim=1) / scale
    return extents.mean() if weights is None else (extents * weights).sum()


def orthogonality(codes: Tensor) -> Tensor:
    """Mean squared cosine between the deformations of different codes, between 0 and 1.

    Args:
        codes: ``(K, d)`` without the zero code; distances in the latent are distances on the mesh, so cosines are too.
    """
    unit = F.normalize(codes, dim=1)
    cosines = unit @ unit.T
    pairs = len(codes) * (len(codes) - 1)
    return (cosines.square().sum() - cosines.diagonal().square().sum()) / max(pairs, 1)


def coherence(codes: Tensor) -> Tensor:
    """Mean over codes of the summed squares of how far their cosines with others exceed :data:`ALIKE`.

    Orthogonality keeps all pairs apart on average; this one is silent but for the few that are much alike.

    Args:
        codes: ``(K, d)`` without the zero code; distances in the latent are distances on the mesh, so cosines are too.
    """
    unit = F.normalize(codes, dim=1)
    cosines = unit @ unit.T - 2 * torch.eye(len(codes), dtype=codes.dtype, device=codes.device)
    return F.relu(cosines - ALIKE).square().sum() / len(codes)
