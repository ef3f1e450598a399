"""Words of the face model's modes: one each, the same on both sides, true to what the modes do."""

from __future__ import annotations

from dfe.displays.words import coefficient_words, split_side
from dfe.facemodel.model import FaceModel
from dfe.facemodel.space import face_space
from dfe.facemodel.words import MIDDLE, SIDED, mode_words


def test_every_mode_has_words_of_its_own(model: FaceModel) -> None:
    words = mode_words(model)
    said = [coefficient_words(name, words) for name in model.names]
    opposite = [f"{words[split_side(name)[0]][1]} {split_side(name)[1]}" for name in model.names]
    assert len(set(said)) == len(said) == model.dimension
    assert len(set(opposite)) == model.dimension
    assert not {one.replace(",", "") for one in said} & set(opposite)


def test_a_mode_and_its_mirror_image_differ_in_the_side_alone(model: FaceModel) -> None:
    words = mode_words(model)
    for name, partner in zip(model.names, model.partner, strict=True):
        mine, other = (coefficient_words(one, words) for one in (name, model.names[partner]))
        assert mine.replace(", left", ", right") == other.replace(", left", ", right")
        assert (mine == other) == (name == model.names[partner])


def test_words_say_what_moves(model: FaceModel) -> None:
    """The first words of a mode, looked up in the mode itself: the named place does move so."""
    words = mode_words(model)
    for mode, name in enumerate(model.names):
        first = words[split_side(name)[0]][0].split(" with ")[0]
        found = [place for place in (*SIDED, *MIDDLE) if first in (place.more, place.less)]
        if name.endswith("Right") or not found:
            continue
        place = found[0]
        moved = model.expression[mode][list(place.points), place.axis].mean()
        if place.against:
            moved -= model.expression[mode][list(place.against), place.axis].mean()
        assert (place.sign * moved > 0) == (first == place.more), name


def test_the_space_carries_them(model: FaceModel) -> None:
    assert face_space().words == mode_words(model)
    assert coefficient_words("eyes01Left", face_space().words) == "lower lid up, left"


def test_words_are_no_part_of_what_a_vector_means() -> None:
    from dataclasses import replace

    space = face_space()
    assert replace(space, words={}).hash == space.hash
