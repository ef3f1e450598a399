"""What is asked of a quantiser's training: settings of its own, weights of losses, and where it starts from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from dfe.base.errors import UsageError
from dfe.base.rows import Rows
from dfe.base.types import DoubleArray
from dfe.quantizers.latent import LatentMap
from dfe.space.base import ExpressionSpace

if TYPE_CHECKING:
    from dfe.quantizers.train.trainable import Trainable


@dataclass(frozen=True)
class LossWeights:
    """Weights of the loss terms; a quantiser computes those that it has.

    Reconstruction, commitment and codebook are in mm^2, distance in mm, the others without unit. Commitment, codebook
    and usage are the residual quantiser's.
    """

    distance: float = 0.0
    reconstruction: float = 1.0
    commitment: float = 0.5
    codebook: float = 0.05
    sparsity: float = 0.05
    orthogonality: float = 0.2
    coherence: float = 0.0
    usage: float = 0.01

    def __post_init__(self) -> None:
        for name, weight in asdict(self).items():
            if not 0 <= weight < float("inf"):
                raise UsageError(f"the weight of {name} is {weight}, not a number from 0 up")


class Start(NamedTuple):
    """What a training starts from."""

    rows: Rows
    """``(n, D)`` expressions to learn from."""
    weights: DoubleArray
    """``(n,)``: relative probability of each."""
    neutral: DoubleArray
    """``(D,)``: the expression that no display stands for."""
    space: ExpressionSpace
    maps: LatentMap
    """Of the space."""
    levels: int
    size: int
    seed: int
    displays: DoubleArray | None = None
    """``(U, D)``: movements that displays may begin as; a quantiser without displays of its own does without."""


class Settings(Protocol):
    """How a quantiser is trained, apart from what all trainings have; a frozen dataclass."""

    @property
    def kind(self) -> str:
        """Name of the quantiser in the registry."""
        ...

    def check(self, levels: int, size: int) -> None:
        """Refuse what the quantiser cannot be, before any table is read.

        Raises:
            UsageError: it cannot have so many levels and displays.
        """
        ...

    def begin(self, start: Start) -> Trainable:
        """The model before its first step (needs torch)."""
        ...

    def parameter_groups(self, model: Any, learning_rate: float) -> list[dict[str, Any]]:
        """What is learned of the model, and how fast at most."""
        ...
