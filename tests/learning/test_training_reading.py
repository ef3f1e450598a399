"""The fit of version 2's linear map, on made faces whose parts are known."""

from __future__ import annotations

import numpy as np
import pytest

from dfe.frontends.landmarks.reading import pose_terms
from dfe.space.registry import load_space
from learning.reading import (
    FACE,
    PARTNER,
    POSE_SIGNS,
    Looks,
    ReadingConfig,
    asymmetry,
    erase,
    fit_reading,
    scale,
)


def made(seed: int, faces: int, expression: float) -> Looks:
    """Faces whose expression and pose move the logits, left and right alike."""
    rng = np.random.default_rng(seed)
    fixed = np.random.default_rng(99)
    said, turn, own = fixed.normal(size=(10, 51)), fixed.normal(size=(3, 51)), fixed.normal(size=(20, 51))
    even = (turn[0] + turn[0, PARTNER]) / 2
    odd = [(row - row[PARTNER]) / 2 for row in turn[1:]]
    pose = rng.normal(scale=0.2, size=(faces, 3))
    logits = expression * rng.normal(size=(faces, 10)) @ said + rng.normal(size=(faces, 20)) @ own
    return Looks(logits + 5 * pose @ np.stack([even, *odd]), pose)


def flipped(looks: Looks) -> Looks:
    return Looks(looks.logits[:, PARTNER], looks.pose * POSE_SIGNS)


def test_no_linear_reader_finds_the_pose_after_it_is_erased() -> None:
    looks = made(1, 2000, 1.0)
    matrix, shift = erase(looks.logits, flipped(looks).logits, looks.pose)
    both = np.concatenate([looks.logits, flipped(looks).logits]) @ matrix + shift
    pose = np.concatenate([looks.pose, flipped(looks).pose])
    both, pose = both - both.mean(axis=0), pose - pose.mean(axis=0)
    assert np.abs(both.T @ pose / len(both)).max() < 1e-6
    assert np.linalg.matrix_rank(matrix, tol=1e-6) == len(matrix) - 3
    np.testing.assert_allclose(matrix @ matrix, matrix, atol=1e-5)
    np.testing.assert_allclose(matrix[PARTNER][:, PARTNER], matrix, atol=1e-6)


def test_erasing_changes_the_logits_as_little_as_it_can() -> None:
    # Among projections along the pose's directions the oblique one is nearest in the metric of the covariance.
    looks = made(2, 3000, 1.0)
    matrix, shift = erase(looks.logits, flipped(looks).logits, looks.pose)
    x = np.concatenate([looks.logits, flipped(looks).logits])
    z = np.concatenate([looks.pose, flipped(looks).pose])
    total = np.cov(x.T, bias=True)
    white = np.linalg.inv(np.linalg.cholesky(total + 1e-6 * np.eye(51)))
    straight = np.linalg.svd((x - x.mean(axis=0)).T @ (z - z.mean(axis=0)), full_matrices=False)[0]
    plain = x - (x - x.mean(axis=0)) @ straight @ straight.T
    moved = [np.square((after - x) @ white.T).sum() for after in (x @ matrix + shift, plain)]
    assert moved[0] < moved[1]


def test_zero_and_unit_are_the_quantiles_of_both_sides() -> None:
    rng = np.random.default_rng(3)
    values, neutral, reach = rng.normal(size=(500, 41)), rng.random(500) < 0.4, np.full(41, 0.6)
    config = ReadingConfig(zero=0.7, high=0.95)
    zero, unit = scale(values, neutral, reach, config)
    partner = load_space("arkit51/face41").partner
    for i in (0, 5, 20):
        calm = np.concatenate([values[neutral, i], values[neutral, partner[i]]])
        everything = np.concatenate([values[:, i], values[:, partner[i]]])
        assert zero[i] == pytest.approx(np.quantile(calm, 0.7))
        assert (np.quantile(everything, 0.95) - zero[i]) / unit[i] == pytest.approx(0.6)
    np.testing.assert_array_equal(zero, zero[partner])


def test_a_coefficient_that_never_spoke_gets_the_least_reach() -> None:
    values = np.random.default_rng(4).normal(size=(400, 41))
    _, unit = scale(values, np.ones(400, bool), np.zeros(41), ReadingConfig())
    _, wide = scale(values, np.ones(400, bool), np.full(41, 0.6), ReadingConfig())
    np.testing.assert_allclose(unit, 2 * wide)


def test_asymmetry_of_one_look_is_learnt() -> None:
    looks = made(5, 1500, 1.0)
    rng = np.random.default_rng(6)
    bend, turned = 0.05 * rng.normal(size=(51, 51)), rng.normal(size=(9, 51))
    truth = looks.logits + 0.3 + looks.logits @ bend + pose_terms(looks.pose) @ turned
    weights, posed, shift = asymmetry(looks, truth, ridge=1e-9)
    found = looks.logits @ weights + pose_terms(looks.pose) @ posed + shift
    assert np.abs(found - truth).max() < 1e-3 * np.abs(truth).max()


class TestFit:
    @pytest.fixture(scope="class")
    @classmethod
    def case(cls):
        people, faces = made(7, 1500, 0.3), made(8, 1500, 2.0)
        neutral = np.zeros(3000, bool)
        neutral[:1500] = True
        both = Looks(*(np.concatenate(pair) for pair in zip(people, faces, strict=True)))
        rows = np.arange(0, 3000, 2)
        return fit_reading(people, faces, neutral, both.take(rows), rows, np.full(41, 0.5)), both, neutral

    def test_most_neutral_faces_say_nothing_and_the_high_quantile_reaches_as_far_as_before(self, case) -> None:
        fit, both, neutral = case
        values = fit.both(padded(both), both.pose)
        partner = load_space("arkit51/face41").partner
        pooled = np.concatenate([values, values[:, partner]])
        free = [i for i, name in enumerate(load_space("arkit51/face41").names) if name != "mouthClose"]
        quiet = (pooled[np.tile(neutral, 2)] == 0).mean(axis=0)
        np.testing.assert_allclose(quiet[free], 0.8, atol=0.01)
        np.testing.assert_allclose(np.quantile(pooled, 0.99, axis=0)[free], 0.5, rtol=1e-3)

    def test_a_mirrored_face_has_mirrored_coefficients(self, case) -> None:
        fit, both, _ = case
        image = flipped(both)
        expected = fit.both(padded(both), both.pose)[:, load_space("arkit51/face41").partner]
        np.testing.assert_allclose(fit.both(padded(image), image.pose), expected, atol=1e-5)

    def test_one_look_that_sees_the_same_reads_the_same(self, case) -> None:
        fit, both, _ = case
        np.testing.assert_allclose(fit.one(padded(both), both.pose), fit.both(padded(both), both.pose), atol=0.01)

    def test_the_pose_has_no_say_where_faces_are_seen_both_ways(self, case) -> None:
        assert not case[0].both.pose.any()


def padded(looks: Looks) -> np.ndarray:
    """The 52 outputs of the network, the first of which nobody reads."""
    return np.pad(looks.logits, ((0, 0), (1, 0)))


def test_the_coded_coefficients_stand_where_the_space_names_them() -> None:
    names = load_space("arkit51").names
    assert tuple(names[i] for i in FACE) == load_space("arkit51/face41").names
