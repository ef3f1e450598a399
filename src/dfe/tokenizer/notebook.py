"""What a tokenizer shows of itself in a notebook: facts, and its most used displays as pictures."""

from __future__ import annotations

from typing import Any, Protocol

from dfe.base.types import FloatArray
from dfe.displays.describe import describe_tokens
from dfe.draw.render import render_expression, to_png
from dfe.draw.scale import heat_scale
from dfe.pages.notebook import notebook
from dfe.space.base import ExpressionSpace

SHOWN = 8
SIZE_PX = 96


class Shown(Protocol):
    """What is told of a tokenizer; :class:`dfe.tokenizer.tokenizer.Tokenizer` says what each part is."""

    card: dict[str, Any]
    space: ExpressionSpace

    @property
    def id(self) -> str:
        """``name@version``."""
        ...

    @property
    def hash(self) -> str:
        """SHA-256 in hex."""
        ...

    @property
    def levels(self) -> int:
        """Tokens per face at most."""
        ...

    @property
    def size(self) -> int:
        """Displays and silence."""
        ...

    @property
    def graded(self) -> bool:
        """True where a token holds its own intensity."""
        ...

    @property
    def gains(self) -> FloatArray:
        """Intensities."""
        ...

    @property
    def unsteady(self) -> tuple[int, ...]:
        """Displays not to be counted."""
        ...

    def templates(self) -> FloatArray:
        """``(K, D)``: what each display adds to a face."""
        ...


def tokenizer_summary(tokenizer: Shown) -> str:
    """HTML: identity, shape, and up to eight displays."""
    kind = "graded displays" if tokenizer.graded else "residual"
    ladder = f"{tokenizer.gains.min():.2f} to {tokenizer.gains.max():.2f}{' mm' if tokenizer.graded else ''}"
    facts = {
        "displays": f"{tokenizer.size - 1}, {kind}",
        "tokens a face": f"up to {tokenizer.levels}",
        "intensities": f"{len(tokenizer.gains)}, {ladder}",
        "space": f"{tokenizer.space.id} version {tokenizer.space.version}",
        "unsteady displays": ", ".join(str(display) for display in tokenizer.unsteady) or "none listed",
        "hash": tokenizer.hash[:16],
    }
    pictures: list[tuple[bytes, str]] = []
    if len(tokenizer.space.mesh.triangles):
        templates = tokenizer.templates()
        scale = heat_scale(tokenizer.space, templates[1:])
        # The most used are told by the card; a display that is not in the book any more is passed over.
        listed = [d for d in tokenizer.card.get("most_used", ()) if isinstance(d, int) and 1 <= d < tokenizer.size]
        chosen = (listed or list(range(1, tokenizer.size)))[:SHOWN]
        told = describe_tokens(templates[chosen], tokenizer.space)
        pictures = [
            (
                to_png(render_expression(tokenizer.space, templates[d], size=SIZE_PX, heat_max_mm=scale)),
                f"{d} {said.words}",
            )
            for d, said in zip(chosen, told, strict=True)
        ]
    return notebook(f"Tokenizer {tokenizer.id}", facts, pictures, SIZE_PX)
