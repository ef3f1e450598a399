"""A short clip of a drawn head that goes through some displays: a demonstration that needs no person and no network."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from dfe.base.files import replacing
from dfe.base.types import DoubleArray, FloatArray, ImageArray, Progress
from dfe.draw.render import Camera, render_expression
from dfe.space.base import ExpressionSpace
from dfe.space.registry import load_space

FRAME_RATE = 25
PICTURE_PX = 320
BACKGROUND = (214.0, 220.0, 226.0)
CAMERA = Camera(look_at_mm=(0.0, 20.0, 0.0), span_mm=330.0)
"""Far enough away to show the whole head, as the face detectors expect."""

DISPLAY_S = 0.9
SCENES: tuple[dict[str, float], ...] = (
    {"mouthSmileLeft": 0.9, "mouthSmileRight": 0.9, "cheekSquintLeft": 0.6, "cheekSquintRight": 0.6},
    {"browInnerUp": 0.9, "browOuterUpLeft": 0.9, "browOuterUpRight": 0.9, "jawOpen": 0.5},
    {"mouthSmileLeft": 0.9},
    {"browDownLeft": 0.9, "browDownRight": 0.9, "mouthPressLeft": 0.7, "mouthPressRight": 0.7},
    {"mouthPucker": 0.9},
)
"""What the head does, one display after the other, in units of the coefficients."""


def draw_frame(space: ExpressionSpace, x: FloatArray, *, yaw: float = 0.0, size: int = PICTURE_PX) -> ImageArray:
    """A picture ``(size, size, 3)`` of the head with expression ``x`` ``(D,)``, turned by ``yaw`` radians."""
    drawn = render_expression(space, x, size=size, yaw=yaw, heat=False, camera=CAMERA).astype(np.float64)
    cover = drawn[..., 3:] / 255
    return np.rint(drawn[..., :3] * cover + np.array(BACKGROUND) * (1 - cover)).astype(np.uint8)


def expression_over_time(space: ExpressionSpace) -> FloatArray:
    """Expressions ``(frames, D)`` of the clip: each display swells and fades over :data:`DISPLAY_S` seconds."""
    per_scene = round(DISPLAY_S * FRAME_RATE)
    swell: DoubleArray = np.sin(np.linspace(0, math.pi, per_scene)) ** 2
    x = np.zeros((len(SCENES) * per_scene, space.dimension), np.float32)
    for number, scene in enumerate(SCENES):
        for name, value in scene.items():
            x[number * per_scene : (number + 1) * per_scene, space.names.index(name)] = value * swell
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
