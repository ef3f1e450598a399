"""Motion told, by hand and over people."""

from __future__ import annotations

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.facemodel.measures import FACE_PARTS, motion_told
from dfe.judge.motion import PENALTY, MotionMap, centred, motion_told_over_people


def moving(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 468, 3))


def test_of_one_person_it_is_the_share_without_an_interval() -> None:
    motion, said = moving(20, 0), moving(20, 0) * 0.7 + 3
    told = motion_told_over_people(motion, said, np.zeros(20, int))
    assert told["whole"].value == pytest.approx(1 - 0.3**2)
    assert np.isnan(told["whole"].low)
    for part, value in motion_told(motion, said).items():
        assert told[part].value == pytest.approx(value)
    assert set(told) == {"whole", *FACE_PARTS}


def test_what_people_look_like_does_not_count() -> None:
    motion, person = moving(30, 1), np.repeat([0, 1, 2], 10)
    looks = moving(3, 2)[person] * 50
    told = motion_told_over_people(motion + looks, motion * 0.5, person)
    assert told["whole"].value == pytest.approx(0.75)
    assert told["whole"].low == pytest.approx(0.75)


def test_intervals_are_over_people() -> None:
    """Ten people told in full and ten not at all: wide, however many faces each has."""
    motion, person = moving(400, 3), np.repeat(np.arange(20), 20)
    said = motion * (person < 10)[:, None, None]
    whole = motion_told_over_people(motion, said, person)["whole"]
    assert whole.low < 0.35 < whole.value < 0.65 < whole.high


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="do not fit"):
        motion_told_over_people(moving(4, 0), moving(5, 0), np.zeros(4, int))


def test_the_map_finds_what_numbers_tell_linearly() -> None:
    rng = np.random.default_rng(4)
    numbers, person = rng.normal(size=(600, 5)) * [1, 10, 0.1, 1, 1], np.repeat(np.arange(30), 20)
    moves = rng.normal(size=(5, 468, 3))
    looks = rng.normal(size=(30, 468, 3))[person] * 50
    motion = np.tensordot(numbers, moves, 1)
    found = MotionMap.fit(numbers + rng.normal(size=(30, 5))[person] * 100, motion + looks, person)
    told = motion_told_over_people(motion, found(numbers), person)
    assert told["whole"].value > 0.99
    with pytest.raises(UsageError, match="do not fit"):
        MotionMap.fit(numbers[1:], motion, person)


def test_the_map_is_ridge_regression() -> None:
    """Beside scikit-learn's, on standardised numbers of one person."""
    linear = pytest.importorskip("sklearn.linear_model", reason="needs the extra study")
    rng = np.random.default_rng(5)
    numbers, motion, person = rng.normal(size=(80, 3)), rng.normal(size=(80, 468, 3)), np.zeros(80, int)
    x = numbers - numbers.mean(axis=0)
    other = linear.Ridge(PENALTY, fit_intercept=False).fit(x / x.std(axis=0), centred(motion, person).reshape(80, -1))
    mine = MotionMap.fit(numbers, motion, person)(x).reshape(80, -1)
    np.testing.assert_allclose(mine, other.predict(x / x.std(axis=0)), atol=1e-4)
