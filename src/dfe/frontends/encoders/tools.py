"""What differs between the three tools: crop, expression space, terms of use."""

from __future__ import annotations

from dataclasses import dataclass

from dfe.frontends.encoders.crops import Crop

EXTRA = "flame"
VERIFIED = "not verified on real weights"

_MPI = "research only (Max Planck Society), the user's own copy"


@dataclass(frozen=True)
class Tool:
    """One of the encoders."""

    name: str
    title: str
    """Name as its authors write it, and paper."""
    space: str
    """Id of the expression space."""
    dimension: int
    """Coefficients of that space."""
    crop: Crop
    licence: str
    """Terms of code and weights; FLAME's own terms hold beside them."""


TOOLS: dict[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool(
            name="deca",
            title="DECA (Feng et al. 2021)",
            space="flame2020/exp50+jaw3",
            dimension=53,
            crop=Crop(points=68, scale=1.1 * 1.25, whole_levels=False),
            licence=f"weights: {_MPI}; FLAME's licence",
        ),
        Tool(
            name="emoca",
            title="EMOCA v1 and v2 (Daněček et al. 2022)",
            space="flame2020/exp50+jaw3",
            dimension=53,
            crop=Crop(points=68, scale=1.1 * 1.25, whole_levels=False),
            licence=f"weights: {_MPI}; FLAME's licence",
        ),
        Tool(
            name="smirk",
            title="SMIRK (Retsinas et al. 2024)",
            space="flame2020/exp50+jaw3+eyelid2",
            dimension=55,
            crop=Crop(points=478, scale=1.4, whole_levels=True),
            licence="weights: MIT, the user's own copy; FLAME's licence",
        ),
    )
}
