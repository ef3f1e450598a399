"""Short films of nothing, which are quick to encode, in the folders of a small study."""

from __future__ import annotations

import functools
import io
from pathlib import Path

import av
import numpy as np


@functools.cache
def grey_film(seed: int = 0, frames: int = 12, rate: int = 25) -> bytes:
    """An MP4 of a grey patch that gets lighter, no face in it; different seeds make different bytes."""
    out = io.BytesIO()
    rng = np.random.default_rng(seed)
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(frames):
            image = np.full((48, 64, 3), 10 * i % 250, np.uint8)
            image[:8, :8] = rng.integers(0, 255, 3)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return out.getvalue()


def study_of_films(folder: Path, subjects: int = 2, tasks: tuple[str, ...] = ("rest", "talk")) -> Path:
    """``folder/s1/s1_rest.mp4`` and so on."""
    for subject in range(1, subjects + 1):
        for at, task in enumerate(tasks):
            path = folder / f"s{subject}" / f"s{subject}_{task}.mp4"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(grey_film(10 * subject + at))
    return folder
