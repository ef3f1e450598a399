"""Groups of displays with plain names, made from what each display does to the mesh: "smile", "brow raise" and so on.

A display belongs to a group when it moves the group's own place the group's own way by a fair share of the most that it
moves anything. It may belong to several, as a smile that opens the lips does, or to none. Sides are taken together.

Displays of a face add up, and may undo each other: lip corners that one display draws up and another, with the chin,
draws down are no smile. So a group counts in a face only where the whole face, too, moves the group's way, and little
where it hardly does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from dfe.base.types import BoolArray, DoubleArray
from dfe.displays.displays import STILL_MM, Displays
from dfe.displays.landmarks import moved_mm

SIDES = ("left", "right")
CLEAR = 0.3
"""A movement belongs to a display when it is at least this share of the display's largest movement of any point."""
SLIGHT = 0.15
"""A second part of a movement, as outwards beside upwards."""
FULL_MM = 0.6
"""A group counts in full where the whole face moves its way by so much, and less in proportion below: at the edge of a
movement the picture's noise, which moves places by 0.3 mm, would switch all of it on and off."""
SMILE_RISE = 0.4
"""Lip corners that rise by less than this share of what they go outwards are stretched, and do not smile."""


@dataclass(frozen=True)
class Group:
    """Displays under one plain name."""

    name: str
    displays: tuple[int, ...]
    """Numbers, rising; may be empty where the tokenizer has no such display."""
    region: str
    """Region of the face that the name is about; ``face`` for groups of the user's own."""
    made_by: Literal["mesh", "user"] = "mesh"


@dataclass(frozen=True)
class Moved:
    """How places of the face move with each of U displays, or in each of n faces (U for n below)."""

    places: Mapping[str, DoubleArray]
    """``(U, 3)`` each: x to the subject's left, y up, z forward; shares of a display's largest movement, or mm."""

    def of(self, amounts: DoubleArray) -> Moved:
        """The same of faces that show so much ``(n, U)`` of each display."""
        return Moved({name: amounts @ movement for name, movement in self.places.items()})

    def up(self, place: str) -> DoubleArray:
        """``(U,)``."""
        return np.asarray(self.places[place][:, 1])

    def either(self, place: str) -> DoubleArray:
        """Upwards ``(U, 2)``, left side and right side."""
        return np.stack([self.up(f"{place} {side}") for side in SIDES], axis=1)

    @property
    def corners_out(self) -> DoubleArray:
        """``(U, 2)``: lip corners away from the middle of the mouth."""
        middle = (self.places["upper lip"][:, 0] + self.places["lower lip"][:, 0]) / 2
        left, right = (self.places[f"lip corner {side}"][:, 0] for side in SIDES)
        return np.stack([left - middle, middle - right], axis=1)

    @property
    def corners_up(self) -> DoubleArray:
        """``(U, 2)``: lip corners against the middle of the lips, so that a jaw that drops lowers no corner."""
        middle = (self.up("upper lip") + self.up("lower lip")) / 2
        return np.asarray(self.either("lip corner") - middle[:, None])

    @property
    def gap(self) -> DoubleArray:
        """``(U,)``: lips apart."""
        return np.asarray(self.up("upper lip edge") - self.up("lower lip edge"))

    @property
    def red(self) -> DoubleArray:
        """``(U,)``: visible height of both lips."""
        upper = self.up("upper lip") - self.up("upper lip edge")
        return np.asarray(upper + self.up("lower lip edge") - self.up("lower lip"))


Rule = Callable[[Moved], BoolArray]


def _any(rows: np.ndarray) -> BoolArray:
    return np.asarray(rows.any(axis=1))


def _smile(m: Moved) -> BoolArray:
    return _any((m.corners_up >= SLIGHT) & (m.corners_out >= SLIGHT) & (m.corners_up + m.corners_out >= 2 * CLEAR))


def _corner_down(m: Moved) -> BoolArray:
    down = (m.corners_up <= -CLEAR) & (m.either("lip corner") <= -SLIGHT)
    return _any(down & (m.up("chin") > -CLEAR)[:, None])


def _stretch(m: Moved) -> BoolArray:
    return _any((m.corners_out >= CLEAR) & (m.corners_up < SLIGHT))


def _pucker(m: Moved) -> BoolArray:
    return np.asarray(m.corners_out.mean(axis=1) <= -CLEAR)


def _press(m: Moved) -> BoolArray:
    tighter = (m.red <= -CLEAR) | (m.gap <= -CLEAR)
    return np.asarray(tighter & (m.gap < SLIGHT) & (m.up("chin") > -SLIGHT) & ~_pucker(m))


def _part(m: Moved) -> BoolArray:
    return np.asarray(m.gap >= CLEAR)


def _jaw(m: Moved) -> BoolArray:
    return np.asarray(m.up("chin") <= -CLEAR)


def _upper_lip(m: Moved) -> BoolArray:
    return np.asarray((m.up("upper lip") >= CLEAR) & ~_smile(m))


def _nose(m: Moved) -> BoolArray:
    return np.asarray(_any(m.either("nose wing") >= CLEAR) & ~_smile(m))


def _brow(m: Moved) -> DoubleArray:
    parts = [m.either(f"brow {part}") for part in ("inner", "middle", "outer")]
    return np.stack(parts, axis=2)


