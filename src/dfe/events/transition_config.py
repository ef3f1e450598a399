"""What counts as following; read by the command line too, so nothing heavy is here."""

from __future__ import annotations

from dataclasses import dataclass

from dfe.base.errors import UsageError
from dfe.stats.draws import PERMUTATIONS


@dataclass(frozen=True)
class TransitionConfig:
    """What counts as following.

    Raises:
        UsageError: a value that makes no sense.
    """

    after_s: float = 0.1
    """What begins sooner than this after another begins with it."""
    within_s: float = 1.0
    """What begins later than this does not follow."""
    permutations: int = PERMUTATIONS
    """Circular shifts that chance is made of."""
    seed: int = 0
    least: int = 10
    """Pairs are tested where each display begins at least so often in all."""

    def __post_init__(self) -> None:
        if not 0 <= self.after_s < self.within_s <= 60:
            what = f"from {self.after_s:g} to {self.within_s:g} s after is no stretch of time up to a minute"
            raise UsageError(what, advice="choose --gap below --up-to")
        if not 99 <= self.permutations <= 100_000:
            raise UsageError(f"{self.permutations} permutations; 99 to 100,000 can be made")
        if self.least < 1:
            raise UsageError("a display has to begin at least once to be tested")
