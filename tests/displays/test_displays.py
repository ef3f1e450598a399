"""The contract of codings: codes, tokens, millimetres and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfe.base.errors import UsageError
from dfe.displays.displays import Displays, length_mm
from dfe.displays.tokens import Tokens
from dfe.space.base import ExpressionSpace
from dfe.space.registry import load_space

SPACE = load_space("arkit51/face41")
ROW = np.array([[-1, 0, 1, 2, 1], [-1, 2, 0, 1, -1]])
INTENSITY = np.array([[0, 1, 2, 0.5, 3], [0, 0.25, 1, 1, 0]])


def made(**changes: object) -> Displays:
    directions = np.random.default_rng(1).gamma(0.4, 0.2, (3, SPACE.dimension))
    return Displays.of(SPACE, directions, ROW, INTENSITY, **changes)


def test_an_intensity_is_the_movement_of_the_mesh_in_mm() -> None:
    directions = np.random.default_rng(1).gamma(0.4, 0.2, (3, SPACE.dimension))
    displays = made(usual=[1, 2, 3])
    for level in range(2):
        for code in range(5):
            x = INTENSITY[level, code] * directions[ROW[level, code]] if ROW[level, code] >= 0 else 0 * directions[0]
            moved = SPACE.displace(x[None].astype(np.float32))[0, SPACE.moving].astype(np.float64)
            mm = np.sqrt(np.square(moved).sum(axis=1).mean())
            assert displays.mm[level, code] == pytest.approx(mm, rel=1e-5)
    np.testing.assert_allclose(length_mm(displays.directions, SPACE), 1, rtol=1e-5)
    np.testing.assert_allclose(displays.templates[1:], np.array([[1], [2], [3]]) * directions, rtol=1e-5)
    assert not displays.templates[0].any()


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_codes_come_back_from_what_they_say(data: st.DataObject) -> None:
    displays = made()
    codes = np.array(data.draw(st.lists(st.tuples(st.integers(-1, 4), st.sampled_from([-1, 0, 1, 2, 3])), min_size=1)))
    tokens = displays.tokens(codes)
    np.testing.assert_array_equal(displays.codes_of(tokens), codes)
    near = Tokens(tokens.display, tokens.mm * np.float32(1.001))
    np.testing.assert_array_equal(displays.codes_of(near), codes)
    decoded = displays.decode(codes, np.zeros(SPACE.dimension), "this")
    absent = (codes < 0).any(axis=1)
    assert np.isnan(decoded[absent]).all()
    np.testing.assert_allclose(decoded[~absent], displays.added(tokens, np.zeros(SPACE.dimension))[~absent], rtol=1e-6)


def test_tokens_of_a_display_add_up() -> None:
    mm = np.array([[0.5, 1, 0.25], [np.nan] * 3, [np.nan] * 3])
    tokens = Tokens(np.array([[2, 1, 2], [0, 0, 0], [-1, -1, -1]]), mm)
    np.testing.assert_allclose(tokens.amounts(3), [[1, 0.75, 0], [0, 0, 0], [0, 0, 0]])
    signals = dict(tokens.signals())
    assert list(signals) == [1, 2]
    np.testing.assert_allclose(signals[2], [0.75, 0, 0])
    assert tokens.new().tolist() == [[True, True, False], [False] * 3, [False] * 3]
    assert tokens.first(1).display.tolist() == [[2], [0], [-1]]


def test_steps_are_counted_from_the_weakest() -> None:
    displays = made()
    assert np.isfinite(displays.steps_mm).sum(axis=1).tolist() == [1, 3, 2]
    steps = displays.steps(displays.tokens(np.array([[2, 0], [4, 3]])))
    assert steps.tolist() == [[1, 0], [2, 0]]
    assert displays.ladder_mm == ()
    shared = Displays.of(SPACE, displays.directions, np.array([[-1, 0, 0, 1, 1]]), np.array([[0, 1, 2, 1, 2]]))
    assert shared.ladder_mm == pytest.approx((1, 2), rel=1e-6)


def test_a_display_that_moves_nothing_has_no_length_and_no_direction() -> None:
    directions = np.zeros((2, SPACE.dimension))
    directions[0, 3] = 1
    displays = Displays.of(SPACE, directions, np.array([[-1, 0, 1]]), np.array([[0.0, 1.0, 1.0]]))
    assert not displays.directions[1].any()
    assert displays.mm[0, 2] == 0
    assert displays.tokens(np.array([[2]])).display.tolist() == [[2]]


def test_what_does_not_fit_is_refused(face41: ExpressionSpace) -> None:
    for directions, row, intensity in (
        (np.zeros((3, 40)), ROW, INTENSITY),
        (np.zeros((2, 41)), ROW, INTENSITY),
        (np.zeros((3, 41)), ROW[:1], INTENSITY),
        (np.full((3, 41), np.nan), ROW, INTENSITY),
        (np.zeros((3, 41)), ROW, INTENSITY + 1),
    ):
        with pytest.raises(UsageError):
            Displays.of(face41, directions, row, intensity)
    displays = made()
    with pytest.raises(UsageError, match="display 9 is not said at level 2"):
        displays.codes_of(Tokens(np.array([[1, 9]]), np.array([[1.0, 1.0]])))
    for codes in ([[5]], [[-2]], [[0, 0, 0]], [[0.5]], [[0, 4]]):
        with pytest.raises(UsageError, match="this "):
            displays.decode(codes, np.zeros(41), "this")
    assert displays.unknown(Tokens(np.array([[1, 3], [4, 0]]), np.ones((2, 2)))).tolist() == [1]
    assert displays.unknown(Tokens(np.zeros((2, 3), int), np.ones((2, 3)))).tolist() == [0, 1]
