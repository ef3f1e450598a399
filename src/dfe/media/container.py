"""Opening a video file: its container and the stream that holds the recording."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.stream import VideoStream

from dfe.base.budget import LIFT, allowed
from dfe.base.errors import MediaError
from dfe.media.header import foreign_picture, open_media

_NO_RECORDINGS = {"tty", "bin", "xbin", "adf", "idf", "image2"}
"""Formats by which FFmpeg would show plain text as a moving picture, or go by the name of a picture alone."""
_LISTS = {
    "concat", "hls", "dash", "webm_dash_manifest", "sdp", "rtp", "rtsp", "sap", "imf", "lavfi", "vapoursynth",
    "avisynth", "mpjpeg", "smoothstreaming", "tedcaptions", "aqtitle",
}  # fmt: skip
"""Formats that are lists of other files or places, or programs that make pictures: FFmpeg would open what they name."""
_LIST_HEADS = (b"ffconcat", b"#EXTM3U", b"<MPD", b"v=0", b"[playlist]", b"[InternetShortcut]", b"# ffmpeg concat")

MAX_FRAME_PIXELS = 50_000_000
"""Videos with larger pictures are refused before they are decoded: 8K has 33 million."""

NO_TIME_STAMPS = 0x80
"""AVFMT_NOTIMESTAMPS: a bare stream of pictures, for which FFmpeg makes stamps up."""

_UNHEARD_OF = "12347/1009"
"""A frame rate that no stream has: where a bare stream reports it, it is the one that we gave ourselves."""

_DECODABLE_ADVICE = "check that it plays, or convert it to MP4"


@contextmanager
def open_video(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Container and video stream of a file, both valid only inside the ``with`` block.

    Of several video streams it is the default one, or else the first; cover art of a sound file does not count.

    Raises:
        MediaError: the file cannot be opened, is no video, has no video stream, nothing here decodes it, it is a list
            of other files, or its pictures are larger than :data:`MAX_FRAME_PIXELS`.
    """
    with open_media(path) as stream:
        head = stream.read(1024)
    if foreign := foreign_picture(head):
        raise MediaError(f"{foreign} pictures are not read", where=path, advice="convert it to JPEG or PNG")
    _refuse_list(path, head)
    try:
        container = _open(path, {})
    except (av.error.FFmpegError, ValueError, OSError) as error:
        raise _not_a_video(path, head, error) from None
    with container:
        if container.format.name in _NO_RECORDINGS or container.format.name.endswith("_pipe"):
            raise MediaError("not a video", where=path, advice=_DECODABLE_ADVICE)
        found = _recording_stream(path, head, container)
        _refuse_large(path, found)
        yield container, found


def stated_rate(path: Path) -> float | None:
    """Frames per second that a bare stream's own headers state; None where they do not, and FFmpeg would take 25.

    Raises:
        MediaError: the file cannot be opened again.
    """
    try:
        with _open(path, {"framerate": _UNHEARD_OF}) as container:
            stream = container.streams.video[0]
            for packet in packets(container, stream):
                # Some kinds of stream state their rate in what only a decoder reads.
                if stream.codec_context.decode(packet if packet.size else None) or not packet.size:
                    break
            rate = stream.codec_context.framerate
    except (av.error.FFmpegError, ValueError, OSError, IndexError):
        return None
    unheard = rate and abs(rate - Fraction(_UNHEARD_OF)) < Fraction(1, 1000)
    return None if unheard else _camera_rate(rate)


def announced_rate(stream: VideoStream) -> float | None:
    """Frames per second by the container, or by the codec where that cannot be; None where neither says one."""
    by_time, by_codec = _camera_rate(stream.average_rate), _camera_rate(stream.guessed_rate)
    # The container's is frames over time: stamps that are doubled leave too little time.
    if by_time and by_codec and by_time > 2 * by_codec:
        return by_codec
    return by_time or by_codec


def _camera_rate(rate: Fraction | None) -> float | None:
    return float(rate) if rate and 0.1 <= rate <= 1000 else None


def other_videos(container: InputContainer, stream: VideoStream) -> list[VideoStream]:
    """Streams of moving pictures beside the one that is read."""
    return [other for other in _video_streams(container) if other is not stream]


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


def _open(path: Path, options: dict[str, str]) -> InputContainer:
    # "file:" keeps FFmpeg from taking a colon in the name for a network protocol.
    allowed = ",".join(sorted(av.formats_available - _LISTS))
    return av.open(f"file:{path}", metadata_errors="replace", options={"format_whitelist": allowed, **options})


def _refuse_list(path: Path, head: bytes) -> None:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    xml = text.startswith(b"<?xml") and any(word in text for word in (b"<MPD", b"<smil", b"<SmoothStreamingMedia"))
    if xml or text.startswith(_LIST_HEADS):
        what = "a list of other files or addresses, not a video; what it names is not opened"
        raise MediaError(what, where=path, advice="name the videos themselves")


def _refuse_large(path: Path, stream: VideoStream) -> None:
    """Refuse what the header announces as too large; what turns out so later, the decoder refuses, frame by frame."""
    context = stream.codec_context
    most = allowed(MAX_FRAME_PIXELS)
    if (context.width or 0) * (context.height or 0) > most:
        size = f"its pictures have {context.width} x {context.height} pixels"
        what = f"{size}, over the limit of {most // 1_000_000} megapixels"
        raise MediaError(what, where=path, advice=f"make it smaller first, or {LIFT}")
    context.options = {"max_pixels": str(min(most, 2**31 - 1))}


def _video_streams(container: InputContainer) -> list[VideoStream]:
    parts = Disposition.attached_pic | Disposition.dependent | Disposition.timed_thumbnails
    return [stream for stream in container.streams.video if not stream.disposition & parts]


def _recording_stream(path: Path, head: bytes, container: InputContainer) -> VideoStream:
    streams = _video_streams(container)
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
