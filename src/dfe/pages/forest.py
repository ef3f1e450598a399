"""A forest plot: displays in pictures and words, effects with intervals on one axis, and numbers beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from markupsafe import Markup

from dfe.pages.axis import Axis
from dfe.pages.chart import Frame, across
from dfe.pages.escape import data_uri, text
from dfe.pages.svg import INK, QUIET, Look, dot, n, name, svg, width_of

_ROW, _TOP, _BOTTOM = 46, 58, 44
_PICTURE = 42
_NAMES_AT_MOST = 330


@dataclass(frozen=True)
class ForestRow:
    """One display.

    Args:
        name: in words.
        detail: below it, smaller matters such as its number and side.
        value: the effect; None where there is none.
        interval: of the effect.
        numbers: one for each column at the right.
        strong: drawn in colour; others are quiet.
        picture: PNG file, or None.
    """

    name: str
    detail: str
    value: float | None
    interval: tuple[float, float] | None
    numbers: tuple[str, ...]
    strong: bool
    picture: bytes | None = None


def forest(
    frame: Frame,
    rows: Sequence[ForestRow],
    axis: Axis,
    headings: Sequence[str],
    ends: tuple[str, str],
    none: float = 0.0,
) -> Markup:
    """Draw rows from top to bottom; the height is that of the rows, whatever the frame says.

    Args:
        frame: title, size.
        rows: in order.
        axis: of the effects, that of none within it.
        headings: of the numbers at the right.
        ends: what effects to the left and to the right of none mean.
        none: the effect that is none; 1 of ratios.
    """
    widest = max((width_of(words) for row in rows for words in (row.name, row.detail)), default=0.0)
    left = _PICTURE + 10 + ceil(min(widest, _NAMES_AT_MOST)) + 20
    widths = [
        max([width_of(head), *(width_of(row.numbers[i]) for row in rows)]) + 16 for i, head in enumerate(headings)
    ]
    right = frame.width - round(sum(widths)) - 8
    bottom = _TOP + _ROW * len(rows)
    parts = [_axis(axis, left, right, bottom, ends, none)]
    at = float(right)
    columns = []
    for head, width in zip(headings, widths, strict=True):
        at += width
        columns.append(at)
        parts.append(f'<text x="{n(at)}" y="{_TOP - 10}" text-anchor="end" {QUIET}>{text(head)}</text>')
    for i, row in enumerate(rows):
        parts.append(_row(row, _TOP + _ROW * i, axis, (left, right), columns))
    return svg(frame.id, frame.title, frame.about, (frame.width, bottom + _BOTTOM), parts)


def _axis(axis: Axis, left: float, right: float, bottom: float, ends: tuple[str, str], none: float) -> str:
    parts = [across(axis, (left, _TOP, right, bottom), "middle")]
    zero = axis.place(none, left, right)
    parts.append(f'<path class="zero" d="M{n(zero)} {_TOP - 4}V{n(bottom)}" stroke="var(--quiet)"/>')
    parts.append(name(f"← {ends[0]}", (zero - 8, _TOP - 10), QUIET, zero - left + 40, "end"))
    parts.append(name(f"{ends[1]} →", (zero + 8, _TOP - 10), QUIET, right - zero))
    return "".join(parts)


def _row(row: ForestRow, top: float, axis: Axis, ends: tuple[float, float], columns: Sequence[float]) -> str:
    left, middle = ends[0], top + _ROW / 2
    look = Look(0 if row.strong else -1, "square" if row.strong else "circle", row.strong)
    drawn = [f'<path d="M0 {n(top + _ROW)}H{n(columns[-1] if columns else ends[1])}" stroke="var(--grid)"/>']
    if row.picture is not None:
        address = data_uri(row.picture)
        drawn.append(f'<image x="0" y="{n(top + 2)}" width="{_PICTURE}" height="{_PICTURE}" href="{address}"/>')
    room = left - _PICTURE - 29
    weight = 600 if row.strong else 400
    drawn.append(name(row.name, (_PICTURE + 10, middle - 2), f'{INK} font-weight="{weight}"', room))
    drawn.append(name(row.detail, (_PICTURE + 10, middle + 13), QUIET, room))
    if row.value is None:
        drawn.append(f'<text x="{n(ends[0] + 8)}" y="{n(middle + 4)}" {QUIET}>no spread</text>')
    else:
        said = f"{row.name}: {axis.label} {axis.says(row.value)}"
        if row.interval is not None:
            low, high = (axis.place(value, *ends) for value in row.interval)
            said += f" ({axis.says(row.interval[0])} to {axis.says(row.interval[1])})"
            line = f'd="M{n(low)} {n(middle)}H{n(high)}" stroke="{look.colour}" stroke-width="2"'
            drawn.append(f'<path class="bar" {line} stroke-opacity="0.7"/>')
        drawn.append(dot((axis.place(row.value, *ends), middle), look, said))
    for x, words in zip(columns, row.numbers, strict=True):
        drawn.append(f'<text x="{n(x)}" y="{n(middle + 4)}" text-anchor="end" {INK}>{text(words)}</text>')
    return f'<g class="series">{"".join(drawn)}</g>'
