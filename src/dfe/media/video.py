"""A video as a stream of upright frames, each with its number and its time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Generator, Iterator
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from dfe.base.errors import MediaError
from dfe.base.types import Frame
from dfe.media.container import announces_frame, open_video, packets
from dfe.media.convert import Converter, PixelAspects
from dfe.media.film import bounds_of_cut
from dfe.media.header import still_header
from dfe.media.probe import Entry, MediaInfo, VideoScan, scan_video
from dfe.media.timeline import Timeline

LOST = "corrupt frame"
"""Reason of a frame that the file announces and the decoder cannot deliver."""
PATCHED = "damaged frame"
"""Reason of a frame that the decoder delivers with parts made up."""


class _Picture(NamedTuple):
    """A decoded picture, its place in the order of presentation, and the aspect of its pixels."""

    place: int
    frame: VideoFrame
    aspect: float


class Video:
    """A video file, or an animated picture, to be read frame by frame.

    Opening it goes through the packets once, which counts the frames and learns their times. Frames are numbered in
    the order of presentation; the number and the picture of a frame are the same wherever reading begins.

    Args:
        path: any container and codec that FFmpeg reads.
        threads: threads of the decoder; 0 leaves the number to FFmpeg.
        scan: the ``scan`` of the same file opened before, which saves going through the packets again.
        rate: frames per second of a video that has no times of its own, such as a bare stream.

    Raises:
        MediaError: missing, not readable, not a video, or without a frame that can be decoded.
        UsageError: a rate is given, and the frames carry their own times.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        threads: int = 1,
        scan: VideoScan | None = None,
        rate: float | None = None,
    ) -> None:
        self.path = Path(path)
        self._threads = threads
        if scan is None:
            if still_header(self.path):
                raise MediaError("a still picture, not a video", where=self.path, advice="read it as a picture")
            scan = scan_video(self.path, rate)
        self.scan = scan

    @property
    def info(self) -> MediaInfo:
        """Size, length, rate and warnings."""
        return self.scan.info

    @property
    def timeline(self) -> Timeline:
        """When each frame is shown."""
        return self.scan.timeline

    def __len__(self) -> int:
        return self.info.frame_count

    def frames(
        self,
        start_s: float | None = None,
        end_s: float | None = None,
        every: int = 1,
        first: int | None = None,
        last: int | None = None,
    ) -> Iterator[Frame]:
        """Frames in order, one in memory at a time; image is upright RGB with square pixels, in the frame's own size.

        Times are seconds from the start.

        A frame that is announced but cannot be decoded comes in its place without an image, with a reason. One that
        the decoder had to patch carries both.

        Args:
            start_s: skip frames shown before this time.
            end_s: stop before the first frame shown at this time or later.
            every: only frames whose number is a multiple of this.
            first: skip frames with lower numbers.
            last: stop before this number.

        Raises:
            UsageError: ``every`` below 1, or a cut that ends before it begins.
            MediaError: the file can no longer be opened.
        """
        low, high = bounds_of_cut(self, start_s, end_s, every, first, last)
        return self._cut(low, high, every)

    def _cut(self, low: int, high: int, every: int) -> Iterator[Frame]:
        low = -(-low // every) * every
        if low >= high:
            return
        converter = Converter()
        times = self.scan.timeline.times_s
        name = self.path.name
        expected = low
        for index, picture, aspect in self._pictures(low):
            if index < expected or index % every:
                continue
            if index >= high:
                break
            for lost in range(expected, index, every):
                yield Frame(lost, float(times[lost]), None, LOST, name)
            reason = PATCHED if picture.is_corrupt else None
            image, treated = converter.rgb(picture, aspect)
            yield Frame(index, float(times[index]), image, reason, name, treated)
            expected = index + every
        for lost in range(expected, high, every):
            yield Frame(lost, float(times[lost]), None, LOST, name)

    def _pictures(self, low: int) -> Iterator[_Picture]:
        """Decoded pictures, from ``low`` or earlier on."""
        if self.scan.timeline.time_stamps != "ok":
            return self._decode_unstamped()
        usable = bisect_right([entry.serves_from for entry in self.scan.entries], low)
        # One key frame earlier than would do: what a decoder puts in the place of damage leans on pictures before the
        # key frame, and cuts must give the same as one pass even there. A damaged key frame leans on them likewise.
        for entry in reversed(self.scan.entries[1 : usable - 1]):
            pictures = self._decode(entry)
            head = next(pictures, None)
            if head and head.place == entry.place and head.frame.key_frame and not head.frame.is_corrupt:
                return chain((head,), pictures)
            pictures.close()
        return self._decode(None)

    def _decode(self, entry: Entry | None) -> Generator[_Picture, None, None]:
        stamps = self.scan.timeline.stamps
        with open_video(self.path) as (container, stream):
            self._set_threads(stream)
            source = packets(container, stream) if entry is None else _packets_from(container, stream, entry)
            aspects = PixelAspects(self.info.pixel_aspect, self.scan.codec_aspect)
            for packet in source:
                pictures = _decode_packet(stream, packet)
                aspects.note(packet.pts, stream.codec_context.sample_aspect_ratio)
                for picture in pictures:
                    if picture.pts is None:
                        continue
                    index = int(np.searchsorted(stamps, picture.pts))
                    if index < len(stamps) and stamps[index] == picture.pts:
                        yield _Picture(index, picture, aspects.at(picture.pts))

    def _decode_unstamped(self) -> Iterator[_Picture]:
        """Without stamps to trust, packets are numbered, and a picture's index follows from its packet's number.

        A picture comes out of the decoder at most ``delay`` places later than its packet went in, so a packet that
        lies further back than that shows that pictures before it were lost.
        """
        with open_video(self.path) as (container, stream):
            self._set_threads(stream)
            codec, delay, number, index = stream.codec_context.name, _reorder_delay(stream), 0, -1
            aspects = PixelAspects(self.info.pixel_aspect, self.scan.codec_aspect)
            for packet in packets(container, stream):
                if announces_frame(packet, codec):
                    packet.pts, number = number, number + 1
                elif packet.size:
                    packet.pts = None
                pictures = _decode_packet(stream, packet)
                aspects.note(packet.pts, stream.codec_context.sample_aspect_ratio)
                for picture in pictures:
                    index += 1
                    if picture.pts is not None:
                        index = max(index, picture.pts - delay)
                    yield _Picture(index, picture, aspects.at(picture.pts))

    def _set_threads(self, stream: VideoStream) -> None:
        stream.codec_context.thread_count = self._threads
        stream.codec_context.thread_type = "NONE" if self._threads == 1 else "AUTO"


def _decode_packet(stream: VideoStream, packet: Packet[VideoStream]) -> list[VideoFrame]:
    try:
        return stream.codec_context.decode(packet if packet.size else None)
    except av.error.FFmpegError:
        return []


def _packets_from(container: InputContainer, stream: VideoStream, entry: Entry) -> Iterator[Packet[VideoStream]]:
    """Packets from a key frame on; none at all where the container cannot go there."""
    try:
        container.seek(entry.pts if entry.dts is None else min(entry.pts, entry.dts), stream=stream)
    except av.error.FFmpegError:
        return
    source = packets(container, stream)
    for packet in source:
        if packet.is_keyframe and packet.pts == entry.pts:
            yield packet
            yield from source
            return
        if packet.dts is not None and entry.dts is not None and packet.dts > entry.dts:
            return


def _reorder_delay(stream: VideoStream) -> int:
    context = stream.codec_context
    return int(getattr(context, "reorder_depth", 16 if context.has_b_frames else 0))
