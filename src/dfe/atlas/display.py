"""One display of an atlas: what moves, how much, where, and how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dfe.atlas.action_units import NearUnit
from dfe.base.types import FloatArray

Status = Literal["display", "unsteady", "correction", "not measured"]
"""``display``: agrees with faces and stays under small changes of a picture; ``unsteady``: comes and goes with them;
``correction``: often points away from the face; ``not measured``: nobody has looked."""


@dataclass(frozen=True, eq=False)
class AtlasDisplay:
    """One display of the book."""

    display: int
    """Its number in the tokenizer, from 1."""
    words: str
    """What moves, as in ``lip corner pull, left``."""
    template: FloatArray
    """``(D,)``: what it adds to a face at its usual intensity, in units of the space."""
    side: str
    """``symmetric``, ``left`` or ``right``, the subject's; empty where the space does not know sides."""
    regions: dict[str, float]
    """Share of the movement's energy over the skin in each region."""
    energy_mm: float
    """Root mean square displacement of the moving vertices at the usual intensity."""
    locality: float
    """Share of the moving vertices that hold 90% of the energy."""
    strongest: tuple[tuple[str, float], ...]
    """Coefficients that carry most of it, and their values."""
    units: tuple[NearUnit, ...]
    """Action units of the proxy that move the face most like it."""
    partner: int | None
    """Display that is its mirror image, itself where symmetric; None if the book has none, or has no sides."""
    status: Status
    reliability: float | None
    """Chance-corrected agreement (kappa) under small changes of the picture, where the tokenizer's card has it."""

    @property
    def region(self) -> str:
        """The region that it moves most; empty if none."""
        return max(self.regions, key=lambda r: self.regions[r]) if any(self.regions.values()) else ""
