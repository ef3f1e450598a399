"""The page of the reliability of rates: how many minutes are enough for which display."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dfe.pages.axis import Axis
from dfe.pages.chart import Dot, Frame, Mark, Series, line_chart
from dfe.pages.html import count, page, text
from dfe.pages.svg import Look

SHOWN = 8
GOOD = 0.75
_LEAST = 0.05


def reliability_page(result: Mapping[str, Any]) -> str:
    """One self-contained HTML file about the JSON of :func:`dfe.reliability.files.reliability_json`."""
    known = [row for row in result["displays"] if row["half"]["value"] is not None]
    retest = (
        ""
        if result["sessions"] is None
        else f" {count(result['retested'], 'subject')} were seen in the sessions {' and '.join(result['sessions'])}."
    )
    body = f"""<main>
<header><p class="kind">Reliability</p>
<h1>How many minutes are enough?</h1>
<p class="lead">Events per valid minute of {count(len(known), "display")}, {count(result["subjects"], "subject")}:
odd and even minutes compared.{text(retest)} Counted: {text(result["events"]["counted"])}.</p>
<p class="note">ICC(A,1): how near two measurements of a subject are, against how far subjects differ; 1 is perfect,
0 is none. It belongs to these subjects and this situation: where subjects differ little it is low, however good the
measurement is.</p></header>
<section><h2>Reliability against minutes recorded</h2>
<div class="compared"><figure>{reliability_chart(result)}</figure></div>
<p class="note">Extrapolated by Spearman and Brown's formula from all minutes; shorter halves as they were measured are
in curve.csv. The {min(SHOWN, len(known))} displays shown most often.</p></section>
<section><h2>All displays</h2>{_table(known, result)}</section>
<section><p class="note">{text(result["statement"])}</p></section>
</main>"""
    return page("Reliability of rates", body, styles=("page.css", "evaluation.css", "compare.css"), scripts=())


def reliability_chart(result: Mapping[str, Any]) -> str:
    """Extrapolated lines of the displays shown most often; figures below 0 are drawn at 0."""
    rows = [row for row in result["displays"] if row["half"]["value"] is not None][:SHOWN]
    x = Axis.over("minutes of valid time", [m for row in rows for m, _ in row["extrapolated"]], log=True)
    y = Axis("ICC(A,1)", 0.0, 1.0, (0.0, 0.25, 0.5, 0.75, 1.0))
    series = [
        Series(
            f"{row['display']} {row['label']}",
            tuple(Dot(m, r) for m, r in row["extrapolated"] if r is not None),
            Look(place, strong=False),
        )
        for place, row in enumerate(rows)
    ]
    about = "Reliability of events per minute against minutes of valid time."
    frame = Frame("reliability", "How well a subject's rate holds, by minutes recorded", about, 1080, 420)
    return line_chart(frame, series, x, y, (Mark(GOOD, f"{GOOD:g}"),))


def _table(rows: Sequence[Mapping[str, Any]], result: Mapping[str, Any]) -> str:
    heads = ["events a minute", "halves: ICC(A,1)", "ICC(C,1)", "all minutes", f"minutes for {GOOD:g}"]
    heads += [] if result["sessions"] is None else ["sessions: ICC(A,1)", "ICC(C,1)"]
    head = "".join(f'<th class="n" scope="col">{text(one)}</th>' for one in heads)
    lines = []
    for row in rows:
        cells = [_f(row["per_min"]), _interval(row["half"]), _f(row["half_consistency"]), _f(row["whole"])]
        cells.append(_needed(row))
        if result["sessions"] is not None:
            cells += [_interval(row["retest"]), _f(row["retest_consistency"])]
        said = "".join(f'<td class="n">{cell}</td>' for cell in cells)
        lines.append(f"<tr><td><b>{row['display']}</b> {text(row['label'])}</td>{said}</tr>")
    return (
        f'<div class="scroll fold"><table><thead><tr><th scope="col">display</th>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _needed(row: Mapping[str, Any]) -> str:
    """Minutes at which Spearman and Brown's formula reaches :data:`GOOD`."""
    r, each = row["half"]["value"], row["minutes"]
    if r < _LEAST:
        return "–"
    minutes = each * GOOD * (1 - r) / (r * (1 - GOOD))
    return f"{minutes:.1f}" if minutes < 9.95 else f"{minutes:,.0f}"


def _interval(estimate: Mapping[str, float | None]) -> str:
    if estimate["low"] is None:
        return _f(estimate["value"])
    return f"{_f(estimate['value'])} [{_f(estimate['low'])}, {_f(estimate['high'])}]"


def _f(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace("-", "−")
