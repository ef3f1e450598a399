"""A face's picture that stands still is found, told, and not usable."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from dfe.encoding.run import encode
from dfe.frontends.standstill import (
    find_standstills,
    freezes_defect,
    momentary,
    standstill_defect,
    still_seconds,
)
from dfe.recording.quality import measure_quality

RATE = 25.0


def living(count: int, seed: int = 0) -> np.ndarray:
    """Looks of a face that hardly moves, by a camera with a little noise."""
    rng = np.random.default_rng(seed)
    face = rng.uniform(60, 190, (16, 16))
    return np.round(face + rng.normal(0, 0.6, (count, 16, 16))).astype(np.uint8)


def stretches(looks: np.ndarray, frames: np.ndarray | None = None, ids: np.ndarray | None = None) -> list[tuple]:
    frames = np.arange(len(looks)) if frames is None else frames
    ids = np.zeros(len(looks), int) if ids is None else ids
    found = find_standstills(frames, frames / RATE, ids, looks)
    return [(one.face, round(one.begin_s * RATE), round(one.end_s * RATE)) for one in found]


def test_a_living_face_never_stands_still() -> None:
    assert stretches(living(500)) == []


def test_a_frozen_stretch_is_found_from_its_first_to_its_last_frame() -> None:
    looks = living(200)
    looks[60:141] = looks[60]
    assert stretches(looks) == [(0, 60, 140)]
    found = find_standstills(np.arange(200), np.arange(200) / RATE, np.zeros(200), looks)
    seconds = still_seconds(found, 200)
    assert (seconds[60:141] == np.float32(80 / RATE)).all()
    assert not seconds[:60].any()
    assert not seconds[141:].any()


def test_a_codec_that_sends_the_same_picture_anew_breaks_nothing_and_a_blink_does() -> None:
    looks = np.repeat(living(1), 100, axis=0)
    refreshed, blinked = looks.copy(), looks.copy()
    refreshed[50:] = np.round(looks[50:] + np.random.default_rng(1).normal(0, 0.8, (16, 16))).astype(np.uint8)
    blinked[50:54, 4:7] = 20
    assert stretches(refreshed) == [(0, 0, 99)]
    assert stretches(blinked) == [(0, 0, 49), (0, 50, 53), (0, 54, 99)]


def test_faces_are_told_apart_and_what_is_not_known_is_not_still() -> None:
    looks = living(100)
    ids = np.tile([0, 1], 50)
    looks[ids == 1] = looks[1]
    frames = np.repeat(np.arange(50), 2)
    assert stretches(looks, frames, ids) == [(1, 0, 49)]
    assert stretches(np.zeros((50, 16, 16), np.uint8)) == []
    looks = np.repeat(living(1), 50, axis=0)
    assert find_standstills(np.arange(50), np.full(50, np.nan), np.zeros(50), looks) == ()
    lost = np.where(np.arange(50) == 30, np.nan, np.arange(50) / RATE)
    found = find_standstills(np.arange(50), lost, np.where(np.arange(50) == 30, -1, 0), looks)
    assert [len(one.rows) for one in found] == [30, 19], "a frame that could not be decoded hides no other"
    gone = np.r_[0:20, 40:50]
    assert stretches(looks[gone], gone) == [(0, 0, 19), (0, 40, 49)]


def test_the_longest_is_named_and_short_ones_are_not() -> None:
    looks = living(400)
    looks[10:40], looks[100:201], looks[300:391] = looks[10], looks[100], looks[300]
    found = find_standstills(np.arange(400), np.arange(400) / RATE, np.zeros(400), looks)
    (defect,) = standstill_defect(found, 2.0)
    assert "stands still 2 times, the longest from 4.0 to 8.0 s (face 0)" in defect.words
    assert standstill_defect(found, 5.0) == ()


def test_short_freezes_are_counted_apart_from_long_ones_and_from_what_living_faces_do() -> None:
    looks = living(400)
    looks[10:19], looks[50:65], looks[100:141], looks[200:291] = looks[10], looks[50], looks[100], looks[200]
    looks[300:320] = looks[300]
    for end in (19, 65, 141, 291):
        looks[end:] += np.uint8(4)
    found = find_standstills(np.arange(400), np.arange(400) / RATE, np.zeros(400), looks)
    short = momentary(found, 2.0)
    assert [round(one.seconds, 2) for one in short] == [0.56, 1.6]
    (defect,) = freezes_defect(short)
    assert "freezes for a moment 2 times, 2.2 s in all, the longest from 4.0 to 5.6 s (face 0)" in defect.words
    (alone,) = freezes_defect(short[:1])
    assert "freezes for a moment once, from 2.0 to 2.6 s (face 0)" in alone.words
    assert freezes_defect(()) == ()


@pytest.mark.parametrize("frozen", [True, False])
def test_a_photograph_held_as_a_film_is_not_usable(tmp_path: Path, astronaut: Path, frozen: bool) -> None:
    picture = cv2.imread(str(astronaut))[:300, 80:380]
    rng = np.random.default_rng(0)
    (tmp_path / "take").mkdir()
    for number in range(14):
        noise = 0 if frozen else rng.normal(0, 8, picture.shape)
        cv2.imwrite(str(tmp_path / "take" / f"{number}.png"), (picture + noise).clip(0, 255).astype(np.uint8))
    (recording,) = encode(tmp_path / "take", tokenizer=None, rate=4.0, max_faces=1)
    assert recording.success.all()
    # The crops of a face that begins to be followed settle first.
    assert set(recording.column("why_not")[4:]) == {"its picture stands still for over 2 s" if frozen else None}
    row = measure_quality(recording, "take")
    assert ("still" in row.defects) == frozen
    assert ("stands still from" in row.why) == frozen
