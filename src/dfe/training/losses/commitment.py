"""Keeps the encoder near the codes that were chosen."""

from __future__ import annotations

import torch
from torch import Tensor


def commitment(residuals: Tensor, spoken: Tensor) -> Tensor:
    """Squared distance in mm^2 of each level's residual to what the level said, moving the residual only.

    A level's distances are divided by their mean and multiplied by that of the most exact level: every level then
    pulls alike. In plain mm^2 the coarse first levels would drown the others and draw each face to its first code.
    Silent levels are left out.

    Args:
        residuals: ``(n, N, d)``, before each level.
        spoken: ``(n, N, d)``, gain times code; zero where the level is silent.
    """
    spoken = spoken.detach()
    speaks = spoken.square().sum(dim=2) > 0
    distances = (residuals - spoken).square().sum(dim=2) * speaks
    mean = distances.detach().sum(dim=0) / speaks.sum(dim=0).clamp(min=1)
    exact = torch.where(mean > 0, mean, torch.inf).min()
    weights = torch.where(mean > 0, exact / mean, 0.0)
    return (distances * weights).sum() / speaks.sum().clamp(min=1)
