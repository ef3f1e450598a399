"""Tables of a few made-up faces on disk, and an ablation of them that takes seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dfe.recording.build import build_recording
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
from dfe.recording.rows import RowBuffer
from dfe.space.registry import load_space


def write_table(path: Path, people: range, *, noise: float = 0.0) -> Path:
    """One usable face of each person: a few displays at skewed strengths, and noise drawn anew for each table."""
    space = load_space("arkit51/face41")
    displays = np.random.default_rng(99).gamma(0.2, 0.4, (10, 51))
    rows, rng = RowBuffer(landmarks=False), np.random.default_rng(len(path.stem))
    for frame, person in enumerate(people):
        own = np.random.default_rng([person, 1])
        x = own.gamma(0.3, 0.5, 10) @ displays + own.gamma(0.3, 0.05, 51) + rng.normal(0, noise, 51)
        x = np.clip(x, 0, 1).astype(np.float32)
        rows.add_face(
            frame, float("nan"), f"p{person}.jpg", 0.95, (10.0, 10.0, 190.0, 200.0), (0.0, 0.05, 0.0),
            x[:41], x[41:49], x[49:], face_id=0, landmarks=None, logits=None,
        )  # fmt: skip
    provenance = Provenance(
        source=SourceInfo(path.stem, "stills", "ab" * 32, 640, 480, len(rows), None, None),
        space=SpaceRef(space.id, space.version, space.hash),
        package_version="0.1.0",
        frontend={"name": "landmarks", "version": "1"},
        neutral="none",
    )
    build_recording(rows, provenance).write(path)
    return path


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of ``train``, ``validate``, ``blur`` and ``labels.csv``."""
    folder = tmp_path_factory.mktemp("faces")
    write_table(folder / "train.parquet", range(300))
    write_table(folder / "validate.parquet", range(300, 400))
    write_table(folder / "blur.parquet", range(300, 400), noise=0.02)
    lines = [f"p{person}.jpg,p{person},{'joy' if person % 3 else 'neutral'}" for person in range(400)]
    (folder / "labels.csv").write_text("picture,subject,label\n" + "\n".join(lines) + "\n", "utf-8")
    return folder
