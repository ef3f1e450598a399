"""What a display does to a face: words, side, region, extent."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.types import DoubleArray, FloatArray
from dfe.displays.movements import movement_words
from dfe.displays.words import SHIFTS, phrase, split_side
from dfe.space.base import ExpressionSpace

SYMMETRIC_COSINE = 0.9
"""A movement is symmetric when its cosine (in mm) with its own mirror image is at least this."""

LOCAL_SHARE = 0.9
_SILENT_MM = 1e-6
_NAMED, _NAMED_SHARE = 3, 0.1
_LISTED, _LISTED_SHARE = 6, 0.02
_BOTH_SIDES = 0.5
_BALANCED = 0.1
_CLOSER = ((3, 0.3), (4, 0.2))
"""Movements named, and their least share of the first one, where fewer words would be those of another display."""


@dataclass(frozen=True)
class DisplayDescription:
    """One display, described from its template alone."""

    display: int
    """Its number; 0 is nothing."""
    words: str
    """The one to three movements that carry most of it, as in ``lip corner pull + cheek raise, left``; of the face
    model's displays what its points do, as in ``lip corners up + lips apart``."""
    side: str
    """``symmetric``, ``left`` or ``right`` (the subject's): the side that moves more, or is moved towards."""
    regions: dict[str, float]
    """Share of the displacement's energy over the outer skin, by area, in each region; the rest to 1 lies outside."""
    strongest: tuple[tuple[str, float], ...]
    """Coefficients and their values, by the energy that each has on its own, largest first."""
    energy_mm: float
    """Root mean square displacement of the moving vertices, mm."""
    locality: float
    """Share of the moving vertices that hold 90% of the energy; smaller is more local."""

    @property
    def region(self) -> str:
        """The region that it moves most; ``face`` where the space knows none."""
        return max(self.regions, key=lambda r: self.regions[r]) if self.regions else "face"


def describe_displays(templates: ArrayLike, space: ExpressionSpace) -> tuple[DisplayDescription, ...]:
    """Describe templates ``(K, D)`` in units of the space, one by one; the first is display 0.

    Displays of which the mesh would say the same words are told apart by the side that moves more, as mirror images
    are, or by their smaller movements, where that does it.
    """
    rows = np.asarray(templates, np.float32)
    told = _with_sides([_describe(display, x, space) for display, x in enumerate(rows)])
    for named, beside in _CLOSER:
        count = Counter(one.words for one in told)
        for display, one in enumerate(told):
            if count[one.words] > 1 and (words := movement_words(rows[display], space, named, beside)):
                told[display] = replace(one, words=words)
    return tuple(told)


def _with_sides(told: list[DisplayDescription]) -> list[DisplayDescription]:
    """With the side in the words of two displays that these alone tell apart."""
    sides: dict[str, list[str]] = defaultdict(list)
    for one in told:
        sides[one.words].append(one.side)
    return [
        replace(one, words=f"{one.words}, more on the {one.side}")
        if sorted(sides[one.words]) == ["left", "right"]
        else one
        for one in told
    ]


def _describe(display: int, x: FloatArray, space: ExpressionSpace) -> DisplayDescription:
    rms = float(space.error_mm(x[None], np.zeros_like(x)[None])[0])
    if rms < _SILENT_MM:
        return DisplayDescription(display, "nothing", "symmetric", dict.fromkeys(space.mesh.regions, 0.0), (), 0.0, 0.0)
    moved = space.displace(x[None])[0].astype(np.float64)
    vertex = np.where(space.moving, np.einsum("vk,vk->v", moved, moved), 0.0)
    own = x.astype(np.float64) ** 2 * np.diag(space.gram)
    order = np.argsort(-own, kind="stable")
    listed = [int(i) for i in order[:_LISTED] if own[i] >= _LISTED_SHARE * own.sum()]
    return DisplayDescription(
        display=display,
        words=movement_words(x, space) or _words(x, space),
        side=_shift_side(listed[0], x, space) or _side(moved, vertex, space),
        regions=_regions(vertex * space.mesh.skin_area_mm2, space),
        strongest=tuple((space.names[i], float(x[i])) for i in listed),
        energy_mm=rms,
        locality=local_share(vertex[space.moving]),
    )


def _regions(energy: DoubleArray, space: ExpressionSpace) -> dict[str, float]:
    mesh = space.mesh
    total = energy.sum() or 1.0
    return {r: float(energy[mesh.vertex_region == i].sum() / total) for i, r in enumerate(mesh.regions)}


def local_share(energy: DoubleArray) -> float:
    """Share of the vertices that hold 90% of a displacement's energy ``(V,)``; smaller is more local."""
    held = np.cumsum(np.sort(energy)[::-1])
    return float((np.searchsorted(held, LOCAL_SHARE * held[-1]) + 1) / len(energy))


def _shift_side(strongest: int, x: FloatArray, space: ExpressionSpace) -> str | None:
    """The side towards which the strongest coefficient shifts jaw or mouth as a whole; None if it is no shift.

    A shift to the one side that a shift to the other undoes is none.
    """
    name, value = space.names[strongest], float(x[strongest])
    if name not in SHIFTS:
        return None
    if SHIFTS[name] in space.names:
        value -= float(x[space.index(SHIFTS[name])])
    if value == 0:
        return None
    return "left" if (name if value > 0 else SHIFTS[name]).endswith("Left") else "right"


def _side(moved: DoubleArray, energy: DoubleArray, space: ExpressionSpace) -> str:
    image = moved[space.mesh.mirror] * np.array([-1.0, 1.0, 1.0])
    if (moved * image)[space.moving].sum() >= SYMMETRIC_COSINE * energy.sum():
        return "symmetric"
    x = space.mesh.vertices_mm[:, 0]
    excess = energy[x > 0].sum() - energy[x < 0].sum()
    if abs(excess) >= _BALANCED * energy.sum():
        return "left" if excess > 0 else "right"
    # Both halves move as much as each other but not alike: the whole shifts to one side.
    return "left" if moved[space.moving, 0].sum() > 0 else "right"


def _words(x: FloatArray, space: ExpressionSpace) -> str:
    """Movements, their sides joined and opposite shifts set off, by the energy each has on its own."""
    per_unit = np.diag(space.gram)
    parts: dict[tuple[str, bool], dict[str, tuple[float, float]]] = {}
    for i, name in enumerate(space.names):
        value, (movement, side) = float(x[i]), split_side(name)
        opposite = SHIFTS.get(name)
        if opposite in space.names:
            value -= float(x[space.index(opposite)])
        if value != 0 and (opposite not in space.names or value > 0):
            parts.setdefault((movement, value > 0), {})[side] = (abs(value), value**2 * float(per_unit[i]))
    items: list[tuple[float, str, str]] = []
    for (movement, more), by_side in parts.items():
        values = {side: value for side, (value, _) in by_side.items()}
        words = (space.words.get(movement) or phrase(movement))[0 if more else 1]
        both = len(values) == 2 and min(values.values()) >= _BOTH_SIDES * max(values.values())
        side = "" if both or "" in values else max(values, key=lambda s: values[s])
        items.append((sum(energy for _, energy in by_side.values()), words, side))
    if not items:
        return "nothing"
    items.sort(key=lambda item: (-item[0], item[1]))
    named = [item for item in items[:_NAMED] if item[0] >= _NAMED_SHARE * items[0][0]]
    sides = {side for _, _, side in named}
    if len(sides) == 1:
        tail = sides.pop()
        return " + ".join(words for _, words, _ in named) + (f", {tail}" if tail else "")
    return " + ".join(f"{words} ({side})" if side else words for _, words, side in named)
