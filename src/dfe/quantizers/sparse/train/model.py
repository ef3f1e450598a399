"""The sparse quantiser as it is trained: displays mirror-closed, non-negative, each of 1 mm, on a shared ladder."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dfe.base.types import FloatArray
from dfe.quantizers.latent import square_root
from dfe.quantizers.settings import LossWeights
from dfe.quantizers.sparse.config import SparseConfig
from dfe.quantizers.sparse.search import Selection, SparseSearch, partners
from dfe.quantizers.sparse.train.losses import losses
from dfe.quantizers.sparse.train.reseed import reseed_dead_displays
from dfe.quantizers.train.trainable import Output, Quantized, Searcher, Terms
from dfe.space.base import ExpressionSpace
from dfe.space.regions import own_images

_SHORTEST = 1e-6


class SparseModel(nn.Module):
    """Displays that only ever raise coefficients, said at intensities that all of them share; implements
    :class:`dfe.quantizers.train.trainable.Trainable`.

    Of the K - 1 displays the first S are their own mirror image; after them come pairs, left before right, of which
    only the left one is learned. Search is :class:`SparseSearch` itself, so codes in training are codes in use.

    In a config that is not closed, the S displays are whatever they are learned to be, and there are no pairs.

    Args:
        config: sizes and search.
        space: of the expressions.
        neutral: ``(D,)`` expression that is said by no display at all.
        to_latent: ``(D, d)``, L in mm with ``L L' = G``.
        symmetric: ``(S, D)`` to begin from.
        left: ``(P, D)`` to begin from, with S + 2 P = K - 1.
        ladder: ``(Q,)`` mm, rising, to begin from.
        nonnegative: no display lowers a coefficient; False is for ablations.
    """

    to_latent: Tensor
    to_judged: Tensor
    neutral: Tensor
    partner: Tensor
    mirror: Tensor

    def __init__(
        self,
        config: SparseConfig,
        space: ExpressionSpace,
        neutral: NDArray[Any],
        to_latent: NDArray[Any],
        symmetric: NDArray[Any],
        left: NDArray[Any],
        ladder: NDArray[Any],
        *,
        nonnegative: bool = True,
    ) -> None:
        super().__init__()
        self.config, self.space = config, space
        self.lowest = 0.0 if nonnegative else -torch.inf
        self.register_buffer("to_latent", torch.tensor(to_latent, dtype=torch.float32))
        self.gram = space.weighted_gram(config.emphasis)
        judged = square_root(self.gram)
        self.register_buffer("to_judged", torch.tensor(judged, dtype=torch.float32), persistent=False)
        self.register_buffer("neutral", torch.tensor(neutral, dtype=torch.float32))
        self.register_buffer("mirror", torch.tensor(np.asarray(space.partner), dtype=torch.long), persistent=False)
        partner = np.asarray(space.partner) if config.closed else np.arange(space.dimension)
        self.register_buffer("partner", torch.tensor(partner, dtype=torch.long))
        self.symmetric = nn.Parameter(torch.tensor(symmetric, dtype=torch.float32))
        self.left = nn.Parameter(torch.tensor(left, dtype=torch.float32))
        self.log_ladder = nn.Parameter(torch.tensor(ladder, dtype=torch.float32).log())
        self.settle()

    def displays(self) -> Tensor:
        """``(K, D)``: silence, the symmetric ones, then pairs, each moving the face by 1 mm root mean square."""
        symmetric = (self.symmetric + self.symmetric[:, self.partner]) / 2
        one = torch.cat([symmetric, self.left]).clamp(min=self.lowest)
        one = one / (one @ self.to_judged).norm(dim=1, keepdim=True).clamp(min=_SHORTEST)
        count = len(self.symmetric)
        pairs = torch.stack([one[count:], one[count:][:, self.partner]], dim=1).flatten(0, 1)
        return torch.cat([torch.zeros_like(one[:1]), one[:count], pairs])

    def ladder(self) -> Tensor:
        """``(Q,)`` mm, rising."""
        return self.log_ladder.exp().sort().values

    def templates(self) -> Tensor:
        """``(K - 1, d)``: mesh coordinates of the displays."""
        return self.displays()[1:] @ self.to_latent

    @torch.no_grad()
    def settle(self) -> None:
        """Bring what is learned back to where it is used: no coefficient below the lowest, every display of 1 mm."""
        for rows in (self.symmetric, self.left):
            rows.clamp_(min=self.lowest)
            rows.div_((rows @ self.to_judged).norm(dim=1, keepdim=True).clamp(min=_SHORTEST))

    def target(self, x: Tensor) -> Tensor:
        """Mesh coordinates ``(n, d)`` in mm of expressions ``(n, D)``."""
        return (x - self.neutral) @ self.to_latent

    @torch.no_grad()
    def find(self, x: Tensor) -> Selection:
        """What the search finds in expressions ``(n, D)`` with the displays as they are now."""
        weights = self.weights()
        codebook = weights["codebook"]
        search = SparseSearch(
            codebook,
            weights["images"],
            weights["ladder"],
            self.gram,
            partners(codebook, self.space.mirror(codebook), closed=self.config.closed),
            self.config,
        )
        offset = x.detach().cpu().numpy().astype(np.float64) - weights["neutral"]
        return search.search(offset)

    def encode(self, x: Tensor) -> Tensor:
        """Codes ``(n, N)`` of expressions ``(n, D)``."""
        found = self.find(x)
        return torch.from_numpy(self.config.code(found.display, found.step).astype(np.int64))

    def said(self, codes: Tensor) -> Tensor:
        """Which display each code says; 0 nothing."""
        return (codes + self.config.steps - 1) // self.config.steps

    def spoken(self, codes: Tensor) -> Tensor:
        """``(n, N, D)``: what each code adds to a face; zero where it says nothing."""
        codes = codes.to(self.to_latent.device)
        steps = self.config.steps
        mm = torch.where(codes > 0, self.ladder()[(codes - 1) % steps], 0.0)
        return mm[..., None] * self.displays()[self.said(codes)]

    def batch(self, x: Tensor) -> Tensor:
        """Half of the rows as they are drawn, the other half mirrored."""
        half = len(x) // 2
        return torch.cat([x[:half], x[half:][:, self.mirror]])

    def losses(self, output: Output, mesh_map: Tensor, weights: LossWeights) -> Terms:
        """Of reconstruction and of templates."""
        said = self.said(output.quantized.codes)
        return losses(output, said, self.templates(), self.to_judged, mesh_map, weights)

    def reseed(self, optimiser: torch.optim.Optimizer, uses: Tensor, output: Output, generator: torch.Generator) -> int:
        """Put dead displays where much is left to say."""
        return reseed_dead_displays(self, optimiser, uses, output.input, output.x.detach(), generator)

    def searcher(self) -> Searcher:
        """The whole search: computed in float64, in blocks of one size, it is never a question of how many rows."""
        return Searcher(self, "encode", None)

    def forward(self, x: Tensor) -> Output:
        codes, target = self.encode(x), self.target(x)
        added = self.spoken(codes)
        spoken = added @ self.to_latent
        before = spoken.detach().cumsum(dim=1) - spoken.detach()
        quantized = Quantized(spoken.sum(dim=1), codes, target[:, None] - before, spoken)
        return Output(x, self.neutral + added.sum(dim=1), target, quantized)

    def weights(self) -> dict[str, FloatArray]:
        """Arrays by the names of :meth:`SparseConfig.weight_shapes`, float32."""
        displays = self.displays().detach().cpu().numpy().astype(np.float32)
        count = len(self.symmetric)
        one = np.concatenate([displays[1 : 1 + count], displays[1 + count :: 2]])
        images = np.zeros_like(displays)
        own = own_images(one.astype(np.float64), self.space).astype(np.float32)
        mirrored = self.space.mirror(own) if self.config.closed else own
        images[1 : 1 + count] = (own[:count] + mirrored[:count]) / 2
        images[1 + count :: 2], images[2 + count :: 2] = own[count:], mirrored[count:]
        return {
            "neutral": self.neutral.detach().cpu().numpy().astype(np.float32),
            "codebook": displays,
            "images": images,
            "ladder": self.ladder().detach().cpu().numpy().astype(np.float32),
        }
