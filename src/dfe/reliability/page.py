"""The page of the reliability of rates: how many minutes are enough for which display."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from dfe.pages.axis import Axis
from dfe.pages.chart import Dot, Frame, Mark, Series, line_chart
from dfe.pages.formats import UNKNOWN, number
from dfe.pages.page import render
from dfe.pages.svg import Look

SHOWN = 8
GOOD = 0.75
_LEAST = 0.05


def reliability_page(result: Mapping[str, Any]) -> str:
    """One self-contained HTML file about the JSON of :func:`dfe.reliability.files.reliability_json`."""
    return render(
        "reliability/reliability.html.jinja",
        result=result,
        rows=_known(result),
        chart=reliability_chart(result),
        shown=SHOWN,
        good=GOOD,
        needed=_needed,
    )


def reliability_chart(result: Mapping[str, Any]) -> Markup:
    """Extrapolated lines of the displays shown most often; figures below 0 are drawn at 0."""
    rows = _known(result)[:SHOWN]
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
    return line_chart(frame, series, x, y, (Mark(GOOD, f"{GOOD:g}: good"),))


def _needed(row: Mapping[str, Any]) -> str:
    """Minutes at which Spearman and Brown's formula reaches :data:`GOOD`."""
    r, each = row["half"]["value"], row["minutes"]
    if r < _LEAST:
        return UNKNOWN
    minutes = each * GOOD * (1 - r) / (r * (1 - GOOD))
    return number(minutes, 1 if minutes < 9.95 else 0)


def _known(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [row for row in result["displays"] if row["half"]["value"] is not None]
