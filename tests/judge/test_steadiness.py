"""What moves a coding though the face does not move: by hand."""

from __future__ import annotations

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.judge.steadiness import changed_share, turn_share

UP = np.zeros((468, 3))
UP[:, 1] = 1.0
PERSON = np.repeat([0, 1], 4)
SMILING = np.array([False, False, False, True] * 2)
AHEAD = np.array([True, False, False, True] * 2)


def test_a_turn_is_held_against_the_same_persons_smile() -> None:
    """Neutral faces at -1, 0 and 1 mm move by sqrt(2/3); smiles of 4 and 8 mm."""
    far = np.array([0, -1, 1, 4, 0, -1, 1, 8.0])
    found = turn_share(far[:, None, None] * UP, PERSON, SMILING, AHEAD)
    assert found.value == pytest.approx(np.sqrt(2 / 3) / 6)
    assert np.sqrt(2 / 3) / 8 - 1e-9 <= found.low < found.value < found.high <= np.sqrt(2 / 3) / 4 + 1e-9


def test_where_a_face_lies_does_not_count() -> None:
    far = np.array([0, -1, 1, 4, 100, 99, 101, 108.0])
    assert turn_share(far[:, None, None] * UP, PERSON, SMILING, AHEAD).value == pytest.approx(np.sqrt(2 / 3) / 6)


def test_who_does_not_smile_or_turn_is_left_out() -> None:
    far = np.array([0, -1, 1, 4, 0, -9, 9, 8.0])
    assert turn_share(far[:, None, None] * UP, PERSON, SMILING & (PERSON == 0), AHEAD).value == pytest.approx(
        np.sqrt(2 / 3) / 4
    )
    with pytest.raises(UsageError, match="nobody"):
        turn_share(far[:, None, None] * UP, PERSON, SMILING, np.ones(8, bool))


def test_a_change_is_held_against_motion() -> None:
    """Faces move by 3 mm around their person's mean, the change moves them by 0.6."""
    before = np.array([-3, 3, 97, 103.0])[:, None, None] * UP
    found = changed_share(before, before + 0.6 * UP, np.array([0, 0, 1, 1]))
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.2, 0.2))
