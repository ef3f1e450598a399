"""The packaged displays of the face model: whole, mirrored, unlike each other, with a ladder that is high enough."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import dfe
from dfe.base.types import FloatArray
from dfe.facemodel.space import face_space
from dfe.tokenizer.tokenizer import Tokenizer

OFTEN = 0.02


@pytest.fixture(scope="module")
def displays() -> Tokenizer:
    return dfe.load_tokenizer("dfe-displays@1")


@pytest.fixture(scope="module")
def faces() -> FloatArray:
    """Faces as the face model expects them, most of them calm."""
    space = face_space()
    rng = np.random.default_rng(0)
    x = rng.normal(0, space.upper / 4, (1500, space.dimension)) * rng.gamma(1, 0.4, (1500, 1))
    return x.astype(np.float32)


def test_it_is_tied_to_the_face_model(displays: Tokenizer) -> None:
    assert displays.space.hash == face_space().hash
    assert displays.subject_neutral == "resting face"
    assert displays.card["seeds"]["rank_by_error"] == "2 of 3"
    assert not set(displays.card["terms"]) & {"fer2013", "london", "yale"}


def test_mirrored_faces_get_mirrored_tokens(displays: Tokenizer, faces: FloatArray) -> None:
    space = displays.space
    book = displays.templates()[1:]
    partner = np.append(0, np.abs(space.mirror(book)[:, None] - book).max(axis=2).argmin(axis=1) + 1)
    one, other = displays.encode(faces), displays.encode(space.mirror(faces))
    flipped = partner[one.display.astype(int)]
    assert (np.sort(flipped, axis=1) == np.sort(other.display, axis=1)).all()
    np.testing.assert_allclose(space.error_mm(space.mirror(displays.decode(one)), displays.decode(other)), 0, atol=1e-4)


def test_no_two_displays_are_one(displays: Tokenizer) -> None:
    book = displays.displays().directions.astype(np.float64)
    cosines = book @ displays.space.gram @ book.T
    np.fill_diagonal(cosines, 0)
    assert cosines.max() < 0.8


def test_few_displays_share_their_words(displays: Tokenizer) -> None:
    words = Counter(one.words for one in displays.displays().described[1:])
    assert sum(count - 1 for count in words.values()) <= 4
    assert not any(letter.isdigit() for one in words for letter in one)


def test_the_ladder_is_in_plain_mm_and_reaches_far(displays: Tokenizer, faces: FloatArray) -> None:
    tokens = displays.encode(faces)
    steps = displays.displays().steps_mm
    said = tokens.says
    top = steps.max(axis=1)[tokens.display[said].astype(int) - 1]
    assert (tokens.mm[said] >= top - 1e-4).mean() <= 0.001
    alone = displays.displays().directions[6] * 2.0
    got = displays.encode(alone[None])
    assert got.display[0, 0] == 7
    assert got.mm[0, 0] == pytest.approx(2.0, rel=0.25)
