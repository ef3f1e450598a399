"""Additive decoder: a face is the neutral plus the sum of its templates."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class AdditiveDecoder(nn.Module):
    """Mesh coordinates in mm back to coefficients: ``x = neutral + z W``; nothing in it is learned.

    Args:
        neutral: ``(D,)``.
        from_latent: ``(d, D)``, W.
    """

    neutral: Tensor
    from_latent: Tensor

    def __init__(self, neutral: Tensor, from_latent: Tensor) -> None:
        super().__init__()
        self.register_buffer("neutral", neutral)
        self.register_buffer("from_latent", from_latent)

    def forward(self, latent: Tensor) -> Tensor:
        return self.neutral + latent @ self.from_latent

    @torch.no_grad()
    def templates(self, spoken: Tensor) -> Tensor:
        """What spoken codes ``(..., d)`` add to a face, ``(..., D)``."""
        return spoken @ self.from_latent
