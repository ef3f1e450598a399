"""Whatever is wrong with one input: one clear line, the others done, nothing half-written, a non-zero exit code."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from dfe.recording.recording import Recording


def _missing(folder: Path) -> Path:
    return folder / "not_there.mp4"


def _empty_folder(folder: Path) -> Path:
    (folder / "empty").mkdir()
    (folder / "empty" / "notes.txt").write_text("no media here")
    return folder / "empty"


def _empty_file(folder: Path) -> Path:
    (folder / "empty.mp4").touch()
    return folder / "empty.mp4"


def _text_called_mp4(folder: Path) -> Path:
    (folder / "text.mp4").write_text("this is no video\n" * 50)
    return folder / "text.mp4"


def _audio_only(folder: Path) -> Path:
    path = folder / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 16000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def _zero_frames(folder: Path) -> Path:
    path = folder / "nothing.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 64
        container.start_encoding()
    return path


def _truncated_header(folder: Path, carphone: Path) -> Path:
    path = folder / "cut.mp4"
    path.write_bytes(carphone.read_bytes()[:2000])
    return path


def _huge_picture(folder: Path) -> Path:
    path = folder / "huge.bmp"
    header = b"BM" + (0).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little") + (40).to_bytes(4, "little")
    side = (20000).to_bytes(4, "little")
    path.write_bytes(header + side + side + (1).to_bytes(2, "little") + (24).to_bytes(2, "little") + bytes(24))
    return path


FATAL: dict[str, Callable[..., Path]] = {
    "missing file": _missing,
    "folder without media": _empty_folder,
    "empty file": _empty_file,
    "text called mp4": _text_called_mp4,
    "audio only": _audio_only,
    "zero frames": _zero_frames,
}


def _is_one_clear_line(line: str, name: str) -> bool:
    return "\n" not in line and name in line and "Traceback" not in line and ";" in line


@pytest.mark.parametrize("kind", FATAL)
def test_the_others_go_on(dfe, kind, astronaut, tmp_path):
    bad = FATAL[kind](tmp_path)
    ran = dfe("encode", bad, astronaut, "-o", tmp_path / "out", "--json")
    assert ran.code == 1
    (line,) = ran.json["problems"]
    assert _is_one_clear_line(line, bad.name), line
    assert f"dfe: {line}" in ran.err
    assert ran.json["files_done"] == 1
    assert sorted(path.name for path in (tmp_path / "out").rglob("*")) == ["astronaut.parquet"]


@pytest.mark.parametrize("kind", FATAL)
def test_alone_it_is_one_line_too(dfe, kind, tmp_path):
    bad = FATAL[kind](tmp_path)
    ran = dfe("encode", bad, "-o", tmp_path / "out")
    assert ran.code in (1, 2)
    said = [line for line in ran.err.splitlines() if line.startswith("dfe: ")]
    assert len(said) == 1
    assert _is_one_clear_line(said[0], bad.name), said


def test_truncated_header(dfe, carphone, astronaut, tmp_path):
    bad = _truncated_header(tmp_path, carphone)
    ran = dfe("encode", bad, astronaut, "-o", tmp_path / "out", "--json", "--workers", "2")
    assert ran.code == 1
    assert ran.json["files_done"] == 1
    assert _is_one_clear_line(ran.json["problems"][0], "cut.mp4")


def test_truncated_video_keeps_a_row_for_every_announced_frame(dfe, carphone, tmp_path):
    whole = tmp_path / "whole.mp4"
    ran = subprocess.run([sys.executable, "-c", _FASTSTART, str(carphone), str(whole)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.6)])
    result = dfe("encode", cut, "-o", tmp_path / "out", "--json")
    assert result.code == 1
    recording = Recording.read(tmp_path / "out" / "cut.parquet")
    assert 0 < recording.success.sum() < 120
    assert "cut.mp4: " in result.json["problems"][0]
    assert recording.provenance.warnings or (~recording.success).any()


_FASTSTART = """
import sys, av
with av.open(sys.argv[1]) as source, av.open(sys.argv[2], "w", options={"movflags": "faststart"}) as target:
    stream = source.streams.video[0]
    out = target.add_stream_from_template(stream)
    for packet in source.demux(stream):
        if packet.dts is not None:
            packet.stream = out
            target.mux(packet)
