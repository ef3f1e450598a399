"""Recordings of made faces for studies: any rate, any gaps, one or two faces, with tokens of a tokenizer."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dfe.encoding.coders import add_tokens
from dfe.recording.build import build_measured
from dfe.recording.measured import Measured
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
from dfe.recording.recording import Recording
from dfe.space.registry import load_space
from dfe.tokenizer.file import load_tokenizer


def faces(count: int, seed: int = 0, scale: float = 0.3) -> np.ndarray:
    """Sparse, skewed expressions ``(count, 41)``."""
    rng = np.random.default_rng(seed)
    return np.clip(rng.gamma(0.3, scale, (count, 41)), 0, 1).astype(np.float32)


def recording(
    x: np.ndarray,
    times: np.ndarray,
    *,
    name: str = "clip.mp4",
    face: np.ndarray | None = None,
    frame: np.ndarray | None = None,
    yaw_deg: np.ndarray | float = 0.0,
    size_px: float = 120.0,
    tokens: bool = True,
    gaze: np.ndarray | None = None,
    blink: np.ndarray | None = None,
) -> Recording:
    """A recording of expressions ``(n, 41)`` at times ``(n,)``; NaN rows have no face, NaN times are pictures."""
    count = len(x)
    space = load_space("arkit51/face41")
    seen = np.isfinite(x).all(axis=1)
    face = np.zeros(count, np.int64) if face is None else face
    frame = np.arange(count) if frame is None else frame
    box = np.tile(np.float32([10, 10, size_px, size_px]), (count, 1))
    pose = np.zeros((count, 3), np.float32)
    pose[:, 1] = np.radians(yaw_deg)
    measured = Measured(
        space,
        frame,
        np.asarray(times, np.float64),
        x,
        seen,
        [None if ok else "no face found" for ok in seen],
        face=face,
        confidence=np.full(count, 0.9, np.float32),
        box=box,
        pose=pose,
        gaze=gaze,
        blink=blink,
    )
    kind = "stills" if np.isnan(times).all() else "video"
    made = Provenance(
        source=SourceInfo(name, kind),
        space=SpaceRef(space.id, space.version, space.hash),
        package_version="0",
    )
    done = build_measured(measured, made, np.where(seen, face, -1))
    return add_tokens(done, load_tokenizer("dfe-face41@3")) if tokens else done


def write(folder: Path, name: str, made: Recording) -> None:
    """Put a recording where a study looks for it."""
    made.write(folder / f"{name}.parquet")
