"""Films of faces that smile at known moments."""

from __future__ import annotations

import numpy as np

import made_study as made
from dfe.recording.recording import Recording
from dfe.space.registry import load_space


def smiling(name: str = "clip.mp4", *, peaks: tuple[float, ...] = (0.4, 0.9), faces: int = 1) -> Recording:
    """A smile of a second at each of these strengths, two seconds apart, at 25 frames a second."""
    space, count = load_space("arkit51/face41"), 25 * (2 * len(peaks) + 1)
    times = np.arange(count) / 25
    strength = sum(p * np.clip(1 - np.abs(times - (1.5 + 2 * i)) / 0.5, 0, 1) for i, p in enumerate(peaks))
    way = space.vector({"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0})
    x = (np.asarray(strength)[:, None] * way).astype(np.float32)
    if faces == 1:
        return made.recording(x, times, name=name)
    frame = np.repeat(np.arange(count), faces)
    face = np.tile(np.arange(faces), count)
    rows = np.repeat(x, faces, axis=0) * np.where(face == 0, 1.0, 0.0)[:, None].astype(np.float32)
    return made.recording(rows, np.repeat(times, faces), name=name, face=face, frame=frame)
