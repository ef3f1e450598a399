"""Small pictures of displays for pages of comparisons."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dfe.draw.templates import heat_scale, template_pictures
from dfe.tokenizer.tokenizer import Tokenizer

_PICTURE = 96


def display_pictures(tokenizer: Tokenizer, tokens: Sequence[str]) -> dict[str, bytes]:
    """PNG files of displays by their number, all in one heat scale."""
    templates = np.asarray(tokenizer.templates(), np.float32)
    scale = heat_scale(tokenizer.space, templates[1:])
    chosen = templates[[int(token) for token in tokens]]
    if not len(chosen):
        return {}
    drawn = template_pictures(tokenizer.space, chosen, size=_PICTURE, heat_max_mm=scale)
    return dict(zip(tokens, drawn.front, strict=True))
