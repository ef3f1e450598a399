"""Keeps codes alive: all of them should be wanted by somebody."""

from __future__ import annotations

import torch
from torch import Tensor


def usage(residuals: Tensor, codes: Tensor, gains: Tensor, spread: float = 0.1) -> Tensor:
    """How far the mean soft choice of a batch is from uniform: ``log K - H``, in nats, 0 where it is uniform.

    The soft choice of a level is ``softmax(-|r - g c|^2 / (spread * mean |r|^2))``. Only codes and gains are moved.

    Args:
        residuals: ``(n, N, d)``, before each level.
        codes: ``(K, d)`` without the zero code.
        gains: ``(N,)``.
        spread: width of the soft choice, as a share of the mean squared residual of the level.
    """
    residuals = residuals.detach()
    size = residuals.square().sum(dim=2).mean(dim=0).clamp(min=1e-12)
    closeness = 2 * gains[:, None] * (residuals @ codes.T) - gains.square()[:, None] * codes.square().sum(dim=1)
    choice = torch.softmax(closeness / (spread * size)[:, None], dim=2).mean(dim=(0, 1))
    entropy = -(choice * choice.clamp(min=1e-12).log()).sum()
    return torch.log(torch.tensor(float(len(codes)), dtype=entropy.dtype)) - entropy
