"""Pulls the codes to the residuals that they were chosen for."""

from __future__ import annotations

from torch import Tensor


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
