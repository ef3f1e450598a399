from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from dfe.base.errors import MediaError, UsageError
from dfe.base.types import Frame
from dfe.media.probe import file_hash, files_hash, probe
from dfe.media.video import LOST, PATCHED, Video
from numbered_video import HEIGHT, WIDTH, number_of, numbered, sound_packets, write_video

X264 = {"x264-params": "keyint=8:min-keyint=8:scenecut=0:bframes=3:b-pyramid=normal:b-adapt=0"}
OPEN = {"x264-params": "keyint=8:min-keyint=8:scenecut=0:bframes=3:b-adapt=0:open-gop=1"}
KINDS = {
    "pyramid.mp4": ("libx264", X264),
    "open.mp4": ("libx264", OPEN),
    "open.ts": ("libx264", OPEN),
    "closed.mkv": ("libx264", X264),
    "phone.mov": ("libx265", {"x265-params": "log-level=none:keyint=8:min-keyint=8:bframes=3"}),
    "divx.avi": ("mpeg4", {"bf": "2", "g": "8", "b": "2M"}),
    "old.mpg": ("mpeg1video", {"bf": "2", "g": "8", "b": "2M"}),
    "camera.ts": ("mpeg2video", {"bf": "2", "g": "8", "b": "2M"}),
    "web.webm": ("libvpx-vp9", {"g": "8", "deadline": "realtime", "cpu-used": "8"}),
    "browser.webm": ("libvpx", {"g": "8", "deadline": "realtime"}),
    "motion.avi": ("mjpeg", {}),
    "lossless.mkv": ("ffv1", {}),
    "moving.gif": ("gif", {}),
    "moving.apng": ("apng", {}),
}
PIXELS = {"mjpeg": "yuvj420p", "gif": "rgb8", "apng": "rgb24"}


@pytest.fixture(scope="module", params=list(KINDS))
def clip(request, tmp_path_factory) -> Path:
    codec, options = KINDS[request.param]
    path = tmp_path_factory.mktemp("clips") / request.param
    return write_video(path, codec, 30, options=options, pix_fmt=PIXELS.get(codec, "yuv420p"))


def same(a: Frame, b: Frame) -> bool:
    images = (a.image is None and b.image is None) or np.array_equal(a.image, b.image)
    return images and (a.index, a.time_s, a.reason, a.source) == (b.index, b.time_s, b.reason, b.source)


def assert_cuts_agree(video: Video, lengths: tuple[int, ...] = (1, 7), starts: range | None = None) -> None:
    whole = list(video.frames())
    for first in starts or range(len(whole)):
        for length in lengths:
            cut = list(video.frames(first=first, last=first + length))
            assert len(cut) == min(length, len(whole) - first)
            assert all(same(frame, whole[first + i]) for i, frame in enumerate(cut))


def test_every_frame_comes_once_in_order_with_its_time(clip):
    video = Video(clip)
    frames = list(video.frames())
    assert [number_of(f.image) for f in frames] == list(range(30))
    assert [f.index for f in frames] == list(range(30))
    assert {f.reason for f in frames} == {None}
    assert {f.source for f in frames} == {clip.name}
    times = np.array([f.time_s for f in frames])
    # A video with B-frames in AVI begins one frame late: the container knows the time of decoding only.
    np.testing.assert_allclose(times - times[0], np.arange(30) / 25, atol=0.0011)
    assert times[0] == pytest.approx(0.04 if clip.name == "divx.avi" else 0)
    assert frames[0].image.shape == (HEIGHT, WIDTH, 3)
    assert frames[0].image.dtype == np.uint8
    assert frames[0].image.flags.c_contiguous
    info = video.info
    assert (info.kind, info.width, info.height, info.rotation, info.frame_count) == ("video", WIDTH, HEIGHT, 0, 30)
    assert info.frame_rate == pytest.approx(25, rel=0.01)
    assert info.duration_s == pytest.approx(times[0] + 1.2, abs=0.005)
    assert (info.time_stamps, info.variable_rate, info.warnings) == ("ok", False, ())