"""


def test_corrupt_frames_in_the_middle_are_rows(dfe, carphone, tmp_path):
    data = bytearray(carphone.read_bytes())
    middle = len(data) // 2
    rng = np.random.default_rng(0)
    data[middle : middle + 20000] = rng.integers(0, 256, 20000, np.uint8).tobytes()
    bad = tmp_path / "scratched.mp4"
    bad.write_bytes(bytes(data))
    ran = dfe("encode", bad, "-o", tmp_path / "out", "--json")
    recording = Recording.read(tmp_path / "out" / "scratched.parquet")
    assert np.unique(recording.frames).tolist() == list(range(120))
    odd = [reason for reason in recording.column("reason").tolist() if reason]
    assert odd
    assert ran.code == 1
    assert "scratched.mp4: " in ran.json["problems"][0]


def test_no_face_at_all_is_rows_with_a_reason_and_no_error(dfe, tmp_path):
    path = tmp_path / "grey.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        for _ in range(10):
            image = np.full((96, 128, 3), 90, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    ran = dfe("encode", path, "-o", tmp_path / "out", "--json", "--report")
    assert ran.code == 0
    assert (ran.json["frames"], ran.json["faces"], ran.json["failures"]) == (10, 0, 10)
    recording = Recording.read(tmp_path / "out" / "grey.parquet")
    assert set(recording.column("reason").tolist()) == {"no face found"}
    assert (recording.tokens().display == -1).all()


def test_odd_pictures_in_a_folder_are_rows(dfe, astronaut, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    shutil.copy(astronaut, folder / "a.png")
    (folder / "b.png").write_bytes(astronaut.read_bytes()[:20000])
    (folder / "c.jpg").write_text("no picture")
    (folder / "d.png").write_bytes(cv2.imencode(".png", np.zeros((1, 1, 3), np.uint8))[1].tobytes())
    _huge_picture(folder)
    ran = dfe("encode", folder, "-o", tmp_path / "out", "--json")
    assert ran.code == 1
    recording = Recording.read(tmp_path / "out" / "pictures.parquet")
    reasons = dict(zip(recording.column("source").tolist(), recording.column("reason").tolist(), strict=True))
    assert reasons["a.png"] is None
    assert reasons["d.png"] == "no face found"
    assert all(reasons[name].startswith("not decoded") for name in ("b.png", "c.jpg", "huge.bmp"))
    assert "megapixels" in reasons["huge.bmp"]
    (line,) = ran.json["problems"]
    assert "pictures: 3 of 5 pictures could not be read: b.png (damaged picture" in line
    assert "megapixels" in line


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_full_disk_leaves_nothing_half_written(astronaut, tmp_path):
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000));"
        "from dfe.cli import main; main(sys.argv[1:])"
    )
    words = [sys.executable, "-c", script, "encode", str(astronaut), "-o", str(tmp_path / "out")]
    ran = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    assert ran.returncode == 1
    assert "astronaut.parquet" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_output_that_is_a_file(dfe, astronaut, tmp_path):
    (tmp_path / "out").write_text("in the way")
    ran = dfe("encode", astronaut, "-o", tmp_path / "out")
    assert ran.code == 1
    assert str(tmp_path / "out") in ran.err
    assert ran.err.count("\n") == 1


def test_unreadable_file(dfe, astronaut, tmp_path):
    locked = tmp_path / "locked.png"
    shutil.copy(astronaut, locked)
    locked.chmod(0)
    if os.access(locked, os.R_OK):
        locked.unlink()
        locked.symlink_to(locked)
    ran = dfe("encode", locked, "-o", tmp_path / "out")
    assert ran.code != 0
    assert "locked.png" in ran.err
    assert "Traceback" not in ran.err


def test_tokenizers_that_cannot_be_used(dfe, astronaut, tmp_path):
    from dfe.tokenizer.file import load_tokenizer, save_tokenizer

    damaged = save_tokenizer(load_tokenizer("default"), tmp_path / "damaged")
    weights = damaged / "tokenizer.safetensors"
    weights.write_bytes(weights.read_bytes()[:-7])
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "tokenizer.json").write_text('{"model": "something else"}')
    for name in (damaged, foreign, tmp_path / "absent", "nobody@9"):
        ran = dfe("encode", astronaut, "-o", tmp_path / "out", "--tokenizer", name)
        assert ran.code == 1
        assert ran.err.count("\n") == 1
        assert Path(str(name)).name in ran.err
    assert not list((tmp_path / "out").glob("*")) if (tmp_path / "out").exists() else True


def test_a_pickle_called_tokenizer_is_never_opened(dfe, astronaut, tmp_path):
    import pickle

    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "exploded",))

    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("tokenizer.json", "tokenizer.safetensors"):
        (folder / name).write_bytes(pickle.dumps(Bomb()))
    assert dfe("encode", astronaut, "-o", tmp_path / "out", "--tokenizer", folder).code == 1
    assert not (tmp_path / "exploded").exists()


def test_a_tokenizer_of_another_space_or_neutral_is_refused_before_the_work(dfe, astronaut, tmp_path, monkeypatch):
    from dfe.quantizers.rvq.config import RvqConfig
    from dfe.space.registry import load_space
    from dfe.tokenizer.file import load_tokenizer, save_tokenizer
    from dfe.tokenizer.tokenizer import Tokenizer

    default = load_tokenizer("default")
    wide = load_space("arkit51")
    config = RvqConfig(regions=(tuple(range(51)),), levels=2, size=2, encoder=None)
    eye = np.eye(51, dtype=np.float32)
    weights = {
        "neutral": np.zeros(51),
        "to_latent": eye,
        "from_latent": eye,
        "codebook": np.zeros((2, 51)),
        "gains": np.ones(2),
    }
    made = {
        "codes space arkit51 ": Tokenizer(name="wide", version="1", space=wide, config=config, weights=_f32(weights)),
        "neutral mode 'median'": Tokenizer(
            name="other", version="1", space=default.space, config=default.config, weights=default.weights,
            subject_neutral="median",
        ),
    }  # fmt: skip
    monkeypatch.setattr("dfe.encoding.run.observe", lambda *_: pytest.fail("the work was begun"))
    for words, tokenizer in made.items():
        folder = save_tokenizer(tokenizer, tmp_path / tokenizer.name)
        ran = dfe("encode", astronaut, "-o", tmp_path / "out", "--tokenizer", folder)
        assert ran.code == 1
        assert words in ran.err
        assert ran.err.count("\n") == 1


def _f32(arrays):
    return {name: np.asarray(array, np.float32) for name, array in arrays.items()}
