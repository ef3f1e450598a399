"""Tables of an evaluation's page: codings as rows, figures with intervals as columns, sortable by their headings."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dfe.judge.page_values import NOT_DEFINED, Coder, Column, Result, cell, number_at, why_not
from dfe.pages.html import count, percent, text

_NEW_LINE = "\n"


def table(
    name: str,
    columns: Sequence[Column],
    coders: Sequence[Coder],
    floors: Sequence[tuple[str, Result]] = (),
    *,
    shapes: bool = False,
) -> str:
    """Codings as rows, marked with the best value of a column; what was not measured is said below the table.

    Args:
        name: of the table, for those who do not see it; unique on the page.
        columns: in their order.
        coders: one row each.
        floors: rows below, by name, that are not sorted: what no coding would bring, with values like a coder's.
        shapes: say of each coding what it is, and how large.
    """
    reasons: list[str] = []
    best = {column.key: best_of(column, coders) for column in columns}
    rows = _NEW_LINE.join(
        f"<tr>{_head(coder, shapes)}"
        f"{''.join(_cell(column, coder.values, reasons, coder.id in best[column.key]) for column in columns)}</tr>"
        for coder in coders
    )
    below = _NEW_LINE.join(
        f'<tr><th scope="row"><span class="id">{text(title)}</span></th>'
        f"{''.join(_floor_cell(column, values) for column in columns)}</tr>"
        for title, values in floors
    )
    notes = "".join(
        f'<li id="{name}-why-{i}"><b>{_letter(i)}</b> {text(reason)}</li>' for i, reason in enumerate(reasons)
    )
    return f"""<div class="scroll" tabindex="0" role="region" aria-label="{text(name.replace("-", " "))}">
<table class="sortable" id="{name}">
<thead><tr><th scope="col" aria-sort="none" data-kind="text"><button type="button">Coding</button></th>
{_NEW_LINE.join(_heading(column) for column in columns)}</tr></thead>
<tbody>
{rows}
</tbody>
{f"<tfoot>{below}</tfoot>" if below else ""}</table></div>
{f'<ul class="reasons" aria-label="Not measured">{notes}</ul>' if notes else ""}"""


def meanings(columns: Sequence[Column]) -> str:
    """The explanations of headings, for those who cannot hover, and for print."""
    rows = "".join(f"<dt>{text(column.heading)}</dt><dd>{text(column.about)}</dd>" for column in columns)
    return f'<details class="fold"><summary>What the columns mean</summary><dl class="meanings">{rows}</dl></details>'


def best_of(column: Column, coders: Sequence[Coder]) -> set[str]:
    """Ids of the codings with the best value as it is written; none where there is nothing to choose.

    A coding that has seen the people judged on is no candidate.
    """
    found = [(c.id, column.find(c.values)) for c in coders if not c.seen]
    least = float("-inf") if column.least is None else column.least
    known = [(id, max(figure.value, least)) for id, figure in found if figure is not None]
    if not column.better or len(known) < 2:
        return set()
    top = column.shown(max(known, key=lambda each: column.better * each[1])[1])
    best = {id for id, value in known if column.shown(value) == top}
    return best if len(best) < len(known) else set()


def named(id: str) -> str:
    """A coding's id as HTML that breaks where its parts end."""
    return "<wbr>".join(text(piece) for piece in re.split(r"(?<=[/_.:,@-])", id))


def _head(coder: Coder, shapes: bool) -> str:
    levels, size = number_at(coder.values, "levels"), number_at(coder.values, "size")
    shape = f", {count(int(levels), 'level')} of {size:,.0f}" if levels and size else ""
    seen = ""
    if coder.seen:
        seen = f'<span class="badge check">has seen the people on {percent(coder.seen)} of the faces</span>'
    about = f"<small>{text(coder.kind)}{shape}</small>" if shapes else ""
    return (
        f'<th scope="row" data-v="{text(coder.id)}"><span class="id" style="color:{coder.look.colour}">'
        f"{named(coder.id)}</span>{about}{seen}</th>"
    )


def _heading(column: Column) -> str:
    return (
        f'<th scope="col" class="n" aria-sort="none" data-key="{column.key}" data-kind="number" '
        f'data-better="{column.better}"><button type="button" title="{text(column.about)}">'
        f"{text(column.heading)}</button>{f'<small>{text(column.below)}</small>' if column.below else ''}</th>"
    )


def _cell(column: Column, values: Result, reasons: list[str], best: bool) -> str:
    figure = column.find(values)
    if figure is None:
        reason = why_not(values, column.measure)
        words = "not measured"
        if column.absent and reason == NOT_DEFINED:
            reason, words = column.absent, "–"
        if reason not in reasons:
            reasons.append(reason)
        letter = _letter(reasons.index(reason))
        return f'<td class="n none" data-v="" title="{text(reason)}">{words} <sup>{letter}</sup></td>'
    mark = '<span class="unseen">best: </span>' if best else ""
    return (
        f'<td class="n{" best" if best else ""}" data-v="{figure.value:.6g}">{mark}{cell(column, figure, values)}</td>'
    )


def _floor_cell(column: Column, values: Result) -> str:
    figure = column.find(values)
    return '<td class="n quiet">–</td>' if figure is None else f'<td class="n">{cell(column, figure, values)}</td>'


def _letter(place: int) -> str:
    return chr(ord("a") + place) if place < 26 else str(place)


def note(html: str) -> str:
    """A remark above or below a figure."""
    return f'<p class="note">{html}</p>'


def missing(what: str, measure: str, coders: Sequence[Coder]) -> str:
    """That a measure is missing, and why, as HTML."""
    reasons = dict.fromkeys(why_not(coder.values, measure) for coder in coders)
    return f"{what} was not measured: {'; '.join(text(reason) for reason in reasons) or 'no coding'}."
