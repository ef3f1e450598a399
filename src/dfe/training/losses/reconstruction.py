"""How far the decoded face is from the face."""

from __future__ import annotations

from torch import Tensor


def reconstruction(decoded: Tensor, x: Tensor, to_latent: Tensor) -> Tensor:
    """Mean squared mesh error in mm^2.

    Args:
        decoded: ``(n, D)`` coefficients.
        x: ``(n, D)`` coefficients.
        to_latent: ``(D, d)``, L with ``L L' = G``, the space's Gram matrix in mm^2.
    """
    return ((decoded - x) @ to_latent).square().sum(dim=1).mean()
