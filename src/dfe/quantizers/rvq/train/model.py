"""The residual vector-quantised autoencoder of facial expressions, as it is trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from dfe.base.types import FloatArray
from dfe.quantizers.rvq.config import RvqConfig
from dfe.quantizers.rvq.train.decoder import AdditiveDecoder, TransformerDecoder
from dfe.quantizers.rvq.train.encoder import RegionEncoder
from dfe.quantizers.rvq.train.losses import codebook, commitment, usage
from dfe.quantizers.rvq.train.quantizer import ResidualQuantizer
from dfe.quantizers.rvq.train.reseed import reseed_dead_codes
from dfe.quantizers.settings import LossWeights
from dfe.quantizers.train.losses import coherence, distance, orthogonality, reconstruction, sparsity, weighted
from dfe.quantizers.train.trainable import Output, Searcher, Terms


class RvqModel(nn.Module):
    """Encoder, residual quantiser, decoder; implements :class:`dfe.quantizers.train.trainable.Trainable`.

    The latent is the mesh itself: ``(x - neutral) L`` with ``L L' = G``, so that squared distances between latents are
    squared mesh errors in mm^2; where some regions have more emphasis than others, G is the Gram matrix that weighs
    them so. The encoder's output is added to it and starts at zero: training starts from a direct
    search, and whatever the encoder contributes is what it has learned. A transformer in the decoder adds to the sum of
    the codes in the same way; the encoder's gradient passes it by, straight from the decoded face to the latent.

    Args:
        config: levels, codebook, encoder, decoder.
        neutral: ``(D,)`` expression that is said by no token at all.
        to_judged: ``(D, d)``, L.
        from_judged: ``(d, D)``, its inverse.
        to_latent: ``(D, d)``, L without emphasis, in mm of the plain mesh; the same if None.
        partner: ``(D,)``, the coefficient that each becomes in a mirror image, for steps half of whose rows are
            mirrored; None leaves rows as they are drawn.
    """

    to_latent: Tensor
    to_judged: Tensor
    partner: Tensor | None

    def __init__(
        self,
        config: RvqConfig,
        neutral: NDArray[Any],
        to_judged: NDArray[Any],
        from_judged: NDArray[Any],
        to_latent: NDArray[Any] | None = None,
        partner: NDArray[Any] | None = None,
    ) -> None:
        super().__init__()
        self.config, self.emphasis = config, to_latent is not None
        plain = to_judged if to_latent is None else to_latent
        self.register_buffer("to_judged", torch.tensor(to_judged, dtype=torch.float32))
        self.register_buffer("to_latent", torch.tensor(plain, dtype=torch.float32), persistent=False)
        mirror = None if partner is None else torch.tensor(partner, dtype=torch.long)
        self.register_buffer("partner", mirror, persistent=False)
        self.encoder = None if config.encoder is None else RegionEncoder(config.encoder, config.regions)
        self.quantizer = ResidualQuantizer(
            config.dimension, config.size, config.levels, config.threshold_mm2, config.beam
        )
        self.decoder = AdditiveDecoder(
            torch.tensor(neutral, dtype=torch.float32), torch.tensor(from_judged, dtype=torch.float32)
        )
        self.transformer = (
            None if config.decoder is None else TransformerDecoder(config.decoder, config.dimension, config.levels)
        )

    def target(self, x: Tensor) -> Tensor:
        """Mesh coordinates ``(n, d)`` in mm of expressions ``(n, D)``, without the encoder."""
        return (x - self.decoder.neutral) @ self.to_judged

    def latent(self, x: Tensor) -> Tensor:
        """What is quantised, ``(n, d)``: mesh coordinates plus the encoder's shift."""
        z = self.target(x)
        return z if self.encoder is None else z + self.encoder(x - self.decoder.neutral)

    def templates(self) -> Tensor:
        """``(K - 1, d)``: mesh coordinates of what each code that speaks makes of a face, alone at the first level."""
        codes = self.quantizer.codes
        if self.transformer is None:
            return codes
        levels = self.quantizer.levels
        alone = torch.arange(levels, device=codes.device).expand(len(codes), -1) == 0
        made: Tensor = codes + self.transformer(F.pad(codes[:, None], (0, 0, 0, levels - 1)), alone)
        return made

    def batch(self, x: Tensor) -> Tensor:
        """Half of the rows as they are drawn, the other half mirrored; all as drawn where nothing is to be mirrored."""
        if self.partner is None:
            return x
        half = len(x) // 2
        return torch.cat([x[:half], x[half:][:, self.partner]])

    def losses(self, output: Output, mesh_map: Tensor, weights: LossWeights) -> Terms:
        """Of reconstruction, of codes and residuals, and of templates."""
        quantized, templates = output.quantized, self.templates()
        if self.emphasis:
            templates = templates @ self.decoder.from_latent @ self.to_latent
        codes, gains = self.quantizer.codes, self.quantizer.gains()
        terms: dict[str, Callable[[], Tensor]] = {
            "distance": lambda: distance(output.x, output.input, self.to_judged),
            "reconstruction": lambda: reconstruction(output.x, output.input, self.to_judged),
            "commitment": lambda: commitment(quantized.residuals, quantized.spoken),
            "codebook": lambda: codebook(quantized.residuals, quantized.spoken),
            "sparsity": lambda: sparsity(templates, mesh_map),
            "orthogonality": lambda: orthogonality(templates),
            "coherence": lambda: coherence(templates),
            # Of the codes as the search sees them, without the decoder.
            "usage": lambda: usage(quantized.residuals, codes, gains),
        }
        return weighted(weights, terms)

    def said(self, codes: Tensor) -> Tensor:
        """A code is its display."""
        return codes

    def settle(self) -> None:
        """Nothing that is learned here has bounds."""

    def reseed(self, optimiser: torch.optim.Optimizer, uses: Tensor, output: Output, generator: torch.Generator) -> int:
        """Put dead codes where much is left to say."""
        return reseed_dead_codes(self.quantizer, optimiser, uses, output.quantized, generator)

    def searcher(self) -> Searcher:
        """The search of the quantiser, whose products are in float32."""
        return Searcher(self.quantizer, "search", self.quantizer.codebook)

    def encode(self, x: Tensor) -> Tensor:
        """Codes ``(n, N)`` of expressions ``(n, D)``."""
        with torch.no_grad():
            return self.quantizer.search(self.latent(x))

    def forward(self, x: Tensor) -> Output:
        quantized = self.quantizer(self.latent(x))
        told = quantized.latent
        if self.transformer is not None:
            told = told + self.transformer(quantized.spoken, quantized.codes > 0)
        return Output(x, self.decoder(told), self.target(x), quantized)

    def weights(self) -> dict[str, FloatArray]:
        """Arrays by the names of :meth:`RvqConfig.weight_shapes`, float32."""
        tensors = {
            "neutral": self.decoder.neutral,
            "to_latent": self.to_judged,
            "from_latent": self.decoder.from_latent,
            "codebook": self.quantizer.codebook(),
            "gains": self.quantizer.gains(),
        }
        for part, module in self._learned():
            tensors |= {f"{part}.{name}": tensor for name, tensor in module.state_dict().items()}
        return {name: tensor.detach().cpu().numpy().astype(np.float32) for name, tensor in tensors.items()}

    def _learned(self) -> list[tuple[str, nn.Module]]:
        """The transformers, by the name under which the file keeps their arrays."""
        named = (("encoder", self.encoder), ("decoder", self.transformer))
        return [(name, module) for name, module in named if module is not None]
