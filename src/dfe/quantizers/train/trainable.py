"""A quantiser as it is trained, in torch: what the training loop knows of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from dfe.base.types import FloatArray
from dfe.quantizers.latent import LatentMap
from dfe.quantizers.quantizer import QuantizerConfig
from dfe.quantizers.settings import LossWeights
from dfe.space.base import ExpressionSpace

_SPARSITY_VERTICES = 1000

Terms = dict[str, tuple[float, Tensor]]
"""Weight and value of loss terms by their names."""


class Quantized(NamedTuple):
    """What a quantiser made of ``n`` latents."""

    latent: Tensor
    """``(n, d)``: sum of what the levels say; with the straight-through gradient where there is an encoder."""
    codes: Tensor
    """``(n, N)`` long."""
    residuals: Tensor
    """``(n, N, d)``: what was left before each level."""
    spoken: Tensor
    """``(n, N, d)``: what each level says, zero where it is silent."""


class Output(NamedTuple):
    """One pass of a model over ``n`` expressions."""

    input: Tensor
    """``(n, D)``: the expressions."""
    x: Tensor
    """``(n, D)``: the same decoded again."""
    target: Tensor
    """``(n, d)``: mesh coordinates of the input, in mm."""
    quantized: Quantized


class Searcher(NamedTuple):
    """The function of a model that finds codes row by row, so that several processes may share the rows."""

    owner: nn.Module
    name: str
    """Of the function."""
    codebook: Callable[[], Tensor] | None
    """What rows are multiplied with in float32, where their codes could depend on how many they are; None: exact."""


class Trainable(Protocol):
    """A model in training; an ``nn.Module``."""

    @property
    def config(self) -> QuantizerConfig:
        """Shape of the quantiser."""
        ...

    @property
    def to_latent(self) -> Tensor:
        """``(D, d)`` L in mm with ``L L' = G``."""
        ...

    def __call__(self, x: Tensor) -> Output:
        """One pass over expressions ``(n, D)``."""
        ...

    def batch(self, x: Tensor) -> Tensor:
        """The rows ``(n, D)`` of a step, made of those drawn."""
        ...

    def losses(self, output: Output, mesh_map: Tensor, weights: LossWeights) -> Terms:
        """Weight and value of every loss term that counts.

        Args:
            output: what the model made of a batch.
            mesh_map: ``(d, V, 3)`` of :func:`mesh_map`.
            weights: of the terms; those of weight 0 are not computed.
        """
        ...

    def said(self, codes: Tensor) -> Tensor:
        """Which display each code says; 0 nothing."""
        ...

    def settle(self) -> None:
        """Bring what is learned back within its bounds, after a step."""
        ...

    def reseed(self, optimiser: torch.optim.Optimizer, uses: Tensor, output: Output, generator: torch.Generator) -> int:
        """Replace dead displays between steps; returns how many. ``uses`` ``(K,)``: how often each display was said."""
        ...

    def searcher(self) -> Searcher:
        """What several processes may share."""
        ...

    def weights(self) -> dict[str, FloatArray]:
        """Float32 arrays of the quantiser's file."""
        ...

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """The model on a device."""
        ...

    def state_dict(self, *args: Any, **kwargs: Any) -> Any:
        """Parameters and buffers."""
        ...

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """Take over parameters and buffers."""
        ...


def mesh_map(space: ExpressionSpace, maps: LatentMap) -> Tensor:
    """Displacement ``(d, V', 3)`` in mm per unit of the latent, of moving vertices spread evenly over their list."""
    moving = np.flatnonzero(space.moving)
    some = moving[np.unique(np.linspace(0, len(moving) - 1, min(len(moving), _SPARSITY_VERTICES)).astype(int))]
    displacement = np.tensordot(maps.from_latent, space.basis[:, some].astype(np.float64), axes=1)
    return torch.tensor(displacement, dtype=torch.float32)
