"""Plain words for what a display does to the face's points: "lip corners up + lips apart", "inner brows up, left".

Coefficients of a learned space have no names that mean anything, so words come from the mesh: how far places of the
face move, against each other where that is what one sees (lips apart, lip corners against the middle of the lips).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from dfe.base.types import DoubleArray, FloatArray
from dfe.displays.landmarks import moved_mm
from dfe.space.base import ExpressionSpace

POINTS = 468
UPPER_LIDS, LOWER_LIDS = (386, 159), (374, 145)
EYE_CORNERS, TEMPLES, JAW_ANGLES = (362, 133), (389, 162), (361, 132)
FOREHEAD = (338, 109)
"""Points of MediaPipe's mesh, the subject's left one first; of the eyes' corners the inner ones."""
SIDES = ("left", "right")
CLEAR = 0.2
"""A further movement is named if it is at least this share of the display's largest movement of any point ..."""
BESIDE = 0.45
"""... and at least this share of the movement that is named first."""
BOTH = 0.5
"""A movement of both sides: the weaker one is at least this share of the stronger one, the same way."""
NAMED = 3
ALONE = 0.7
"""One lip's or lid's share of what opens or closes, from which it alone is named."""
HINGE = 1.5
"""A jaw that drops takes the chin back; only what goes beyond is a movement of its own."""


class Movement(NamedTuple):
    """A place that moves one way."""

    more: str
    less: str
    mm: tuple[float, ...]
    """One number, or the left side's and the right side's."""
    part_of: str = ""
    """Of movements of one part only the largest is named."""


def movement_words(x: FloatArray, space: ExpressionSpace, named: int = NAMED, beside: float = BESIDE) -> str | None:
    """Words for a display ``(D,)``, the largest movement first; None where the space's mesh is not the 468 points.

    Args:
        x: the display.
        space: in which it lives.
        named: movements at most.
        beside: share of the first movement that a further one must have.
    """
    if len(space.mesh.vertices_mm) != POINTS:
        return None
    places = moved_mm(space, x[None])
    if places is None:
        return None
    moved = space.displace(x[None])[0].astype(np.float64)
    peak = float(np.linalg.norm(moved, axis=1).max())
    found = [
        (max(map(abs, one.mm)), one)
        for one in _movements({name: place[0] for name, place in places.items()}, moved)
        if max(map(abs, one.mm)) > 0
    ]
    found.sort(key=lambda item: (-item[0], item[1].more))
    kept: list[Movement] = []
    for size, one in found:
        clear = size >= CLEAR * peak or not kept
        if clear and size >= beside * found[0][0] and not any(one.part_of and one.part_of == o.part_of for o in kept):
            kept.append(one)
    said = _joined([_said(one) for one in kept[:named]])
    if not said:
        return None
    sides = {side for _, side in said}
    if len(sides) == 1:
        tail = sides.pop()
        return " + ".join(words for words, _ in said) + (f", {tail}" if tail else "")
    return " + ".join(f"{words} ({side})" if side else words for words, side in said)


def _said(one: Movement) -> tuple[str, str]:
    """Its words and its side; no side where both move alike or it has none."""
    strongest = max(one.mm, key=abs)
    words = one.more if strongest > 0 else one.less
    if len(one.mm) == 1 or min(value * np.sign(strongest) for value in one.mm) >= BOTH * abs(strongest):
        return words, ""
    return words, SIDES[one.mm.index(strongest)]


