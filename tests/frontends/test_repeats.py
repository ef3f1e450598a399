"""Frames that show the picture of the frame before are counted and told; a living face has none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from dfe.base.types import Frame
from dfe.encoding.run import encode
from dfe.encoding.watch import Watch
from dfe.frontends.base import Face, FrameFaces
from dfe.frontends.repeats import LIVING, Repeats, change_within, find_repeats, repeated, repeats_defect, thinned
from dfe.media.film import open_film
from dfe.recording.provenance import Provenance
from dfe.recording.quality import measure_quality

RATE = 30.0


def moving(count: int, seed: int = 0) -> np.ndarray:
    """Changes of a face that moves by fits and starts, and of a camera with a little noise."""
    rng = np.random.default_rng(seed)
    pace = np.convolve(rng.gamma(1.0, 3.0, count + 20), np.hanning(9) / 4, "same")[10 : 10 + count]
    return pace + rng.uniform(0.4, 0.8, count)


def shown_again(change: np.ndarray, times: int, every: int = 1) -> np.ndarray:
    """Changes where after ``every`` pictures one is shown ``times`` times."""
    again = np.random.default_rng(1).uniform(0, 0.2, len(change) * times)
    out: list[float] = []
    for number, value in enumerate(change):
        out.append(value)
        if number % every == every - 1:
            out += again[: times - 1].tolist()
    return np.array(out)


def share_of(change: np.ndarray) -> float:
    n = len(change)
    (one,) = find_repeats(np.arange(n), np.arange(n) / RATE, np.zeros(n), change)
    assert one.frame_rate == pytest.approx(RATE)
    assert one.picture_rate == pytest.approx(RATE * (1 - one.share), nan_ok=True)
    return one.share


@pytest.mark.parametrize("seed", range(4))
def test_a_face_that_moves_by_fits_and_starts_repeats_nothing(seed: int) -> None:
    assert share_of(moving(600, seed)) < LIVING


@pytest.mark.parametrize(
    ("times", "every", "share"), [(2, 1, 1 / 2), (3, 1, 2 / 3), (6, 1, 5 / 6), (10, 1, 9 / 10), (2, 5, 1 / 6)]
)
def test_pictures_that_come_again_are_counted(times: int, every: int, share: float) -> None:
    change = shown_again(moving(400), times, every)
    assert share_of(change) == pytest.approx(share, abs=0.05)
    (told,) = repeats_defect(find_repeats(np.arange(len(change)), np.arange(len(change)) / RATE, change * 0, change))
    assert told.kind == "repeated"
    assert "pictures a second and not 30" in told.words


def test_a_share_that_chance_may_make_is_not_told() -> None:
    assert not repeats_defect([Repeats(0, 0.08, 60, RATE), Repeats(1, 0.035, 3000, RATE)])
    (told,) = repeats_defect([Repeats(0, 0.08, 240, RATE), Repeats(1, 0.4, 60, RATE)])
    assert "40% of those in which face 1 moves" in told.words
    assert "18 pictures a second and not 30" in told.words


def test_repeats_are_marked_where_they_are_and_what_is_not_known_is_none() -> None:
    change = np.array([3, 0.1, 4, 5, 0.2, 0.1, 6, 2.5, 3, np.nan, 0.1, 4, 0.1, np.nan, 0.1])
    assert np.flatnonzero(repeated(change, 12)).tolist() == [1, 4, 5]
    assert np.flatnonzero(repeated(change, 1)).tolist() == [1]
    assert not repeated(change[:2], 12).any()
    assert not repeated(change[:0], 12).any()


def test_a_face_that_hardly_moves_tells_nothing_and_pictures_have_no_order() -> None:
    still = np.tile([0.4, 0.01], 200)
    assert np.isnan(share_of(still))
    assert repeats_defect(find_repeats(np.arange(400), np.arange(400) / RATE, np.zeros(400), still)) == ()
    assert find_repeats(np.arange(9), np.full(9, np.nan), np.zeros(9), moving(9)) == ()
    assert find_repeats([0], [0.0], [0], [1.0]) == ()


def test_a_frame_without_a_picture_hides_no_repeats() -> None:
    change = shown_again(moving(200), 2)
    times = np.where(np.arange(400) == 90, np.nan, np.arange(400) / RATE)
    (one,) = find_repeats(np.arange(400), times, np.where(np.arange(400) == 90, -1, 0), change)
    assert one.share == pytest.approx(0.5, abs=0.03)


def test_faces_gaps_and_steps_are_kept_apart() -> None:
    n = 400
    change = np.ravel([shown_again(moving(n // 2), 2), moving(n, 3)], order="F")
    frames, ids = np.repeat(np.arange(n), 2), np.tile([0, 1], n)
    both = find_repeats(3 * frames, frames / RATE, ids, change)
    assert [one.face for one in both] == [0, 1]
    assert both[0].share == pytest.approx(0.5, abs=0.03)
    assert both[1].share < LIVING
    assert {round(one.frame_rate, 6) for one in both} == {RATE}
    assert "face 0" in repeats_defect(both)[0].words
    gone = (frames % 50 < 40) & (ids == 0)
    (alone,) = find_repeats(frames[gone], frames[gone] / RATE, ids[gone], change[gone])
    assert alone.share == pytest.approx(0.5, abs=0.05)


def test_a_change_is_that_of_the_pixels_within_the_box() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 256, (2, 96, 128, 3), dtype=np.uint8)
    inside = np.abs(one[20:50, 30:90, 1].astype(int) - other[20:50, 30:90, 1]).mean()
    assert change_within(thinned(one), thinned(other), (30, 20, 60, 30)) == pytest.approx(inside)
    beyond = np.abs(one[:30, :40, 1].astype(int) - other[:30, :40, 1]).mean()
    assert change_within(thinned(one), thinned(other), (-20, -10, 60, 40)) == pytest.approx(beyond)
    assert np.isnan(change_within(thinned(one), thinned(other), (200, 200, 20, 20)))
    assert np.isnan(change_within(thinned(one[:90]), thinned(other), (30, 20, 60, 30)))
    large = rng.integers(0, 256, (1080, 1920, 3), dtype=np.uint8)
    assert thinned(large).green.size <= 640 * 480
    assert change_within(thinned(large), thinned(large // 2), (600, 300, 400, 400)) == pytest.approx(64, rel=0.02)


def test_the_watch_compares_each_frame_with_the_one_before_however_far_a_front_end_looks_ahead() -> None:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (8, 60, 80, 3), dtype=np.uint8)
    pictures[5] = pictures[4]

    def frames() -> Iterator[Frame]:
        return (Frame(i, i / RATE, None if i == 2 else p) for i, p in enumerate(pictures))

    def watched(ahead: int, first: int, mirrored: bool = False) -> np.ndarray:
        watch = Watch(mirrored=mirrored)
        waiting: list[Frame] = []
        face = Face(1.0, (10, 10, 30, 40), 0, 0, 0, np.zeros(1, np.float32))
        for frame in [*watch.passing(frames(), first), *[None] * ahead]:
            waiting += [] if frame is None else [frame]
            if len(waiting) > ahead or frame is None:
                due = waiting.pop(0)
                seen = FrameFaces(due.index, due.time_s, "", None, () if due.image is None else (face,))
                if due.index >= first:
                    watch.note(seen)
        return watch.pictures().changes

    whole = watched(0, 0)
    assert np.isnan(whole).tolist() == [True, False, True, True, False, False, False, False]
    assert whole[5] == 0
    assert whole[1] == pytest.approx(
        np.abs(pictures[1, 10:50, 10:40, 1] - pictures[0, 10:50, 10:40, 1].astype(int)).mean()
    )
    np.testing.assert_array_equal(watched(3, 0), whole)
    np.testing.assert_array_equal(watched(0, 4), whole[4:])
    flipped = watched(0, 0, mirrored=True)
    assert flipped[1] == pytest.approx(
        np.abs(pictures[1, 10:50, 40:70, 1] - pictures[0, 10:50, 40:70, 1].astype(int)).mean()
    )


def test_a_film_of_half_the_pictures_is_told_and_its_rows_are_kept(tmp_path: Path, carphone: Path) -> None:
    pictures = [frame.image for frame in open_film([carphone]).frames(last=90) if frame.image is not None]
    height, width = (side // 2 * 2 for side in pictures[0].shape[:2])
    with av.open(str(tmp_path / "half.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=30, options={"g": "12"})
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = width, height, "yuv420p", 600_000
        for number in range(len(pictures)):
            picture = np.ascontiguousarray(pictures[number // 2 * 2][:height, :width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    half, whole = encode([tmp_path / "half.mp4", carphone], tokenizer=None, max_faces=1, end_s=3.0)
    (note,) = half.provenance.pictures
    assert (note.face, note.freezes) == (0, 0)
    assert 0.4 < note.repeated_share < 0.55
    assert 13 < note.picture_rate < 18
    assert Provenance.from_json(half.provenance.to_json(), where="here").pictures == (note,)
    assert half.usable.mean() == pytest.approx(whole.usable.mean(), abs=0.1), "its rows are as good as others"
    row, other = measure_quality(half, "half"), measure_quality(whole, "whole")
    assert (row.repeated_share, row.picture_rate) == (note.repeated_share, note.picture_rate)
    assert "repeated" in row.defects
    assert "frames come twice" in row.why
    assert row.verdict != "good"
    assert other.repeated_share < 0.06
    assert "repeated" not in other.defects
