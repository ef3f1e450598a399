"""A file that announces more than it holds, or was filmed at another speed, says so."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import av
import numpy as np
import pytest

from dfe.base.defects import Defect
from dfe.media.claims import other_speed, shortfall
from dfe.media.probe import probe


def film(path: Path, seconds: float, *, sound_s: float = 0.0, codec: str = "mpeg4", **metadata: str) -> bytes:
    """A grey film at 25 frames a second, and silence."""
    out = io.BytesIO()
    keep = {"movflags": "use_metadata_tags"} if path.suffix == ".mp4" else {}
    container = {".mkv": "matroska", ".avi": "avi", ".mp4": "mp4"}[path.suffix]
    with av.open(out, "w", format=container, options=keep) as made:
        made.metadata.update({key.replace("_", "."): value for key, value in metadata.items()})
        pictures = made.add_stream(codec, rate=25)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        sound = made.add_stream("pcm_s16le", rate=8000, layout="mono") if sound_s else None
        rng = np.random.default_rng(0)
        for _ in range(round(seconds * 25)):
            picture = av.VideoFrame.from_ndarray(rng.integers(0, 255, (48, 64, 3), np.uint8), format="rgb24")
            made.mux(pictures.encode(picture))
        made.mux(pictures.encode())
        if sound is not None:
            silence = av.AudioFrame.from_ndarray(np.zeros((1, round(sound_s * 8000)), np.int16), "s16", "mono")
            silence.rate = 8000
            made.mux([*sound.encode(silence), *sound.encode()])
    path.write_bytes(out.getvalue())
    return out.getvalue()


def words(path: Path) -> list[tuple[str, str]]:
    return [(defect.kind, defect.words) for defect in probe(path).defects]


def test_a_copy_that_broke_off_says_so_though_the_container_counts_no_frames(tmp_path: Path) -> None:
    path = tmp_path / "half.mkv"
    whole = film(path, 4.0)
    assert words(path) == []
    path.write_bytes(whole[: len(whole) // 2])
    ((kind, said),) = words(path)
    assert kind == "cut_short"
    assert "announces 4.0 s" in said


@pytest.mark.parametrize(("sound_s", "told"), [(2.5, False), (6.0, True)])
def test_sound_that_goes_on_after_the_pictures_is_told(tmp_path: Path, sound_s: float, told: bool) -> None:
    path = tmp_path / "sound.mkv"
    film(path, 2.0, sound_s=sound_s)
    assert [kind for kind, _ in words(path)] == ["cut_short"] * told


def test_frames_that_the_recording_program_left_out_are_no_cut(tmp_path: Path) -> None:
    path = tmp_path / "dropped.avi"
    path.write_bytes(without_chunks(film(path, 2.0), {5, 6, 20}))
    assert words(path) == [
        ("dropped", "3 of 50 frames were left out when it was recorded; the times of the others are right")
    ]


def without_chunks(avi: bytes, places: set[int]) -> bytes:
    """An AVI whose frames in these places are empty, as a capture program leaves them that could not keep up."""
    made = bytearray(avi)
    index = avi.rindex(b"idx1") + 8
    movi = avi.index(b"movi")
    for place in places:
        offset, size = struct.unpack_from("<II", made, index + 16 * place + 8)
        struct.pack_into("<I", made, index + 16 * place + 12, 0)
        chunk = movi + offset
        struct.pack_into("<I4sI", made, chunk + 4, 0, b"JUNK", size - 8)
    return bytes(made)


def test_a_phone_tells_of_slow_motion(tmp_path: Path) -> None:
    path = tmp_path / "slow.mp4"
    film(path, 0.4, com_android_capture_fps="240.0")
    ((kind, said),) = words(path)
    assert kind == "speed"
    assert "9.6 times too long" in said


@pytest.mark.parametrize(
    ("filmed", "said"), [("29.5", ""), ("0", ""), ("nan", ""), ("fast", ""), ("1.0", "30 times too short")]
)
def test_other_speeds(filmed: str, said: str) -> None:
    found = other_speed({"com.android.capture.fps": filmed}, 30.0)
    assert [said in defect.words for defect in found] == [True] * bool(said)


def test_frames_that_end_early_are_a_cut() -> None:
    found = shortfall(announced=100, there=50, announced_s=4.0, lasts_s=2.0, step_s=0.04)
    assert found == (Defect("cut_short", "cut short: 100 frames are announced, 50 are there"),)
