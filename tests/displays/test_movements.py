"""Words for displays of the face model come from what the points do."""

from __future__ import annotations

import numpy as np
import pytest

from dfe.displays.describe import describe_displays
from dfe.displays.movements import movement_words
from dfe.facemodel.space import face_space
from dfe.space.base import ExpressionSpace
from dfe.space.registry import load_space
from dfe.tokenizer.file import load_tokenizer

SWAP = {"left": "right", "right": "left"}


@pytest.fixture(scope="module")
def face() -> ExpressionSpace:
    return face_space()


def moving(face: ExpressionSpace, points: dict[int, tuple[float, float, float]], width: float = 9.0) -> np.ndarray:
    """The expression that comes nearest to moving some points and what lies around them, everything else at rest."""
    rest = face.mesh.vertices_mm.astype(np.float64)
    wanted = np.zeros_like(rest)
    for point, way in points.items():
        near = np.exp(-np.square(rest - rest[point]).sum(axis=1) / (2 * width**2))
        wanted += near[:, None] * np.array(way)
    basis = face.basis.reshape(face.dimension, -1).astype(np.float64)
    return np.linalg.lstsq(basis.T, wanted.ravel(), rcond=None)[0].astype(np.float32)


CASES = {
    "brows up": {105: (0, 3, 0), 334: (0, 3, 0), 55: (0, 3, 0), 285: (0, 3, 0), 70: (0, 3, 0), 300: (0, 3, 0)},
    "inner brows up": {55: (0, 3, 0), 285: (0, 3, 0)},
    "lip corners down": {61: (0, -3, 0), 291: (0, -3, 0)},
    "lip corners out": {61: (-3, 0, 0), 291: (3, 0, 0)},
    "cheeks out": {50: (0, 0, 3), 280: (0, 0, 3)},
    "forehead up": {109: (0, 3, 0), 10: (0, 3, 0), 338: (0, 3, 0)},
    "nose wings up": {129: (0, 3, 0), 358: (0, 3, 0)},
}


@pytest.mark.parametrize("words", CASES)
def test_what_moves_most_is_said_first(face: ExpressionSpace, words: str) -> None:
    said = movement_words(moving(face, CASES[words]), face)
    assert said is not None
    assert said.split(" + ")[0].split(",")[0] == words


def test_the_opposite_has_the_opposite_words(face: ExpressionSpace) -> None:
    x = moving(face, CASES["lip corners down"])
    said = movement_words(-x, face)
    assert said is not None
    assert said.startswith("lip corners up")


def test_two_ways_of_one_place_are_said_together(face: ExpressionSpace) -> None:
    x = moving(face, {61: (-3, 3, 0), 291: (3, 3, 0)})
    assert str(movement_words(x, face)).split(" + ")[0] in ("lip corners out and up", "lip corners up and out")


def test_a_lid_that_closes_alone_has_a_side(face: ExpressionSpace) -> None:
    x = moving(face, {386: (0, -3, 0)}, width=4.0)
    assert movement_words(x, face) == "upper lids down, left"
    assert movement_words(face.mirror(x[None])[0], face) == "upper lids down, right"


def test_mirrored_displays_have_mirrored_words(face: ExpressionSpace) -> None:
    rows = np.random.default_rng(0).normal(0, 1, (40, face.dimension)).astype(np.float32)
    for one, other in zip(rows, face.mirror(rows), strict=True):
        words, mirrored = movement_words(one, face), movement_words(other, face)
        assert words is not None
        assert mirrored is not None
        swapped = " ".join(SWAP.get(word.strip("(),"), word.strip("(),")) for word in words.split())
        assert swapped == " ".join(word.strip("(),") for word in mirrored.split())


def test_other_meshes_keep_their_coefficients_words() -> None:
    space = load_space("arkit51")
    assert movement_words(space.vector({"jawOpen": 1.0}), space) is None
    assert describe_displays(space.vector({"jawOpen": 1.0})[None], space)[0].words == "jaw drop"


def test_displays_that_would_be_called_alike_are_told_apart(face: ExpressionSpace) -> None:
    one = moving(face, CASES["lip corners down"])
    other = one + 0.42 * moving(face, CASES["inner brows up"])
    said = [display.words for display in describe_displays(np.stack([0 * one, one, other]), face)]
    assert said[1] != said[2]
    assert said[0] == "nothing"


def test_no_two_displays_of_the_default_tokenizer_are_called_alike() -> None:
    """Display 1 pulls the forehead down, display 14 the brows: two movements, two names."""
    said = [display.words for display in load_tokenizer().displays().described]
    assert len(set(said)) == len(said)
    assert (said[1], said[14]) == ("forehead down", "brows down")


def test_mirror_images_that_move_the_same_places_are_told_by_the_side_that_moves_more() -> None:
    """Displays 56 and 57 move both temples, one of them more: no smaller movement of the other side names them."""
    described = load_tokenizer("dfe-displays@1").displays().described
    for number, side in ((56, "right"), (57, "left")):
        assert (described[number].words, described[number].side) == (f"temples out, more on the {side}", side)
