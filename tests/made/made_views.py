"""Recordings for the viewer, with the numbered videos that they are of: a variable rate, two faces, a turned head."""

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

FRAMES = 120
SMILES = ((0.8, 1.6), (2.6, 3.4))
"""Seconds in which face 0 smiles."""


def stamps(frames: int = FRAMES) -> list[int]:
    """Presentation times in ms, never the same step twice in a row: 40, 25, 60, 33, ..."""
    return np.concatenate([[0], np.cumsum(np.resize([40, 25, 60, 33, 41], frames - 1))]).astype(int).tolist()


def view_recording(
    folder: Path, name: str = "clip", *, faces: int = 1, film: bool = True, frames: int = FRAMES,
    codec: str = "libx264", suffix: str = ".mp4", tokens: bool = True,
) -> Path:  # fmt: skip
    """Write ``name.parquet`` and, if wanted, its video; face 0 smiles twice, and turns away at 1.9 s for a while."""
    folder.mkdir(parents=True, exist_ok=True)
    times = np.array(stamps(frames)) / 1000
    video = folder / f"{name}{suffix}"
    if film:
        write_video(video, codec, frames, stamps=stamps(frames), size=(96, 128))
    space, tokenizer = load_space("arkit51/face41"), load_tokenizer("dfe-face41@3")
    rows = RowBuffer()
    nothing = np.zeros(8, np.float32), np.zeros(2, np.float32)
    for i, at in enumerate(times.tolist()):
        for face in range(faces):
            rise = max((np.sin(np.pi * (at - a) / (b - a)) if a < at < b else 0.0) for a, b in SMILES)
            smile = rise if face == 0 else 0.5 * (at > 2)
            x = space.vector({"mouthSmileLeft": 0.9 * smile, "mouthSmileRight": 0.9 * smile, "jawOpen": 0.2 * face})
            yaw = 0.8 if face == 0 and 1.9 < at < 2.3 else 0.0
            box = (10.0 + 60 * face, 8.0, 70.0, 80.0)
            rows.add_face(i, at, video.name, 0.9, box, (0, yaw, 0), x, *nothing, face_id=face)
    source = SourceInfo(
        video.name, "video", file_hash(video) if film else None, width=128, height=96, frames=frames,
        duration_s=float(times[-1]),
    )  # fmt: skip
    made = Provenance(source, SpaceRef(space.id, space.version, space.hash), "0.1.0")
    recording = build_recording(rows, made)
    if tokens:
        recording = recording.with_tokens(tokenizer.encode(recording.expressions()), tokenizer.provenance())
    recording.write(folder / f"{name}.parquet")
    return folder / f"{name}.parquet"


def smiling(recording: Recording) -> int:
    """The display that face 0 shows most."""
    said = recording.tokens().display[recording.face_ids == 0]
    return int(np.bincount(said[said > 0]).argmax())
