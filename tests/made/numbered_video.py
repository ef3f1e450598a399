"""Small videos whose every picture says its own number, so that no test has to believe the decoder."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

HEIGHT, WIDTH = 48, 64
BITS = 8


def numbered(number: int, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """A picture that shows a number as eight black or white blocks, over a red-green slope that moves with it."""
    y, x = np.mgrid[:height, :width]
    picture = np.zeros((height, width, 3), np.uint8)
    picture[..., 0] = 60 + 120 * x / width
    picture[..., 1] = 60 + 120 * ((y + 2 * number) % height) / height
    picture[..., 2] = 90
    for bit in range(BITS):
        left = bit * width // BITS
        picture[: height // 2, left : left + width // BITS] = 235 if number >> bit & 1 else 16
    return picture


def number_of(picture: np.ndarray) -> int:
    height, width = picture.shape[:2]
    centres = [picture[height // 8 : height // 3, (2 * b + 1) * width // (2 * BITS)].mean() for b in range(BITS)]
    return sum(1 << bit for bit, level in enumerate(centres) if level > 128)


def write_video(
    path: Path,
    codec: str = "libx264",
    frames: int = 30,
    *,
    options: dict[str, str] | None = None,
    stamps: Sequence[int] | None = None,
    time_base: Fraction = Fraction(1, 1000),
    rate: int = 25,
    pix_fmt: str = "yuv420p",
    size: tuple[int, int] = (HEIGHT, WIDTH),
    container_options: dict[str, str] | None = None,
    sound_s: float = 0.0,
) -> Path:
    """A numbered video; ``stamps`` in units of ``time_base`` give it a variable rate."""
    with av.open(str(path), "w", options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=rate, options={"threads": "1", **(options or {})})
        stream.height, stream.width = size
        stream.pix_fmt = pix_fmt
        if stamps is not None:
            stream.codec_context.time_base = time_base
        sound = container.add_stream("aac", rate=16000, layout="mono") if sound_s else None
        if sound:
            for packet in sound_packets(sound, sound_s):
                container.mux(packet)
        for i in range(frames):
            frame = av.VideoFrame.from_ndarray(numbered(i, *size), format="rgb24")
            if stamps is not None:
                frame.pts, frame.time_base = stamps[i], time_base
            else:
                frame.pts, frame.time_base = i, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def sound_packets(stream, seconds: float):
    for start in range(0, int(seconds * 16000), 1024):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 16000, start, Fraction(1, 16000)
        yield from stream.encode(frame)
    yield from stream.encode()
