"""Ids end at cuts and where a box holds another face at once; they go on where looks say so."""

from __future__ import annotations

import numpy as np
import pytest

from dfe.frontends.evidence import LookConfig
from dfe.frontends.looks import LOOK_SHAPE, LookArray
from dfe.frontends.tracks import changed_faces, identify


def look(person: int, noise: float = 0.0, seed: int = 0, turned: float = 0.0) -> np.ndarray:
    """A made-up face with fresh noise; ``turned`` is the share of it that is another picture."""
    base = np.random.default_rng(person).uniform(40, 215, LOOK_SHAPE)
    base = (1 - turned) * base + turned * np.random.default_rng(99).uniform(40, 215, LOOK_SHAPE)
    return np.clip(base + np.random.default_rng(1000 + seed).normal(0, noise, LOOK_SHAPE), 0, 255).astype(np.uint8)


class Film:
    """Rows of people in places, frame by frame."""

    def __init__(self) -> None:
        self.frames: list[int] = []
        self.boxes: list[tuple[float, float, float, float]] = []
        self.looks: list[np.ndarray] = []
        self.people: list[int] = []
        self.next = 0

    def shot(self, frames: int, places: dict[int, float], turned: float = 0.0) -> Film:
        for _ in range(frames):
            for person, x in places.items():
                self.frames.append(self.next)
                self.boxes.append((x, 100.0, 80.0, 80.0))
                self.looks.append(look(person, 4.0, self.next, turned))
                self.people.append(person)
            if not places:
                self.frames.append(self.next)
                self.boxes.append((np.nan,) * 4)
                self.looks.append(np.zeros(LOOK_SHAPE, np.uint8))
                self.people.append(-1)
            self.next += 1
        return self

    def ids(self, cuts: tuple[int, ...] = (), looks: bool = True) -> dict[int, set[int]]:
        """The people under each id."""
        given: LookArray | None = np.array(self.looks) if looks else None
        ids = identify(self.frames, np.array(self.frames) / 25, self.boxes, looks=given, cuts=cuts)
        found: dict[int, set[int]] = {}
        for face, person in zip(ids.tolist(), self.people, strict=True):
            if face >= 0:
                found.setdefault(face, set()).add(person)
        return found


def test_another_face_in_the_same_box_is_another_id() -> None:
    film = Film().shot(25, {1: 100}).shot(25, {2: 104})
    assert film.ids() == {0: {1}, 1: {2}}
    assert film.ids(looks=False) == {0: {1, 2}}, "the boxes alone cannot tell"
    assert changed_faces(film.frames, film.boxes, np.array(film.looks)).tolist() == [25]


def test_pictures_that_change_places_on_a_screen_keep_their_ids() -> None:
    film = Film().shot(25, {1: 100, 2: 300, 3: 500, 4: 700}).shot(25, {1: 100, 3: 300, 4: 500})
    assert film.ids() == {0: {1}, 1: {3}, 2: {4}, 3: {2}}


def test_two_who_look_alike_end_where_places_change() -> None:
    """One person in two tiles: either may have moved, so neither goes on."""
    film = Film().shot(25, {1: 100, 2: 300})
    film.shot(25, {1: 500, 2: 700})
    film.looks = [look(1, 4.0, frame) for frame in film.frames]
    assert sorted(map(len, film.ids().values())) == [1, 1, 1, 1]


def test_a_cut_ends_an_id_without_evidence() -> None:
    film = Film().shot(25, {1: 100}).shot(25, {1: 102}, turned=0.4)
    assert len(film.ids()) == 1
    assert len(film.ids(cuts=(25,))) == 2
    assert len(film.ids(cuts=(25,), looks=False)) == 2


def test_a_cut_to_the_same_face_elsewhere_keeps_the_id() -> None:
    film = Film().shot(25, {1: 100}).shot(25, {1: 600})
    assert film.ids(cuts=(25,)) == {0: {1}}


def test_a_cut_there_and_back_starts_anew() -> None:
    """Speaker view: the first one comes back after a second, and nothing says that it is she."""
    film = Film().shot(25, {1: 100}).shot(25, {2: 102}).shot(25, {1: 100})
    found = film.ids(cuts=(25, 50))
    assert sorted(found.values(), key=sorted) == [{1}, {1}, {2}]


def test_a_face_that_changes_by_turning_keeps_its_id() -> None:
    rng = np.random.default_rng(5)
    film = Film().shot(40, {1: 100})
    other = rng.uniform(40, 215, LOOK_SHAPE)
    for i in range(40):
        share = i / 39
        film.looks[i] = ((1 - share) * look(1) + share * other).astype(np.uint8)
    assert len(film.ids()) == 1
    assert changed_faces(film.frames, film.boxes, np.array(film.looks)).tolist() == []


def test_after_a_loss_a_clearly_different_face_is_another() -> None:
    same = Film().shot(25, {1: 100}).shot(30, {}).shot(25, {1: 104}, turned=0.5)
    assert len(same.ids()) == 1
    other = Film().shot(25, {1: 100}).shot(30, {}).shot(25, {2: 104})
    assert other.ids() == {0: {1}, 1: {2}}


def test_rows_without_looks_are_joined_by_place() -> None:
    film = Film().shot(25, {1: 100})
    film.looks = [np.zeros(LOOK_SHAPE, np.uint8)] * 25
    assert len(film.ids()) == 1


@pytest.mark.shared_data
def test_two_people_hardly_ever_look_the_same(shared_data, observer) -> None:
    """The demand across a cut, on neutral faces that all look straight ahead."""
    from dfe.frontends.looks import normalised
    from dfe.media.image import read_image

    paths = sorted((shared_data / "london").glob("*_03.jpg"))[:40]
    faces = [observer.one(read_image(path)) for path in paths]
    flat = normalised(np.array([face.look for face in faces]))
    alike = (flat @ flat.T)[np.triu_indices(len(flat), 1)]
    assert (alike >= LookConfig().alike).mean() < 0.01
