"""The masked autoencoder (He et al., CVPR 2022): most patches are hidden, a small decoder guesses their pixels.

The encoder sees the other patches alone, which is what makes it cheap; the loss is the mean square over hidden patches,
each patch brought to mean 0 and spread 1 of its own. Names as in Hugging Face's ``ViTMAEForPreTraining``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from dfe.predict.vit.layout import VitConfig
from dfe.predict.vit.network import Layer, Vit

_FLAT = 1e-6
"""Added to a patch's variance, as in the paper's code."""


@dataclass(frozen=True)
class DecoderConfig:
    """The part that is thrown away after training."""

    width: int = 96
    depth: int = 2
    heads: int = 3
    mask: float = 0.75
    """Share of patches that are hidden."""


class Guess(NamedTuple):
    """What the decoder says."""

    pixels: Tensor
    """``(n, patches, p * p * c)``, normalised by patch."""
    hidden: Tensor
    """``(n, patches)`` 1 where the encoder did not see the patch, else 0."""


class Decoder(nn.Module):
    """Seen tokens and one learned token for each hidden patch, to pixels."""

    def __init__(self, config: VitConfig, decoder: DecoderConfig) -> None:
        super().__init__()
        width = decoder.width
        self.decoder_embed = nn.Linear(config.width, width)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, width))
        self.decoder_pos_embed = nn.Parameter(torch.zeros(1, config.patches + 1, width), requires_grad=False)
        blocks = (Layer(width, decoder.heads, 4 * width, config) for _ in range(decoder.depth))
        self.decoder_layers = nn.ModuleList(blocks)
        self.decoder_norm = nn.LayerNorm(width, eps=config.eps)
        self.decoder_pred = nn.Linear(width, config.patch_size**2 * config.channels)

    def forward(self, tokens: Tensor, places: Tensor) -> Tensor:
        """``(n, patches, p * p * c)`` from tokens ``(n, 1 + k, D)``; the patch i is the ``places[:, i]``-th token."""
        x = self.decoder_embed(tokens)
        count = places.shape[1] + 1 - x.shape[1]
        patches = torch.cat([x[:, 1:], self.mask_token.expand(len(x), count, -1)], dim=1)
        patches = torch.gather(patches, 1, places[:, :, None].expand(-1, -1, x.shape[2]))
        x = torch.cat([x[:, :1], patches], dim=1) + self.decoder_pos_embed
        for layer in self.decoder_layers:
            x = layer(x)
        return torch.as_tensor(self.decoder_pred(self.decoder_norm(x)))[:, 1:]


class MaskedAutoencoder(nn.Module):
    """Encoder ``vit`` and ``decoder``."""

    def __init__(self, config: VitConfig, decoder: DecoderConfig, seed: int = 0) -> None:
        super().__init__()
        self.config, self.mask = config, decoder.mask
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.vit = Vit(config)
            self.decoder = Decoder(config, decoder)
            self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        patch = self.vit.embeddings.patch_embeddings.projection
        nn.init.xavier_uniform_(patch.weight.view(patch.weight.shape[0], -1))
        nn.init.normal_(self.vit.embeddings.cls_token, std=0.02)
        nn.init.normal_(self.decoder.mask_token, std=0.02)
        places = self.vit.embeddings.position_embeddings
        places.requires_grad_(False)
        places.copy_(waves(self.config.patches, places.shape[2]))
        self.decoder.decoder_pos_embed.copy_(waves(self.config.patches, self.decoder.decoder_pos_embed.shape[2]))

    def forward(self, pixels: Tensor, order: Tensor) -> Guess:
        """Guess the hidden patches of scaled pixels ``(n, c, side, side)``.

        Args:
            pixels: of the pictures.
            order: ``(n, patches)`` patches by number, those to be seen first; see :func:`shuffled`.
        """
        seen = order[:, : int(order.shape[1] * (1 - self.mask))]
        places = torch.argsort(order, dim=1)
        guessed = self.decoder(self.vit(pixels, seen), places)
        return Guess(guessed, (places >= seen.shape[1]).float())


def shuffled(count: int, patches: int, generator: torch.Generator) -> Tensor:
    """Random orders ``(count, patches)`` of the patches."""
    return torch.rand(count, patches, generator=generator).argsort(dim=1)


def patches_of(pixels: Tensor, size: int) -> Tensor:
    """``(n, c, side, side)`` to ``(n, patches, size * size * c)``, row by row, channels last."""
    n, c, side, _ = pixels.shape
    at = side // size
    cut = pixels.view(n, c, at, size, at, size).permute(0, 2, 4, 3, 5, 1)
    return cut.reshape(n, at * at, size * size * c)


def normalised(patches: Tensor) -> Tensor:
    """Each patch at mean 0 and spread 1."""
    mean, variance = patches.mean(-1, keepdim=True), patches.var(-1, keepdim=True)
    return (patches - mean) / (variance + _FLAT).sqrt()


def loss_of(guess: Guess, pixels: Tensor, size: int) -> Tensor:
    """Mean square over hidden patches; 1 is what saying nothing but each patch's mean has."""
    square = (guess.pixels - normalised(patches_of(pixels, size))).square().mean(-1)
    return (square * guess.hidden).sum() / guess.hidden.sum()


def waves(patches: int, width: int) -> Tensor:
    """Fixed places ``(1, patches + 1, width)``: sines and cosines of column and row; 0 for the picture's own token."""
    side, quarter = round(patches**0.5), width // 4
    row, column = np.divmod(np.arange(patches), side)
    speed = 10_000.0 ** -(np.arange(quarter) / quarter)
    phases = [np.outer(place, speed) for place in (column, row)]
    parts = [part for phase in phases for part in (np.sin(phase), np.cos(phase))]
    found = np.zeros((patches + 1, width))
    found[1:, : 4 * quarter] = np.concatenate(parts, axis=1)
    return torch.from_numpy(found).float()[None]
