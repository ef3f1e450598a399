"""The fit of version 2's linear map, on made faces whose parts are known."""

from __future__ import annotations

import numpy as np
import pytest

from dfe.frontends.landmarks.networks import Networks
from dfe.frontends.landmarks.reading import pose_terms
from dfe.space.arkit import ARKIT_NAMES, FACE_NAMES, load_space, mirrored_name
from dfe.training.reading import (
    Features,
    Looks,
    ReadingConfig,
    asymmetry,
    covariance,
    erase,
    expression_filter,
    fit_reading,
    mirrored_landmarks,
    within_people,
)

SIGNS = np.array([1.0, -1.0, -1.0])
PARTNER = np.array([ARKIT_NAMES.index(mirrored_name(name)) for name in ARKIT_NAMES])


def made(seed: int, faces: int, people: int, expression: float) -> tuple[Looks, np.ndarray]:
    """Faces with an identity, an expression and a pose that moves logits and landmarks."""
    rng = np.random.default_rng(seed)
    fixed = np.random.default_rng(99)
    who, said, turn = (fixed.normal(size=size) for size in ((20, 51), (10, 51), (3, 51)))
    lm_who, lm_said, lm_turn = (fixed.normal(size=size) for size in ((20, 1404), (10, 1404), (3, 1404)))
    person = rng.integers(0, people, faces)
    identity = rng.normal(size=(people, 20))[person]
    movement = expression * rng.normal(size=(faces, 10))
    pose = rng.normal(scale=0.2, size=(faces, 3))
    logits = identity @ who + movement @ said + 5 * pose @ turn + rng.normal(scale=0.1, size=(faces, 51))
    landmarks = identity @ lm_who + movement @ lm_said + 5 * pose @ lm_turn
    landmarks = 0.1 * landmarks + 0.01 * rng.normal(size=(faces, 1404))
    logits = (logits + logits[:, PARTNER]) / 2 + 0.1 * logits
    return Looks(logits, landmarks, pose), person


def test_the_mirror_of_the_features_is_that_of_the_face() -> None:
    looks, _ = made(0, 300, 40, 1.0)
    features = Features(looks.landmarks, 12)
    flipped = Looks(looks.logits[:, PARTNER], mirrored_landmarks(looks.landmarks), looks.pose * SIGNS)
    np.testing.assert_allclose(features(looks) @ features.mirror, features(flipped), atol=1e-8)
    np.testing.assert_allclose(features.affine()(looks), features(looks), atol=1e-8)


def test_mirroring_landmarks_twice_changes_nothing() -> None:
    partner = Networks().partner
    np.testing.assert_array_equal(partner[partner], np.arange(478))
    x = np.random.default_rng(0).normal(size=(5, 1404))
    np.testing.assert_array_equal(mirrored_landmarks(mirrored_landmarks(x)), x)


def test_no_linear_reader_finds_the_pose_after_it_is_erased() -> None:
    looks, _ = made(1, 500, 60, 1.0)
    features = Features(looks.landmarks, 10)
    x = features(looks)
    matrix, shift = erase(x, looks.pose, features.mirror)
    both = np.concatenate([x, x @ features.mirror]) @ matrix + shift
    pose = np.concatenate([looks.pose, looks.pose * SIGNS])
    both, pose = both - both.mean(axis=0), pose - pose.mean(axis=0)
    assert np.abs(both.T @ pose / len(both)).max() < 1e-6
    assert np.linalg.matrix_rank(matrix, tol=1e-6) == len(matrix) - 3
    np.testing.assert_allclose(matrix @ matrix, matrix, atol=1e-5)
    np.testing.assert_allclose(matrix @ features.mirror, features.mirror @ matrix, atol=1e-6)


def test_the_covariance_within_people_is_that_around_each_one() -> None:
    rng = np.random.default_rng(2)
    x, person = rng.normal(size=(60, 4)), rng.integers(0, 9, 60)
    mirror = np.diag([1.0, -1.0, 1.0, 1.0])
    apart = np.concatenate([x[person == p] - x[person == p].mean(axis=0) for p in np.unique(person)])
    plain = apart.T @ apart / (60 - len(np.unique(person)))
    expected = (plain + mirror @ plain @ mirror) / 2
    np.testing.assert_allclose(within_people(x, person, mirror), expected, atol=1e-12)


