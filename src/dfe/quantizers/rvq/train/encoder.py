"""Transformer over face regions, which shifts a face's latent so that the search finds better codes."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dfe.quantizers.rvq.config import EncoderConfig, TransformerConfig
from dfe.quantizers.rvq.transformer import NORM_EPSILON


class Block(nn.Module):
    """Pre-norm attention and ReLU MLP over ``(n, tokens, width)``; in numpy :mod:`dfe.quantizers.rvq.transformer`."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.norm1 = nn.LayerNorm(width, eps=NORM_EPSILON)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width, eps=NORM_EPSILON)
        self.up = nn.Linear(width, config.hidden)
        self.down = nn.Linear(config.hidden, width)

    def forward(self, x: Tensor, present: Tensor | None = None) -> Tensor:
        """Only tokens that are ``present`` ``(n, tokens)`` are attended to, at least one a row; all of them if None."""
        n, tokens, width = x.shape
        qkv = self.qkv(self.norm1(x)).view(n, tokens, 3, self.heads, width // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        scores = (query @ key.transpose(-1, -2)) * (width // self.heads) ** -0.5
        if present is not None:
            scores = scores.masked_fill(~present[:, None, None], -torch.inf)
        mixed = (scores.softmax(dim=-1) @ value).transpose(1, 2).reshape(n, tokens, width)
        x = x + self.out(mixed)
        hidden: Tensor = self.down(F.relu(self.up(self.norm2(x))))
        return x + hidden


class RegionEncoder(nn.Module):
    """Expression offsets ``(n, D)`` to shifts of the latent ``(n, d)`` in mm; starts as exactly zero."""

    def __init__(self, config: EncoderConfig, regions: tuple[tuple[int, ...], ...]) -> None:
        super().__init__()
        dimension = sum(len(region) for region in regions)
        for index, region in enumerate(regions):
            # A buffer goes where the model goes; the tokenizer's configuration has the regions already.
            self.register_buffer(f"_members_{index}", torch.tensor(region), persistent=False)
        self.coefficients = nn.Parameter(torch.randn(dimension, config.width))
        self.regions = nn.Parameter(torch.randn(len(regions), config.width) * 0.1)
        self.layers = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width, eps=NORM_EPSILON)
        self.head = nn.Linear(config.width, dimension)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, offset: Tensor) -> Tensor:
        members = [self.get_buffer(f"_members_{index}") for index in range(len(self.regions))]
        tokens = torch.stack([offset[:, m] @ self.coefficients[m] for m in members], dim=1) + self.regions
        for layer in self.layers:
            tokens = layer(tokens)
        shift: Tensor = self.head(self.norm(tokens).mean(dim=1))
        return shift
