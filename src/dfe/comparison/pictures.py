"""Small pictures of displays for pages of comparisons."""

from __future__ import annotations

from collections.abc import Sequence

from dfe.draw.templates import numbered_pictures
from dfe.tokenizer.tokenizer import Tokenizer

_PICTURE = 96


def display_pictures(tokenizer: Tokenizer, tokens: Sequence[str]) -> dict[str, bytes]:
    """PNG files of displays by their number, all in one heat scale; none in a space without a surface."""
    drawn = numbered_pictures(tokenizer.space, tokenizer.templates(), map(int, tokens), size=_PICTURE)
    return {str(number): picture for number, picture in drawn.items()}
