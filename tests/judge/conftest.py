"""Made-up people whose faces are sparse mixtures of a few displays, and two small additive coders."""

from __future__ import annotations

import numpy as np
import pytest

from dfe.base.types import CodeArray, FloatArray
from dfe.displays.displays import Displays
from dfe.judge.faces import Faces
from dfe.space.base import ExpressionSpace
from dfe.space.registry import load_space

PEOPLE, FACES_EACH, DISPLAYS = 40, 15, 12
LABELS = ("neutral", "joy", "surprise")


class SharedBook:
    """One book of K - 1 displays at N levels with gains, searched greedily in mm; code 0 says nothing and ends a face.

    Args:
        space: of its expressions.
        book: ``(K - 1, D)`` displays.
        gains: ``(N,)``, the first being 1.
        base: ``(D,)``, the face without any token.
    """

    id = "shared-book@test"

    def __init__(self, space: ExpressionSpace, book: FloatArray, gains: FloatArray, base: FloatArray) -> None:
        self.space, self.space_id = space, space.id
        self.levels, self.size = len(gains), len(book) + 1
        self.book = np.concatenate([np.zeros_like(book[:1]), book]).astype(np.float32)
        self.gains, self.base = gains.astype(np.float32), base.astype(np.float32)

    def encode_codes(self, x: FloatArray) -> CodeArray:
        rest = np.asarray(x, np.float64) - self.base
        codes = np.zeros((len(rest), self.levels), np.int16)
        speaking = np.ones(len(rest), bool)
        for level, gain in enumerate(self.gains):
            step = gain * self.book.astype(np.float64)
            saved = 2 * rest @ self.space.gram @ step.T - np.einsum("kd,de,ke->k", step, self.space.gram, step)
            codes[:, level] = np.where(speaking, saved.argmax(axis=1), 0)
            speaking &= codes[:, level] > 0
            rest -= step[codes[:, level]]
        codes[~np.isfinite(x).all(axis=1)] = -1
        return codes

    def decode_codes(self, codes: CodeArray) -> FloatArray:
        x = np.tile(self.base, (len(codes), 1))
        for level in range(codes.shape[1]):
            x += self.gains[level] * self.book[codes[:, level]]
        x[(codes < 0).any(axis=1)] = np.nan
        return x

    def displays(self) -> Displays:
        unit = np.tile(np.arange(-1, self.size - 1), (self.levels, 1))
        intensity = np.repeat(self.gains[:, None], self.size, axis=1)
        intensity[:, 0] = 0
        return Displays.of(self.space, self.book[1:], unit, intensity, ordered=True)


class Channels:
    """Each coefficient by itself, rounded to so many steps of its range: levels in no order, code 0 says nothing."""

    id = "channels@test"

    def __init__(self, space: ExpressionSpace, size: int) -> None:
        self.space, self.space_id = space, space.id
        self.levels, self.size = space.dimension, size

    def encode_codes(self, x: FloatArray) -> CodeArray:
        codes = np.rint(np.clip(np.nan_to_num(x), 0, 1) * (self.size - 1)).astype(np.int16)
        codes[~np.isfinite(x).all(axis=1)] = -1
        return codes

    def decode_codes(self, codes: CodeArray) -> FloatArray:
        x = np.zeros((len(codes), self.levels), np.float32)
        x[:, : codes.shape[1]] = codes / np.float32(self.size - 1)
        x[(codes < 0).any(axis=1)] = np.nan
        return x

    def displays(self) -> Displays:
        unit = np.repeat(np.arange(self.levels)[:, None], self.size, axis=1)
        unit[:, 0] = -1
        intensity = np.tile(np.arange(self.size, dtype=np.float32) / (self.size - 1), (self.levels, 1))
        return Displays.of(self.space, np.eye(self.levels, dtype=np.float32), unit, intensity, ordered=False)


@pytest.fixture(scope="session")
def space() -> ExpressionSpace:
    return load_space("arkit51/face41")


def _displays(space: ExpressionSpace) -> FloatArray:
    """``(12, D)`` sparse, non-negative displays."""
    rng = np.random.default_rng(11)
    spread = rng.gamma(2.0, 0.25, (DISPLAYS, space.dimension)) * (rng.random((DISPLAYS, space.dimension)) < 0.12)
    spread[np.arange(DISPLAYS), rng.permutation(space.dimension)[:DISPLAYS]] = 0.6
    return np.clip(spread, 0, 1).astype(np.float32)


@pytest.fixture(scope="session")
def faces(space: ExpressionSpace) -> Faces:
    """600 faces of 40 people: a habit of the person, what the label brings, chance; geometry follows the expression.

    Faces 0-14 are those of person 0 and so on; 630 pictures were looked at; joy shows display 0, surprise display 1.
    """
    rng = np.random.default_rng(5)
    n = PEOPLE * FACES_EACH
    subject = np.repeat(np.arange(PEOPLE), FACES_EACH)
    label = rng.integers(len(LABELS), size=n)
    shown = rng.gamma(0.4, 0.5, (n, DISPLAYS)) * (rng.random((n, DISPLAYS)) < 0.3)
    shown[label == 0] *= 0.3
    shown[label == 1, 0] += 0.7
    shown[label == 2, 1] += 0.7
    habit = rng.gamma(0.3, 0.08, (PEOPLE, space.dimension))
    x = shown @ _displays(space) + habit[subject] + rng.gamma(0.3, 0.02, (n, space.dimension))
    x = np.clip(x, 0, 1).astype(np.float32)
    skull = rng.normal(0, 4, (468, 3))
    person = rng.normal(0, 0.15, (PEOPLE, 468, 3))
    moves = rng.normal(0, 0.4, (space.dimension, 468 * 3))
    geometry = skull + person[subject] + (x @ moves).reshape(n, 468, 3) + rng.normal(0, 0.02, (n, 468, 3))
    age = rng.integers(18, 55, PEOPLE).astype(str)
    return Faces(
        space=space,
        x=x,
        names=np.array([f"person{s:02d}_{i:03d}.jpg" for i, s in enumerate(subject)]),
        pictures=n + 30,
        subject=subject,
        pose=rng.normal(0, [0.1, 0.2, 0.05], (n, 3)).astype(np.float32),
        geometry=geometry.astype(np.float32),
        shape_mm=(10 * geometry).astype(np.float32),
        label=np.array(LABELS)[label],
        groups={"gender": np.array(["female", "male"])[subject % 2], "age": age[subject]},
    )


@pytest.fixture(scope="session")
def coder(space: ExpressionSpace, faces: Faces) -> SharedBook:
    """12 displays and nothing at 4 levels."""
    return SharedBook(space, _displays(space), 0.7 ** np.arange(4), faces.x.mean(axis=0) * 0.3)


@pytest.fixture(scope="session")
def codes(coder: SharedBook, faces: Faces) -> CodeArray:
    """The coder's codes of the faces, ``(600, 4)``."""
    return coder.encode_codes(faces.x)


@pytest.fixture(scope="session")
def channels(space: ExpressionSpace) -> Channels:
    """41 levels in no order, 4 steps each."""
    return Channels(space, 4)
