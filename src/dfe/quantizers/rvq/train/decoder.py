"""From spoken codes to a face: the sum of its templates, and a transformer that may add to it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dfe.quantizers.rvq.config import DecoderConfig
from dfe.quantizers.rvq.train.encoder import Block
from dfe.quantizers.rvq.transformer import NORM_EPSILON


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


class TransformerDecoder(nn.Module):
    """Spoken codes ``(n, N, d)`` to what they add to their sum ``(n, d)``, in mm; starts as exactly zero.

    A level's token is its spoken code, mapped to the transformer's width, plus what is learned for the level. Silent
    levels are masked out of attention and mean: silence then says nothing, the first m levels decode alike whether
    the others are cut off or silent, and a face without a code is exactly the neutral, whatever was learned.

    Args:
        config: its size.
        dimension: of the codes, d.
        levels: N.
    """

    def __init__(self, config: DecoderConfig, dimension: int, levels: int) -> None:
        super().__init__()
        self.codes = nn.Parameter(torch.randn(dimension, config.width))
        self.levels = nn.Parameter(torch.randn(levels, config.width) * 0.1)
        self.layers = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width, eps=NORM_EPSILON)
        self.head = nn.Linear(config.width, dimension)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, spoken: Tensor, speaks: Tensor) -> Tensor:
        """``speaks`` ``(n, N)`` says which levels do."""
        anything = speaks.any(dim=1, keepdim=True)
        # Attention must look somewhere: a face that says nothing looks at its silence, and what it sees is left out.
        present = speaks | ~anything
        tokens = spoken @ self.codes + self.levels
        for layer in self.layers:
            tokens = layer(tokens, present)
        seen = self.norm(tokens) * present[..., None]
        shift: Tensor = self.head(seen.sum(dim=1) / present.sum(dim=1, keepdim=True))
        return shift * anything
