"""The residual vector-quantised autoencoder of facial expressions, as trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from dfe.base.types import FloatArray
from dfe.quantizers.rvq.config import TokenizerConfig
from dfe.quantizers.rvq.decoder import AdditiveDecoder, TransformerDecoder
from dfe.quantizers.rvq.encoder import RegionEncoder
from dfe.quantizers.rvq.quantizer import Quantized, ResidualQuantizer


class Output(NamedTuple):
    """One pass of the model over ``n`` expressions."""

    x: Tensor
    """``(n, D)``: decoded expressions."""
    target: Tensor
    """``(n, d)``: mesh coordinates of the input, in mm."""
    quantized: Quantized


class RvqVae(nn.Module):
    """Encoder, residual quantiser, decoder.

    The latent is the mesh itself: ``(x - neutral) L`` with ``L L' = G``, so that squared distances between latents are
    squared mesh errors in mm^2. The encoder's output is added to it and starts at zero: training starts from a direct
    search, and whatever the encoder contributes is what it has learned. A transformer in the decoder adds to the sum of
    the codes in the same way; the encoder's gradient passes it by, straight from the decoded face to the latent.

    Args:
        config: levels, book, encoder, decoder.
        neutral: ``(D,)`` expression that is said by no token at all.
        to_latent: ``(D, d)``, L in mm.
        from_latent: ``(d, D)``, its inverse.
    """

    to_latent: Tensor

    def __init__(
        self,
        config: TokenizerConfig,
        neutral: NDArray[Any],
        to_latent: NDArray[Any],
        from_latent: NDArray[Any],
    ) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("to_latent", torch.tensor(to_latent, dtype=torch.float32))
        self.encoder = None if config.encoder is None else RegionEncoder(config.encoder, config.regions)
        self.quantizer = ResidualQuantizer(
            config.dimension, config.size, config.levels, config.threshold_mm2, config.beam
        )
        self.decoder = AdditiveDecoder(
            torch.tensor(neutral, dtype=torch.float32), torch.tensor(from_latent, dtype=torch.float32)
        )
        self.transformer = (
            None if config.decoder is None else TransformerDecoder(config.decoder, config.dimension, config.levels)
        )

    def target(self, x: Tensor) -> Tensor:
        """Mesh coordinates ``(n, d)`` in mm of expressions ``(n, D)``, without the encoder."""
        return (x - self.decoder.neutral) @ self.to_latent

    def latent(self, x: Tensor) -> Tensor:
        """What is quantised, ``(n, d)``: mesh coordinates plus the encoder's shift."""
        z = self.target(x)
        return z if self.encoder is None else z + self.encoder(x - self.decoder.neutral)

    def gains(self) -> Tensor:
        """``(N,)``, the first one 1."""
        return self.quantizer.gains()

    def templates(self) -> Tensor:
        """``(K - 1, d)``: mesh coordinates of what each code that speaks makes of a face, alone at the first level."""
        codes = self.quantizer.codes
        if self.transformer is None:
            return codes
        levels = self.quantizer.levels
        alone = torch.arange(levels, device=codes.device).expand(len(codes), -1) == 0
        made: Tensor = codes + self.transformer(F.pad(codes[:, None], (0, 0, 0, levels - 1)), alone)
        return made

    def searched(self) -> Tensor:
        """``(K - 1, d)``: codes that speak as the search sees them, without the decoder."""
        return self.quantizer.codes

    def said(self, codes: Tensor) -> Tensor:
        """Which display each code says; 0 nothing."""
        return codes

    def settle(self) -> None:
        """Nothing that is learned here has bounds."""

    def encode(self, x: Tensor) -> Tensor:
        """Codes ``(n, N)`` of expressions ``(n, D)``."""
        with torch.no_grad():
            return self.quantizer.search(self.latent(x))

    def forward(self, x: Tensor) -> Output:
        quantized = self.quantizer(self.latent(x))
        told = quantized.latent
        if self.transformer is not None:
            told = told + self.transformer(quantized.spoken, quantized.codes > 0)
        return Output(self.decoder(told), self.target(x), quantized)

    def weights(self) -> dict[str, FloatArray]:
        """Arrays by the names of :meth:`TokenizerConfig.weight_shapes`, float32."""
        tensors = {
            "neutral": self.decoder.neutral,
            "to_latent": self.to_latent,
            "from_latent": self.decoder.from_latent,
            "book": self.quantizer.book(),
            "gains": self.quantizer.gains(),
        }
        for part, module in self._learned():
            tensors |= {f"{part}.{name}": tensor for name, tensor in module.state_dict().items()}
        return {name: tensor.detach().cpu().numpy().astype(np.float32) for name, tensor in tensors.items()}

    @classmethod
    def from_weights(cls, config: TokenizerConfig, weights: Mapping[str, NDArray[Any]]) -> RvqVae:
        """The model in float64 with the weights of a tokenizer's file."""
        model = cls(config, weights["neutral"], weights["to_latent"], weights["from_latent"]).double()
        with torch.no_grad():
            model.quantizer.codes.copy_(torch.tensor(weights["book"][1:]))
            model.quantizer.log_gains.copy_(torch.tensor(weights["gains"], dtype=torch.float64)[1:].log())
        for part, module in model._learned():
            prefix = f"{part}."
            module.load_state_dict(
                {n.removeprefix(prefix): torch.tensor(a) for n, a in weights.items() if n.startswith(prefix)}
            )
        return model

    def _learned(self) -> list[tuple[str, nn.Module]]:
        """The transformers, by the name under which the file keeps their arrays."""
        named = (("encoder", self.encoder), ("decoder", self.transformer))
        return [(name, module) for name, module in named if module is not None]