def test_any_cut_equals_the_same_part_of_one_pass(clip):
    assert_cuts_agree(Video(clip))


def test_threads_change_nothing(clip):
    assert all(same(a, b) for a, b in zip(Video(clip).frames(), Video(clip, threads=2).frames(), strict=True))


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "count"),
    [("grid_brbk7n.mpg", 75), ("intel_headpose_female.gif", 23), ("pyfeat_single_face.mp4", 72)],
)
def test_cuts_of_real_videos(shared_data, name, count):
    video = Video(shared_data / "video" / name)
    assert len(video) == count
    assert_cuts_agree(video, (2,), range(0, count, 5))


@pytest.mark.shared_data
def test_frames_that_an_edit_cut_away_are_not_counted(shared_data):
    video = Video(shared_data / "video" / "pyfeat_no_face.mp4")
    frames = list(video.frames())
    assert len(frames) == len(video) == 95
    assert {f.reason for f in frames} == {None}
    assert video.info.warnings == ()


def test_a_real_clip(carphone):
    video = Video(carphone)
    frames = list(video.frames(every=40))
    assert [f.index for f in frames] == [0, 40, 80]
    assert frames[0].image.shape == (144, 193, 3)
    assert video.info.frame_count == 120
    assert video.info.frame_rate == pytest.approx(30000 / 1001)
    # Its pixels are 128:117, wider than high, as usual for this size of picture.
    assert video.info.pixel_aspect == pytest.approx(128 / 117)
    assert "176 x 144 stored, 193 x 144 measured" in video.info.warnings[0]
    assert_cuts_agree(video, (3,), range(0, 120, 17))


def test_variable_rate_keeps_its_own_times(tmp_path):
    stamps = np.cumsum([0, 33, 33, 34, 100, 33, 500, 5, 33, 33, 70, 33]).tolist()
    path = write_video(tmp_path / "phone.mp4", options=X264, frames=12, stamps=stamps)
    video = Video(path)
    assert [f.time_s for f in video.frames()] == pytest.approx([s / 1000 for s in stamps])
    assert [number_of(f.image) for f in video.frames()] == list(range(12))
    assert video.info.variable_rate
    assert video.info.time_stamps == "ok"
    assert video.info.frame_rate == pytest.approx(11 / (stamps[-1] / 1000))
    assert_cuts_agree(video)


def test_time_is_counted_from_the_start_of_the_sound(tmp_path):
    path = write_video(tmp_path / "late.mp4", "mpeg4", 5, stamps=[500 + 40 * i for i in range(5)], sound_s=1.0)
    frames = list(Video(path).frames())
    # AAC begins with up to 1,024 samples that an edit hides, 64 ms at this rate.
    assert [f.time_s for f in frames] == pytest.approx([0.5 + 0.04 * i for i in range(5)], abs=0.065)
    assert np.diff([f.time_s for f in frames]) == pytest.approx(0.04)


def test_cuts_in_time_and_steps(tmp_path):
    video = Video(write_video(tmp_path / "clip.mp4", options=X264))

    def indices(**cut):
        return [f.index for f in video.frames(**cut)]

    assert indices(start_s=0.4, end_s=0.6) == [10, 11, 12, 13, 14]
    assert indices(start_s=0.401) == list(range(11, 30))
    assert indices(every=7) == [0, 7, 14, 21, 28]
    assert indices(every=7, first=8, last=28) == [14, 21]
    assert indices(start_s=0.4, first=20, last=22) == [20, 21]
    assert indices(start_s=50) == indices(first=5, last=5) == []
    assert [number_of(f.image) for f in video.frames(every=4, first=9)] == [12, 16, 20, 24, 28]


@pytest.mark.parametrize("cut", [{"every": 0}, {"start_s": 2, "end_s": 1}, {"first": 9, "last": 3}])
def test_cuts_that_make_no_sense(tmp_path, cut):
    with pytest.raises(UsageError):
        Video(write_video(tmp_path / "clip.mp4")).frames(**cut)


