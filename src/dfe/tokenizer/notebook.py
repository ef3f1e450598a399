"""What a tokenizer shows of itself in a notebook: facts, and its most used displays as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dfe.draw.render import render_expression, to_png
from dfe.draw.scale import heat_scale
from dfe.pages.notebook import facts_table, picture_strip

if TYPE_CHECKING:
    from dfe.tokenizer.tokenizer import Tokenizer

SHOWN = 8
SIZE_PX = 96


def tokenizer_summary(tokenizer: Tokenizer) -> str:
    """HTML: identity, shape, error where the card tells it, and up to eight displays."""
    kind = "graded displays" if tokenizer.graded else "residual"
    ladder = f"{tokenizer.gains.min():.2f} to {tokenizer.gains.max():.2f}{' mm' if tokenizer.graded else ''}"
    facts: dict[str, object] = {
        "displays": f"{tokenizer.size - 1}, {kind}",
        "tokens a face": f"up to {tokenizer.levels}",
        "intensities": f"{len(tokenizer.gains)}, {ladder}",
        "space": f"{tokenizer.space.id} version {tokenizer.space.version}",
        "unsteady displays": ", ".join(str(display) for display in tokenizer.unsteady) or "none listed",
        "hash": tokenizer.hash[:16],
    }
    table = facts_table(f"Tokenizer {tokenizer.id}", facts)
    if not len(tokenizer.space.mesh.triangles):
        return table
    templates = tokenizer.templates()
    scale = heat_scale(tokenizer.space, templates[1:])
    # The most used are told by the card; a display that is not in the book any more is passed over.
    listed = [d for d in tokenizer.card.get("most_used", ()) if isinstance(d, int) and 1 <= d < tokenizer.size]
    shown = (listed or list(range(1, tokenizer.size)))[:SHOWN]
    pictures = [
        (
            to_png(render_expression(tokenizer.space, templates[d], size=SIZE_PX, heat_max_mm=scale)),
            _caption(tokenizer, d),
        )
        for d in shown
    ]
    return table + picture_strip(pictures, SIZE_PX)


def _caption(tokenizer: Tokenizer, display: int) -> str:
    """Number and strongest coefficient; words are the atlas's."""
    x = tokenizer.templates()[display].astype(np.float64)
    strongest = int(np.argmax(x**2 * np.diag(tokenizer.space.gram)))
    return f"{display} {tokenizer.space.names[strongest]}"
