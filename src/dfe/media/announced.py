"""The length that a video's header announces: a guess for remaining times, known in milliseconds."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import av

from dfe.base.errors import MediaError
from dfe.media.container import open_video


class Announced(NamedTuple):
    """What the header says; the packets may say otherwise."""

    frames: int
    seconds: float


def announced_length(path: Path) -> Announced | None:
    """Number of frames and seconds by the header; None where it does not say, or the file cannot be opened."""
    try:
        with open_video(path) as (container, stream):
            rate = float(stream.average_rate or 0)
            seconds = container.duration / av.time_base if container.duration else 0.0
            frames = stream.frames or round(seconds * rate)
    except MediaError:
        return None
    return Announced(frames, seconds or frames / (rate or 25.0)) if frames > 0 else None
