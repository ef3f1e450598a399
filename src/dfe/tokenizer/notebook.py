"""What a tokenizer shows of itself in a notebook: facts, and its most used displays as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dfe.displays.displays import Displays
from dfe.draw.render import render_expression, to_png
from dfe.draw.scale import heat_scale
from dfe.pages.notebook import notebook

SHOWN = 8
SIZE_PX = 96


def tokenizer_summary(title: str, facts: Mapping[str, object], displays: Displays, most_used: Sequence[int]) -> str:
    """HTML: facts, and up to eight displays, the most used where they are known."""
    space, templates = displays.space, displays.templates
    pictures: list[tuple[bytes, str]] = []
    if space.has_surface:
        scale = heat_scale(space, templates[1:])
        pictures = [
            (
                to_png(render_expression(space, templates[d], size=SIZE_PX, heat_max_mm=scale)),
                f"{d} {displays.described[d].words}",
            )
            for d in (most_used or range(1, len(templates)))[:SHOWN]
        ]
    return notebook(title, facts, pictures, SIZE_PX)
