"""Pictures of the drawn head for rows of expressions."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from dfe.base.types import BoolArray, FloatArray, ImageArray
from dfe.draw.render import render
from dfe.movies.text import PAPER
from dfe.space.base import ExpressionSpace

_UNSEEN = 0.25
"""How much of the head shows where the face is not seen."""
_KEPT = 128
"""Pictures of expressions that were drawn lately; tokens come back, and so do whole frames."""


@dataclass(frozen=True)
class HeadLook:
    """How a drawn head looks."""

    size: int = 320
    """Side in pixels."""
    heat_max_mm: float | None = None
    """Colour the skin by how far it has moved, up to so many mm; None leaves it plain."""


def draw_heads(space: ExpressionSpace, x: FloatArray, look: HeadLook) -> Iterator[ImageArray]:
    """A picture of the head for each row, RGB on paper, drawn on as many threads as there are processors, in order.

    Args:
        space: of the expressions, with a surface.
        x: ``(n, D)``; where a row is not finite the head at rest is shown faintly.
        look: how it looks.
    """
    seen: BoolArray = np.asarray(np.isfinite(x).all(axis=1))
    x = np.where(seen[:, None], x, 0).astype(np.float32)
    kept: OrderedDict[bytes, Any] = OrderedDict()
    threads = os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as pool:
        waiting: list[Any] = []
        for row, visible in zip(x, seen.tolist(), strict=True):
            key = row.tobytes() + bytes([visible])
            if key not in kept:
                kept[key] = pool.submit(_head, space, row, visible, look)
            kept.move_to_end(key)
            waiting.append(kept[key])
            while len(kept) > _KEPT:
                kept.popitem(last=False)
            if len(waiting) > 2 * threads:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()


def _head(space: ExpressionSpace, x: FloatArray, visible: bool, look: HeadLook) -> ImageArray:
    moved = space.displace(x[None])[0]
    heat = None if look.heat_max_mm is None else np.linalg.norm(moved, axis=1)
    picture = render(
        space.mesh.vertices_mm + moved,
        space.mesh.triangles,
        size=look.size,
        heat_mm=heat,
        heat_max_mm=look.heat_max_mm,
        mesh=space.mesh,
    )
    opacity = picture[..., 3:].astype(np.float32) / 255 * (1 if visible else _UNSEEN)
    paper = np.asarray(PAPER, np.float32)
    return np.rint(picture[..., :3] * opacity + paper * (1 - opacity)).astype(np.uint8)
