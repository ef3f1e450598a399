"""Small multiples as SVG text: rows that are named once, and a panel for each figure with a dot and its interval.

A group's first row is what the others of the group are compared with: a dashed line leads down from its dot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import NamedTuple

from markupsafe import Markup

from dfe.pages.axis import Axis
from dfe.pages.chart import Frame
from dfe.pages.escape import text
from dfe.pages.svg import INK, QUIET, Look, dot, n, name, svg, width_of

_ROW, _HEADING = 20, 24
_TOP, _BOTTOM = 62, 22
_GAP, _INSET = 26, 8
_NAMES_AT_MOST = 230


class Value(NamedTuple):
    """A figure and, where it is known, its interval."""

    value: float
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Row:
    """One thing that is compared.

    Args:
        name: at its left.
        values: one for each panel; None where it was not measured.
    """

    name: str
    values: tuple[Value | None, ...]


@dataclass(frozen=True)
class Group:
    """Rows that belong together.

    Args:
        name: above them.
        rows: the first is what the others are compared with.
        look: of its dots.
        compared: whether lines lead down from the first row.
    """

    name: str
    rows: tuple[Row, ...]
    look: Look
    compared: bool = True


class Panel(NamedTuple):
    """A column of dots."""

    axis: Axis
    better: str
    """What is better, in words, below its label; may be empty."""


def small_multiples(frame: Frame, groups: Sequence[Group], panels: Sequence[Panel]) -> Markup:
    """Every group's rows, from top to bottom; the height is that of the rows, whatever the frame says."""
    rows = [row for group in groups for row in group.rows]
    left = ceil(min(max((width_of(row.name) for row in rows), default=0.0), _NAMES_AT_MOST)) + 14
    bottom = _TOP + _HEADING * len(groups) + _ROW * len(rows)
    columns = _columns(left, frame.width - 6, len(panels))
    parts = [_panel(panel, column, bottom) for panel, column in zip(panels, columns, strict=True)]
    top = _TOP
    for group in groups:
        parts.append(_group(group, top, panels, columns, left, frame.width))
        top += _HEADING + _ROW * len(group.rows)
    return svg(frame.id, frame.title, frame.about, (frame.width, bottom + _BOTTOM), parts)


def _columns(left: float, right: float, panels: int) -> list[tuple[float, float]]:
    """Left and right end of each panel."""
    width = (right - left - _GAP * (panels - 1)) / max(panels, 1)
    return [(left + i * (width + _GAP), left + i * (width + _GAP) + width) for i in range(panels)]


def _panel(panel: Panel, column: tuple[float, float], bottom: float) -> str:
    (left, right), axis = column, panel.axis
    room = right - left + _GAP - 6
    parts = [
        name(axis.label, (left, 36), f'{INK} font-weight="600"', room),
        name(panel.better, (left, 51), QUIET, room),
    ]
    places = [(axis.place(tick, left + _INSET, right - _INSET), axis.tick(tick)) for tick in axis.ticks]
    for at, words in _apart(places):
        parts.append(f'<text x="{n(at)}" y="{n(bottom + 16)}" text-anchor="middle" {QUIET}>{text(words)}</text>')
    return "".join(parts)


def _apart(places: Sequence[tuple[float, str]]) -> Sequence[tuple[float, str]]:
    """Every tick, or every second, or third ...: so many that their names do not touch."""

    def touch(every: int) -> bool:
        named = pairwise(places[::every])
        return any((width_of(a[1]) + width_of(b[1])) / 2 + 5 > b[0] - a[0] for a, b in named)

    return places[:: next((every for every in range(1, len(places)) if not touch(every)), max(len(places), 1))]


def _group(
    group: Group, top: float, panels: Sequence[Panel], columns: Sequence[tuple[float, float]], left: float, width: float
) -> str:
    first, end = top + _HEADING, top + _HEADING + _ROW * len(group.rows)
    parts = [name(group.name, (0, top + 17), f'{INK} font-weight="600"', width)]
    parts += [_grid(panel.axis, column, first, end) for panel, column in zip(panels, columns, strict=True)]
    if group.compared and len(group.rows) > 1:
        for panel, column, value in zip(panels, columns, group.rows[0].values, strict=True):
            if value is not None:
                at = panel.axis.place(value.value, column[0] + _INSET, column[1] - _INSET)
                line = f'<path class="reference" d="M{n(at)} {n(first + _ROW / 2)}V{n(end)}"'
                parts.append(f'{line} stroke="{group.look.colour}" stroke-opacity="0.7" stroke-dasharray="3 3"/>')
    for i, row in enumerate(group.rows):
        strong = i == 0 and group.compared
        look = Look(group.look.place, "diamond" if strong else group.look.shape, strong)
        middle = first + _ROW * (i + 0.5)
        words = f'{INK} font-weight="{600 if strong else 400}"'
        drawn = [name(row.name, (left - 14, middle + 4), words, left - 14, "end")]
        for panel, column, value in zip(panels, columns, row.values, strict=True):
            drawn.append(_cell(row.name, value, panel.axis, column, middle, look))
        parts.append(f'<g class="row">{"".join(drawn)}</g>')
    return "".join(parts)


def _grid(axis: Axis, column: tuple[float, float], top: float, bottom: float) -> str:
    """Lines down at the ticks, and dotted ones across, by which a dot is read back to its name."""
    places = [axis.place(tick, column[0] + _INSET, column[1] - _INSET) for tick in axis.ticks]
    lines = [f'<path d="M{n(at)} {n(top)}V{n(bottom)}" stroke="var(--grid)"/>' for at in places]
    heights = [top + _ROW * (i + 0.5) for i in range(round((bottom - top) / _ROW))]
    across = 'stroke="var(--quiet)" stroke-opacity="0.45" stroke-dasharray="1 4"'
    lines += [f'<path d="M{n(column[0])} {n(at)}H{n(column[1])}" {across}/>' for at in heights]
    return "".join(lines)


def _cell(row: str, value: Value | None, axis: Axis, column: tuple[float, float], middle: float, look: Look) -> str:
    left, right = column[0] + _INSET, column[1] - _INSET
    if value is None:
        return f'<text x="{n((left + right) / 2)}" y="{n(middle + 4)}" text-anchor="middle" {QUIET}>–</text>'
    said, bar = f"{row}: {axis.label} {axis.says(value.value)}", ""
    if value.interval is not None:
        low, high = (axis.place(v, left, right) for v in value.interval)
        said += f" ({axis.says(value.interval[0])} to {axis.says(value.interval[1])})"
        line = f'd="M{n(low)} {n(middle)}H{n(high)}" stroke="{look.colour}" stroke-width="2" stroke-opacity="0.6"'
        bar = f'<path class="bar" {line}/>'
    return bar + dot((axis.place(value.value, left, right), middle), look, said)
