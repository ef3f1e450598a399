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
from typing import Literal, NamedTuple, cast

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from dfe.base import defects
from dfe.base.defects import Defect
from dfe.base.errors import MediaError, UsageError
from dfe.media.claims import other_speed, shortfall
from dfe.media.container import (
    NO_TIME_STAMPS,
    announced_rate,
    announces_frame,
    open_video,
    other_videos,
    packets,
    stated_rate,
)
from dfe.media.convert import is_interlaced, pixel_aspect, squared_size, turn_of
from dfe.media.header import is_animation, open_media, still_header
from dfe.media.pixels import turn_of_orientation
from dfe.media.timeline import Timeline, build_timeline

INTERLACED = "interlaced film: of each picture every second line is kept, and the others are made from these"

GUESSED_RATE = 25.0
"""Frames per second of a bare stream that does not say."""
_HDR = {16: "PQ", 18: "HLG"}
"""Transfer characteristics (ITU-T H.273) of high dynamic range."""


@dataclass(frozen=True)
class MediaInfo:
    """What is known of a video or picture before it is decoded."""

    path: Path
    kind: Literal["video", "still"]
    width: int
    """Pixels of the first picture, upright and with its pixels made square, as it is given; later ones may differ."""
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
    """Width of a stored pixel over its height, before the turn; pictures are given with square pixels."""
    defects: tuple[Defect, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the numbers should know, in words."""
        return defects.words(self.defects)


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
    codec_aspect: Fraction | None = None
    """Pixel aspect by the stream's own header at its start; where it says another later, that one holds."""


def probe(path: str | PathLike[str]) -> MediaInfo:
    """What a video or still picture holds. Animated pictures count as videos.

    Raises:
        MediaError: the file is missing, not readable, damaged, or neither video nor picture.
    """
    path = Path(path)
    header = still_header(path)
    if header is None and is_animation(path):
        from dfe.media.animation import Animation

        return Animation(path).info
    if header is None:
        return scan_video(path).info
    turn = turn_of_orientation(header.orientation)
    size = (header.height, header.width) if turn.swaps_sides else (header.width, header.height)
    return MediaInfo(path, "still", *size, turn.degrees_clockwise, 1, 0.0, 0.0, header.format)


def scan_video(path: Path, rate: float | None = None) -> VideoScan:
    """Go through all packets of a video and decode its first frame.

    Args:
        path: the file.
        rate: frames per second of a video that has no times of its own.

    Raises:
        MediaError: no video, no frame in it, or none that can be decoded.
        UsageError: a rate is given, and the frames carry their own times.
    """
    with open_video(path) as (container, stream):
        codec = stream.codec_context.name
        announced = stream.frames
        told_rate = announced_rate(stream)
        time_base = stream.time_base
        aspect, codec_aspect = pixel_aspect(stream.sample_aspect_ratio), stream.codec_context.sample_aspect_ratio
        start_s = None if container.start_time is None else container.start_time / av.time_base
        pts, dts, keys, skipped, first, last_duration = _walk(container, stream, codec)
        bare = bool(container.format.flags & NO_TIME_STAMPS)
        if bare:
            pts, dts = [None] * len(pts), [None] * len(pts)
        # AVI stores the order of decoding only; FFmpeg's guess is wrong where H.264 or HEVC reorder frames.
        trust = container.format.name != "avi" or codec not in ("h264", "hevc") or not stream.codec_context.has_b_frames
        hdr = _HDR.get(int(stream.codec_context.color_trc))
        announced_s = None if bare or not container.duration else container.duration / av.time_base
        metadata = dict(container.metadata)
        others = [f"{other.width} x {other.height}" for other in other_videos(container, stream)]
    if not pts or time_base is None:
        raise MediaError("holds no frames", where=path, advice="check that it plays")
    if first is None:
        raise MediaError("none of its frames can be decoded", where=path, advice="check that it plays")
    own_rate = stated_rate(path) if bare and rate is None else told_rate
    counting = rate or own_rate or GUESSED_RATE
    timeline = build_timeline(pts, dts, time_base=time_base, start_s=start_s, rate=counting, trust=trust)
    if rate is not None and not timeline.counted:
        what = "its frames carry times of their own, which --rate does not replace"
        raise UsageError(what, where=path, advice="leave --rate out")
    found: list[Defect] = []
    if timeline.repair:
        found.append(Defect("time_stamps", timeline.repair))
    if timeline.counted and not rate and not own_rate:
        guess = f"the file holds no frame rate: {GUESSED_RATE:g} a second is assumed (give --rate if it is another)"
        found.append(Defect("frame_rate", guess))
    frame_rate = timeline.frame_rate or counting
    last_s = last_duration * float(time_base) if last_duration and not timeline.counted else 1 / frame_rate
    duration_s = float(timeline.times_s[-1]) + last_s
    found += shortfall(
        announced=announced - skipped,
        there=len(pts),
        announced_s=None if timeline.counted else announced_s,
        lasts_s=duration_s,
        step_s=1 / frame_rate,
    )
    found += other_speed(metadata, frame_rate)
    stored = first.width, first.height
    squared = squared_size(*stored, aspect)
    if squared != stored:
        sizes = f"{stored[0]} x {stored[1]} stored, {squared[0]} x {squared[1]} measured"
        found.append(Defect("pixel_aspect", f"its pixels are not square: pictures are stretched to shape ({sizes})"))
    if is_interlaced(first):
        found.append(Defect("interlaced", INTERLACED))
    if hdr:
        words = f"high dynamic range ({hdr}) is read without tone mapping; faces look flatter than on screen"
        found.append(Defect("dynamic_range", words))
    if others:
        words = f"it holds {len(others) + 1} videos; the first or default one is read, not {', '.join(others)}"
        found.append(Defect("second_stream", words))
    turn = turn_of(first)
    size = squared[::-1] if turn.swaps_sides else squared
    info = MediaInfo(
        path=path,
        kind="video",
        width=size[0],
        height=size[1],
        rotation=turn.degrees_clockwise,
        frame_count=len(pts),
        duration_s=duration_s,
        frame_rate=frame_rate,
        codec=codec,
        time_stamps=timeline.time_stamps,
        variable_rate=timeline.is_variable(float(time_base)),
        pixel_aspect=aspect,
        defects=tuple(found),
    )
    return VideoScan(info, timeline, _entries(timeline, pts, dts, keys), codec_aspect)


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
    return hash_of_hashes(map(file_hash, paths))


def hash_of_hashes(hashes: Iterable[str]) -> str:
    """What :func:`files_hash` makes of the hashes of the files."""
    return hashlib.sha256("\n".join(sorted(hashes)).encode()).hexdigest()


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
