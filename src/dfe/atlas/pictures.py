"""Still pictures of displays, small enough for hundreds in one page."""

from __future__ import annotations

import numpy as np

from dfe.base.errors import OutputError
from dfe.base.types import FloatArray, ImageArray
from dfe.draw.render import render
from dfe.space.base import ExpressionSpace

SIZE_PX = 160
WEBP_QUALITY = 88


def display_picture(
    space: ExpressionSpace,
    template: FloatArray,
    neutral: FloatArray,
    heat_max_mm: float,
    *,
    size: int = SIZE_PX,
    yaw: float = 0.0,
) -> ImageArray:
    """A template ``(D,)`` on the neutral face ``(D,)``, ``(size, size, 4)`` RGBA, coloured by displacement.

    Args:
        space: of both.
        template: what a display adds to a face.
        neutral: the face that no display stands for.
        heat_max_mm: displacement at the hot end of the colours.
        size: of the picture, pixels.
        yaw: by which the head is turned, radians.
    """
    space = space.drawn
    mesh = space.mesh
    return render(
        mesh.vertices_mm + space.displace((neutral + template)[None])[0],
        mesh.triangles,
        size=size,
        yaw=yaw,
        heat_mm=np.linalg.norm(space.displace(template[None])[0], axis=1),
        heat_max_mm=heat_max_mm,
        mesh=mesh,
    )


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
