"""What an atlas shows of itself in a notebook: facts, and the displays that matter most as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfe.atlas.pictures import display_picture, to_webp
from dfe.pages.html import percent
from dfe.pages.notebook import facts_table, picture_strip

if TYPE_CHECKING:
    from dfe.atlas.atlas import Atlas

SHOWN = 12
SIZE_PX = 112


def atlas_summary(atlas: Atlas) -> str:
    """HTML: what there is, and up to twelve displays, the most used ones where there is a corpus."""
    sides = [token.side for token in atlas.tokens]
    facts: dict[str, object] = {
        "displays": len(atlas),
        "sides": ", ".join(f"{sides.count(s)} {s}" for s in ("symmetric", "left", "right") if s in sides)
        or "not known",
        "named": sum(bool(atlas.names.name(token.display)) for token in atlas.tokens),
    }
    order = list(range(len(atlas)))
    if atlas.use is not None:
        use = atlas.use
        facts |= {
            "recordings": len(use.recordings),
            "tokens a face": f"{use.tokens_per_row:.1f} on average",
            "displays used": int((use.share > 0).sum()),
        }
        order.sort(key=lambda at: -use.share[at])
    table = facts_table(f"Atlas of {atlas.tokenizer}", facts)
    if not atlas.drawable:
        return table
    shown = []
    for at in order[:SHOWN]:
        token = atlas.tokens[at]
        share = "" if atlas.use is None else f", {percent(float(atlas.use.share[at]))}"
        picture = to_webp(display_picture(atlas, token.display, size=SIZE_PX))
        shown.append((picture, f"{token.display} {atlas.label(token.display)}{share}"))
    return table + picture_strip(shown, SIZE_PX)
