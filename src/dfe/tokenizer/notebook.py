"""What a tokenizer shows of itself in a notebook: facts, and its most used displays as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dfe.displays.displays import Displays
from dfe.draw.render import render_expression, to_png
from dfe.draw.scale import heat_scale
from dfe.pages.notebook import facts_table, picture_strip

SHOWN = 8
SIZE_PX = 96


def tokenizer_summary(title: str, facts: Mapping[str, object], displays: Displays, most_used: Sequence[int]) -> str:
    """HTML: facts, and up to eight displays, the most used where they are known."""
    table = facts_table(title, facts)
    space, templates = displays.space, displays.templates
    if not len(space.mesh.triangles):
        return table
    scale = heat_scale(space, templates[1:])
    pictures = [
        (to_png(render_expression(space, templates[d], size=SIZE_PX, heat_max_mm=scale)), _caption(displays, d))
        for d in (most_used or range(1, len(templates)))[:SHOWN]
    ]
    return table + picture_strip(pictures, SIZE_PX)


def _caption(displays: Displays, display: int) -> str:
    """Number and strongest coefficient; words are the atlas's."""
    strongest = displays.described[display].strongest
    return f"{display} {strongest[0][0]}" if strongest else str(display)
