"""A volcano plot: every display by its effect and the evidence for it, the foremost ones in pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

from markupsafe import Markup

from dfe.pages.axis import Axis
from dfe.pages.chart import Box, Frame, across
from dfe.pages.escape import data_uri
from dfe.pages.svg import LINE, QUIET, Look, dot, fitted, n, name, spread_out, svg, width_of

_PICTURE = 34
_GAP = 37
_SIDE = 240


@dataclass(frozen=True)
class VolcanoDot:
    """One display.

    Args:
        name: in words.
        x: the effect.
        p: evidence, above 0.
        named: named beside the plot.
        strong: named in colour.
        picture: PNG file that goes with the name, or None.
    """

    name: str
    x: float
    p: float
    named: bool
    strong: bool
    picture: bytes | None = None


def volcano(
    frame: Frame, dots: Sequence[VolcanoDot], x: Axis, line: float | None, line_name: str, none: float = 0.0
) -> Markup:
    """Draw effects from left to right and ``-log10 p`` from bottom to top; names stand at the sides.

    Args:
        frame: title, size.
        dots: in any order.
        x: axis of the effects.
        line: p at which a line is drawn; None draws none.
        line_name: what the line means.
        none: the effect that is none; 1 of ratios.
    """
    left, right, top, bottom = _SIDE + 48, frame.width - _SIDE - 8, 46, frame.height - 44
    tallest = max([-log10(one.p) for one in dots] + ([] if line is None else [-log10(line)]), default=1.0)
    y = Axis.over("evidence", [0.0, tallest])
    parts = [_grid(x, y, (left, top, right, bottom))]
    if line is not None:
        at = y.place(-log10(line), bottom, top)
        parts.append(f'<path d="M{n(left)} {n(at)}H{n(right)}" stroke="var(--quiet)" stroke-dasharray="4 3"/>')
        parts.append(name(line_name, (left + 4, at - 5), QUIET, right - left))
    places = [(x.place(one.x, left, right), y.place(-log10(one.p), bottom, top)) for one in dots]
    for one, place in zip(dots, places, strict=True):
        if not one.named:
            parts.append(dot(place, Look(-1, "circle", False), f"{one.name}: {_said(one, x)}"))
    for side in (-1, 1):
        mine = [i for i, one in enumerate(dots) if one.named and (one.x >= none) == (side > 0)]
        heights = spread_out([places[i][1] for i in mine], _GAP, top + _PICTURE / 2, bottom - _PICTURE / 2)
        for i, height in zip(mine, heights, strict=True):
            parts.append(_named(dots[i], places[i], height, side, (left, right), x))
    return svg(frame.id, frame.title, frame.about, (frame.width, frame.height), parts)


def _named(
    one: VolcanoDot, at: tuple[float, float], height: float, side: int, ends: tuple[float, float], x: Axis
) -> str:
    look = Look((0 if side > 0 else 1) if one.strong else -1, "square" if side > 0 else "circle", one.strong)
    edge = ends[1] + 10 if side > 0 else ends[0] - 46
    picture = edge if side > 0 else edge - _PICTURE
    lead = f'd="M{n(at[0])} {n(at[1])}L{n(edge)} {n(height)}" stroke="{look.colour}" stroke-opacity="0.45"'
    parts = [f"<path {lead}/>"]
    if one.picture is not None:
        box = f'x="{n(picture)}" y="{n(height - _PICTURE / 2)}" width="{_PICTURE}" height="{_PICTURE}"'
        parts.append(f'<image {box} href="{data_uri(one.picture)}"/>')
    words = edge + side * (_PICTURE + 5)
    room = _SIDE - _PICTURE - 14
    anchor = "start" if side > 0 else "end"
    lines = _lines(one.name, room)
    first = height + 4 - LINE * (len(lines) - 1) / 2
    for i, line in enumerate(lines):
        parts.append(name(line, (words, first + LINE * i), look.words, room, anchor))
    parts.append(dot(at, look, f"{one.name}: {_said(one, x)}"))
    return f'<g class="series">{"".join(parts)}</g>'


def _lines(words: str, room: float) -> list[str]:
    """A name on two lines where one is too short for it; bold letters are a tenth wider."""
    room /= 1.1
    if width_of(words) <= room:
        return [words]
    first, rest = "", words.split(" ")
    while rest and width_of(f"{first} {rest[0]}".strip()) <= room:
        first = f"{first} {rest.pop(0)}".strip()
    return [first, fitted(" ".join(rest), room)] if first and rest else [fitted(words, room)]


def _said(one: VolcanoDot, x: Axis) -> str:
    return f"{x.label} {x.says(one.x)}, p {one.p:.2g}"


def _grid(x: Axis, y: Axis, box: Box) -> str:
    left, top, right, bottom = box
    parts = [across(x, box, "middle")]
    for value in y.ticks:
        at = y.place(value, bottom, top)
        words = f"{10**-value:.2g}".replace("e-0", "e-")
        parts.append(f'<path d="M{n(left)} {n(at)}H{n(right)}" stroke="var(--grid)"/>')
        parts.append(f'<text x="{n(left - 6)}" y="{n(at + 4)}" text-anchor="end" {QUIET}>{words}</text>')
    parts.append(f'<text x="{n(left - 6)}" y="{n(top - 12)}" text-anchor="end" {QUIET}>p</text>')
    return "".join(parts)