def with_matrix(path: Path, *abcd: int) -> Path:
    """Write a, b, c, d of the display matrix into the track header of an MP4 (ISO 14496-12, 8.3.2)."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    a, b, c, d = (v << 16 for v in abcd)
    assert struct.unpack(">9i", data[at : at + 36]) == (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("abcd", "rotation", "turn"),
    [
        ((1, 0, 0, 1), 0, lambda a: a),
        ((0, 1, -1, 0), 90, lambda a: a.swapaxes(0, 1)[:, ::-1]),
        ((-1, 0, 0, -1), 180, lambda a: a[::-1, ::-1]),
        ((0, -1, 1, 0), 270, lambda a: a.swapaxes(0, 1)[::-1]),
        ((-1, 0, 0, 1), 0, lambda a: a[:, ::-1]),
        ((1, 0, 0, -1), 180, lambda a: a[::-1]),
        ((0, 1, 1, 0), 270, lambda a: a.swapaxes(0, 1)),
        ((0, -1, -1, 0), 90, lambda a: a[::-1, ::-1].swapaxes(0, 1)),
    ],
)
def test_the_display_matrix_turns_the_picture(tmp_path, abcd, rotation, turn):
    stored = list(Video(write_video(tmp_path / "flat.mp4", frames=3)).frames())
    video = Video(with_matrix(write_video(tmp_path / "turned.mp4", frames=3), *abcd))
    for frame, plain in zip(video.frames(), stored, strict=True):
        np.testing.assert_array_equal(frame.image, turn(plain.image))
        assert frame.image.flags.c_contiguous
    assert (video.info.height, video.info.width) == turn(stored[0].image).shape[:2]
    assert video.info.rotation == rotation
    if abcd[0] * abcd[3] - abcd[1] * abcd[2] > 0:
        with av.open(str(video.path)) as container:
            assert -next(container.decode(video=0)).rotation % 360 == rotation


@pytest.mark.parametrize(
    ("colorspace", "color_range", "size"),
    [(1, 1, (48, 64)), (5, 1, (48, 64)), (2, 1, (48, 64)), (2, 1, (720, 64)), (1, 2, (48, 64))],
    ids=["709", "601", "untagged", "untagged HD", "full range"],
)
def test_colours(tmp_path, colorspace, color_range, size):
    matrix = {1: (0.2126, 0.0722), 5: (0.299, 0.114)}[colorspace if colorspace != 2 else 1 if size[0] > 576 else 5]
    rgb = np.array([200, 120, 90]) / 255
    luma = rgb @ [matrix[0], 1 - sum(matrix), matrix[1]]
    chroma = np.array([rgb[2] - luma, rgb[0] - luma]) / (2 * (1 - np.array(matrix[::-1])))
    scale = (219, 16, 224) if color_range == 1 else (255, 0, 255)
    y, (u, v) = luma * scale[0] + scale[1], chroma * scale[2] + 128
    with av.open(str(tmp_path / "colour.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.height, stream.width, stream.pix_fmt = *size, "yuv444p"
        stream.codec_context.colorspace, stream.codec_context.color_range = colorspace, color_range
        planes = np.stack([np.full(size, round(float(level)), np.uint8) for level in (y, u, v)])
        frame = av.VideoFrame.from_ndarray(planes, format="yuv444p")
        frame.colorspace, frame.color_range = colorspace, color_range
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    image = next(Video(tmp_path / "colour.mkv").frames()).image
    np.testing.assert_allclose(image[10, 10], [200, 120, 90], atol=3)


def test_high_dynamic_range_is_told(tmp_path):
    with av.open(str(tmp_path / "hdr.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p10le"
        stream.codec_context.color_trc = 18
        container.mux(stream.encode(av.VideoFrame.from_ndarray(numbered(5), format="rgb24")))
        container.mux(stream.encode())
    video = Video(tmp_path / "hdr.mkv")
    assert "(HLG) is read without tone mapping" in video.info.warnings[0]
    assert [number_of(f.image) for f in video.frames()] == [5]


def test_pictures_that_change_size_keep_their_own(tmp_path):
    contexts = []
    for size in ((48, 64), (24, 32)):
        context = av.CodecContext.create("mjpeg", "w")
        context.height, context.width, context.pix_fmt, context.time_base = *size, "yuvj420p", Fraction(1, 25)
        contexts.append((context, size))
    with av.open(str(tmp_path / "call.mkv"), "w") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuvj420p"
        for i in range(6):
            context, size = contexts[i // 3]
            frame = av.VideoFrame.from_ndarray(numbered(i, *size), format="rgb24").reformat(format="yuvj420p")
            frame.pts, frame.time_base = i, Fraction(1, 25)
            for packet in context.encode(frame):
                packet.stream = stream
                container.mux(packet)
    frames = list(Video(tmp_path / "call.mkv").frames())
    assert [f.image.shape for f in frames] == [(48, 64, 3)] * 3 + [(24, 32, 3)] * 3
    assert [number_of(f.image) for f in frames] == list(range(6))


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [("raw.h264", "libx264", X264), ("old.avi", "libx264", X264), ("raw.m1v", "mpeg1video", {"bf": "2", "g": "8"})],
)
def test_without_sound_stamps_frames_are_numbered_and_times_repaired(tmp_path, name, codec, options):
    video = Video(write_video(tmp_path / name, codec, options=options))
    frames = list(video.frames())
    assert [number_of(f.image) for f in frames] == [f.index for f in frames] == list(range(30))
    times = np.array([f.time_s for f in frames])
    np.testing.assert_allclose(np.diff(times), 1 / 25)
    assert video.info.time_stamps == "repaired"
    assert len(video.info.warnings) == 1
    assert_cuts_agree(video, (7,), range(0, 30, 4))


def test_doubled_stamps_are_repaired(tmp_path):
    stamps = [0, 40, 80, 80, 120, 160]
    path = remuxed(tmp_path / "double.mkv", "mjpeg", 6, lambda i, p: setattr(p, "pts", stamps[i]))
    video = Video(path)
    assert [f.time_s for f in video.frames()] == pytest.approx([0, 0.04, 0.08, 0.1, 0.12, 0.16])
    assert [number_of(f.image) for f in video.frames()] == list(range(6))
    assert video.info.time_stamps == "repaired"


def test_a_rate_that_only_broken_stamps_come_to_is_not_believed(tmp_path):
    path = tmp_path / "at-once.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for shade in (*range(0, 240, 20), None):
            frame = None
            if shade is not None:
                frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), shade, np.uint8), format="rgb24")
                frame.pts, frame.time_base = 0, Fraction(1, 24)
            container.mux(stream.encode(frame))
    with av.open(str(path)) as given:
        assert given.streams.video[0].average_rate == 12 * 24, "all frames at once"
    info = Video(path).info
    assert (info.frame_count, info.frame_rate, info.duration_s) == (12, 24.0, 0.5)
    assert info.time_stamps == "repaired"


def remuxed(path: Path, codec: str, frames: int, change, options=None) -> Path:
    """A video whose packets went through ``change(i, packet)`` in the order of decoding; it may return another."""
    source = path.with_name(f"source{path.suffix}")
    write_video(source, codec, frames, options=options, pix_fmt=PIXELS.get(codec, "yuv420p"))
    with av.open(str(source)) as given, av.open(str(path), "w") as container:
        stream = container.add_stream_from_template(given.streams.video[0])
        for i, packet in enumerate(p for p in given.demux(video=0) if p.size):
            changed = change(i, packet) or packet
            changed.pts, changed.dts = packet.pts, packet.pts if codec == "mjpeg" else packet.dts
            changed.time_base, changed.stream, changed.is_keyframe = packet.time_base, stream, packet.is_keyframe
            container.mux(changed)
    return path


def test_hidden_pictures_of_vp8_are_no_frames(tmp_path):
    def hide(i, packet):
        data = bytes(packet)
        return av.Packet(bytes([data[0] & ~0x10]) + data[1:]) if i in (5, 9) else None

    video = Video(remuxed(tmp_path / "hidden.webm", "libvpx", 12, hide, {"deadline": "realtime"}))
    frames = list(video.frames())
    assert [number_of(f.image) for f in frames] == [i for i in range(12) if i not in (5, 9)]
    assert {f.reason for f in frames} == {None}


@pytest.mark.parametrize("codec", ["mjpeg", "libx264", "mpeg4"])
def test_lost_pictures_keep_their_place(tmp_path, codec):
    lost = {6, 7, 13}
    options = {"libx264": {"x264-params": "keyint=1:bframes=0"}, "mpeg4": {"g": "1"}}.get(codec)

    def spoil(i, packet):
        return av.Packet(bytes(packet.size)) if i in lost else None

    video = Video(remuxed(tmp_path / "spoilt.mkv", codec, 20, spoil, options))
    frames = list(video.frames())
    assert [f.index for f in frames] == list(range(20))
    assert {f.index: f.reason for f in frames if f.image is None} == dict.fromkeys(lost, LOST)
    assert all(number_of(f.image) == f.index for f in frames if f.image is not None)
    assert [f.time_s for f in frames] == pytest.approx(np.arange(20) / 25, abs=0.001)
    assert_cuts_agree(video)
    assert [f.index for f in video.frames(every=3) if f.reason] == [6]


def test_lost_pictures_keep_their_place_without_sound_stamps(tmp_path):
    lost = {7, 11}

    def spoil(i, packet):
        if i == 15:
            packet.pts = packet.pts - 40
        return av.Packet(bytes(packet.size)) if i in lost else None

    video = Video(remuxed(tmp_path / "spoilt.mkv", "mjpeg", 20, spoil))
    frames = list(video.frames())
    assert video.info.time_stamps == "repaired"
    assert {f.index for f in frames if f.image is None} == lost
    assert all(number_of(f.image) == f.index for f in frames if f.image is not None)
    assert_cuts_agree(video, (3,))


@pytest.mark.parametrize("damaged", [4, 8, 13])
@pytest.mark.parametrize(("name", "options"), [("open.mkv", OPEN), ("closed.mkv", X264)])
def test_damage_inside_a_picture_is_told_and_spoils_no_cut(tmp_path, name, options, damaged):
    def spoil(i, packet):
        if i != damaged:
            return None
        data = bytearray(bytes(packet))
        middle = slice(len(data) // 3, 2 * len(data) // 3)
        data[middle] = np.random.default_rng(1).integers(0, 255, len(data[middle]), np.uint8).tobytes()
        return av.Packet(bytes(data))

    video = Video(remuxed(tmp_path / name, "libx264", 30, spoil, options))
    frames = list(video.frames())
    assert [f.index for f in frames] == list(range(30))
    assert {f.reason for f in frames} <= {None, LOST, PATCHED}
    assert any(f.reason for f in frames)
    assert [number_of(f.image) for f in frames[24:]] == list(range(24, 30))
    assert_cuts_agree(video, (1, 9))


def test_a_file_cut_in_its_middle_gives_what_is_there(tmp_path):
    path = write_video(
        tmp_path / "cut.mp4", options=X264, frames=40, container_options={"movflags": "faststart"}, size=(96, 128)
    )
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    video = Video(path)
    frames = list(video.frames())
    assert 10 < len(frames) < 40
    assert len(frames) == video.info.frame_count
    assert video.info.warnings == (f"cut short: 40 frames are announced, {len(frames)} are there",)
    assert [number_of(f.image) for f in frames[:10]] == list(range(10))
    assert {f.reason for f in frames[10:]} <= {None, LOST, PATCHED}


def test_a_file_without_its_index(tmp_path):
    path = write_video(tmp_path / "unfinished.mp4")
    path.write_bytes(path.read_bytes()[:-900])
    with pytest.raises(MediaError, match=r"unfinished\.mp4: the MP4 file was not finished: .*; copy it again"):
        Video(path)


def sound_only(path: Path, *, cover: bool = False) -> Path:
    with av.open(str(path), "w") as container:
        sound = container.add_stream("aac", rate=16000, layout="mono")
        if cover:
            picture = container.add_stream("mjpeg", rate=1)
            picture.height, picture.width, picture.pix_fmt = 48, 64, "yuvj420p"
            picture.disposition = av.stream.Disposition.attached_pic.value
            container.mux(picture.encode(av.VideoFrame.from_ndarray(numbered(0), format="rgb24")))
        for packet in sound_packets(sound, 0.3):
            container.mux(packet)
    return path


def no_frames(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        container.start_encoding()
    return path


def all_garbage(path: Path) -> Path:
    return remuxed(path, "mjpeg", 5, lambda i, packet: av.Packet(bytes(packet.size)))


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("empty.mp4", lambda p: p.write_bytes(b""), "the file is empty"),
        ("notes.mp4", lambda p: p.write_text("no video at all\n" * 99), "not a video that can be read"),
        ("notes.txt", lambda p: p.write_text("no video at all\n" * 99), "not a video"),
        ("folder.mp4", Path.mkdir, "is a folder, not a file"),
        ("missing.mp4", lambda p: None, "no such file"),
        ("sound.mp4", sound_only, "holds sound but no video"),
        ("song.mp4", lambda p: sound_only(p, cover=True), "holds sound but no video"),
        ("none.avi", no_frames, "holds no frames"),
        ("garbage.mkv", all_garbage, "none of its frames can be decoded"),
        ("photo.png", lambda p: write_video(p, "png", 1, pix_fmt="rgb24"), "a still picture, not a video"),
    ],
)
def test_what_is_no_video(tmp_path, capfd, name, make, message):
    make(tmp_path / name)
    with pytest.raises(MediaError, match=message) as caught:
        Video(tmp_path / name)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.advice
    assert capfd.readouterr().err == ""


def test_no_permission(tmp_path, without_permission):
    path = write_video(tmp_path / "locked.mp4", frames=2)

    def try_it() -> str:
        with pytest.raises(MediaError) as caught:
            Video(path)
        return str(caught.value)

    assert "no permission to read it" in without_permission(try_it)


@pytest.mark.parametrize("name", ["ünïcödé 面.mp4", "10:30 talk.mp4", "clip %03d [a].mp4"])
def test_odd_names(tmp_path, name):
    written = write_video(tmp_path / "plain.mp4", frames=3)
    path = written.rename(tmp_path / name)
    assert [f.source for f in Video(path).frames()] == [name] * 3


def test_memory_stays_flat(tmp_path):
    path = write_video(tmp_path / "long.mp4", "mpeg4", 400, size=(240, 320), options={"b": "500k"})
    statm = Path("/proc/self/statm")
    resident = []
    for frame in Video(path).frames():
        if frame.index in (100, 399) and statm.exists():
            resident.append(int(statm.read_text().split()[1]) * 4096)
    # 300 frames of 240 x 320 would take 69 MB.
    assert frame.index == 399
    assert not resident or resident[1] - resident[0] < 12_000_000


def test_a_scan_is_reused_and_travels(tmp_path):
    import pickle

    path = write_video(tmp_path / "clip.mp4", options=X264)
    scan = pickle.loads(pickle.dumps(Video(path).scan))
    video = Video(path, scan=scan)
    assert [number_of(f.image) for f in video.frames(first=17, last=20)] == [17, 18, 19]


def test_probe_agrees_with_video(tmp_path):
    path = write_video(tmp_path / "clip.mp4")
    assert probe(path) == Video(path).info
    assert probe(str(path)).codec == "h264"


def test_hashes(tmp_path):
    for name, text in (("a", "abc"), ("b", "")):
        (tmp_path / name).write_text(text)
    assert file_hash(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    (tmp_path / "c").write_text("other")
    assert files_hash([tmp_path / "a", tmp_path / "c"]) == files_hash([tmp_path / "c", tmp_path / "a"])
    assert files_hash([tmp_path / "a"]) != files_hash([tmp_path / "c"])
    with pytest.raises(MediaError, match="no such file"):
        file_hash(tmp_path / "d")
