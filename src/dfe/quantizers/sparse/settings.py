"""How a sparse quantiser is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from dfe.base.errors import ModelError, UsageError
from dfe.quantizers.settings import Start
from dfe.quantizers.sparse.config import SparseConfig

if TYPE_CHECKING:
    from dfe.quantizers.sparse.train.model import SparseModel


@dataclass(frozen=True)
class SparseSettings:
    """Settings of a sparse codebook of displays, apart from its size.

    Args:
        steps: intensities of the ladder.
        lowest_mm, highest_mm: ends of the ladder to begin from.
        symmetric: displays that are their own mirror image, as a share of the codebook; the others come in pairs.
        penalty_mm, least_mm, iterations, sweeps: of the search, as in :class:`SparseConfig`.
        ladder_learning_rate: of the logarithm of the ladder.
        faithful: only displays that agree with a face are said of it.
        mirrored: the codebook holds every display's mirror image.
        nonnegative: no display lowers a coefficient, in spaces whose coefficients begin at zero.
        emphasis: as in :class:`SparseConfig`; the losses of distance weigh regions alike.

    The three before the last are switched off to measure what they bring (``dfe ablate``).
    """

    kind: ClassVar[str] = "sparse"
    steps: int = 12
    lowest_mm: float = 0.1
    highest_mm: float = 2.8
    symmetric: float = 0.5
    penalty_mm: float = 0.06
    least_mm: float = 0.05
    iterations: int = 30
    sweeps: int = 2
    ladder_learning_rate: float = 3e-3
    faithful: bool = True
    mirrored: bool = True
    nonnegative: bool = True
    emphasis: Mapping[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if not 0 <= self.symmetric <= 1:
            raise UsageError(f"symmetric is {self.symmetric}, not a share from 0 to 1")
        if not 0 < self.lowest_mm <= self.highest_mm < float("inf"):
            raise UsageError(f"a ladder from {self.lowest_mm} to {self.highest_mm} mm does not rise from above 0")
        if not 0 < self.ladder_learning_rate < float("inf"):
            raise UsageError(f"ladder_learning_rate is {self.ladder_learning_rate}, not a positive number")

    def config(self, dimension: int, levels: int, size: int) -> SparseConfig:
        """The quantiser's own configuration.

        Raises:
            ModelError: it cannot be.
        """
        return SparseConfig(
            dimension=dimension,
            levels=levels,
            size=size,
            steps=self.steps,
            penalty_mm=self.penalty_mm,
            least_mm=self.least_mm,
            iterations=self.iterations,
            sweeps=self.sweeps,
            faithful=self.faithful,
            closed=self.mirrored,
            emphasis=dict(self.emphasis),
        )

    def check(self, levels: int, size: int) -> None:
        """Refuse what cannot be.

        Raises:
            UsageError: more levels than displays, displays that cannot all be pairs, or a number out of bounds.
        """
        try:
            self.config(1, min(levels, size - 1), size)
        except ModelError as error:
            raise UsageError(error.what, advice="choose another value") from None
        if levels >= size:
            what = f"{levels} displays a face are more than the {size - 1} of the codebook"
            raise UsageError(what, advice="ask for fewer levels or a larger size")
        if size % 2 == 0 and self.symmetric == 0:
            what = f"{size - 1} displays cannot all come in pairs of left and right"
            raise UsageError(what, advice="choose another value")

    def begin(self, start: Start) -> SparseModel:
        """The model before its first step: displays of single coefficients, then of what random faces show."""
        from dfe.quantizers.sparse.train.initialise import first_model

        return first_model(self, start)

    def parameter_groups(self, model: SparseModel, learning_rate: float) -> list[dict[str, Any]]:
        """Displays at one rate, the ladder at another."""
        return [
            {"params": [model.symmetric, model.left], "lr": learning_rate},
            {"params": [model.log_ladder], "lr": self.ladder_learning_rate},
        ]
