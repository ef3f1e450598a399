"""Losses of the residual quantiser: what draws codes and encoder to each other, and keeps codes alive."""

from __future__ import annotations

import torch
from torch import Tensor

_SPREAD = 0.1
"""Width of the soft choice, as a share of the mean squared residual of the level."""


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


def codebook(residuals: Tensor, spoken: Tensor) -> Tensor:
    """Mean squared distance in mm^2 of what each level said to its residual, moving codes and gains only.

    The gradient reaches the book through every level: a code is drawn to what it is used for at any of them, and the
    face gets better with every token, not only with the last. Silent levels are left out.

    Args:
        residuals: ``(n, N, d)``, before each level.
        spoken: ``(n, N, d)``, gain times code; zero where the level is silent.
    """
    speaks = spoken.detach().square().sum(dim=2) > 0
    distances = (spoken - residuals.detach()).square().sum(dim=2)
    return (distances * speaks).sum() / speaks.sum().clamp(min=1)


def usage(residuals: Tensor, codes: Tensor, gains: Tensor) -> Tensor:
    """How far the mean soft choice of a batch is from uniform: ``log K - H``, in nats, 0 where it is uniform.

    The soft choice of a level is ``softmax(-|r - g c|^2 / (width * mean |r|^2))``. Only codes and gains are moved.

    Args:
        residuals: ``(n, N, d)``, before each level.
        codes: ``(K, d)`` without the zero code.
        gains: ``(N,)``.
    """
    residuals = residuals.detach()
    size = residuals.square().sum(dim=2).mean(dim=0).clamp(min=1e-12)
    closeness = 2 * gains[:, None] * (residuals @ codes.T) - gains.square()[:, None] * codes.square().sum(dim=1)
    choice = torch.softmax(closeness / (_SPREAD * size)[:, None], dim=2).mean(dim=(0, 1))
    entropy = -(choice * choice.clamp(min=1e-12).log()).sum()
    return torch.log(torch.tensor(float(len(codes)), dtype=entropy.dtype)) - entropy
