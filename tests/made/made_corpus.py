"""Small recordings with the tokens of a given tokenizer: made-up faces, of nobody."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dfe.quantizers.rvq.config import RvqConfig
from dfe.recording.build import RowBuffer, build_recording
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
from dfe.recording.recording import Recording
from dfe.recording.schema import Layout, expression_columns
from dfe.space.base import ExpressionSpace
from dfe.space.plain import flame_space
from dfe.tokenizer.tokenizer import Tokenizer


def faces(count: int, space: ExpressionSpace, seed: int = 0) -> np.ndarray:
    """Expressions that come and go smoothly, ``(count, D)``: from 0 to 1 where the space is, else mm of both ways."""
    rng, dimension = np.random.default_rng(seed), space.dimension
    times = np.arange(count)[:, None] / 30
    waves = np.sin(2 * np.pi * (times * rng.uniform(0.2, 0.9, dimension) + rng.random(dimension)))
    x = waves * rng.uniform(0, 0.6, dimension)
    bounded = np.isfinite(space.lower).all() and np.isfinite(space.upper).all()
    return (np.clip(x, space.lower, space.upper) if bounded else 5 * x).astype(np.float32)


def video(
    tokenizer: Tokenizer, frames: int = 90, persons: int = 1, lost: range = range(0), seed: int = 0, yaw: float = 0.0
) -> Recording:
    rows = RowBuffer(layout=Layout(expression=expression_columns(tokenizer.space.names)))
    shown = [faces(frames, tokenizer.space, seed + k) for k in range(persons)]
    for i in range(frames):
        if i in lost:
            rows.add_failure(i, i / 30, "talk.mp4", "no face found")
            continue
        for k in range(persons):
            box = (100.0 + 300 * k, 90.0, 160.0 - 20 * k, 170.0 - 20 * k)
            x = shown[k][i]
            rows.add_face(
                i, i / 30, "talk.mp4", 0.9, box, (0.0, yaw, 0.0), x, np.zeros(8, np.float32), np.zeros(2, np.float32),
                face_id=k,
            )  # fmt: skip
    return _told(rows, SourceInfo("talk.mp4", "video", "ab" * 32, 800, 600, frames, frames / 30, 30.0), tokenizer)


def stills(tokenizer: Tokenizer, count: int = 20, seed: int = 9) -> Recording:
    rows = RowBuffer(layout=Layout(expression=expression_columns(tokenizer.space.names)))
    for i, x in enumerate(faces(count, tokenizer.space, seed)):
        box = (100.0, 90.0, 160.0, 170.0)
        rows.add_face(
            i, float("nan"), f"p{i:02d}.jpg", 0.9, box, (0.0, 0.0, 0.0), x, np.zeros(8, np.float32),
            np.zeros(2, np.float32), face_id=0,
        )  # fmt: skip
    return _told(rows, SourceInfo("pictures", "stills", "cd" * 32, frames=count), tokenizer)


def _told(rows: RowBuffer, source: SourceInfo, tokenizer: Tokenizer) -> Recording:
    space = tokenizer.space
    provenance = Provenance(
        source=source,
        space=SpaceRef(space.id, space.version, space.hash),
        package_version="0.1.0",
        frontend={"name": "landmarks", "version": "1"},
        options={},
        warnings=(),
    )
    recording = build_recording(rows, provenance)
    return recording.with_tokens(tokenizer.encode(recording.expressions()), tokenizer.provenance())


def corpus(folder: Path, tokenizer: Tokenizer) -> Path:
    """Two videos, one of them with two people and a gap."""
    video(tokenizer, seed=1).write(folder / "a" / "one.parquet")
    video(tokenizer, persons=2, lost=range(30, 45), seed=2).write(folder / "two.parquet")
    return folder


def plain_tokenizer() -> Tokenizer:
    """A tokenizer of a space without a mesh."""
    space = flame_space("flame2020/exp50")
    config = RvqConfig(regions=tuple(space.regions.values()), levels=2, size=5, encoder=None)
    rng = np.random.default_rng(0)
    weights = {name: rng.normal(0, 0.3, shape) for name, shape in config.weight_shapes().items()}
    weights["to_latent"] = weights["from_latent"] = np.eye(50)
    weights["codebook"][0], weights["gains"] = 0, np.array([1.0, 0.5])
    weights = {name: array.astype(np.float32) for name, array in weights.items()}
    return Tokenizer(name="flame-toy", version="1", space=space, config=config, weights=weights)
