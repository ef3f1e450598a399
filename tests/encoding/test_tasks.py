"""Cutting a source into pieces changes nothing in its recording."""

from __future__ import annotations

import pickle
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from dfe.encoding import tasks
from dfe.encoding.assemble import assemble
from dfe.encoding.options import EncodeOptions
from dfe.encoding.tasks import Task
from dfe.frontends.landmarks.coefficients import find_logits
from dfe.frontends.landmarks.networks import Networks
from dfe.media.inputs import Source
from dfe.media.video import Video
from dfe.recording.recording import Recording


@pytest.fixture(scope="module")
def long_clip(carphone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The talking face two and a half times over, with key frames where no piece begins."""
    path = tmp_path_factory.mktemp("media") / "long.mp4"
    with av.open(str(carphone)) as source:
        pictures = [frame.to_ndarray(format="yuv420p") for frame in source.decode(video=0)]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=30, options={"g": "50"})
        stream.width, stream.height, stream.pix_fmt = 176, 144, "yuv420p"
        for picture in (pictures * 3)[:300]:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="yuv420p")))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
def in_pieces(long_clip: Path) -> Recording:
    """The recording of the clip, with landmarks, made of pieces that travelled between processes."""
    options = EncodeOptions(tokenizer=None, max_faces=1, landmarks=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks, "PIECE_FRAMES", 100)
        pieces = tasks.plan(Source("long", "video", (long_clip,)), options, cut=True)
    assert [(piece.first, piece.last) for piece in pieces] == [(0, 96), (96, 192), (192, 300)]
    parts = [tasks.observe(piece) for piece in pieces]
    return assemble(pickle.loads(pickle.dumps(parts)), options)


def test_pieces_of_a_video_make_the_recording_of_one_pass(long_clip: Path, in_pieces: Recording) -> None:
    options = EncodeOptions(tokenizer=None, max_faces=1, landmarks=True)
    (alone,) = tasks.plan(Source("long", "video", (long_clip,)), options, cut=False)
    whole = assemble([tasks.observe(alone)], options)
    assert in_pieces.table.equals(whole.table)
    assert in_pieces.provenance.pictures == whole.provenance.pictures != ()
    assert in_pieces.provenance.defects == whole.provenance.defects
    assert whole.frames.tolist() == list(range(300))


def test_pieces_of_a_folder_keep_order_and_numbers(
    astronaut: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "PIECE_PICTURES", 2)
    for name in "abcde":
        (tmp_path / f"{name}.png").write_bytes(astronaut.read_bytes() if name in "ad" else b"no picture")
    source = Source("set", "stills", tuple(sorted(tmp_path.glob("*.png"))))
    options = EncodeOptions(tokenizer=None)
    pieces = tasks.plan(source, options, cut=True)
    assert len(pieces) == 2
    recording = assemble([tasks.observe(piece) for piece in pieces], options)
    assert recording.frames.tolist() == [0, 1, 2, 3, 4]
    assert recording.column("source").tolist() == [f"{name}.png" for name in "abcde"]
    np.testing.assert_array_equal(recording.success, [True, False, False, True, False])
    np.testing.assert_array_equal(recording.expressions()[0], recording.expressions()[3])


def test_kept_landmarks_are_enough_to_run_the_coefficient_network_again(
    in_pieces: Recording, astronaut: Path, tmp_path: Path
) -> None:
    picture = cv2.imdecode(np.frombuffer(astronaut.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    (tmp_path / "flipped.png").write_bytes(cv2.imencode(".png", picture[:, ::-1])[1].tobytes())
    flipped_options = EncodeOptions(tokenizer=None, landmarks=True, mirrored=True)
    stills = Source("a", "stills", (tmp_path / "flipped.png",))
    flipped = assemble([tasks.observe(Task(stills, flipped_options))], flipped_options)

    networks = Networks()
    for recording in (in_pieces, flipped):
        landmarks, logits = recording.landmarks(), recording.logits()
        assert landmarks is not None
        assert logits is not None
        if recording.provenance.mirrored:
            landmarks[:, :, 0] = picture.shape[1] - landmarks[:, :, 0]
        rows = np.flatnonzero(recording.success)[::17]
        assert len(rows)
        for row in rows:
            again = find_logits(networks, landmarks[row].astype(np.float64))
            np.testing.assert_allclose(again, logits[row], atol=2e-3)
            assert np.ptp(again) > 5


def test_estimates_agree_with_what_is_there(long_clip: Path) -> None:
    source = Source("long", "video", (long_clip,))
    assert tasks.estimate_frames([source], EncodeOptions()) == 300
    assert tasks.estimate_frames([source, source], EncodeOptions(every=3)) == 200
    assert tasks.estimate_frames([source], EncodeOptions(start_s=2.0, end_s=5.0)) == pytest.approx(90, abs=2)
    assert tasks.estimate_frames([Source("no", "video", (long_clip.with_name("no.mp4"),))], EncodeOptions()) is None


def test_pieces_outside_a_cut_cost_nothing(long_clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "PIECE_FRAMES", 100)
    source = Source("long", "video", (long_clip,))
    options = EncodeOptions(tokenizer=None, max_faces=1, start_s=6.0, end_s=6.5)
    decoded: list[int] = []
    frames = Video.frames

    def counted(*words: object, **named: object) -> object:
        for frame in frames(*words, **named):  # type: ignore[arg-type]
            decoded.append(frame.index)
            yield frame

    monkeypatch.setattr(Video, "frames", counted)
    parts = [tasks.observe(piece) for piece in tasks.plan(source, options, cut=True)]
    assert [part.frames for part in parts] == [0, 12, 3]
    assert assemble(parts, options).frames.tolist() == list(range(180, 195))
    assert decoded == [*range(192), *range(96, 195)], "one block of frames before the one in which a piece begins"
