"""Tables of an evaluation's page: codings as rows, figures with intervals as columns, the best ones marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dfe.judge.columns import Column, best_of
from dfe.judge.reading import NOT_DEFINED, Coder, Figure, Result, why_not
from dfe.pages.formats import UNKNOWN, tenths


class Cell(NamedTuple):
    """A figure as it is written, or that there is none."""

    words: str
    beside: str = ""
    """The figure as a share, in paler print."""
    interval: str = ""
    value: float | None = None
    """For sorting; None where nothing was measured."""
    best: bool = False
    reason: str = ""
    """Why it was not measured."""
    letter: str = ""
    """Of the reason in the list below the table."""


@dataclass(frozen=True)
class Table:
    """Codings as rows, figures with intervals as columns, marked with the best value of a column."""

    name: str
    """Unique on the page."""
    columns: Sequence[Column]
    rows: list[tuple[Coder, list[Cell]]]
    floors: list[tuple[str, list[Cell]]]
    """Rows below that are not sorted: what no coding would bring."""
    reasons: list[tuple[str, str]]
    """Letters and reasons of what was not measured."""


def table(
    name: str, columns: Sequence[Column], coders: Sequence[Coder], floors: Sequence[tuple[str, Result]] = ()
) -> Table:
    """Codings as rows, marked with the best value of a column; what was not measured has a reason below the table.

    Args:
        name: of the table, unique on the page.
        columns: in their order.
        coders: one row each.
        floors: rows below, by name, with values like a coder's.
    """
    letters: dict[str, str] = {}
    best = {column.key: best_of(column, coders) for column in columns}
    rows = []
    for coder in coders:
        cells = [_cell(column, coder.values, letters) for column in columns]
        marked = [cell._replace(best=coder.id in best[column.key]) for column, cell in zip(columns, cells, strict=True)]
        rows.append((coder, marked))
    below = [
        (title, [cell(c, figure, values) if (figure := c.find(values)) else Cell(UNKNOWN) for c in columns])
        for title, values in floors
    ]
    return Table(name, columns, rows, below, [(letter, reason) for reason, letter in letters.items()])


def cell(column: Column, figure: Figure, values: Result) -> Cell:
    """A figure as a column writes it, with its interval."""
    beside = column.share(values) if column.share else None
    interval = ""
    if figure.interval is not None:
        low, high = (column.shown(end) for end in figure.interval)
        # A dash beside a minus would be read as another one.
        low = low.removesuffix("%")
        interval = f"{low}{' to ' if '−' in low + high else '–'}{high}"
    return Cell(column.shown(figure.value), tenths(beside.value) if beside else "", interval, figure.value)


def _cell(column: Column, values: Result, letters: dict[str, str]) -> Cell:
    figure = column.find(values)
    if figure is not None:
        return cell(column, figure, values)
    reason, words = why_not(values, column.measure), "not measured"
    if column.absent and reason == NOT_DEFINED:
        reason, words = column.absent, UNKNOWN
    place = len(letters)
    letter = letters.setdefault(reason, chr(ord("a") + place) if place < 26 else str(place))
    return Cell(words, reason=reason, letter=letter)
