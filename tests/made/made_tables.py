"""Made-up rows on a real space, and recordings of them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from dfe.recording.build import build_recording
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
from dfe.recording.rows import RowBuffer
from dfe.space.base import ExpressionSpace
from dfe.training.tables import TrainingTable


def make_table(space: ExpressionSpace, rows: int = 1500, seed: int = 0, name: str = "made up") -> TrainingTable:
    """Mixtures of a few displays with skewed strengths, so that there is something to find."""
    rng = np.random.default_rng(seed)
    displays = np.random.default_rng(99).gamma(0.2, 0.4, (12, space.dimension))
    x = np.clip(rng.gamma(0.3, 0.5, (rows, 12)) @ displays + rng.gamma(0.3, 0.05, (rows, space.dimension)), 0, 1)
    sources = np.array([f"Person_{i // 3}_{i % 3:04d}.jpg" for i in range(rows)], dtype=object)
    return TrainingTable(name, x.astype(np.float32), sources, np.ones(rows, dtype=bool), space.id)


def write_table(path: Path, x: np.ndarray, space: ExpressionSpace, **changes: str) -> Path:
    """Rows as a recording of stills of people, three each; rows that are NaN throughout hold no face."""
    rows, rest = RowBuffer(), np.zeros(10, dtype=np.float32)
    for i, row in enumerate(x):
        name = f"Person_{i // 3}_{i % 3:04d}.jpg"
        if np.isnan(row).all():
            rows.add_failure(i, math.nan, name, "no face found")
            continue
        box = (0.0, 0.0, 120.0, 120.0)
        rows.add_face(i, math.nan, name, 0.9, box, (0.0, 0.0, 0.0), row, rest[:8], rest[8:], 0)
    reference = SpaceRef(changes.pop("space_id", space.id), space.version, changes.pop("space_hash", space.hash))
    source = SourceInfo("faces", "stills", "ab" * 32, 640, 480, len(x), None, None)
    provenance = Provenance(source=source, space=reference, package_version="0", frontend={}, **changes)  # type: ignore[arg-type]
    build_recording(rows, provenance).write(path)
    return path
