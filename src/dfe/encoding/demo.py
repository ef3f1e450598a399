"""A short clip of a drawn head that goes through some displays: a demonstration that needs no person and no network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np

from dfe.base.files import replacing
from dfe.base.types import FloatArray, ImageArray, Progress
from dfe.draw.render import Camera, render_expression
from dfe.space.base import ExpressionSpace
from dfe.space.registry import load_space

FRAME_RATE = 15
PICTURE_PX = 320
BACKGROUND = (214.0, 220.0, 226.0)
CAMERA = Camera(look_at_mm=(0.0, 20.0, 0.0), span_mm=330.0)
"""Far enough away to show the whole head, as the face detectors expect."""

DISPLAY_S, REST_S, RISE_S = 1.0, 0.5, 0.25
"""Each display comes, is held and goes within the first; before, between and after them the head rests, so that what
it looks like at rest can be told."""

RESTING = f"0-{REST_S:g}"
"""When the head is known to rest: what it is measured against."""


class Scene(NamedTuple):
    """One thing that the head does."""

    said: str
    """In words, as what comes after "it"."""
    shows: Mapping[str, float]
    """In units of the coefficients."""


SCENES = (
    Scene("smiles", {"mouthSmileLeft": 0.9, "mouthSmileRight": 0.9, "cheekSquintLeft": 0.6, "cheekSquintRight": 0.6}),
    Scene(
        "raises its brows and drops its jaw",
        {"browInnerUp": 0.9, "browOuterUpLeft": 0.9, "browOuterUpRight": 0.9, "jawOpen": 0.5},
    ),
    Scene("smiles on its left side only", {"mouthSmileLeft": 0.9}),
    Scene("frowns", {"browDownLeft": 1.5, "browDownRight": 1.5, "mouthFrownLeft": 0.7, "mouthFrownRight": 0.7}),
    Scene("puckers its lips", {"mouthPucker": 0.9}),
)
"""What the head does, one display after the other."""


def scene_starts() -> tuple[float, ...]:
    """Seconds at which each of :data:`SCENES` begins."""
    return tuple(REST_S + number * (DISPLAY_S + REST_S) for number in range(len(SCENES)))


def draw_frame(space: ExpressionSpace, x: FloatArray, *, yaw: float = 0.0) -> ImageArray:
    """A picture of the head, :data:`PICTURE_PX` square, with expression ``x`` ``(D,)``, turned by ``yaw`` radians."""
    drawn = render_expression(space, x, size=PICTURE_PX, yaw=yaw, heat=False, camera=CAMERA).astype(np.float64)
    cover = drawn[..., 3:] / 255
    return np.rint(drawn[..., :3] * cover + np.array(BACKGROUND) * (1 - cover)).astype(np.uint8)


def expression_over_time(space: ExpressionSpace) -> FloatArray:
    """Expressions ``(frames, D)`` of the clip: rest, a display that swells, holds and fades, rest, the next one."""
    times = np.arange(round((scene_starts()[-1] + DISPLAY_S + REST_S) * FRAME_RATE)) / FRAME_RATE
    x = np.zeros((len(times), space.dimension), np.float32)
    for scene, start in zip(SCENES, scene_starts(), strict=True):
        inside = np.clip(np.minimum(times - start, start + DISPLAY_S - times) / RISE_S, 0, 1)
        for name, value in scene.shows.items():
            x[:, space.names.index(name)] += value * np.sin(inside * math.pi / 2) ** 2
    return x


def write_demo_clip(target: Path, *, progress: Progress | None = None) -> Path:
    """Write the clip as MPEG-4 video, replacing one that is there.

    Raises:
        OutputError: the folder cannot be written.
    """
    space = load_space("arkit51/face41")
    expressions = expression_over_time(space)
    with replacing(target, overwrite=True) as (file,), av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=FRAME_RATE)
        stream.width = stream.height = PICTURE_PX
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 2_000_000
        stream.time_base = Fraction(1, FRAME_RATE)
        for number, x in enumerate(expressions):
            picture = draw_frame(space, x, yaw=0.12 * math.sin(2 * math.pi * number / len(expressions)))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            if progress is not None:
                progress(number + 1, len(expressions))
        container.mux(stream.encode())
    return target
