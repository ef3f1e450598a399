"""How far the decoded face is from the face, as it is reported."""

from __future__ import annotations

from torch import Tensor

_TINY = 1e-4


def distance(decoded: Tensor, x: Tensor, to_latent: Tensor) -> Tensor:
    """Mean over faces of the mesh error in mm: the measure itself, in which no single face outweighs the others.

    Args:
        decoded: ``(n, D)`` coefficients.
        x: ``(n, D)`` coefficients.
        to_latent: ``(D, d)``, L with ``L L' = G``, the space's Gram matrix in mm^2.
    """
    squared: Tensor = ((decoded - x) @ to_latent).square().sum(dim=1)
    # The square root's slope is infinite where a face is met exactly.
    return (squared + _TINY).sqrt().mean()
