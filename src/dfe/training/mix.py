"""Faces made of two: the upper part of one over the lower part of another, stretched."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from dfe.space.base import ExpressionSpace

STRETCH = 1.6
"""A made face is at most this many times as strong as the faces that it is made of."""
UPPER = ("brow", "eyes", "nose")
"""Regions that are taken from the second face, where a space has regions of these names."""


class Mixer:
    """Makes rows of a batch out of two rows each.

    Args:
        space: of the rows; made faces keep within its bounds.
        share: of the rows of a batch, from its end.
    """

    def __init__(self, space: ExpressionSpace, share: float) -> None:
        upper = [i for region in UPPER for i in space.regions.get(region, ())]
        self._upper = torch.tensor(np.isin(np.arange(space.dimension), upper))
        self._lower, self._higher = torch.tensor(space.lower), torch.tensor(space.upper)
        self._share = share

    def __call__(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """The batch ``(n, D)`` with its last rows made anew; draws nothing where the share is 0."""
        made = round(self._share * len(x))
        if not made:
            return x
        first, second = torch.randint(len(x), (2, made), generator=generator).to(x.device)
        strength = (1 + (STRETCH - 1) * torch.rand(2, made, 1, generator=generator)).to(x.device)
        upper, lower, higher = (part.to(x.device) for part in (self._upper, self._lower, self._higher))
        face = torch.where(upper, strength[1] * x[second], strength[0] * x[first])
        return torch.cat([x[: len(x) - made], face.clamp(lower, higher)])
