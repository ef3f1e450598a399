"""What a camera sends, made of a clip: frames, messages, and the lossless film of the same frames."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from dfe.media.film import open_film
from dfe.viewer.live.message import FILE, HEAD, MAGIC, RAW


def camera_frames(clip: Path, count: int, width: int = 320, height: int = 240) -> list[np.ndarray]:
    """Frames of a clip as a camera of this size would give them, cut to its shape."""
    made = []
    for frame in open_film([clip]).frames(first=0, last=count):
        own = frame.image
        scale = max(width / own.shape[1], height / own.shape[0])
        whole = cv2.resize(own, (round(own.shape[1] * scale), round(own.shape[0] * scale)))
        left, top = (whole.shape[1] - width) // 2, (whole.shape[0] - height) // 2
        made.append(np.ascontiguousarray(whole[top : top + height, left : left + width]))
    return made


def message(number: int, milliseconds: float, image: np.ndarray, packing: str = "raw") -> bytes:
    """A frame as the page sends it."""
    height, width = image.shape[:2]
    if packing == "raw":
        kind, content = RAW, np.dstack([image, np.full((height, width), 255, np.uint8)]).tobytes()
    else:
        kind, content = FILE, cv2.imencode(f".{packing}", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1].tobytes()
    return HEAD.pack(MAGIC, number, milliseconds, width, height, kind) + content


def lossless_film(path: Path, images: Sequence[np.ndarray], times_s: Sequence[float]) -> Path:
    """A film of these very pixels at these times, to the millisecond."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25, options={"threads": "1"})
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = "bgr0"
        stream.codec_context.time_base = Fraction(1, 1000)
        for image, at in zip(images, times_s, strict=True):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = round(1000 * at), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def motion_jpeg(path: Path, images: Sequence[np.ndarray]) -> Path:
    """A stream of JPEG pictures, as Chromium's fake camera plays it."""
    files = [cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1].tobytes() for image in images]
    path.write_bytes(b"".join(files))
    return path
