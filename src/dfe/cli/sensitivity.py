"""`dfe sensitivity`: what effect a study of so many subjects could show."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated

from dfe.cli.options import AsJson, Seed, arg


@dataclass(frozen=True)
class Sensitivity:
    """Say what difference between groups of so many subjects would be found, before there are data.

    Examples:
        dfe sensitivity --subjects 20 20
        dfe sensitivity --subjects 40 35 --tested 10 --minutes 3 --power 0.9
    """

    subjects: Annotated[tuple[int, int], arg(metavar="N N")]
    """Subjects in the two groups."""
    tested: Annotated[int, arg(metavar="N")] = 63
    """Displays that are tested."""
    minutes: Annotated[float, arg(metavar="MINUTES")] = 5.0
    """Valid time for each subject."""
    per_min: Annotated[float, arg(metavar="EVENTS")] = 3.0
    """Events per minute of a display in the first group."""
    dispersion: Annotated[float, arg(metavar="X")] = 0.5
    """How much subjects differ: counts vary by mu + dispersion * mu^2."""
    power: Annotated[float, arg(metavar="SHARE")] = 0.8
    """Power with which the effect is found."""
    alpha: Annotated[float, arg(metavar="P")] = 0.05
    """Two-sided level of the test."""
    simulations: Annotated[int, arg(metavar="N")] = 4_000
    """Simulated studies, for ratios of rates."""
    seed: Seed = 0
    json: AsJson = False

    def run(self) -> int:
        """Work it out and print it; return the exit code."""
        from dfe.cli.show import say, show_json
        from dfe.cli.words import sensitivity_words
        from dfe.stats.sensitivity import RateDesign, sensitivity

        found = sensitivity(
            *self.subjects,
            RateDesign(self.minutes, self.per_min, self.dispersion),
            displays=self.tested,
            alpha=self.alpha,
            power=self.power,
            simulations=self.simulations,
            seed=self.seed,
        )
        if self.json:
            show_json(asdict(found))
        else:
            say(*sensitivity_words(found))
        return 0
