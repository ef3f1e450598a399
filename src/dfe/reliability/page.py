"""The page of the reliability of rates: within a session, and on another day, as far as it was seen."""

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
_OTHERS = {"group": "Groups of displays", "eyes": "Displays of the eyes"}
WITHIN_ONE = (
    "within one session only: how far rates hold on another day, and how many minutes are enough, needs "
    "three subjects or more with two sessions"
)
"""Said where sessions were not repeated."""


def reliability_page(result: Mapping[str, Any]) -> str:
    """One self-contained HTML file about the JSON of :func:`dfe.reliability.files.reliability_json`."""
    return render(
        "reliability/reliability.html.jinja",
        result=result,
        rows=_known(result, "display"),
        others=[(title, rows) for unit, title in _OTHERS.items() if (rows := _known(result, unit))],
        chart=reliability_chart(result),
        shown=SHOWN,
        good=GOOD,
        needed=_needed,
        within_one=WITHIN_ONE,
    )


def reliability_chart(result: Mapping[str, Any]) -> Markup:
    """Lines of the displays shown most often, as far as minutes were seen; figures below 0 are drawn at 0.

    Dependability from session to session where sessions were repeated, otherwise halves of one session as measured.
    """
    rows, repeated = _known(result, "display")[:SHOWN], result["repeated_known"]
    lines = {i: row["dependability" if repeated else "by_minutes"] for i, row in enumerate(rows)}
    unit = "usable minutes of one session" if repeated else "usable minutes of a half"
    x = Axis.over(unit, [m for line in lines.values() for m, _ in line], log=True)
    y = Axis("dependability" if repeated else "ICC(A,1) of halves", 0.0, 1.0, (0.0, 0.25, 0.5, 0.75, 1.0))
    series = [
        Series(
            f"{row['token']} {row['label']}",
            tuple(Dot(m, r) for m, r in lines[place] if r is not None),
            Look(place, strong=False),
        )
        for place, row in enumerate(rows)
    ]
    about = f"Reliability of events per minute against {unit}, no further than was seen."
    title = "on another day" if repeated else "within one session"
    frame = Frame("reliability", f"How well a subject's rate holds {title}, by minutes recorded", about, 1080, 420)
    return line_chart(frame, series, x, y, (Mark(GOOD, f"{GOOD:g}: good"),) if repeated else ())


def _needed(row: Mapping[str, Any], seen: float) -> str:
    """Minutes of one session at which dependability reaches :data:`GOOD`, where that lies within what was seen."""
    whole = row["dependability"]
    if not whole or whole[-1][1] is None:
        return UNKNOWN
    if whole[-1][1] < GOOD:
        return f"not in {number(seen)}"
    one = row["components"]
    room = one["person"] * (1 - GOOD) / GOOD - one["session"]
    minutes = one["minute"] / room if room > 0 else 0.0
    return number(minutes) if minutes >= whole[0][0] else f"≤ {number(whole[0][0])}"


def _known(result: Mapping[str, Any], unit: str) -> list[Mapping[str, Any]]:
    return [row for row in result["units"] if row["unit"] == unit and row["half"]["value"] is not None]
