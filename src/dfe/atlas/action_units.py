"""Which action units of the proxy move a face most like a display does; a proxy, never FACS."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from dfe.atlas.similarity import cosines
from dfe.base.errors import UsageError
from dfe.base.types import FloatArray
from dfe.facs.proxy import units_in
from dfe.facs.units import SIDES
from dfe.space.base import ExpressionSpace

NEAR_COSINE = 0.3
"""Action units less like a display than this are not named."""

MOST = 4
"""Action units named of a display, at most."""


class NearUnit(NamedTuple):
    """An action unit of the proxy beside a display."""

    id: str
    """As in ``AU12L``; without a letter both sides together."""
    name: str
    cosine: float
    """Of the two displacements in mm."""


def nearest_units(directions: ArrayLike, space: ExpressionSpace) -> tuple[tuple[NearUnit, ...], ...]:
    """For each display ``(U, D)`` the action units that move the face most like it, the nearest first.

    An AU that FACS scores on each side stands here for left, for right and for both; of these the nearest is named.
    Empty where the space has no AU proxy.
    """
    rows = np.asarray(directions, np.float32)
    try:
        named = _candidates(space)
    except UsageError:
        return ((),) * len(rows)
    like = cosines(rows, np.stack([vector for _, _, _, vector in named]), space)
    found = []
    for row in like:
        best: dict[int, NearUnit] = {}
        for at in np.argsort(-row, kind="stable").tolist():
            number, id, name, _ = named[at]
            if row[at] >= NEAR_COSINE and number not in best:
                best[number] = NearUnit(id, name, float(row[at]))
        found.append(tuple(best.values())[:MOST])
    return tuple(found)


def _candidates(space: ExpressionSpace) -> list[tuple[int, str, str, FloatArray]]:
    """Number, id, name and direction of each unit; a line that is another's upper end is left out."""
    made: list[tuple[int, str, str, FloatArray]] = []
    both: dict[int, FloatArray] = {}
    for unit in units_in(space):
        line = unit.line
        if line.window[0] > 0:
            continue
        direction = space.vector({name: weight for weight, name in unit.parts})
        if line.sides:
            side = SIDES[unit.id[-1]]
            if line.number == 30:  # the jaw goes to one side or to the other, never to both
                made.append((line.number, unit.id, f"{line.name}, {side}", direction))
                continue
            both[line.number] = both.get(line.number, np.zeros_like(direction)) + direction
            made.append((line.number, unit.id, f"{line.name}, {side}", direction))
            if unit.id.endswith("R"):
                made.append((line.number, f"AU{line.number}", line.name, both[line.number]))
        else:
            tail = f", {SIDES[line.letter]}" if line.letter else ""
            made.append((line.number, unit.id, f"{line.name}{tail}", direction))
    return made
