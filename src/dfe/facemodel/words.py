"""Plain words for the modes of the face model, from what each does to places of the face that have names.

A few distances say what a mode does, in mm: how far a lip corner goes up or out, a lid closes, a brow lifts. What faces
seldom do far (lids, nostrils) counts a little more than what they do often (the jaw).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.types import DoubleArray
from dfe.facemodel.model import FaceModel

Words = tuple[str, str]
"""A movement and its opposite."""

ALSO = 0.6
"""A second movement is named if it is at least this share of the first."""
MOST = 4
_RARE = 0.25
_AND = " with "
_LEAST_MM = 0.15


class Place(NamedTuple):
    """A distance that has a name: of some points of the subject's left half, or of the middle, from some others."""

    more: str
    less: str
    points: tuple[int, ...]
    axis: int
    """0: to the subject's left (away from the middle, for a place that has sides), 1: up, 2: forward."""
    against: tuple[int, ...] = ()
    sign: float = 1.0


SIDED: tuple[Place, ...] = (
    Place("inner brow up", "inner brow down", (336, 285, 295, 296), 1),
    Place("outer brow up", "outer brow down", (300, 276, 283, 293), 1),
    Place("brow towards the middle", "brow outwards", (336, 285), 0, sign=-1),
    Place("upper lid up", "upper lid down", (385, 386, 387), 1),
    Place("lower lid up", "lower lid down", (380, 374, 373), 1),
    Place("cheek up", "cheek down", (280, 425, 330, 347), 1),
    Place("cheek puffed", "cheek drawn in", (425, 411, 416, 434), 2, (4,)),
    Place("nose wing up", "nose wing down", (278, 294, 327), 1),
    Place("nostril wide", "nostril narrow", (278, 294), 0),
    Place("lip corner up", "lip corner down", (291, 308), 1),
    Place("lip corner out", "lip corner in", (291, 308), 0),
    Place("lip corner back", "lip corner forward", (291, 308), 2, sign=-1),
    Place("upper lip up", "upper lip down", (269, 270, 310, 311), 1),
    Place("lower lip down", "lower lip up", (405, 321, 402, 318), 1, sign=-1),
)
MIDDLE: tuple[Place, ...] = (
    Place("jaw drop", "jaw closing", (152, 148, 377), 1, sign=-1),
    Place("jaw forward", "jaw back", (152, 175, 199), 2),
    Place("chin up", "chin flat", (199, 200, 18), 1, (152, 377, 148)),
    Place("lips apart", "lips together", (13,), 1, (14,)),
    Place("upper lip forward", "upper lip back", (0, 13), 2),
    Place("lower lip forward", "lower lip back", (17, 14), 2),
    Place("upper lip full", "upper lip rolled in", (13,), 1, (0,), sign=-1),
    Place("lower lip full", "lower lip rolled in", (14,), 1, (17,)),
    Place("nose tip up", "nose tip down", (1, 2, 4), 1),
    Place("frown between the brows", "brows smoothed apart", (9, 8), 1, sign=-1),
)
ASIDE: tuple[Place, ...] = (
    Place("jaw to that side", "jaw to the other side", (152, 148, 377), 0),
    Place("mouth to that side", "mouth to the other side", (0, 17, 13, 14, 61, 291), 0),
)
"""Only a mode of one side can do these."""


def mode_words(model: FaceModel) -> dict[str, Words]:
    """What more and less of each movement looks like, by the mode's name without its side; no two are alike.

    A mode of the left and its mirror image have the same words.
    """
    taken: dict[str, Words] = {}
    used: set[frozenset[str]] = set()
    for mode, name in enumerate(model.names):
        stem = name.removesuffix("Left").removesuffix("Right")
        if name.endswith("Right"):
            continue
        found, worth = _movements(model, mode)
        ways: list[tuple[str, ...]] = []
        for count in range(worth, len(found) + 1):
            ways = [tuple(words[way] for words in found[:count]) for way in (0, 1)]
            if not {frozenset(way) for way in ways} & used:
                break
        else:
            # Nothing in words tells them apart, so their names do.
            ways = [(*way[:worth], stem) for way in ways]
        used |= {frozenset(way) for way in ways}
        taken[stem] = _AND.join(ways[0]), _AND.join(ways[1])
    return taken


def _movements(model: FaceModel, mode: int) -> tuple[list[Words], int]:
    """Movements of a mode in its own direction, the strongest first, and how many of them are worth naming."""
    paired = int(model.partner[mode]) != mode
    places = [*SIDED, *MIDDLE, *(ASIDE if paired else ())]
    moved = np.stack([_moved(model.expression, place) for place in places], axis=1)
    spread = np.sqrt(np.einsum("kp,kl,lp->p", moved, model.expression_covariance, moved))
    share = moved[mode] / np.maximum(spread, _LEAST_MM) ** _RARE
    order = np.argsort(-np.abs(share), kind="stable")[:MOST]
    strength = np.abs(share[order])
    worth = 1 + int(strength[1] >= ALSO * strength[0])
    found = [(places[i].more, places[i].less) for i in order]
    return [words if share[i] > 0 else words[::-1] for words, i in zip(found, order, strict=True)], worth


def _moved(basis: DoubleArray, place: Place) -> DoubleArray:
    """``(K,)`` mm per unit."""
    there = basis[:, place.points, place.axis].mean(axis=1)
    if place.against:
        there = there - basis[:, place.against, place.axis].mean(axis=1)
    return np.asarray(place.sign * there)