def test_the_covariance_of_faces_and_mirror_images_commutes_with_the_mirror() -> None:
    looks, _ = made(3, 200, 30, 1.0)
    features = Features(looks.landmarks, 8)
    c = covariance(features(looks), features.mirror)
    np.testing.assert_allclose(features.mirror.T @ c @ features.mirror, c, atol=1e-9)


@pytest.mark.parametrize("weight", [0.5, 1.0, 4.0])
def test_the_filter_is_the_least_squares_guess_of_the_expression(weight: float) -> None:
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(2, 6, 6))
    expression, identity = a @ a.T, b @ b.T
    found = expression_filter(expression + identity, identity, weight, 0.0)
    expected = np.linalg.inv(expression + weight * identity) @ expression
    np.testing.assert_allclose(found, expected, atol=1e-8)


def test_asymmetry_of_one_look_is_learnt() -> None:
    looks, _ = made(5, 800, 80, 1.0)
    features = Features(looks.landmarks, 10)
    x = features(looks)
    rng = np.random.default_rng(6)
    truth = x + 0.3 + 0.1 * x @ rng.normal(size=(61, 61)) / 8 + pose_terms(looks.pose) @ rng.normal(size=(9, 61))
    found = asymmetry(looks, truth, features, ridge=1e-9)(looks)
    assert np.abs(found - truth).max() < 1e-3 * np.abs(truth).max()


@pytest.fixture(scope="module")
def fitted():
    people, person = made(7, 1500, 150, 0.4)
    faces, _ = made(8, 1500, 1500, 2.0)
    neutral = np.zeros(3000, bool)
    neutral[::3] = True
    one_is = np.arange(0, 3000, 2)
    both = Looks(*(np.concatenate(pair) for pair in zip(people, faces, strict=True)))
    reach = np.full(41, 0.5)
    fit = fit_reading(people, person, faces, neutral, both.take(one_is), one_is, reach, ReadingConfig(components=15))
    return fit, people, person, both, neutral


class TestFit:
    def test_the_typical_neutral_face_is_zero_and_the_high_quantile_reaches_as_far_as_before(self, fitted) -> None:
        fit, _, _, both, neutral = fitted
        partner = load_space("arkit51/face41", 2).partner
        values = fit.both(both)
        pooled = np.concatenate([values, values[:, partner]])
        np.testing.assert_allclose(np.median(pooled[np.tile(neutral, 2)], axis=0), 0, atol=1e-9)
        np.testing.assert_allclose(np.quantile(pooled, 0.99, axis=0), 0.5, rtol=1e-6)

    def test_a_mirrored_face_has_mirrored_coefficients(self, fitted) -> None:
        fit, people, *_ = fitted
        flipped = Looks(people.logits[:, PARTNER], mirrored_landmarks(people.landmarks), people.pose * SIGNS)
        partner = load_space("arkit51/face41", 2).partner
        np.testing.assert_allclose(fit.both(flipped), fit.both(people)[:, partner], atol=1e-6)

    def test_pose_and_person_are_held_down(self, fitted) -> None:
        fit, people, person, *_ = fitted
        values = fit.both(people)
        partner = load_space("arkit51/face41", 2).partner
        terms = np.concatenate([values, values[:, partner]])
        terms = np.c_[terms, np.ones(len(terms))]
        for column in np.concatenate([people.pose, people.pose * SIGNS]).T:
            left = column - terms @ np.linalg.lstsq(terms, column, rcond=None)[0]
            assert 1 - left.var() / column.var() < 0.05
        raw = people.logits[:, [ARKIT_NAMES.index(name) for name in FACE_NAMES]]
        assert _between(values, person) < 0.7 * _between(raw, person)

    def test_one_look_that_sees_the_same_reads_the_same(self, fitted) -> None:
        fit, _, _, both, _ = fitted
        np.testing.assert_allclose(fit.one(both), fit.both(both), atol=0.02)


def _between(x: np.ndarray, person: np.ndarray) -> float:
    """Share of the variance that lies between people."""
    eye = np.eye(x.shape[1])
    return 1 - np.trace(within_people(x, person, eye)) / np.trace(np.cov(x.T))
