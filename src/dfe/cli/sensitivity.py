"""`dfe sensitivity`: what effect a study of so many subjects could show."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

from tyro.conf import arg

from dfe.base.errors import UsageError

if TYPE_CHECKING:
    from dfe.stats.sensitivity import Sensitivity as Result


@dataclass(frozen=True)
class Sensitivity:
    """Say what difference between groups of so many subjects would be found, before there are data."""

    subjects: Annotated[str, arg(metavar="N,N")]
    """In the two groups, as in 20,20."""
    displays: int = 63
    """That are tested."""
    minutes: float = 5.0
    """Of valid time for each subject."""
    rate: Annotated[float, arg(metavar="PER_MIN")] = 3.0
    """Events per minute of a display in the first group."""
    dispersion: float = 0.5
    """How much subjects differ: counts vary by mu + dispersion * mu^2."""
    power: float = 0.8
    """With which the effect is found."""
    alpha: float = 0.05
    """Two-sided."""
    simulations: int = 4_000
    """Of studies, for ratios of rates."""
    seed: int = 0
    """Of the simulations."""
    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        """Work it out and print it; return the exit code."""
        from dfe.stats.sensitivity import RateDesign, sensitivity

        numbers = [word.strip() for word in self.subjects.split(",")]
        if len(numbers) != 2 or not all(word.isdecimal() and len(word) < 7 for word in numbers):
            raise UsageError(f"--subjects {self.subjects!r} is not two numbers", advice="write it as in 20,20")
        found = sensitivity(
            int(numbers[0]),
            int(numbers[1]),
            RateDesign(self.minutes, self.rate, self.dispersion),
            displays=self.displays,
            alpha=self.alpha,
            power=self.power,
            simulations=self.simulations,
            seed=self.seed,
        )
        print(json.dumps(asdict(found), indent=2) if self.json else in_words(found))
        return 0


def in_words(found: Result) -> str:
    """The figures for a reader."""
    one, two = found.subjects
    rates = found.rates
    lines = [
        f"{one} and {two} subjects, two-sided alpha {found.alpha:g}, power {found.power:.0%}",
        f"smallest effect that would be found   one display   each of {found.displays} (Bonferroni)",
        f"  standardised difference (g)         {found.g:11.2f}   {found.g_bonferroni:.2f}",
        f"  ratio of rates                      {_ratio(found.ratio):>11}   {_ratio(found.ratio_bonferroni)}",
        f"rates: {rates.per_min:g} events a minute in the first group, {rates.minutes:g} minutes a subject, dispersion "
        f"{rates.dispersion:g}; {found.simulations:,} simulated studies",
        "ratio of rates   power, one display   Bonferroni",
    ]
    lines += [f"{ratio:14g}   {alone:18.0%}   {strict:10.0%}" for ratio, alone, strict in found.curve]
    return "\n".join(lines)


def _ratio(value: float | None) -> str:
    return "over 64" if value is None else f"{value:.2f}"
