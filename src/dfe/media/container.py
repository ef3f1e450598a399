"""Opening a video file: its container and the stream that holds the recording."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.stream import VideoStream

from dfe.base.errors import MediaError
from dfe.media.header import foreign_picture, open_media

_NO_RECORDINGS = {"tty", "bin", "xbin", "adf", "idf", "image2"}
"""Formats by which FFmpeg would show plain text as a moving picture, or go by the name of a picture alone."""

_DECODABLE_ADVICE = "check that it plays, or convert it to MP4"


@contextmanager
def open_video(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Container and video stream of a file, both valid only inside the ``with`` block.

    Of several video streams it is the default one, or else the first; cover art of a sound file does not count.

    Raises:
        MediaError: the file cannot be opened, is no video, has no video stream, or nothing here decodes it.
    """
    with open_media(path) as stream:
        head = stream.read(16)
    if foreign := foreign_picture(head):
        raise MediaError(f"{foreign} pictures are not read", where=path, advice="convert it to JPEG or PNG")
    try:
        # "file:" keeps FFmpeg from taking a colon in the name for a network protocol.
        container = av.open(f"file:{path}", metadata_errors="replace")
    except (av.error.FFmpegError, ValueError, OSError) as error:
        raise _not_a_video(path, head, error) from None
    with container:
        if container.format.name in _NO_RECORDINGS or container.format.name.endswith("_pipe"):
            raise MediaError("not a video", where=path, advice=_DECODABLE_ADVICE)
        yield container, _recording_stream(path, head, container)


def packets(container: InputContainer, stream: VideoStream) -> Iterator[Packet[VideoStream]]:
    """Packets in the order of decoding, then the empty one that flushes the decoder; damage ends the file early."""
    if hasattr(av.stream, "Discard"):
        for other in container.streams:
            if other is not stream:
                other.discard = av.stream.Discard.all
    demuxed = container.demux(stream)
    while True:
        try:
            packet = next(demuxed)
        except StopIteration:
            return
        except (av.error.FFmpegError, OSError):
            yield cast("Packet[VideoStream]", Packet())
            return
        yield packet


def announces_frame(packet: Packet[VideoStream], codec: str) -> bool:
    """Whether a frame is to be shown for a packet: not for flushes, frames cut away by an edit, hidden references."""
    if not packet.size or packet.is_discard:
        return False
    # VP8 keeps hidden reference pictures in packets of their own; bit 4 of the first byte says "show" (RFC 6386, 9.1).
    return codec != "vp8" or bool(bytes(packet)[0] >> 4 & 1)


def _recording_stream(path: Path, head: bytes, container: InputContainer) -> VideoStream:
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        if _is_mp4(head) and not container.streams.audio:
            raise _unfinished(path)
        if container.streams.audio:
            raise MediaError("holds sound but no video", where=path, advice="name the video file instead")
        raise MediaError("holds no video", where=path, advice=_DECODABLE_ADVICE)
    stream = next((s for s in streams if s.disposition & Disposition.default), streams[0])
    try:
        name = stream.codec_context.name
    except (AttributeError, av.error.FFmpegError):
        name = None
    if not name:
        raise MediaError("nothing here decodes its kind of video", where=path, advice="convert it to MP4 (H.264)")
    return stream


def _is_mp4(head: bytes) -> bool:
    return head[4:8] == b"ftyp"


def _unfinished(path: Path) -> MediaError:
    what = "the MP4 file was not finished: its index (moov) is missing or damaged"
    return MediaError(what, where=path, advice="copy it again, or repair it with a recovery tool")


def _not_a_video(path: Path, head: bytes, error: Exception) -> MediaError:
    if _is_mp4(head):
        return _unfinished(path)
    if isinstance(error, PermissionError):
        return MediaError("no permission to read it", where=path, advice="change its permissions")
    return MediaError("not a video that can be read", where=path, advice=_DECODABLE_ADVICE)
