"""Where the residual quantiser starts: first codebook and gains, from a residual k-means."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from dfe.base.types import DoubleArray, IntArray
from dfe.quantizers.latent import latent_map
from dfe.quantizers.rvq.settings import RvqSettings
from dfe.quantizers.rvq.train.kmeans import kmeans, nearest
from dfe.quantizers.rvq.train.model import RvqModel
from dfe.quantizers.settings import Start

_SAMPLE = 20_000
_LOWEST_GAIN = 1e-3


class FirstCodebook(NamedTuple):
    """First codebook ``(K, d)``, code 0 being zero, and gains ``(N,)``, the first being 1."""

    codebook: DoubleArray
    gains: DoubleArray


def first_model(settings: RvqSettings, start: Start) -> RvqModel:
    """The model before its first step; transformers that change nothing."""
    regions = tuple(tuple(int(i) for i in region) for region in start.space.regions.values())
    emphasis = {r: weight for r, weight in settings.emphasis.items() if r in start.space.mesh.regions}
    judged = latent_map(start.space, emphasis) if emphasis else start.maps
    rng = np.random.default_rng(start.seed)
    drawn = start.rows.take(_sample(start.weights, rng))
    z = (drawn.astype(np.float64) - start.neutral) @ judged.to_latent
    first = first_codebook(z, start.levels, start.size, rng, gains=settings.gains)
    config = settings.config(regions, start.levels, start.size)
    model = RvqModel(
        config,
        start.neutral,
        judged.to_latent,
        judged.from_latent,
        start.maps.to_latent if emphasis else None,
        start.space.partner if settings.mirrored and start.space.flips else None,
    )
    with torch.no_grad():
        model.quantizer.codes.copy_(torch.tensor(first.codebook[1:]))
        model.quantizer.log_gains.copy_(torch.tensor(first.gains[1:]).log())
    model.quantizer.log_gains.requires_grad_(settings.gains)
    return model


def first_codebook(
    z: DoubleArray, levels: int, size: int, rng: np.random.Generator, *, gains: bool = True
) -> FirstCodebook:
    """Shared codebook and gains from a residual k-means with separate ones.

    The residuals of ALL levels, brought to the first level's size, are pooled and clustered: the codebook starts with
    something to say at every level, and each gain with the size of its level's residuals.

    Args:
        z: ``(n, d)`` mesh coordinates, neutral subtracted.
        levels: N.
        size: K.
        rng: of k-means.
        gains: of the levels; without, all are 1 and residuals are pooled as they are.
    """
    residual, whole = z, _length(z)
    pooled: list[DoubleArray] = []
    sizes: list[float] = []
    for _ in range(levels):
        sizes.append(max(_length(residual) / whole, _LOWEST_GAIN) if gains else 1.0)
        part = rng.permutation(len(residual))[: max(len(residual) // 2, size)]
        pooled.append(residual[part] / sizes[-1])
        centres = np.concatenate([np.zeros((1, z.shape[1])), kmeans(residual, size - 1, rng, iterations=10)])
        residual = residual - centres[nearest(residual, centres)[0]]
    codebook = np.concatenate([np.zeros((1, z.shape[1])), kmeans(np.concatenate(pooled), size - 1, rng)])
    return FirstCodebook(codebook, np.array([1.0, *sizes[1:]]))


def _sample(weights: DoubleArray, rng: np.random.Generator) -> IntArray:
    """Which rows the first codebook is made of; ``weights`` ``(n,)``: relative probability of each."""
    even = bool((weights == weights[0]).all())
    return rng.choice(
        len(weights), min(len(weights), _SAMPLE), replace=False, p=None if even else weights / weights.sum()
    )


def _length(z: DoubleArray) -> float:
    """Root mean square length of the rows, never zero."""
    return max(float(np.sqrt(np.square(z).sum(axis=1).mean())), 1e-9)
