"""Small charts as SVG text: lines with bands, dots with intervals, a front of labelled points; no script needed.

Colours are CSS variables of the page that a chart stands in, so that it turns dark with it;
:func:`dfe.pages.svg.standalone` makes a file of its own of a chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, NamedTuple

from markupsafe import Markup

from dfe.pages.axis import Axis
from dfe.pages.escape import text
from dfe.pages.svg import LINE, QUIET, Look, dot, fitted, n, name, path, spread_out, svg, width_of

_LABELS_AT_MOST = 180
_MARKS_AT_MOST = 16
_ROW = 19
Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


class Dot(NamedTuple):
    """A point; an interval is of y in a line chart and a front, ``x_interval`` of x in a front and a dot plot."""

    x: float
    y: float
    interval: tuple[float, float] | None = None
    x_interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Series:
    """Points that belong together, from left to right; at most one in a dot plot and a front."""

    name: str
    dots: tuple[Dot, ...]
    look: Look


class Mark(NamedTuple):
    """A value that is no series, a floor or a ceiling, drawn across the chart."""

    value: float
    name: str


@dataclass(frozen=True)
class Frame:
    """What a chart is called, and its size in CSS pixels.

    Args:
        id: unique on the page.
        title: stands above it.
        about: what it shows, for those who do not see it.
        width, height: of the whole.
    """

    id: str
    title: str
    about: str
    width: int = 640
    height: int = 420


def line_chart(frame: Frame, series: Sequence[Series], x: Axis, y: Axis, marks: Sequence[Mark] = ()) -> Markup:
    """Lines, with bands where points have intervals; every line and every mark is named at the right.

    A dotted line leads from a line's last point to its name. Values off an axis are held at its end.
    """
    drawn = [one for one in series if one.dots]
    widest = max((width_of(named) for named in [one.name for one in drawn] + [mark.name for mark in marks]), default=0)
    room = min(widest, max(_LABELS_AT_MOST, 0.28 * frame.width)) + 2
    box = (46, 46, frame.width - round(room) - 24, frame.height - 40)
    left, top, right, bottom = box
    ends = [y.place(one.dots[-1].y, bottom, top) for one in drawn]
    heights = [y.place(mark.value, bottom, top) for mark in marks]
    places = spread_out(ends + heights, LINE, top, bottom)
    parts = [_grid(x, y, box)]
    for mark, height, place in zip(marks, heights, places[len(drawn) :], strict=True):
        line = f'<path d="M{n(left)} {n(height)}H{n(right)}" stroke="var(--quiet)" stroke-dasharray="4 3"/>'
        parts.append(f'<g class="mark">{line}{_label(mark.name, right, height, place, QUIET, room)}</g>')
    # What is judged lies on top of what it is compared with.
    for i in sorted(range(len(drawn)), key=lambda i: (drawn[i].look.strong, -i)):
        one, look = drawn[i], drawn[i].look
        at = [(x.place(d.x, left, right), y.place(d.y, bottom, top)) for d in one.dots]
        line = (
            f'<path class="line" d="{path(at)}" fill="none" stroke="{look.colour}" stroke-linejoin="round" '
            f'stroke-width="{2.4 if look.strong else 1.6}"{look.dashes}/><path d="M{n(at[-1][0])} {n(at[-1][1])}'
            f'H{n(right)}" stroke="{look.colour}" stroke-dasharray="1 3"/>'
        )
        first = 0 if len(at) <= _MARKS_AT_MOST else len(at) - 1
        dots = "".join(
            dot(point, look, _said(one.name, d, x, y)) for point, d in zip(at[first:], one.dots[first:], strict=True)
        )
        label = _label(one.name, right, ends[i], places[i], look.words, room)
        parts.append(f'<g class="series">{_band(one, x, y, box)}{line}{dots}{label}</g>')
    return svg(frame.id, frame.title, frame.about, (frame.width, frame.height), parts)


def dot_plot(frame: Frame, series: Sequence[Series], axis: Axis, marks: Sequence[Mark] = ()) -> Markup:
    """One row per series: its name, its ``x`` as a dot on the axis, its ``x_interval``.

    The height is that of the rows, whatever the frame says. A series without a dot keeps its row and says why.
    """
    widest = max((width_of(one.name) for one in series), default=0.0)
    left, right, top = round(min(widest, 0.46 * frame.width)) + 12, frame.width - 18, 46 if marks else 28
    bottom = top + _ROW * len(series)
    box = (left, top, right, bottom)
    parts = [across(axis, box)]
    for mark in marks:
        at = axis.place(mark.value, left, right)
        side = "end" if at > (left + right) / 2 else "start"
        line = f'<path d="M{n(at)} {top - 2}V{bottom}" stroke="var(--quiet)" stroke-dasharray="4 3"/>'
        parts.append(f'<g class="mark">{line}{name(mark.name, (at, top - 6), QUIET, right - left, side)}</g>')
    for i, one in enumerate(series):
        middle = top + _ROW * (i + 0.5)
        words = one.look.words if one.dots else QUIET
        row = [name(one.name, (left - 9, middle + 4), words, left - 9, "end")]
        for d in one.dots[:1]:
            if d.x_interval:
                low, high = (axis.place(value, left, right) for value in d.x_interval)
                row.append(_bar(f"M{n(low)} {n(middle)}H{n(high)}", one.look))
            row.append(dot((axis.place(d.x, left, right), middle), one.look, _said(one.name, d, axis)))
        if not one.dots:
            row.append(f'<text x="{left + 6}" y="{n(middle + 4)}" {QUIET}>not measured</text>')
        parts.append(f'<g class="series">{"".join(row)}</g>')
    return svg(frame.id, frame.title, frame.about, (frame.width, bottom + 38), parts)


def front(frame: Frame, series: Sequence[Series], x: Axis, y: Axis) -> Markup:
    """Named points with intervals, and a pale line through those that no other one beats: less of x and more of y.

    Args:
        frame, series, x, y: as in :func:`line_chart`, one dot a series.
    """
    box = (46, 46, frame.width - 18, frame.height - 40)
    left, top, right, bottom = box
    drawn = [one for one in series if one.dots]
    at = [(x.place(one.dots[0].x, left, right), y.place(one.dots[0].y, bottom, top)) for one in drawn]
    best = unbeaten([(-one.dots[0].x, one.dots[0].y) for one in drawn])
    parts = [_grid(x, y, box)]
    if len(best) > 1:
        line = path(sorted(at[i] for i in best))
        stroke = 'stroke="var(--quiet)" stroke-opacity="0.25" stroke-width="6"'
        parts.append(f'<path class="front" d="{line}" fill="none" {stroke} stroke-linejoin="round"/>')
    names = [fitted(one.name, _LABELS_AT_MOST) for one in drawn]
    lines = [_intervals(one.dots[0], point, x, y, box) for one, point in zip(drawn, at, strict=True)]
    places = _beside(at, names, list(chain.from_iterable(lines)), box)
    for one, words, point, bars in zip(drawn, places, at, lines, strict=True):
        shown = "".join(_bar(f"M{n(a)} {n(b)}L{n(c)} {n(d)}", one.look) for a, b, c, d in bars)
        halo = 'stroke="var(--paper)" stroke-width="3" stroke-linejoin="round" paint-order="stroke"'
        label = name(one.name, words, f"{one.look.words} {halo}", _LABELS_AT_MOST)
        parts.append(f'<g class="series">{shown}{dot(point, one.look, _said(one.name, one.dots[0], x, y))}{label}</g>')
    return svg(frame.id, frame.title, frame.about, (frame.width, frame.height), parts)


def across(axis: Axis, box: Box, label: Literal["end", "middle"] = "end") -> str:
    """Lines down at the ticks of an axis from left to right, the words at them, and its label below."""
    left, top, right, bottom = box
    parts = []
    for value in axis.ticks:
        at = axis.place(value, left, right)
        parts.append(f'<path d="M{n(at)} {n(top)}V{n(bottom)}" stroke="var(--grid)"/>')
        parts.append(f'<text x="{n(at)}" y="{n(bottom + 16)}" text-anchor="middle" {QUIET}>{axis.tick(value)}</text>')
    at = right if label == "end" else (left + right) / 2
    parts.append(f'<text x="{n(at)}" y="{n(bottom + 33)}" text-anchor="{label}" {QUIET}>{text(axis.label)}</text>')
    return "".join(parts)


def unbeaten(points: Sequence[tuple[float, float]]) -> list[int]:
    """Numbers of the points (more is better) such that no other is as good in both values and better in one."""
    return [i for i, (x, y) in enumerate(points) if not any(a >= x and b >= y and (a > x or b > y) for a, b in points)]


def _grid(x: Axis, y: Axis, box: Box) -> str:
    left, top, right, bottom = box
    parts = [across(x, box)]
    for value in y.ticks:
        at = y.place(value, bottom, top)
        parts.append(f'<path d="M{n(left)} {n(at)}H{n(right)}" stroke="var(--grid)"/>')
        parts.append(f'<text x="{n(left - 7)}" y="{n(at + 4)}" text-anchor="end" {QUIET}>{y.tick(value)}</text>')
    parts.append(f'<text x="0" y="31" {QUIET}>{text(y.label)}</text>')
    return "".join(parts)


def _band(one: Series, x: Axis, y: Axis, box: Box) -> str:
    left, top, right, bottom = box
    known = [(x.place(d.x, left, right), d.interval) for d in one.dots if d.interval]
    if len(known) == 1:
        ((at, ends),) = known
        low, high = (n(y.place(value, bottom, top)) for value in ends)
        return _bar(f"M{n(at)} {low}V{high}", one.look)
    if not known:
        return ""
    edge = [(at, y.place(high, bottom, top)) for at, (_, high) in known]
    edge += [(at, y.place(low, bottom, top)) for at, (low, _) in reversed(known)]
    return f'<path class="band" d="{path(edge)}Z" fill="{one.look.colour}" fill-opacity="0.13"/>'


def _bar(line: str, look: Look) -> str:
    wide = 2.2 if look.strong else 1.6
    return f'<path class="bar" d="{line}" stroke="{look.colour}" stroke-width="{wide}" stroke-opacity="0.55"/>'


def _label(words: str, right: float, end: float, place: float, attributes: str, room: float) -> str:
    ink = attributes.split('"')[1]
    lead = (
        f'<path d="M{n(right)} {n(end)}L{n(right + 14)} {n(place)}" stroke="{ink}" stroke-opacity="0.6" fill="none"/>'
    )
    return lead + name(words, (right + 18, place + 4), attributes, room)


def _said(series: str, d: Dot, x: Axis, y: Axis | None = None) -> str:
    """What shows under the mouse."""
    parts = [f"{x.label} {x.says(d.x)}{_between(d.x_interval, x)}"]
    if y is not None:
        parts.append(f"{y.label} {y.says(d.y)}{_between(d.interval, y)}")
    return f"{series}: {', '.join(parts)}"


def _between(interval: tuple[float, float] | None, axis: Axis) -> str:
    return f" ({axis.says(interval[0])} to {axis.says(interval[1])})" if interval else ""


def _intervals(d: Dot, at: tuple[float, float], x: Axis, y: Axis, box: Box) -> list[Box]:
    """Lines of a point's intervals."""
    left, top, right, bottom = box
    lines = []
    if d.x_interval:
        low, high = (x.place(value, left, right) for value in d.x_interval)
        lines.append((low, at[1], high, at[1]))
    if d.interval:
        high, low = (y.place(value, bottom, top) for value in d.interval)
        lines.append((at[0], low, at[0], high))
    return lines


