"""A video as a stream of upright frames, each with its number and its time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Generator, Iterator
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, VideoReformatter
from av.video.stream import VideoStream

from dfe.base.errors import MediaError, UsageError
from dfe.base.types import Frame, ImageArray
from dfe.media.container import announces_frame, open_video, packets
from dfe.media.header import still_header
from dfe.media.pixels import on_ground, upright
from dfe.media.probe import Entry, MediaInfo, VideoScan, scan_video

LOST = "corrupt frame"
"""Reason of a frame that the file announces and the decoder cannot deliver."""
PATCHED = "damaged frame"
"""Reason of a frame that the decoder delivers with parts made up."""

_UNSPECIFIED_COLOURS = 2


class Video:
    """A video file, or an animated picture, to be read frame by frame.

    Opening it goes through the packets once, which counts the frames and learns their times. Frames are numbered in
    the order of presentation; the number and the picture of a frame are the same wherever reading begins.

    Args:
        path: any container and codec that FFmpeg reads.
        threads: threads of the decoder; 0 leaves the number to FFmpeg.
        scan: the ``scan`` of the same file opened before, which saves going through the packets again.

    Raises:
        MediaError: missing, not readable, not a video, or without a frame that can be decoded.
    """

    def __init__(self, path: str | PathLike[str], *, threads: int = 1, scan: VideoScan | None = None) -> None:
        self.path = Path(path)
        self._threads = threads
        if scan is None:
            if still_header(self.path):
                raise MediaError("a still picture, not a video", where=self.path, advice="read it as a picture")
            scan = scan_video(self.path)
        self.scan = scan

    @property
    def info(self) -> MediaInfo:
        """Size, length, rate and warnings."""
        return self.scan.info

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
        """Frames in order, one in memory at a time; image is upright RGB, time in seconds from the start.

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
        if every < 1:
            raise UsageError("every must be 1 or more", where=self.path)
        low, high = self.scan.timeline.indices(start_s, end_s)
        low, high = max(low, first or 0), min(high, len(self) if last is None else last)
        backwards = start_s is not None and end_s is not None and end_s < start_s
        if backwards or (last is not None and last < (first or 0)):
            raise UsageError("the cut ends before it begins", where=self.path, advice="exchange start and end")
        return self._cut(low, high, every)

    def _cut(self, low: int, high: int, every: int) -> Iterator[Frame]:
        low = -(-low // every) * every
        if low >= high:
            return
        converter = _Converter(self.scan)
        times = self.scan.timeline.times_s
        name = self.path.name
        expected = low
        for index, picture in self._pictures(low):
            if index < expected or index % every:
                continue
            if index >= high:
                break
            for lost in range(expected, index, every):
                yield Frame(lost, float(times[lost]), None, LOST, name)
            reason = PATCHED if picture.is_corrupt else None
            yield Frame(index, float(times[index]), converter.rgb(picture), reason, name)
            expected = index + every
        for lost in range(expected, high, every):
            yield Frame(lost, float(times[lost]), None, LOST, name)

    def _pictures(self, low: int) -> Iterator[tuple[int, VideoFrame]]:
        """Decoded pictures with their index, from ``low`` or earlier on."""
        if self.scan.timeline.time_stamps != "ok":
            return self._decode_unstamped()
        usable = bisect_right([entry.serves_from for entry in self.scan.entries], low)
        # One key frame earlier than would do: what a decoder puts in the place of damage leans on pictures before the
        # key frame, and cuts must give the same as one pass even there. A damaged key frame leans on them likewise.
        for entry in reversed(self.scan.entries[1 : usable - 1]):
            pictures = self._decode(entry)
            head = next(pictures, None)
            if head and head[0] == entry.place and head[1].key_frame and not head[1].is_corrupt:
                return chain((head,), pictures)
            pictures.close()
        return self._decode(None)

    def _decode(self, entry: Entry | None) -> Generator[tuple[int, VideoFrame], None, None]:
        stamps = self.scan.timeline.stamps
        with open_video(self.path) as (container, stream):
            self._set_threads(stream)
            source = packets(container, stream) if entry is None else _packets_from(container, stream, entry)
            for packet in source:
                for picture in _decode_packet(stream, packet):
                    if picture.pts is None:
                        continue
                    index = int(np.searchsorted(stamps, picture.pts))
                    if index < len(stamps) and stamps[index] == picture.pts:
                        yield index, picture

    def _decode_unstamped(self) -> Iterator[tuple[int, VideoFrame]]:
        """Without stamps to trust, packets are numbered, and a picture's index follows from its packet's number.

        A picture comes out of the decoder at most ``delay`` places later than its packet went in, so a packet that
        lies further back than that shows that pictures before it were lost.
        """
        with open_video(self.path) as (container, stream):
            self._set_threads(stream)
            codec, delay, number, index = stream.codec_context.name, _reorder_delay(stream), 0, -1
            for packet in packets(container, stream):
                if announces_frame(packet, codec):
                    packet.pts, number = number, number + 1
                elif packet.size:
                    packet.pts = None
                for picture in _decode_packet(stream, packet):
                    index += 1
                    if picture.pts is not None:
                        index = max(index, picture.pts - delay)
                    yield index, picture

    def _set_threads(self, stream: VideoStream) -> None:
        stream.codec_context.thread_count = self._threads
        stream.codec_context.thread_type = "NONE" if self._threads == 1 else "AUTO"


class _Converter:
    """Decoded pictures to upright RGB of one size; keeps the scaler's tables from frame to frame."""

    def __init__(self, scan: VideoScan) -> None:
        self._reformatter = VideoReformatter()
        self._turn = scan.turn
        self._width, self._height = scan.stored_size
        self._has_alpha: dict[str, bool] = {}

    def rgb(self, picture: VideoFrame) -> ImageArray:
        layout = picture.format
        has_alpha = self._has_alpha.get(layout.name)
        if has_alpha is None:
            has_alpha = self._has_alpha[layout.name] = any(component.is_alpha for component in layout.components)
        # Untagged video is BT.601 up to standard definition and BT.709 above, as players take it.
        untagged_hd = picture.colorspace == _UNSPECIFIED_COLOURS and picture.height > 576
        plain = self._reformatter.reformat(
            picture,
            width=self._width,
            height=self._height,
            format="rgba" if has_alpha else "rgb24",
            src_colorspace=Colorspace.ITU709 if untagged_hd else None,
            threads=1,
        )
        # Where there was nothing to convert, the memory is still the decoder's.
        pixels = cast(ImageArray, plain.to_ndarray()) if plain is picture else _array(plain, 4 if has_alpha else 3)
        return upright(on_ground(pixels) if has_alpha else pixels, self._turn)


def _array(picture: VideoFrame, channels: int) -> ImageArray:
    """Packed pixels as an array: the picture's own memory where its rows have no padding, else a copy."""
    plane = picture.planes[0]
    if plane.line_size != picture.width * channels:
        return cast(ImageArray, picture.to_ndarray())
    return np.frombuffer(memoryview(plane), np.uint8).reshape(picture.height, picture.width, channels)


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
