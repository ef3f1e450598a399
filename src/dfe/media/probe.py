"""What a video or picture holds, learned without decoding more than one frame of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from io import BufferedReader
from math import inf
from os import PathLike
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from dfe.base.errors import MediaError
from dfe.media.container import announces_frame, open_video, packets
from dfe.media.header import open_media, still_header
from dfe.media.pixels import Turn, turn_of_display_matrix, turn_of_orientation
from dfe.media.timeline import Timeline, build_timeline

_NO_TIME_STAMPS = 0x80
"""AVFMT_NOTIMESTAMPS: a bare stream of pictures, for which FFmpeg makes stamps up."""

_HDR = {16: "PQ", 18: "HLG"}
"""Transfer characteristics (ITU-T H.273) of high dynamic range."""


@dataclass(frozen=True)
class MediaInfo:
    """What is known of a video or picture before it is decoded."""

    path: Path
    kind: Literal["video", "still"]
    width: int
    """Pixels of the upright picture, as :meth:`Video.frames` and :func:`read_image` give it."""
    height: int
    rotation: int
    """Degrees clockwise, 0, 90, 180 or 270, by which the stored picture is turned to stand upright."""
    frame_count: int
    duration_s: float
    """Seconds from the start of the recording to the end of the last frame; 0 for a still."""
    frame_rate: float
    """Frames per second, on average; 0 for a still."""
    codec: str
    time_stamps: Literal["ok", "repaired"] = "ok"
    variable_rate: bool = False
    pixel_aspect: float = 1.0
    """Width of a stored pixel over its height, before the turn; pictures are given with their pixels as stored."""
    warnings: tuple[str, ...] = ()


class Entry(NamedTuple):
    """A key frame at which decoding can begin."""

    place: int
    """Its index in the order of presentation."""
    serves_from: int
    """Frames from this index on can be had by beginning here."""
    pts: int
    dts: int | None


@dataclass(frozen=True, eq=False)
class VideoScan:
    """All that one pass over a video's packets tells; can be pickled and handed to workers."""

    info: MediaInfo
    timeline: Timeline
    entries: tuple[Entry, ...]
    turn: Turn
    stored_size: tuple[int, int]
    """Width and height in pixels before the turn; pictures of another size later in the file are scaled to it."""


def probe(path: str | PathLike[str]) -> MediaInfo:
    """What a video or still picture holds. Animated pictures count as videos.

    Raises:
        MediaError: the file is missing, not readable, damaged, or neither video nor picture.
    """
    path = Path(path)
    header = still_header(path)
    if header is None:
        return scan_video(path).info
    turn = turn_of_orientation(header.orientation)
    size = (header.height, header.width) if turn.swaps_sides else (header.width, header.height)
    return MediaInfo(path, "still", *size, turn.degrees_clockwise, 1, 0.0, 0.0, header.format)


def scan_video(path: Path) -> VideoScan:
    """Go through all packets of a video and decode its first frame.

    Raises:
        MediaError: no video, no frame in it, or none that can be decoded.
    """
    with open_video(path) as (container, stream):
        codec = stream.codec_context.name
        announced = stream.frames
        rate = float(stream.average_rate or stream.guessed_rate or 25)
        time_base = stream.time_base
        aspect = _pixel_aspect(stream.sample_aspect_ratio)
        start_s = None if container.start_time is None else container.start_time / av.time_base
        pts, dts, keys, skipped, first, last_duration = _walk(container, stream, codec)
        if container.format.flags & _NO_TIME_STAMPS:
            pts, dts = [None] * len(pts), [None] * len(pts)
        # AVI stores the order of decoding only; FFmpeg's guess is wrong where H.264 or HEVC reorder frames.
        trust = container.format.name != "avi" or codec not in ("h264", "hevc") or not stream.codec_context.has_b_frames
        hdr = _HDR.get(int(stream.codec_context.color_trc))
    if not pts or time_base is None:
        raise MediaError("holds no frames", where=path, advice="check that it plays")
    if first is None:
        raise MediaError("none of its frames can be decoded", where=path, advice="check that it plays")
    timeline = build_timeline(pts, dts, time_base=time_base, start_s=start_s, rate=rate, trust=trust)
    turn = _turn(first)
    warnings = [timeline.repair] if timeline.repair else []
    if announced - skipped > len(pts):
        warnings.append(f"cut short: {announced - skipped} frames are announced, {len(pts)} are there")
    if not 0.95 < aspect < 1.05:
        change = f"{aspect - 1:.0%} too narrow" if aspect > 1 else f"{1 / aspect - 1:.0%} too wide"
        warnings.append(f"its pixels are not square; faces look {change} in the stored pictures, which are used as is")
    if hdr:
        warnings.append(f"high dynamic range ({hdr}) is read without tone mapping; faces look flatter than on screen")
    frame_rate = timeline.frame_rate or rate
    last_s = last_duration * float(time_base) if last_duration else 1 / frame_rate
    stored = first.width, first.height
    size = stored[::-1] if turn.swaps_sides else stored
    info = MediaInfo(
        path=path,
        kind="video",
        width=size[0],
        height=size[1],
        rotation=turn.degrees_clockwise,
        frame_count=len(pts),
        duration_s=float(timeline.times_s[-1]) + last_s,
        frame_rate=frame_rate,
        codec=codec,
        time_stamps=timeline.time_stamps,
        variable_rate=timeline.is_variable(float(time_base)),
        pixel_aspect=aspect,
        warnings=tuple(warnings),
    )
    return VideoScan(info, timeline, _entries(timeline, pts, dts, keys), turn, stored)


