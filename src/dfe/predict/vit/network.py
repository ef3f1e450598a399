"""The vision transformer itself (Dosovitskiy et al., ICLR 2021), its parts named as in Hugging Face's ``ViTModel``."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from dfe.predict.vit.layout import VitConfig


class Dense(nn.Module):
    """A linear layer under the name ``dense``."""

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.dense = nn.Linear(width, out)

    def forward(self, x: Tensor) -> Tensor:
        """``(..., width)`` to ``(..., out)``."""
        return torch.as_tensor(self.dense(x))


class SelfAttention(nn.Module):
    """Scaled dot-product attention of every token to every token."""

    def __init__(self, width: int, heads: int, bias: bool) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width, bias=bias)
        self.key = nn.Linear(width, width, bias=bias)
        self.value = nn.Linear(width, width, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """``(n, t, width)`` to the same."""
        n, t, width = x.shape
        q, k, v = (f(x).view(n, t, self.heads, -1).transpose(1, 2) for f in (self.query, self.key, self.value))
        return functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, t, width)


class Attention(nn.Module):
    """Attention and the linear layer after it."""

    def __init__(self, width: int, heads: int, bias: bool) -> None:
        super().__init__()
        self.attention = SelfAttention(width, heads, bias)
        self.output = Dense(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """``(n, t, width)`` to the same."""
        return torch.as_tensor(self.output(self.attention(x)))


class Layer(nn.Module):
    """A block with its norms before attention and perceptron, both with a way round."""

    def __init__(self, width: int, heads: int, hidden: int, config: VitConfig) -> None:
        super().__init__()
        self.attention = Attention(width, heads, config.qkv_bias)
        self.intermediate = Dense(width, hidden)
        self.output = Dense(hidden, width)
        self.layernorm_before = nn.LayerNorm(width, eps=config.eps)
        self.layernorm_after = nn.LayerNorm(width, eps=config.eps)
        self._activation = config.activation

    def forward(self, x: Tensor) -> Tensor:
        """``(n, t, width)`` to the same."""
        x = x + self.attention(self.layernorm_before(x))
        inner = self.intermediate(self.layernorm_after(x))
        if self._activation == "relu":
            inner = functional.relu(inner)
        else:
            inner = functional.gelu(inner, approximate="none" if self._activation == "gelu" else "tanh")
        return x + torch.as_tensor(self.output(inner))


class PatchEmbeddings(nn.Module):
    """A linear map of each patch, written as a convolution."""

    def __init__(self, config: VitConfig) -> None:
        super().__init__()
        size = config.patch_size
        self.projection = nn.Conv2d(config.channels, config.width, size, size)

    def forward(self, pixels: Tensor) -> Tensor:
        """``(n, c, side, side)`` to ``(n, patches, width)``."""
        return torch.as_tensor(self.projection(pixels)).flatten(2).transpose(1, 2)


class Embeddings(nn.Module):
    """Patches with their places, after a token that stands for the whole picture."""

    def __init__(self, config: VitConfig) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, config.width))
        self.position_embeddings = nn.Parameter(torch.zeros(1, config.patches + 1, config.width))
        self.patch_embeddings = PatchEmbeddings(config)

    def forward(self, pixels: Tensor, kept: Tensor | None = None) -> Tensor:
        """Tokens ``(n, 1 + k, width)`` of the patches ``kept`` ``(n, k)``; of all where that is None."""
        patches = self.patch_embeddings(pixels) + self.position_embeddings[:, 1:]
        if kept is not None:
            patches = torch.gather(patches, 1, kept[:, :, None].expand(-1, -1, patches.shape[2]))
        first = self.cls_token + self.position_embeddings[:, :1]
        return torch.cat([first.expand(len(patches), -1, -1), patches], dim=1)


class Encoder(nn.Module):
    """The blocks, under the name ``layer``."""

    def __init__(self, config: VitConfig) -> None:
        super().__init__()
        blocks = (Layer(config.width, config.heads, config.hidden, config) for _ in range(config.depth))
        self.layer = nn.ModuleList(blocks)

    def forward(self, x: Tensor) -> Tensor:
        """``(n, t, width)`` to the same."""
        for layer in self.layer:
            x = layer(x)
        return x


class Vit(nn.Module):
    """Pixels to tokens; :meth:`VitConfig.shapes` lists its tensors."""

    def __init__(self, config: VitConfig) -> None:
        super().__init__()
        self.embeddings = Embeddings(config)
        self.encoder = Encoder(config)
        self.layernorm = nn.LayerNorm(config.width, eps=config.eps)

    def forward(self, pixels: Tensor, kept: Tensor | None = None) -> Tensor:
        """Tokens ``(n, 1 + k, width)``, the picture's own one first.

        Args:
            pixels: ``(n, c, side, side)``, scaled.
            kept: ``(n, k)`` numbers of the patches that it may see; None: all.
        """
        return torch.as_tensor(self.layernorm(self.encoder(self.embeddings(pixels, kept))))
