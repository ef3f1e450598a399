"""Replacement of dead codes, between steps and never inside one."""

from __future__ import annotations

import torch
from torch import Tensor

from dfe.quantizers.rvq.train.quantizer import ResidualQuantizer
from dfe.quantizers.train.trainable import Quantized

DEAD_SHARE = 0.01
"""A code is dead if it is used less than this share of the mean use of all codes."""


@torch.no_grad()
def reseed_dead_codes(
    quantizer: ResidualQuantizer,
    optimiser: torch.optim.Optimizer,
    uses: Tensor,
    batch: Quantized,
    generator: torch.Generator,
) -> int:
    """Put dead codes where much is left to say, and forget what the optimiser knew of them.

    The new code is what a row still lacked after some level, at the next level's gain; rows and levels are drawn in
    proportion to their squared error. That is what the search found lacking: it sees the sum of the codes whatever the
    decoder adds, and a code put anywhere else would not be chosen.

    Args:
        quantizer: whose codes are changed in place.
        optimiser: Adam; its running means of replaced codes are zeroed.
        uses: ``(K,)``, how often each code was chosen of late.
        batch: the last batch.
        generator: of the draw.

    Returns:
        How many codes were replaced.
    """
    spoken = uses[1:].double()
    dead = torch.nonzero(spoken < DEAD_SHARE * spoken.mean()).flatten()
    if quantizer.levels == 1:
        left, gains = (batch.residuals - batch.spoken).detach(), quantizer.gains()
    else:
        left, gains = batch.residuals[:, 1:].detach(), quantizer.gains()[1:]
    energy = left.square().sum(dim=2).flatten().double().cpu()
    if not len(dead) or energy.sum() <= 0:
        return 0
    drawn = torch.searchsorted(
        energy.cumsum(0), torch.rand(len(dead), generator=generator, dtype=torch.float64) * energy.sum()
    ).clamp(max=len(energy) - 1)
    quantizer.codes[dead] = (left / gains[:, None]).flatten(0, 1)[drawn]
    for name in ("exp_avg", "exp_avg_sq"):
        if name in optimiser.state[quantizer.codes]:
            optimiser.state[quantizer.codes][name][dead] = 0
    return len(dead)
