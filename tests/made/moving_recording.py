"""A recording of one or two faces that open their mouths, and the numbered video that it is of."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dfe.media.probe import file_hash
from dfe.recording.build import RowBuffer, build_recording
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
from dfe.recording.recording import Recording
from dfe.space.registry import load_space
from dfe.tokenizer.file import load_tokenizer
from numbered_video import write_video

__all__ = ["moving", "write_video"]


def moving(
    path: Path,
    *,
    frames: int = 12,
    faces: int = 1,
    lost: tuple[int, ...] = (),
    times: np.ndarray | None = None,
    tokens: bool = True,
    video: Path | None = None,
) -> Recording:
    """Write the table to ``path``: jaw opening from 0 to 0.6, which is frame / frames * 0.6."""
    space, tokenizer = load_space("arkit51/face41"), load_tokenizer("dfe-face41@3")
    times = np.arange(frames) / 30 if times is None else times
    rows = RowBuffer()
    for i in range(frames):
        if i in lost:
            rows.add_failure(i, float(times[i]), "clip.mp4", "no face found")
            continue
        for face in range(faces):
            x = space.vector({"jawOpen": 0.6 * i / frames, "mouthSmileLeft": 0.3, "mouthSmileRight": 0.3})
            nothing = np.zeros(8, np.float32), np.zeros(2, np.float32)
            rows.add_face(
                i, float(times[i]), "clip.mp4", 0.9, (10.0, 10.0, 90.0, 90.0), (0, 0, 0), x, *nothing, face_id=face
            )
    source = SourceInfo("clip.mp4", "video", None if video is None else file_hash(video))
    made = Provenance(source=source, space=SpaceRef(space.id, space.version, space.hash), package_version="0.1.0")
    recording = build_recording(rows, made)
    if tokens:
        recording = recording.with_tokens(tokenizer.encode(recording.expressions()), tokenizer.provenance())
    recording.write(path)
    return recording
