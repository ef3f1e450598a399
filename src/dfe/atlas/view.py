"""What the page of an atlas shows, as plain data; made from an atlas by :mod:`dfe.atlas.page`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dfe.pages.view import UnitRow


@dataclass(frozen=True)
class AtlasCard:
    """One display in the gallery."""

    display: int
    words: str
    name: str
    """The user's; empty if none."""
    side: str
    """``symmetric``, ``left``, ``right`` or empty."""
    region: str
    status: str
    share: float | None
    """Of the corpus; None without one."""
    pictures: tuple[bytes, ...]
    """Front and three-quarter view; none where there is nothing to draw."""


@dataclass(frozen=True)
class AtlasView:
    """A whole page."""

    tokenizer: str
    hash: str
    space: str
    levels: int
    additive: bool
    drawable: bool
    sided: bool
    """False where the space does not know left and right."""
    cards: tuple[AtlasCard, ...]
    regions: tuple[str, ...]
    strength: str
    """What the pictures' strength is, in words."""
    heat_stops: tuple[tuple[float, str], ...]
    """Displacements in mm and their colours."""
    corpus: str
    """A sentence about the corpus; empty without one."""
    share_of: str
    """What shares are of, as in ``of usable time``."""
    units: tuple[UnitRow, ...]
    """Groups, merged displays and displays of the eyes that the corpus shows."""
    notes: tuple[str, ...]
    """A line for each merge of the user's."""
    merges: tuple[tuple[int, int, float], ...]
    """The similarity tree, as :class:`dfe.atlas.similarity.Tree` has it."""
    order: tuple[int, ...]
    """Its leaves from top to bottom, as numbers from 0."""
    data: Mapping[str, Any]
    """What the page's scripts read, plain JSON values."""
    head: Mapping[str, Any] | None
    """The packed head; None where there is nothing to draw."""
    made_with: str
    """Version of the package."""