def _brow_raise(m: Moved) -> BoolArray:
    return _any((_brow(m) >= CLEAR).any(axis=2) & (_brow(m).mean(axis=2) > 0))


def _brow_lowering(m: Moved) -> BoolArray:
    return _any((_brow(m)[:, :, :2] <= -CLEAR).any(axis=2) & (_brow(m).mean(axis=2) < 0))


def _cheek(m: Moved) -> BoolArray:
    return _any(m.either("cheek") >= CLEAR)


def _sideways(m: Moved) -> BoolArray:
    lips = [m.places[place][:, 0] for place in ("upper lip", "lower lip", "chin")]
    return np.asarray(np.abs(np.mean(lips, axis=0)) >= CLEAR)


Way = Callable[[Moved], DoubleArray]


def _most(sides: DoubleArray) -> DoubleArray:
    return np.asarray(sides.max(axis=1))


def _smiling(face: Moved) -> DoubleArray:
    return _most(np.minimum(face.corners_up, face.corners_up - SMILE_RISE * face.corners_out))


def _closing(face: Moved) -> DoubleArray:
    return np.asarray(-np.minimum(face.gap, face.red))


class GroupRule(NamedTuple):
    """What makes a display a member of a group, and where the group counts."""

    region: str
    words: str
    """What it asks for."""
    member: Rule
    """Of displays, their movements as shares of the largest."""
    way: Way
    """Of whole faces: by how many mm they move the group's way; below 0 where they move against it."""

    def held(self, face: Moved) -> DoubleArray:
        """``(n,)``: how much the group counts in whole faces, 0 to 1."""
        return np.clip(self.way(face) / FULL_MM, 0.0, 1.0)


RULES: Mapping[str, GroupRule] = {
    "brow raise": GroupRule(
        "brow", "inner, middle or outer part of a brow upwards", _brow_raise,
        lambda face: _most(_brow(face).mean(axis=2)),
    ),
    "brow lowering": GroupRule(
        "brow", "inner or middle part of a brow downwards", _brow_lowering,
        lambda face: _most(-_brow(face)[:, :, :2].mean(axis=2)),
    ),
    "nose wrinkle": GroupRule(
        "nose", "wing of the nose upwards, without a smile", _nose, lambda face: _most(face.either("nose wing"))
    ),
    "cheek raise": GroupRule("cheeks", "cheek upwards", _cheek, lambda face: _most(face.either("cheek"))),
    "smile": GroupRule("mouth", "lip corner up and out, against the middle of the lips", _smile, _smiling),
    "lip corner down": GroupRule(
        "mouth", "lip corner down, against the middle of the lips, with the jaw closed", _corner_down,
        lambda face: _most(-face.corners_up),
    ),
    "lip stretch": GroupRule("mouth", "lip corner out, not up", _stretch, lambda face: _most(face.corners_out)),
    "pucker": GroupRule(
        "mouth", "lip corners towards the middle", _pucker, lambda face: np.asarray(-face.corners_out.mean(axis=1))
    ),
    "upper lip raise": GroupRule(
        "mouth", "upper lip upwards, without a smile", _upper_lip, lambda face: face.up("upper lip")
    ),
    "lip press": GroupRule("mouth", "lips closer than at rest or with less red, jaw closed", _press, _closing),
    "lips part": GroupRule("mouth", "lips apart", _part, lambda face: face.gap),
    "jaw drop": GroupRule("jaw", "chin downwards", _jaw, lambda face: -face.up("chin")),
    "mouth sideways": GroupRule(
        "mouth", "lips and chin to one side", _sideways, lambda face: np.full(len(face.gap), np.inf)
    ),
}  # fmt: skip
"""By name."""


def groups_of(displays: Displays, own: Mapping[str, tuple[int, ...]] | None = None) -> tuple[Group, ...]:
    """The groups of a coding's displays, none that is empty.

    Args:
        displays: of a tokenizer.
        own: the user's, by name: in place of those of the same name, beside the others; an empty one takes a group out.
    """
    own = own or {}
    moved = _shares(displays)
    made = []
    for name, rule in RULES.items():
        if name in own:
            made.append(Group(name, tuple(sorted(own[name])), rule.region, "user"))
        elif moved is not None:
            made.append(Group(name, tuple((np.flatnonzero(rule.member(moved)) + 1).tolist()), rule.region))
    made += [Group(name, tuple(sorted(numbers)), "face", "user") for name, numbers in own.items() if name not in RULES]
    return tuple(group for group in made if group.displays)


def moved_by(displays: Displays) -> Moved | None:
    """What 1 mm of each display does, in mm; None where the mesh is none that the places are known on."""
    places = moved_mm(displays.space, displays.directions)
    return None if places is None else Moved(places)


def _shares(displays: Displays) -> Moved | None:
    moved = moved_by(displays)
    if moved is None:
        return None
    moves = displays.space.displace(displays.directions)[:, displays.space.moving].astype(np.float64)
    peak = np.linalg.norm(moves, axis=2).max(axis=1, initial=0.0)
    scale = np.where(peak > STILL_MM, peak, np.inf)[:, None]
    return Moved({name: movement / scale for name, movement in moved.places.items()})
