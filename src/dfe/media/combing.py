"""Interlaced film that does not say so: where something moves, every second line stands apart from its neighbours."""

from __future__ import annotations

import numpy as np

from dfe.base.types import ImageArray

COMBED = 0.002
"""Share of pixels from which on a picture is taken for two moments in alternate lines.

In whole pictures of 16 free clips it is 0.0007 at most; with the lines of two frames woven, 0.003 to 0.03 where
something moves.
"""
ENOUGH = 0.05
"""Share of the pictures looked at that are combed, from which on a film is: in still moments none is."""
EVERY = 3
"""Pictures whose number is a multiple of this are looked at."""
_STEP = 10
"""Grey levels by which a line has to stand apart from those above and below, and to be like the next two of its own."""


def combed_share(image: ImageArray) -> float:
    """Share of pixels that a comb has made, of every second column of an upright picture ``(h, w, 3)``."""
    if image.shape[0] < 8:
        return 0.0
    grey = image[:, ::2, 1].astype(np.int16)
    line, above, below = grey[2:-2], grey[1:-3], grey[3:-1]
    own = (np.abs(grey[:-4] - line) < _STEP) & (np.abs(grey[4:] - line) < _STEP)
    apart = (np.minimum(above, below) - line > _STEP) | (line - np.maximum(above, below) > _STEP)
    return float((own & apart).mean())
