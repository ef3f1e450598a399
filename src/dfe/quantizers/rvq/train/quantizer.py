"""Residual quantiser with one gradient codebook shared by all levels, a gain per level and a silent code."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dfe.quantizers.rvq.search import TIE
from dfe.quantizers.train.trainable import Quantized


class ResidualQuantizer(nn.Module):
    """Code 0 is zero and stays so; the first level's gain is 1 and stays so, which fixes the scale of the codebook.

    Args:
        dimension: of the latent, d.
        size: codes, K, the zero code included.
        levels: N.
        threshold: a level speaks only if it saves more than this, in squared units of the latent (mm^2).
        beam: beginnings that the search keeps; 1 is greedy.
    """

    def __init__(self, dimension: int, size: int, levels: int, threshold: float, beam: int = 1) -> None:
        super().__init__()
        self.levels, self.threshold, self.beam = levels, threshold, beam
        self.codes = nn.Parameter(torch.randn(size - 1, dimension))
        self.log_gains = nn.Parameter(torch.linspace(0, -1, levels)[1:].clone())

    def codebook(self) -> Tensor:
        """``(K, d)`` with the zero code first."""
        return F.pad(self.codes, (0, 0, 1, 0))

    def gains(self) -> Tensor:
        """``(N,)``, the first one 1."""
        return F.pad(self.log_gains, (1, 0)).exp()

    def search(self, z: Tensor) -> Tensor:
        """Codes ``(n, N)`` of latents ``(n, d)``."""
        return self._greedy(z) if self.beam == 1 else self._follow(z)

    @torch.no_grad()
    def _follow(self, z: Tensor) -> Tensor:
        """As :class:`dfe.quantizers.rvq.beam.BeamSearch`, in the precision of ``z``, equal costs in any order."""
        codebook, gains = self.codebook(), self.gains()
        gram, norms, size = codebook @ codebook.T, codebook.square().sum(1), len(codebook)
        scores = (z @ codebook.T)[:, None]
        cost, speaks = z.new_zeros(len(z), 1), torch.ones(len(z), 1, dtype=torch.bool, device=z.device)
        codes = torch.zeros(len(z), 1, 0, dtype=torch.long, device=z.device)
        for gain in gains:
            change = gain * gain * norms + self.threshold - 2 * gain * scores
            change = change.masked_fill(~speaks[..., None], torch.inf)
            change[..., 0] = 0
            whole = (cost[..., None] + change).flatten(1)
            cost, chosen = whole.topk(min(self.beam, whole.shape[1]), dim=1, largest=False)
            begun, code = chosen // size, chosen % size
            codes = torch.cat([codes.gather(1, begun[..., None].expand(-1, -1, codes.shape[2])), code[..., None]], 2)
            speaks = speaks.gather(1, begun) & (code > 0)
            scores = scores.gather(1, begun[..., None].expand(-1, -1, size)) - gain * gram[code]
        return codes[:, 0]

    @torch.no_grad()
    def _greedy(self, z: Tensor) -> Tensor:
        """The best code at each level; codes that save the same go to the lowest index."""
        codebook, gains = self.codebook(), self.gains()
        half = codebook.square().sum(1) / 2
        reach = (2 * half.max()).sqrt()
        floor = gains.max() * 2 * half.max() + self.threshold / 2 / gains.min()
        margin = (TIE * (z.norm(dim=1) * reach + floor))[:, None]
        # One product with the book for all levels: what a code changes in every product is a row of its Gram matrix.
        gram, products, codes = codebook @ codebook.T, z @ codebook.T, []
        speaks = torch.ones(len(z), dtype=torch.bool, device=z.device)
        for gain in gains:
            scores = products - gain * half
            scores[:, 0] = self.threshold / 2 / gain
            best = (scores >= scores.max(dim=1, keepdim=True).values - margin).to(torch.uint8).argmax(dim=1)
            speaks = speaks & (best > 0)
            best = torch.where(speaks, best, 0)
            products = products - gain * gram[best]
            codes.append(best)
        return torch.stack(codes, dim=1)

    def forward(self, z: Tensor) -> Quantized:
        codes = self.search(z)
        spoken = F.embedding(codes, self.codebook()) * self.gains()[:, None]
        before = F.pad(spoken.detach().cumsum(dim=1)[:, :-1], (0, 0, 1, 0))
        return Quantized(spoken.sum(dim=1) + (z - z.detach()), codes, z[:, None] - before, spoken)
