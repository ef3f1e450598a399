"""What is no recording is refused at once: pipes, devices, lists of other files, pictures too large to decode."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import av
import numpy as np
import pytest

from dfe.base.errors import MediaError, UsageError
from dfe.media import container
from dfe.media.container import stated_rate
from dfe.media.image import read_image
from dfe.media.inputs import discover
from dfe.media.probe import probe
from dfe.media.video import LOST, Video
from numbered_video import numbered, write_video

needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")


@needs_pipes
@pytest.mark.parametrize("name", ["pipe.mp4", "pipe.png", "pipe"])
def test_a_named_pipe_is_said_at_once(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    began = time.monotonic()
    for work in (probe, Video, read_image):
        with pytest.raises(MediaError, match="is a named pipe, not a file"):
            work(tmp_path / name)
    (problem,) = discover([tmp_path / name]).problems
    assert "named pipe" in str(problem)
    assert time.monotonic() - began < 60, "it waited for a writer"


@needs_pipes
def test_sockets_and_devices_are_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("face.mp4")
        with pytest.raises(MediaError, match="is a socket"):
            Video("face.mp4")
    with pytest.raises(MediaError, match="is a device"):
        Video("/dev/zero")


LISTS = {
    "a.ffconcat": "ffconcat version 1.0\nfile 'other.mp4'\n",
    "a.mp4": "\ufeff#EXTM3U\n#EXTINF:2,\nother.mp4\n#EXT-X-ENDLIST\n",
    "a.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nother.mp4\n#EXT-X-ENDLIST\n",
    "a.mpd": '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"></MPD>\n',
    "a.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
    "a.mkv": "   \n  ffconcat version 1.0\nfile other.mp4\n",
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_other_files_is_not_followed(tmp_path: Path, name: str) -> None:
    write_video(tmp_path / "other.mp4", frames=3)
    (tmp_path / name).write_text(LISTS[name], encoding="utf-8")
    with pytest.raises(MediaError, match="a list of other files"):
        Video(tmp_path / name)


def test_ffmpeg_itself_opens_no_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the first bytes do not give it away."""
    write_video(tmp_path / "other.mp4", frames=3)
    (tmp_path / "list.ffconcat").write_text("ffconcat version 1.0\nfile other.mp4\n", encoding="utf-8")
    monkeypatch.setattr(container, "_LIST_HEADS", ("never",))
    monkeypatch.setattr(container, "_refuse_list", lambda *_: None)
    with pytest.raises(MediaError, match="not a video that can be read"):
        Video(tmp_path / "list.ffconcat")


def test_pictures_too_large_to_decode_are_refused_by_their_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(tmp_path / "large.mp4", frames=3, size=(240, 320))
    monkeypatch.setattr(container, "MAX_FRAME_PIXELS", 320 * 240 - 1)
    with pytest.raises(MediaError, match="320 x 240 pixels, over the limit"):
        Video(path)


def test_a_frame_that_turns_out_too_large_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from test_shapes import coded, disc

    path = coded(tmp_path / "grows.webm", [([disc(48, 64)] * 3, None), ([disc(480, 640)] * 3, None)], "libvpx")
    monkeypatch.setattr(container, "MAX_FRAME_PIXELS", 100_000)
    frames = list(Video(path).frames())
    assert [frame.image is not None for frame in frames] == [True] * 3 + [False] * 3
    assert {frame.reason for frame in frames[3:]} == {LOST}


RAW = {
    "raw.h264": ("libx264", 30.0),
    "raw.hevc": ("libx265", 30.0),
    "raw.m2v": ("mpeg2video", 30.0),
    "raw.mjpeg": ("mjpeg", None),
}


@pytest.mark.parametrize("name", RAW)
def test_a_bare_stream_takes_the_rate_of_its_own_headers(tmp_path: Path, name: str) -> None:
    codec, rate = RAW[name]
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    path = write_video(
        tmp_path / name, codec, 12, rate=30, options=options, pix_fmt="yuvj420p" if codec == "mjpeg" else "yuv420p"
    )
    assert stated_rate(path) == rate
    video = Video(path)
    assert video.info.frame_rate == pytest.approx(rate or 25)
    assert ("frame_rate" in [defect.kind for defect in video.info.defects]) == (rate is None)
    assert video.info.duration_s == pytest.approx(12 / (rate or 25))
    given = Video(path, rate=15)
    assert given.info.frame_rate == pytest.approx(15)
    assert [defect.kind for defect in given.info.defects] == ["time_stamps"]


def test_a_rate_for_frames_that_have_times_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", frames=5)
    with pytest.raises(UsageError, match="times of their own"):
        Video(path, rate=30)


def test_linked_folders_are_searched_once(tmp_path: Path) -> None:
    """Also where a link leads back up."""
    real = tmp_path / "elsewhere"
    real.mkdir()
    write_video(real / "a.mp4", frames=2)
    study = tmp_path / "study"
    study.mkdir()
    (study / "linked").symlink_to(real, target_is_directory=True)
    (real / "up").symlink_to(study, target_is_directory=True)
    found = discover([study])
    assert [source.name for source in found.sources] == ["linked/a"]
    assert not found.problems


def test_a_large_still_announces_itself(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "x.mkv"), "w") as made:
        stream = made.add_stream("ffv1", rate=25)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        made.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(numbered(1)), format="rgb24")))
        made.mux(stream.encode())
    assert Video(tmp_path / "x.mkv").info.width == 64
