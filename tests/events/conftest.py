"""A coder of three displays, each at ten intensities, and recordings whose tokens are known to the millimetre."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import pytest

from dfe.displays.displays import Displays, length_mm
from dfe.displays.tokens import Tokens
from dfe.recording.build import RowBuffer, build_recording
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
from dfe.recording.recording import Recording
from dfe.space.registry import load_space

STEP_MM = 0.1
STEPS = 10


class ToyCoder:
    """Code ``10 (d - 1) + s`` says display d at ``s`` tenths of a mm, s from 1 to 10."""

    id, space_id, levels, size = "toy@1", "arkit51/face41", 3, 4
    hash = "ef" * 32
    unsteady = (3,)

    @cached_property
    def space(self):
        return load_space(self.space_id)

    def encode_codes(self, x):
        raise NotImplementedError

    def decode_codes(self, codes):
        raise NotImplementedError

    @cached_property
    def _displays(self) -> Displays:
        names = ("mouthSmileLeft", "browInnerUp", "jawOpen")
        directions = np.zeros((3, 41), np.float32)
        for display, name in enumerate(names):
            directions[display, self.space.index(name)] = 1
        lengths = length_mm(directions, self.space)
        code = np.arange(3 * STEPS + 1)
        unit = np.where(code > 0, (code - 1) // STEPS, -1)
        intensity = np.where(code > 0, (code - 1) % STEPS + 1, 0) * STEP_MM
        return Displays.of(self.space, directions / lengths[:, None], np.tile(unit, (3, 1)), np.tile(intensity, (3, 1)))

    def displays(self) -> Displays:
        return self._displays


def tokens_of(amounts: np.ndarray) -> Tokens:
    """Amounts in mm ``(n, 3)`` of the three displays to tokens ``(n, 3)``, each at a place of its own."""
    steps = np.rint(np.asarray(amounts) / STEP_MM).astype(int).clip(0, STEPS)
    display = np.where(steps > 0, np.arange(1, 4), 0).astype(np.int16)
    return Tokens(display, np.where(steps > 0, steps * STEP_MM, np.nan).astype(np.float32))


def recorded(
    times: np.ndarray,
    amounts: np.ndarray,
    faces: np.ndarray | None = None,
    gaze: np.ndarray | None = None,
    lids: np.ndarray | None = None,
    lost: np.ndarray | None = None,
    yaw: np.ndarray | None = None,
) -> Recording:
    """Rows at these times; ``amounts`` of one display ``(n,)`` or of three ``(n, 3)``, mm."""
    count = len(times)
    amounts = np.asarray(amounts, float)
    if amounts.ndim == 1:
        amounts = np.column_stack([amounts, np.zeros((count, 2))])
    rows = RowBuffer()
    for i in range(count):
        if lost is not None and lost[i]:
            rows.add_failure(i, float(times[i]), "clip.mp4", "no face found")
            continue
        rows.add_face(
            i,
            float(times[i]),
            "clip.mp4",
            1.0,
            (0.0, 0.0, 100.0, 100.0),
            (0.0, 0.0 if yaw is None else float(yaw[i]), 0.0),
            np.zeros(41, np.float32),
            np.zeros(8, np.float32) if gaze is None else gaze[i].astype(np.float32),
            np.zeros(2, np.float32) if lids is None else lids[i].astype(np.float32),
            face_id=0 if faces is None else int(faces[i]),
        )
    space = load_space("arkit51/face41")
    made = Provenance(SourceInfo("clip.mp4"), SpaceRef(space.id, space.version, space.hash), "0.1.0")
    recording = build_recording(rows, made)
    tokens = tokens_of(amounts)
    tokens.display[~recording.success] = -1
    return recording.with_tokens(tokens, {"name": "toy", "version": "1", "hash": ToyCoder.hash})


@pytest.fixture(scope="session")
def toy() -> ToyCoder:
    return ToyCoder()


@pytest.fixture(scope="session")
def make() -> Callable[..., Recording]:
    return recorded
