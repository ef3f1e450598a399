"""Still pictures of an atlas's displays, small enough for hundreds in one page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dfe.base.errors import OutputError
from dfe.base.types import ImageArray, Progress
from dfe.draw.render import render
from dfe.draw.templates import TURNED

if TYPE_CHECKING:
    from dfe.atlas.atlas import Atlas

SIZE_PX = 160
WEBP_QUALITY = 88


def display_picture(atlas: Atlas, display: int, *, size: int = SIZE_PX, yaw: float = 0.0) -> ImageArray:
    """One display at its usual strength on the neutral face, ``(size, size, 4)`` RGBA, coloured by displacement."""
    template = atlas[display].template
    mesh = atlas.space.mesh
    return render(
        mesh.vertices_mm + atlas.space.displace((atlas.neutral + template)[None])[0],
        mesh.triangles,
        size=size,
        yaw=yaw,
        heat_mm=np.linalg.norm(atlas.space.displace(template[None])[0], axis=1),
        heat_max_mm=atlas.heat_max_mm,
        mesh=mesh,
    )


def webp_pictures(atlas: Atlas, progress: Progress | None = None) -> tuple[tuple[bytes, ...], ...]:
    """WebP files of every display, front and three-quarter view."""
    made = []
    for token in atlas.tokens:
        made.append(tuple(to_webp(display_picture(atlas, token.display, yaw=yaw)) for yaw in (0.0, TURNED)))
        if progress is not None:
            progress(token.display, len(atlas))
    return tuple(made)


def to_webp(picture: ImageArray) -> bytes:
    """A picture ``(height, width, 4)`` RGBA as a WebP file.

    Raises:
        OutputError: OpenCV was built without WebP.
    """
    import cv2

    done, data = cv2.imencode(
        ".webp", cv2.cvtColor(picture, cv2.COLOR_RGBA2BGRA), [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY]
    )
    if not done:
        raise OutputError("a picture cannot be written as WebP", advice="reinstall opencv-python-headless")
    return data.tobytes()