def _joined(said: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Movements of one place and side as one: "lip corners up and out"."""
    joined: dict[tuple[str, str], list[str]] = {}
    for words, side in said:
        place, way = words.rsplit(" ", 1)
        joined.setdefault((place, side), []).append(way)
    return [(f"{place} {' and '.join(ways)}", side) for (place, side), ways in joined.items()]


def _movements(places: dict[str, DoubleArray], moved: DoubleArray) -> Iterator[Movement]:
    """Every movement that has words."""

    def each(place: str, axis: int) -> tuple[float, ...]:
        return tuple(float(places[f"{place} {side}"][axis]) for side in SIDES)

    inner, middle, outer = (each(f"brow {part}", 1) for part in ("inner", "middle", "outer"))
    whole = tuple((a + b + c) / 3 for a, b, c in zip(inner, middle, outer, strict=True))
    # The whole brow is named unless one end of it clearly moves further or another way.
    if max(map(abs, whole)) >= ALONE * abs(max((*whole, *inner, *outer), key=abs)):
        yield Movement("brows up", "brows down", whole)
    else:
        yield Movement("inner brows up", "inner brows down", inner)
        yield Movement("outer brows up", "outer brows down", outer)
    yield Movement("brows apart", "brows together", (_mean(_outwards_of(*each("brow inner", 0))),))
    yield Movement("forehead up", "forehead down", _along(moved, FOREHEAD, 1))
    yield from _eyes(moved)
    yield Movement("cheeks up", "cheeks down", each("cheek", 1))
    yield Movement("cheeks out", "cheeks in", each("cheek", 2))
    yield Movement("nose wings up", "nose wings down", each("nose wing", 1))
    yield Movement("temples out", "temples in", _outwards(moved, TEMPLES))
    yield Movement("jaw wider", "jaw narrower", _outwards(moved, JAW_ANGLES))
    yield from _mouth(places, each("lip corner", 0), each("lip corner", 1))


def _eyes(moved: DoubleArray) -> Iterator[Movement]:
    upper, lower = _along(moved, UPPER_LIDS, 1), _along(moved, LOWER_LIDS, 1)
    gaps = tuple(up - low for up, low in zip(upper, lower, strict=True))
    widest = int(np.argmax(np.abs(gaps)))
    share = upper[widest] / gaps[widest] if gaps[widest] else 0.5
    if share > ALONE:
        yield Movement("upper lids up", "upper lids down", upper)
    elif share < 1 - ALONE:
        yield Movement("lower lids up", "lower lids down", lower)
    else:
        yield Movement("lids opening", "lids closing", gaps)
    yield Movement("inner eye corners out", "inner eye corners in", _outwards(moved, EYE_CORNERS))


def _mouth(places: dict[str, DoubleArray], x: tuple[float, ...], y: tuple[float, ...]) -> Iterator[Movement]:
    """What lips and jaw do.

    Args:
        places: how each place moves.
        x, y: of the left and the right lip corner.
    """
    upper, lower, chin = (places[name] for name in ("upper lip", "lower lip", "chin"))
    centre, level = float(upper[0] + lower[0]) / 2, float(upper[1] + lower[1]) / 2
    yield Movement("lip corners up", "lip corners down", tuple(value - level for value in y))
    yield Movement("lip corners out", "lip corners in", _outwards_of(*(value - centre for value in x)))
    edges = [float(places[f"{lip} lip edge"][1]) for lip in ("upper", "lower")]
    gap = edges[0] - edges[1]
    share = edges[0] / gap if gap else 0.5
    if share > ALONE:
        yield Movement("upper lip up", "upper lip down", (edges[0],))
    elif share < 1 - ALONE:
        yield Movement("lower lip up", "lower lip down", (edges[1],))
    else:
        yield Movement("lips apart", "lips together", (gap,))
    yield Movement("lips up", "lips down", (_mean(edges) if edges[0] * edges[1] > 0 else 0.0,))
    yield Movement("lips fuller", "lips thinner", (float(upper[1] - lower[1]) - gap,))
    yield Movement("lips forward", "lips back", (float(upper[2] + lower[2]) / 2,))
    yield Movement("jaw down", "jaw up", (float(-chin[1]),))
    if abs(chin[2]) > HINGE * abs(chin[1]):
        yield Movement("chin forward", "chin back", (float(chin[2]),))
    yield Movement("mouth to the left", "mouth to the right", (centre,), "sideways")
    yield Movement("jaw to the left", "jaw to the right", (float(chin[0]),), "sideways")


def _along(moved: DoubleArray, points: tuple[int, ...], axis: int) -> tuple[float, ...]:
    return tuple(float(moved[point, axis]) for point in points)


def _outwards(moved: DoubleArray, points: tuple[int, int]) -> tuple[float, ...]:
    return _outwards_of(*_along(moved, points, 0))


def _outwards_of(left: float, right: float) -> tuple[float, float]:
    """Away from the middle of the face: x grows to the subject's left."""
    return left, -right


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
