from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from dfe.base.errors import ModelError, OutputError, TableError, UsageError
from dfe.draw.render import render_expression
from dfe.movies.performance import drawable, read_performance
from dfe.movies.render import VideoOptions, render_video
from dfe.space.registry import load_space
from dfe.tokenizer.file import load_tokenizer, save_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer
from made_names import merge
from moving_recording import moving, write_video

SMALL = VideoOptions(("measured",), size=64)


def shown(path: Path) -> tuple[list[np.ndarray], list[float]]:
    """Pictures and their times, as a player has them."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        frames = list(container.decode(stream))
    return [f.to_ndarray(format="rgb24") for f in frames], [float(f.pts * f.time_base) for f in frames]


def darkness(picture: np.ndarray) -> float:
    """An open mouth is the only dark thing of a head."""
    return float((picture.astype(int).sum(axis=2) < 150).mean())


def test_a_performance_is_the_rows_of_one_face(tmp_path: Path) -> None:
    recording = moving(tmp_path / "a.parquet", faces=2, lost=(3, 4))
    one = read_performance(tmp_path / "a.parquet", face=1)
    assert_array_equal(one.frame, np.arange(12))
    assert np.isnan(one.measured[[3, 4]]).all()
    rows = recording.for_face(1)
    assert_array_equal(one.measured[rows.frames], rows.expressions())
    assert_array_equal(one.decoded[rows.frames], load_tokenizer("dfe-face41@3").decode(rows.tokens()))
    assert one.words()[3] == ()
    assert any("jaw" in word for word in one.words()[11])


def test_merged_displays_are_said_once(tmp_path: Path, monkeypatch) -> None:
    moving(tmp_path / "a.parquet")
    one = read_performance(tmp_path / "a.parquet")
    assert one.tokens is not None
    first, second = sorted({int(number) for number in one.tokens.display[11] if number > 0})[:2]
    merge(load_tokenizer("dfe-face41@3"), f"{first}+{second}=both of them", tmp_path, monkeypatch)
    said = one.words()[11]
    assert said.count(f"{first} both of them") == 1
    assert not any(word.startswith(f"{second} ") for word in said)


def test_refusals_of_recordings(tmp_path: Path) -> None:
    moving(tmp_path / "two.parquet", faces=2)
    with pytest.raises(UsageError, match="has faces 0, 1; choose one with --face"):
        read_performance(tmp_path / "two.parquet")
    with pytest.raises(TableError, match="no face 7"):
        read_performance(tmp_path / "two.parquet", face=7)
    moving(tmp_path / "none.parquet", lost=tuple(range(12)))
    with pytest.raises(UsageError, match="has no faces"):
        read_performance(tmp_path / "none.parquet")
    moving(tmp_path / "stills.parquet", times=np.full(12, np.nan))
    with pytest.raises(UsageError, match="there is no movement to draw"):
        read_performance(tmp_path / "stills.parquet")
    moving(tmp_path / "plain.parquet", tokens=False)
    plain = read_performance(tmp_path / "plain.parquet")
    with pytest.raises(UsageError, match="has no tokens to draw"):
        render_video(plain, tmp_path / "x.mp4", VideoOptions(("decoded",)))
    with pytest.raises(UsageError, match="has no surface"):
        drawable(load_space("flame2020/exp50"))


def test_tokens_of_another_tokenizer_are_refused(tmp_path: Path) -> None:
    default = load_tokenizer("dfe-face41@3")
    other = Tokenizer(
        name=default.name,
        version=default.version,
        space=default.space,
        config=default.config,
        weights={**default.weights, "ladder": default.weights["ladder"] * np.float32(0.5)},
    )
    save_tokenizer(other, tmp_path / "other")
    moving(tmp_path / "a.parquet")
    assert read_performance(tmp_path / "a.parquet").tokenizer is not None
    with pytest.raises(ModelError, match="is not the tokenizer that made the tokens"):
        read_performance(tmp_path / "a.parquet", tokenizer=tmp_path / "other")


def test_times_of_the_recording_are_kept_as_they_are(tmp_path: Path) -> None:
    times = 5 + np.cumsum([0, 0.03, 0.05, 0.01, 0.2, 0.033, 0.033, 0.04, 0.02, 0.03, 0.03, 0.1])
    moving(tmp_path / "a.parquet", times=times)
    assert render_video(read_performance(tmp_path / "a.parquet"), tmp_path / "a.mp4", SMALL) == 12
    pictures, at = shown(tmp_path / "a.mp4")
    assert_allclose(at, times - 5, atol=1e-4)
    assert {picture.shape for picture in pictures} == {(64, 64, 3)}


def test_a_rate_of_ones_own_shows_the_frame_of_the_moment(tmp_path: Path) -> None:
    video = write_video(tmp_path / "clip.mp4", frames=12)
    moving(tmp_path / "a.parquet", video=video)
    performance = read_performance(tmp_path / "a.parquet")
    render_video(performance, tmp_path / "a.mp4", VideoOptions(("measured",), size=64, rate=10), beside=video)
    pictures, at = shown(tmp_path / "a.mp4")
    assert_allclose(at, np.arange(4) / 10, atol=1e-4)
    assert [beside_number(picture) for picture in pictures] == [0, 3, 6, 9]


def beside_number(picture: np.ndarray) -> int:
    from numbered_video import number_of

    width = round(64 * 64 / 48 / 2) * 2
    return number_of(picture[:, :width])


def test_the_head_does_what_the_face_does(tmp_path: Path) -> None:
    moving(tmp_path / "a.parquet", lost=(6,))
    performance = read_performance(tmp_path / "a.parquet")
    options = VideoOptions(("measured", "decoded"), size=224, quality=10)
    render_video(performance, tmp_path / "a.mp4", options)
    pictures, _ = shown(tmp_path / "a.mp4")
    for head in (0, 1):
        half = [picture[:, 224 * head : 224 * (head + 1)] for picture in pictures]
        assert darkness(half[11]) > darkness(half[0])
        # Not seen: a faint head at rest, nothing dark.
        assert darkness(half[6]) == 0
        assert half[6][49:161, 70:140].mean() > half[5][49:161, 70:140].mean()
    alone = render_expression(performance.space, performance.measured[11], size=224, heat=False)
    opaque = alone[..., 3] == 255
    opaque[196:] = False  # the caption
    difference = np.abs(pictures[11][:, :224].astype(int) - alone[..., :3])[opaque]
    assert difference.mean() < 4


def test_beside_the_video_frame_by_frame(tmp_path: Path) -> None:
    video = write_video(tmp_path / "clip.mp4", frames=12)
    moving(tmp_path / "a.parquet", lost=(2, 3), video=video)
    performance = read_performance(tmp_path / "a.parquet")
    render_video(performance, tmp_path / "a.mp4", SMALL, beside=video)
    pictures, _ = shown(tmp_path / "a.mp4")
    assert [beside_number(picture) for picture in pictures] == list(range(12))
    other = write_video(tmp_path / "other.mp4", frames=13)
    with pytest.raises(UsageError, match="is not the video that the recording is of"):
        render_video(performance, tmp_path / "b.mp4", SMALL, beside=other)
    assert not (tmp_path / "b.mp4").exists()


def test_a_video_that_is_too_short(tmp_path: Path) -> None:
    moving(tmp_path / "a.parquet")
    short = write_video(tmp_path / "short.mp4", frames=5)
    with pytest.raises(UsageError, match="has 5 frames, the recording goes to frame 11"):
        render_video(read_performance(tmp_path / "a.parquet"), tmp_path / "b.mp4", SMALL, beside=short)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".mp4", ".parquet"]


def test_words_below_and_same_bytes_again(tmp_path: Path) -> None:
    moving(tmp_path / "a.parquet")
    performance = read_performance(tmp_path / "a.parquet")
    options = VideoOptions(("decoded",), size=128, words=True, heat_max_mm=5)
    told: list[tuple[int, int | None]] = []
    for name in ("a.mp4", "b.mp4"):
        render_video(performance, tmp_path / name, options, progress=lambda done, total: told.append((done, total)))
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    assert told[:12] == [(k, 12) for k in range(1, 13)]
    pictures, _ = shown(tmp_path / "a.mp4")
    assert pictures[0].shape == (224, 128, 3)
    assert pictures[11][128:].min() < 100
    with pytest.raises(OutputError, match="exists already"):
        render_video(performance, tmp_path / "a.mp4", options)


@pytest.mark.parametrize("options", [VideoOptions(size=65), VideoOptions(size=8), VideoOptions(rate=0.0)])
def test_options_that_make_no_sense(tmp_path: Path, options: VideoOptions) -> None:
    moving(tmp_path / "a.parquet")
    with pytest.raises(UsageError, match="cannot be"):
        render_video(read_performance(tmp_path / "a.parquet"), tmp_path / "a.mp4", options)
