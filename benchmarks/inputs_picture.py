"""The front of inputs as a picture: what they tell of emotions against what they give away of the person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dfe.pages.axis import Axis
from dfe.pages.chart import Dot, Frame, Series, front
from dfe.pages.svg import Look, standalone

LITTLE = 0.2
"""Largest share of a head angle's variance that an input may give away."""


def draw(rows: Sequence[Mapping[str, Any]], chosen: str = "") -> str:
    """A standalone SVG; circles are inputs that give little of the head pose away, ``chosen`` in bold."""
    series = []
    for row in rows:
        leaks = max(row["yaw"], row["pitch"]) > LITTLE
        look = Look(1, "diamond", False) if leaks else Look(0, "circle", row["input"] == chosen)
        series.append(Series(row["input"], (Dot(row["person"], row["probe"]),), look))
    x = Axis.over("person told (smaller is better)", [r["person"] for r in rows], percent=True)
    y = Axis.over("emotion told (larger is better)", [r["probe"] for r in rows], percent=True)
    about = "Inputs by how well a linear probe tells emotions, and people, from them; diamonds give the head pose away."
    frame = Frame("inputs", "Which input is worth coding? (diamonds give away the head pose)", about, 760, 520)
    return standalone(front(frame, series, x, y))