def _beside(
    at: Sequence[tuple[float, float]], names: Sequence[str], lines: Sequence[Box], box: Box
) -> list[tuple[float, float]]:
    """Where each point's name starts: right, left, above or below it, wherever it hides the least."""
    left, top, right, bottom = box
    taken: list[Box] = [(x - 6, y - 6, x + 6, y + 6) for x, y in at]
    taken += [(a - 1, b - 1, c + 1, d + 1) for a, b, c, d in lines]
    places = []
    for (x, y), words in zip(at, names, strict=True):
        wide = width_of(words)
        tries = []
        for dy in (4, -9, 17, -22, 30, -35, 43):
            for dx in (9, -9 - wide, -wide / 2):
                tries.append((x + dx, y + dy) if dx != -wide / 2 or dy != 4 else (x + 9, y + 4))
        boxes = [(tx, ty - 11, tx + wide, ty + 3) for tx, ty in tries]
        costs = [
            sum(_overlap(b, other) for other in taken) + 10 * (wide * 14 - _overlap(b, (left, top - 8, right, bottom)))
            for b in boxes
        ]
        chosen = min(range(len(tries)), key=lambda i: (round(costs[i], 3), i))
        places.append(tries[chosen])
        taken.append(boxes[chosen])
    return places


def _overlap(a: Box, b: Box) -> float:
    return max(min(a[2], b[2]) - max(a[0], b[0]), 0.0) * max(min(a[3], b[3]) - max(a[1], b[1]), 0.0)
