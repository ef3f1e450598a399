"""Pictures of a coder's templates, all under one camera and one heat scale."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from dfe.draw.render import render, to_png
from dfe.draw.scale import heat_scale
from dfe.space.base import ExpressionSpace

__all__ = ["TURNED", "TemplatePictures", "heat_scale", "numbered_pictures", "template_pictures"]

TURNED = 0.5
"""Yaw of the three-quarter view, radians."""


class TemplatePictures(NamedTuple):
    """PNG files of K templates, and the scale that their colours share."""

    front: tuple[bytes, ...]
    turned: tuple[bytes, ...]
    """Three-quarter view, the face turned to its own left."""
    heat_max_mm: float
    """Displacement at the hot end of the colours; see :func:`dfe.draw.colours.heat_colours` for a legend."""


def template_pictures(
    space: ExpressionSpace,
    templates: ArrayLike,
    *,
    size: int = 192,
    neutral: ArrayLike | None = None,
    heat_max_mm: float | None = None,
) -> TemplatePictures:
    """Draw what each template does to a face, from the front and turned.

    Args:
        space: the space of the templates.
        templates: ``(K, D)`` in units of the space.
        size: side of each picture in pixels.
        neutral: ``(D,)`` expression that the templates are added to; the face at rest if None. Colours show what the
            template adds.
        heat_max_mm: displacement at the hot end; :func:`heat_scale` of these templates if None.
    """
    space, rows = space.drawn, np.asarray(templates, np.float32)
    base = np.zeros(space.dimension, np.float32) if neutral is None else np.asarray(neutral, np.float32)
    scale = heat_scale(space, rows) if heat_max_mm is None else heat_max_mm
    views: dict[float, list[bytes]] = {0.0: [], TURNED: []}
    for row in rows:
        shape = space.mesh.vertices_mm + space.displace((base + row)[None])[0]
        heat = np.linalg.norm(space.displace(row[None])[0], axis=1)
        for yaw, pictures in views.items():
            picture = render(
                shape, space.mesh.triangles, size=size, yaw=yaw, heat_mm=heat, heat_max_mm=scale, mesh=space.mesh
            )
            pictures.append(to_png(picture))
    return TemplatePictures(tuple(views[0.0]), tuple(views[TURNED]), scale)


def numbered_pictures(
    space: ExpressionSpace, templates: ArrayLike, numbers: Iterable[int], *, size: int
) -> dict[int, bytes]:
    """PNG files of some displays from the front, by number, in the heat scale of all; none where nothing can be drawn.

    Args:
        space: of the templates.
        templates: ``(1 + U, D)``, that of nothing first.
        numbers: of the displays.
        size: side of each picture in pixels.
    """
    rows, chosen = np.asarray(templates, np.float32), list(numbers)
    if not chosen or not space.has_surface:
        return {}
    drawn = template_pictures(space, rows[chosen], size=size, heat_max_mm=heat_scale(space, rows[1:]))
    return dict(zip(chosen, drawn.front, strict=True))