def file_hash(path: str | PathLike[str]) -> str:
    """SHA-256 of a file's bytes, in hexadecimal.

    Raises:
        MediaError: the file cannot be read.
    """
    path = Path(path)
    with open_media(path) as stream:
        try:
            return hashlib.file_digest(cast(BufferedReader, stream), "sha256").hexdigest()
        except OSError as error:
            raise MediaError(f"cannot be read ({error.strerror})", where=path, advice="check the disk") from None


def files_hash(paths: Iterable[str | PathLike[str]]) -> str:
    """SHA-256 over the sorted hashes of several files: one name for a set of pictures, whatever their order or names.

    Raises:
        MediaError: a file cannot be read.
    """
    return hashlib.sha256("\n".join(sorted(map(file_hash, paths))).encode()).hexdigest()


class _Walk(NamedTuple):
    pts: list[int | None]
    dts: list[int | None]
    keys: list[int]
    skipped: int
    first: VideoFrame | None
    last_duration: int


def _walk(container: InputContainer, stream: VideoStream, codec: str) -> _Walk:
    pts: list[int | None] = []
    dts: list[int | None] = []
    keys: list[int] = []
    skipped, last_duration = 0, 0
    last_shown = -inf
    first: VideoFrame | None = None
    for packet in packets(container, stream):
        if first is None:
            first = _decode_one(stream, packet)
        if not announces_frame(packet, codec):
            skipped += bool(packet.size)
            continue
        if packet.is_keyframe:
            keys.append(len(pts))
        pts.append(packet.pts)
        dts.append(packet.dts)
        if packet.pts is not None and packet.pts > last_shown:
            last_shown, last_duration = packet.pts, packet.duration or 0
    return _Walk(pts, dts, keys, skipped, first, last_duration)


def _decode_one(stream: VideoStream, packet: Packet[VideoStream]) -> VideoFrame | None:
    try:
        return next(iter(stream.codec_context.decode(packet if packet.size else None)), None)
    except av.error.FFmpegError:
        return None


def _turn(frame: VideoFrame) -> Turn:
    try:
        return turn_of_display_matrix(bytes(cast(Any, frame.side_data)["DISPLAYMATRIX"]))
    except KeyError:
        return Turn()
    except ValueError:  # PyAV stumbles over kinds of side data that it does not know.
        return Turn(False, round(frame.rotation / 90) % 4)


def _pixel_aspect(aspect: Fraction | None) -> float:
    """Width of a pixel over its height; aspects that no camera makes are taken for nonsense."""
    return float(aspect) if aspect and 0.25 <= aspect <= 4 else 1.0


def _entries(timeline: Timeline, pts: list[int | None], dts: list[int | None], keys: list[int]) -> tuple[Entry, ...]:
    if timeline.time_stamps != "ok":
        return ()
    index = np.searchsorted(timeline.stamps, np.array(pts, dtype=np.int64))
    shown_before = np.maximum.accumulate(index)
    entries = []
    for k in keys:
        # A frame decoded before the key frame but shown after it cannot be had by beginning at the key frame.
        serves_from = int(max(index[k], shown_before[k - 1] + 1 if k else 0))
        entries.append(Entry(int(index[k]), serves_from, int(timeline.stamps[index[k]]), dts[k]))
    return tuple(entries)
