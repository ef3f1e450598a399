"""Makes templates different from each other."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def orthogonality(codes: Tensor) -> Tensor:
    """Mean squared cosine between the deformations of different codes, between 0 and 1.

    Args:
        codes: ``(K, d)`` without the zero code; distances in the latent are distances on the mesh, so cosines are too.
    """
    unit = F.normalize(codes, dim=1)
    cosines = unit @ unit.T
    pairs = len(codes) * (len(codes) - 1)
    return (cosines.square().sum() - cosines.diagonal().square().sum()) / max(pairs, 1)
