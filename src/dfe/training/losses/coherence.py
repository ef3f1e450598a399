"""Keeps any two templates from being nearly the same."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

ALIKE = 0.55
"""Cosine up to which two templates may be alike: that of a symmetric display and its own half is 0.71."""


def coherence(codes: Tensor) -> Tensor:
    """Mean over codes of the summed squares of how far their cosines with others exceed :data:`ALIKE`.

    Orthogonality keeps all pairs apart on average; this one is silent but for the few that are much alike.

    Args:
        codes: ``(K, d)`` without the zero code; distances in the latent are distances on the mesh, so cosines are too.
    """
    unit = F.normalize(codes, dim=1)
    cosines = unit @ unit.T - 2 * torch.eye(len(codes), dtype=codes.dtype, device=codes.device)
    return F.relu(cosines - ALIKE).square().sum() / len(codes)
