"""Small pictures of the person for a report, made only when the user asks for them."""

from __future__ import annotations

import cv2
import numpy as np

from dfe.base.errors import MediaError
from dfe.base.types import DoubleArray, ImageArray
from dfe.media.film import open_film
from dfe.media.image import read_image
from dfe.media.inputs import Source

COUNT = 8
WIDTH_PX = 160
JPEG_QUALITY = 80


def video_thumbnails(
    source: Source, times_s: DoubleArray, rate: float | None = None
) -> tuple[tuple[float, bytes], ...]:
    """Times in seconds and JPEG files of up to :data:`COUNT` frames, spread evenly over the times given.

    ``rate`` is that of numbered pictures, in frames per second.
    """
    if len(times_s) == 0:
        return ()
    wanted = np.unique(times_s)
    chosen = wanted[np.unique(np.linspace(0, len(wanted) - 1, COUNT).round().astype(int))]
    video = open_film(source.paths, rate=rate if len(source.paths) > 1 else None)
    made = []
    for time in chosen.tolist():
        frame = next(video.frames(start_s=time), None)
        if frame is not None and frame.image is not None:
            made.append((frame.time_s, _small(frame.image)))
    return tuple(made)


def still_thumbnails(source: Source) -> dict[str, bytes]:
    """JPEG file by what the picture is called in the table; pictures that cannot be read are left out."""
    made, called = {}, source.called
    for path in source.paths:
        try:
            made[called.get(path.name, path.name)] = _small(read_image(path))
        except MediaError:
            continue
    return made


def _small(image: ImageArray) -> bytes:
    height, width = image.shape[:2]
    scale = min(1.0, WIDTH_PX / width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    resized = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    done, data = cv2.imencode(
        ".jpg", cv2.cvtColor(resized, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    )
    if not done:
        raise MediaError("a thumbnail cannot be written as JPEG")
    return data.tobytes()
