"""Size, pixel aspect, scan and turn are each frame's own."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from dfe.media.convert import PixelAspects, squared_size
from dfe.media.probe import probe
from dfe.media.video import Video
from numbered_video import number_of, numbered


def disc(height: int, width: int, stretch: float = 1.0) -> np.ndarray:
    """A bright disc, as high as it is wide where pixels are ``stretch`` times as wide as high."""
    y, x = np.mgrid[:height, :width]
    inside = ((x - width / 2) * stretch) ** 2 + (y - height / 2) ** 2 < (min(height, width) / 3) ** 2
    return np.repeat(np.where(inside, 230, 20).astype(np.uint8)[..., None], 3, axis=2)


def extent(picture: np.ndarray) -> tuple[int, int]:
    """Width and height of what is bright."""
    rows, columns = np.nonzero(picture[..., 0] > 128)
    return int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1


def coded(path: Path, parts: list[tuple[list[np.ndarray], Fraction | None]], codec: str = "libx264") -> Path:
    """A video whose parts are coded by themselves and put one after the other, each with its size and pixel aspect."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        first = parts[0][0][0]
        stream.height, stream.width, stream.pix_fmt = *first.shape[:2], "yuv420p"
        number = 0
        for pictures, aspect in parts:
            context = av.CodecContext.create(codec, "w")
            context.height, context.width, context.pix_fmt = *pictures[0].shape[:2], "yuv420p"
            context.time_base, context.framerate = Fraction(1, 25), Fraction(25)
            if aspect is not None:
                context.sample_aspect_ratio = aspect
            context.options = {"bf": "0"} if codec == "libx264" else {"deadline": "realtime", "lag-in-frames": "0"}
            packets = []
            for picture in pictures:
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
                frame.pts, frame.time_base = number, Fraction(1, 25)
                number += 1
                packets += context.encode(frame)
            for packet in packets + context.encode():
                packet.stream = stream
                container.mux(packet)
    return path


def test_every_frame_has_its_own_size_and_none_is_squeezed(tmp_path: Path) -> None:
    wide, high = disc(96, 160), disc(160, 96)
    path = coded(tmp_path / "turned.webm", [([wide] * 6, None), ([high] * 6, None)], "libvpx")
    video = Video(path)
    frames = list(video.frames())
    assert [frame.image.shape for frame in frames] == [(96, 160, 3)] * 6 + [(160, 96, 3)] * 6
    for frame in (frames[3], frames[9]):
        width, height = extent(frame.image)
        assert width == pytest.approx(height, abs=2)
    for first in range(0, 12, 5):
        assert [f.image.shape for f in video.frames(first=first)] == [f.image.shape for f in frames[first:]]


@pytest.mark.parametrize(
    ("aspect", "size"), [(Fraction(64, 45), (341, 144)), (Fraction(16, 15), (256, 144)), (Fraction(3, 4), (240, 192))]
)
def test_pixels_are_made_square(tmp_path: Path, aspect: Fraction, size: tuple[int, int]) -> None:
    path = coded(tmp_path / "pal.ts", [([disc(144, 240, float(aspect))] * 4, aspect)])
    video = Video(path)
    (frame, *_) = video.frames()
    assert frame.image.shape[1::-1] == (video.info.width, video.info.height) == size
    assert frame.treated == ("squared",)
    width, height = extent(frame.image)
    assert width == pytest.approx(height, abs=3)
    assert [defect.kind for defect in video.info.defects] == ["pixel_aspect"]
    assert not video.info.defects[0].doubtful


def test_an_aspect_that_changes_on_the_way_holds_from_its_frame_on(tmp_path: Path) -> None:
    """As a tape or a broadcast that goes from 4:3 to 16:9: the container says nothing of it."""
    pictures = [disc(96, 120)] * 5
    path = coded(tmp_path / "switch.ts", [(pictures, Fraction(1, 1)), (pictures, Fraction(4, 3))])
    video = Video(path)
    shapes = [frame.image.shape for frame in video.frames()]
    assert shapes == [(96, 120, 3)] * 5 + [(96, 160, 3)] * 5
    assert [frame.image.shape for frame in video.frames(first=7)] == shapes[7:]


def test_pixels_within_one_per_cent_of_square_are_left_alone() -> None:
    assert squared_size(640, 358, 2880 / 2881) == (640, 358)
    assert squared_size(720, 576, 16 / 15) == (768, 576)
    assert squared_size(720, 480, 8 / 9) == (720, 540)


def test_frames_that_come_late_keep_the_aspect_of_their_packet() -> None:
    aspects = PixelAspects(1.0, Fraction(1, 1))
    aspects.note(0, Fraction(1, 1))
    aspects.note(100, Fraction(4, 3))
    assert (aspects.at(80), aspects.at(100), aspects.at(140)) == (1.0, pytest.approx(4 / 3), pytest.approx(4 / 3))
    # The container's own word holds until the stream says something new.
    assert PixelAspects(1.5, None).at(0) == 1.5


def interlaced(path: Path, frames: int = 8, step: int = 12) -> Path:
    """A square that moves by ``step`` pixels a field; odd lines show it half a frame later than even ones."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "12", "x264-params": "tff=1"})
        stream.height, stream.width, stream.pix_fmt = 96, 320, "yuv420p"
        for i in range(frames):
            picture = np.full((96, 320, 3), 30, np.uint8)
            for line, field in ((0, 0), (1, 1)):
                left = 20 + step * (2 * i + field)
                picture[24 + line : 72 : 2, left : left + 48] = 220
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def test_interlaced_film_shows_one_moment_a_frame(tmp_path: Path) -> None:
    video = Video(interlaced(tmp_path / "film.mp4"))
    assert [defect.kind for defect in video.info.defects] == ["interlaced"]
    for i, frame in enumerate(video.frames()):
        assert frame.treated == ("deinterlaced",)
        bright = frame.image[30:66, :, 1] > 128
        left = [int(np.flatnonzero(row)[0]) for row in bright]
        assert np.ptp(left) <= 1, "lines of two moments"
        assert left[0] == pytest.approx(20 + 24 * i, abs=3)
        assert int(bright[10].sum()) == pytest.approx(48, abs=4)
        rows = np.flatnonzero(frame.image[:, 30 + 24 * i, 1] > 128)
        assert (rows[0], rows[-1]) == (pytest.approx(24, abs=2), pytest.approx(71, abs=2))


def test_film_that_is_not_interlaced_keeps_all_its_lines(tmp_path: Path) -> None:
    path = coded(tmp_path / "plain.mp4", [([numbered(i, 96, 160) for i in range(5)], None)])
    frames = list(Video(path).frames())
    assert [frame.treated for frame in frames] == [()] * 5
    assert [number_of(frame.image) for frame in frames] == list(range(5))
    assert probe(path).defects == ()


def test_two_videos_in_one_file_are_told(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "two.mkv"), "w") as container:
        streams = [container.add_stream("libx264", rate=25) for _ in range(2)]
        for stream, size in zip(streams, ((96, 160), (48, 64)), strict=True):
            stream.height, stream.width, stream.pix_fmt = *size, "yuv420p"
        for i in range(3):
            for stream in streams:
                picture = cv2.resize(numbered(i), (stream.width, stream.height))
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        for stream in streams:
            container.mux(stream.encode())
    (defect,) = Video(tmp_path / "two.mkv").info.defects
    assert defect.kind == "second_stream"
    assert "64 x 48" in defect.words
