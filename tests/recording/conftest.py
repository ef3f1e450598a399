from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from dfe.displays.tokens import Tokens
from dfe.recording.build import build_recording
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
from dfe.recording.recording import Recording
from dfe.recording.rows import RowBuffer


def provenance(**changes: object) -> Provenance:
    known: dict[str, object] = {
        "source": SourceInfo("Gespräch 1.mp4", "video", "ab" * 32, 640, 480, 30, 1.0, 30.0),
        "space": SpaceRef("arkit51/face41", 2, "cd" * 32),
        "package_version": "0.1.0",
        "frontend": {"name": "landmarks", "version": "1"},
        "options": {"every": 1, "start_s": None},
        "warnings": ("one frame was patched",),
    }
    return Provenance(**{**known, **changes})  # type: ignore[arg-type]


def make_recording(
    frames: int = 30, faces: int = 1, lost: tuple[int, ...] = (), seed: int = 0, **changes: object
) -> Recording:
    """A video at 30 frames per second: face k at x = 100 + 200 k, 120 - 20 k px wide; no face in frames ``lost``."""
    rng = np.random.default_rng(seed)
    rows = RowBuffer()
    for i in range(frames):
        if i in lost:
            rows.add_failure(i, i / 30, "Gespräch 1.mp4", "no face found")
            continue
        for k in range(faces):
            x = rng.random(51, dtype=np.float32)
            box = (100.0 + 200 * k, 90.0, 120.0 - 20 * k, 130.0 - 20 * k)
            rows.add_face(
                i, i / 30, "Gespräch 1.mp4", 0.95, box, (0.1, -0.2, 0.05), x[:41], x[41:49], x[49:], face_id=k
            )
    return build_recording(rows, provenance(**changes))


@pytest.fixture
def made() -> Callable[..., Recording]:
    return make_recording


@pytest.fixture
def recording() -> Recording:
    return make_recording(frames=30, faces=2, lost=(3, 4, 29))


@pytest.fixture
def tokenised(recording: Recording) -> Recording:
    display = np.arange(len(recording) * 4, dtype=np.int16).reshape(-1, 4) % 64
    display[~recording.success] = -1
    mm = np.where(display > 0, display / np.float32(50), np.nan).astype(np.float32)
    return recording.with_tokens(Tokens(display, mm), {"name": "toy", "version": "1", "hash": "ef" * 32})


@pytest.fixture
def source_of() -> Callable[..., Provenance]:
    return provenance
