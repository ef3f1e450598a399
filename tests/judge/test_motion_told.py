"""Motion told, by hand and over people."""

from __future__ import annotations

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.facemodel.measures import FACE_PARTS, motion_told
from dfe.judge.motion import motion_told_over_people


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
