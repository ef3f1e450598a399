"""Noise from frame to frame: of the face's place and of what is measured of it."""

import numpy as np
import pytest

from dfe.recording.noise import jitter_percent, noise_mm
from dfe.space.registry import load_space

FACE = load_space("arkit51/face41")


def boxes_of(centre, size):
    return np.column_stack([centre - size / 2, np.full((len(centre), 2), size)]).astype(np.float32)


@pytest.mark.parametrize("sigma", [0.2, 1.0, 3.0])
def test_jitter_finds_the_noise_under_even_motion(sigma):
    rng = np.random.default_rng(5)
    frames = np.arange(5000)
    centre = np.column_stack([200 + 0.4 * frames, 900 - 0.1 * frames]) + rng.normal(0, sigma, (5000, 2))
    assert jitter_percent(frames, boxes_of(centre, 100.0)) == pytest.approx(sigma, rel=0.05)
    assert jitter_percent(frames, boxes_of(centre, 50.0)) == pytest.approx(2 * sigma, rel=0.05)


def test_jitter_passes_over_gaps_and_quick_movements():
    frames = np.array([0, 1, 2, 3, 50, 51, 52, 53])
    centre = np.column_stack([frames * 3.0, frames * 0.0])
    centre[4:, 0] += 500
    assert jitter_percent(frames, boxes_of(centre, 100.0)) == pytest.approx(0, abs=1e-5)
    assert jitter_percent(frames[:2], boxes_of(centre[:2], 100.0)) is None
    assert jitter_percent(np.array([0, 1, 5]), boxes_of(centre[:3], 100.0)) is None


def still(rng, rows):
    """A face that noise moves by 0.1 mm, root mean square."""
    noise = rng.normal(size=(rows, FACE.dimension))
    return 0.1 * noise / np.sqrt(np.trace(FACE.gram))


def test_noise_of_a_still_face_is_told_whatever_it_shows_and_however_it_drifts():
    rng = np.random.default_rng(3)
    frames, noise = np.arange(3000), still(rng, 3000)
    lengths = np.sqrt(((noise @ FACE.gram) * noise).sum(axis=1))
    assert np.sqrt((lengths**2).mean()) == pytest.approx(0.1, rel=0.05)
    told = noise_mm(frames, noise, FACE)
    assert 0.05 < told < 0.1
    assert told == pytest.approx(0.1 * np.percentile(lengths, 10) / np.sqrt((lengths**2).mean()), rel=0.05)
    moved = noise + rng.normal(size=FACE.dimension) + frames[:, None] * rng.normal(0, 0.01, FACE.dimension)
    assert noise_mm(frames, moved, FACE) == pytest.approx(told, rel=1e-6)
    assert noise_mm(frames, 3 * noise, FACE) == pytest.approx(3 * told, rel=1e-6)


def test_movements_are_no_noise_as_long_as_the_face_rests_now_and_then():
    rng = np.random.default_rng(4)
    frames, noise = np.arange(3000), still(rng, 3000)
    speaks = np.sin(frames / 2)[:, None] * (frames % 500 < 400)[:, None] * rng.normal(size=FACE.dimension)
    assert noise_mm(frames, noise + speaks, FACE) < 1.5 * noise_mm(frames, noise, FACE)
    assert noise_mm(frames, speaks, FACE) == pytest.approx(0, abs=1e-9)


def test_only_frames_in_a_row_tell_noise():
    rng = np.random.default_rng(5)
    x = still(rng, 60)
    x[30:] += 5 * rng.normal(size=FACE.dimension)
    apart = np.concatenate([np.arange(30), np.arange(100, 130)])
    halves = [noise_mm(np.arange(30), part, FACE) for part in (x[:30], x[30:])]
    assert min(halves) <= noise_mm(apart, x, FACE) <= max(halves)
    assert noise_mm(np.array([0, 1, 5]), x[:3], FACE) is None
    assert noise_mm(np.arange(2), x[:2], FACE) is None
    assert noise_mm(np.arange(3), np.full((3, FACE.dimension), np.nan, np.float32), FACE) is None
    assert noise_mm(np.arange(60), x[:, 1:], FACE) is None


def test_an_hour_is_told_as_its_parts_are():
    x = still(np.random.default_rng(6), 9000)
    second = np.diff(x, n=2, axis=0)
    length = np.sqrt(((second @ FACE.gram) * second).sum(axis=1) / 6)
    assert noise_mm(np.arange(9000), x, FACE) == pytest.approx(np.percentile(length, 10), rel=1e-9)
