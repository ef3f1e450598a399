"""Replacement of dead displays, between steps and never inside one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from dfe.quantizers.sparse.train.model import SparseModel

MOVABLE = 2e-3
"""What every coefficient has of every display at first: at exactly 0 none would get a gradient through the clamp."""
DEAD_SHARE = 0.1
"""A display is dead below this share of the mean use; few of them say a face, so each should be worth having."""
COPY_COSINE = 0.9
"""Two displays with at least this cosine are the same movement twice."""


@torch.no_grad()
def reseed_dead_displays(
    model: SparseModel,
    optimiser: torch.optim.Optimizer,
    uses: Tensor,
    x: Tensor,
    decoded: Tensor,
    generator: torch.Generator,
) -> int:
    """Put dead displays where much is left to say: each becomes what some face of the batch still lacked.

    Faces are drawn in proportion to their squared error.

    One that is all but the same as a display in more use, or as its own mirror image, is as good as dead. Left and
    right of a pair count together; coefficients that the face had too much of are left out, unless displays are signed.

    Args:
        model: whose displays are changed in place.
        optimiser: Adam; its running means of replaced displays are zeroed.
        uses: ``(K,)``, how often each display was said of late.
        x: ``(n, D)``, the last batch.
        decoded: ``(n, D)``, what was made of it.
        generator: of the draw.

    Returns:
        How many displays were replaced, pairs counting once.
    """
    said = uses[1:].double()
    count = len(model.symmetric)
    by_row = torch.cat([said[:count], said[count::2] + said[count + 1 :: 2]])
    idle = by_row < DEAD_SHARE * by_row.mean()
    dead = torch.nonzero(idle | _copies(model.templates(), by_row, count)).flatten()
    left = x - decoded
    energy = (left @ model.to_judged).square().sum(dim=1).double().cpu()
    if not len(dead) or energy.sum() <= 0:
        return 0
    draws = torch.rand(len(dead), generator=generator, dtype=torch.float64) * energy.sum()
    drawn = torch.searchsorted(energy.cumsum(0), draws).clamp(max=len(energy) - 1)
    for row, face in zip(dead.tolist(), drawn.tolist(), strict=True):
        rows, at = (model.symmetric, row) if row < count else (model.left, row - count)
        rows[at] = left[face].clamp(min=model.lowest) + MOVABLE
        for name in ("exp_avg", "exp_avg_sq"):
            if name in optimiser.state[rows]:
                optimiser.state[rows][name][at] = 0
    model.settle()
    return len(dead)


def _copies(templates: Tensor, uses: Tensor, symmetric: int) -> Tensor:
    """Which rows, the symmetric ones and then a row for each pair, say what a row that is used more says already.

    Args:
        templates: ``(K - 1, d)``, the symmetric ones and then pairs.
        uses: of each row.
        symmetric: how many of the rows are symmetric.
    """
    unit = torch.nn.functional.normalize(templates, dim=1)
    one, right = torch.cat([unit[:symmetric], unit[symmetric::2]]), unit[symmetric + 1 :: 2]
    alike = one @ one.T
    alike[:, symmetric:] = alike[:, symmetric:].maximum(one @ right.T)
    own = (one[symmetric:] * right).sum(dim=1)
    alike.fill_diagonal_(0)
    rank = torch.empty(len(uses), dtype=torch.long, device=uses.device)
    rank[uses.argsort(descending=True, stable=True)] = torch.arange(len(uses), device=uses.device)
    copies = ((alike >= COPY_COSINE) & (rank[None] < rank[:, None]).to(alike.device)).any(dim=1)
    copies[symmetric:] |= own >= COPY_COSINE
    return copies.to(uses.device)
