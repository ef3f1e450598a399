"""Scenes that fade into one another, and film that is interlaced without saying so."""

from __future__ import annotations

import numpy as np
import pytest
from test_scenes import panned, place

from dfe.base.types import Frame
from dfe.encoding.watch import Watch
from dfe.media.combing import COMBED, combed_share
from dfe.media.dissolves import find_dissolves
from dfe.media.scenes import find_cuts, scene_of


def scenes(film: list[np.ndarray]) -> np.ndarray:
    return np.array([scene_of(np.ascontiguousarray(frame)) for frame in film])


def dissolved(one: list[np.ndarray], other: list[np.ndarray], length: int) -> list[np.ndarray]:
    """The end of one mixed with the beginning of the other, over so many frames."""
    shares = np.arange(1, length + 1) / (length + 1)
    mixed = [((1 - w) * a + w * b).astype(np.uint8) for w, a, b in zip(shares, one[-length:], other, strict=False)]
    return [*one[:-length], *mixed, *other[length:]]


def found(film: list[np.ndarray], rate: float = 25) -> list[list[int]]:
    return find_dissolves(scenes(film), np.arange(len(film)) / rate).tolist()


@pytest.mark.parametrize("length", [6, 10, 16, 25, 40, 50])
@pytest.mark.parametrize("pair", [(0, 1), (2, 3), (4, 6)])
def test_a_dissolve_is_found_to_within_a_third_of_its_length(length: int, pair: tuple[int, int]) -> None:
    film = dissolved(panned(place(pair[0]), 0.2, 90), panned(place(pair[1]), 0.2, 90), length)
    ((first, last),) = found(film)
    begins, ends = 90 - length - 1, 90
    assert abs(first - begins) <= max(2, length / 3)
    assert abs(last - ends) <= max(2, length / 3)
    assert find_cuts(scenes(film), np.arange(len(film)) / 25).tolist() == []


@pytest.mark.parametrize("step", [0.5, 3, 8])
def test_a_camera_that_moves_dissolves_nothing(step: float) -> None:
    assert found(panned(place(1), step, 80)) == []


def test_cuts_and_lights_dissolve_nothing() -> None:
    shot = panned(place(2), 0.5, 80)
    assert found([*shot, *panned(place(3), 0.5, 80)]) == []
    fades = [np.clip(frame * (0.3 + 0.7 * i / 80), 0, 255).astype(np.uint8) for i, frame in enumerate(shot)]
    assert found(fades) == []
    lamp = np.linspace(0.2, 1, 320)[None, :, None]
    comes_on = [
        np.clip(frame * (0.5 + 0.5 * np.clip((i - 30) / 20, 0, 1) * lamp), 0, 255).astype(np.uint8)
        for i, frame in enumerate(shot)
    ]
    assert found(comes_on) == []


def test_a_fade_through_black_is_a_cut() -> None:
    shares = np.linspace(1, 0, 12)
    one = [(frame * share).astype(np.uint8) for frame, share in zip(panned(place(3), 0.2, 12), shares, strict=True)]
    other = [(f * share).astype(np.uint8) for f, share in zip(panned(place(4), 0.2, 12), shares[::-1], strict=True)]
    film = [*panned(place(3), 0.2, 20), *one, *other, *panned(place(4), 0.2, 20)]
    cuts = find_cuts(scenes(film), np.arange(len(film)) / 25).tolist()
    assert any(26 <= cut <= 38 for cut in cuts)


def watched(film: list[np.ndarray]):
    watch = Watch()
    frames = (Frame(i, i / 25, np.ascontiguousarray(image), None, "a.mp4") for i, image in enumerate(film))
    assert len(list(watch.passing(frames, 0))) == len(film)
    return watch.pictures()


def test_ids_end_where_a_dissolve_begins_and_ends_and_looks_inside_are_none() -> None:
    seen = watched(dissolved(panned(place(0), 0.2, 60), panned(place(1), 0.2, 60), 20))
    ((first, last),) = seen.dissolves.tolist()
    assert seen.begins.tolist() == [first + 1, last]
    object.__setattr__(seen, "looks", np.ones((len(seen.frames), 16, 16), np.uint8))
    kept = seen.looks_of(seen.frames).any(axis=(1, 2))
    assert np.flatnonzero(~kept).tolist() == list(range(first + 1, last))
    none = np.empty(0, np.int64)
    (defect,) = seen.defects((), max_faces=4, changes=none, stills=False)
    assert defect.kind == "cuts"
    assert "a scene dissolves into another" in defect.words
    assert defect.doubtful


def moving(frames: int = 60) -> list[np.ndarray]:
    return panned(place(5), 4, frames)


def woven(film: list[np.ndarray]) -> list[np.ndarray]:
    """Film of half the rate whose alternate lines are of two moments."""
    made = []
    for upper, lower in zip(film[::2], film[1::2], strict=True):
        frame = upper.copy()
        frame[1::2] = lower[1::2]
        made.append(frame)
    return made


def test_film_that_is_interlaced_without_saying_so_is_told() -> None:
    none = np.empty(0, np.int64)
    plain = watched(moving(30))
    assert plain.defects((), max_faces=4, changes=none, stills=False) == ()
    rows = np.arange(180)[:, None]
    edges = [np.where(np.abs(np.arange(320) - 40 - 6 * i) < 30, 220, 40) + 0 * rows for i in range(40)]
    film = [np.repeat(edge[..., None], 3, axis=2).astype(np.uint8) for edge in edges]
    assert max(map(combed_share, film)) == 0
    assert min(map(combed_share, woven(film))) > COMBED
    (defect,) = watched(woven(film)).defects((), max_faces=4, changes=none, stills=False)
    assert (defect.kind, defect.doubtful) == ("combed", True)
    assert "it looks interlaced and does not say so (100% of the pictures looked at)" in defect.words
    assert combed_share(film[0][:4]) == 0
