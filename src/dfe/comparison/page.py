"""The page of a comparison: who was compared, what differs, how sure that is; the values of no single person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from dfe.comparison.designs.beside_page import counted_otherwise
from dfe.pages.axis import Axis
from dfe.pages.chart import Dot, Frame, Series, line_chart
from dfe.pages.forest import ForestRow, forest
from dfe.pages.formats import UNKNOWN, number, p_value
from dfe.pages.page import render
from dfe.pages.svg import Look
from dfe.pages.volcano import VolcanoDot, volcano

SHOWN = 16
"""Displays in a forest plot."""
_NAMED, _FEW = 8, 3
"""Displays named in a volcano plot; and where none differs among many."""
FALSE_DISCOVERY = 0.05
_COURSES = 4
_TITLES = {
    "groups": "Between groups",
    "conditions": "Within subjects",
    "groups x conditions": "Differences between conditions, compared between groups",
}
UNIT_WORDS = {"display": "display", "region": "region", "eyes": "display of the eyes", "group": "group of displays"}
UNITS = tuple(UNIT_WORDS)
_EFFECT = {"groups": "Hedges' g", "conditions": "Cohen's d_z", "groups x conditions": "Hedges' g"}

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Fold:
    """A table of one measure, folded away."""

    title: str
    measure: str
    unit: str
    """What a row is about, in words."""
    rows: list[Row]
    """Those that were tested, the most evidence first."""
    p_any: float | None
    left_out: int
    """Rows that could not be tested."""


@dataclass(frozen=True)
class Analysis:
    """One analysis as the page shows it."""

    analysis: str
    title: str
    effect: str
    """What its effects are called."""
    sides: tuple[str, str]
    tested: int
    found: list[Row]
    """Displays that differ."""
    p_any: float | None
    charts: list[Markup]
    folds: list[Fold]


@dataclass(frozen=True)
class Course:
    """Time courses of one analysis."""

    title: str
    found: list[Row]
    """Clusters that differ."""
    charts: list[Markup]


def compare_page(result: Mapping[str, Any], pictures: Mapping[str, bytes]) -> str:
    """One self-contained HTML file about the JSON of a comparison.

    Args:
        result: of :func:`dfe.comparison.as_json.comparison_json`.
        pictures: PNG files by the display's number; those that are missing are left out.
    """
    two = (result["conditions"], result["groups"])
    said = [f"{sides[1]} and {sides[0]}" for sides in two if sides is not None]
    return render(
        "comparison/compare.html.jinja",
        title=f"Facial displays compared: {', '.join(said)}",
        result=result,
        analyses=[_analysis(result, name, pictures) for name in dict.fromkeys(r["analysis"] for r in result["rows"])],
        courses=[_course(course, result) for course in result["courses"]],
        otherwise=counted_otherwise(result),
        level=f"{FALSE_DISCOVERY:g}",
        ratio=_ratio,
    )


def forest_chart(result: Mapping[str, Any], analysis: str, pictures: Mapping[str, bytes]) -> Markup:
    """The displays with the most evidence in events per minute, effects with intervals."""
    rows = _tested(result, analysis, "per_min")[:SHOWN]
    label = f"{_EFFECT[analysis]} of events per valid minute, with 95% interval"
    ends = [v for row in rows for v in (row["effect"], row["low"], row["high"]) if v is not None]
    axis = Axis.over(label, [max(-4.0, min(4.0, v)) for v in ends], within=(-0.5, 0.5))
    ratios = any(row["ratio"]["value"] is not None for row in rows)
    headings = ["p", "q"]
    if ratios:
        headings = ["ratio of rates", *headings]
    drawn = [_forest_row(row, pictures, ratios) for row in rows]
    about = f"Effects of {len(drawn)} displays, by evidence."
    second = _sides(result, analysis)[1]
    frame = Frame(f"forest-{_id(analysis)}", _forest_title(result, analysis, len(drawn)), about, 1080)
    return forest(frame, drawn, axis, headings, (f"less in {second}", f"more in {second}"))


def volcano_chart(result: Mapping[str, Any], analysis: str, pictures: Mapping[str, bytes]) -> Markup:
    """All displays that anybody shows, by effect and p."""
    rows = [row for row in _tested(result, analysis, "per_min") if row["effect"] is not None]
    found = [row["token"] for row in rows if row["q"] <= FALSE_DISCOVERY][:_NAMED]
    named = set(found or [row["token"] for row in (rows if len(rows) <= _NAMED else rows[:_FEW])])
    line = max((row["p"] for row in rows if row["q"] <= FALSE_DISCOVERY), default=None)
    dots = [
        VolcanoDot(
            row["label"], row["effect"], row["p"], row["token"] in named, bool(found), pictures.get(row["token"])
        )
        for row in rows
    ]
    axis = Axis.over(_EFFECT[analysis], [row["effect"] for row in rows], within=(-0.5, 0.5))
    title = f"All {len(dots)} displays that anybody shows"
    about = "Effect from left to right, evidence from bottom to top."
    frame = Frame(f"volcano-{_id(analysis)}", title, about, 1080, 420)
    return volcano(frame, dots, axis, line, f"above: q ≤ {FALSE_DISCOVERY:g}")


def pictured(result: Mapping[str, Any]) -> list[str]:
    """Numbers of the displays whose pictures the page shows."""
    analyses = dict.fromkeys(row["analysis"] for row in result["rows"])
    return list(dict.fromkeys(row["token"] for a in analyses for row in _tested(result, a, "per_min")[:SHOWN]))


def _analysis(result: Mapping[str, Any], analysis: str, pictures: Mapping[str, bytes]) -> Analysis:
    rows = _tested(result, analysis, "per_min")
    charts = [forest_chart(result, analysis, pictures)] if rows else []
    if any(row["effect"] is not None for row in rows):
        charts.append(volcano_chart(result, analysis, pictures))
    folds = [
        _fold(result, analysis, measure, unit, mine)
        for measure in result["measures"]
        for unit in UNITS
        if (mine := _tested(result, analysis, measure, unit))
    ]
    found = [row for row in rows if row["q"] <= FALSE_DISCOVERY]
    p_any = _family(result, analysis, "per_min", "display")["p_any"]
    sides = _sides(result, analysis)
    return Analysis(analysis, _TITLES[analysis], _EFFECT[analysis], sides, len(rows), found, p_any, charts, folds)


def _fold(result: Mapping[str, Any], analysis: str, measure: str, unit: str, rows: list[Row]) -> Fold:
    words = str(result["measures"][measure])
    title = words[0].upper() + words[1:]
    if measure != "main_clr":
        title += f", by {UNIT_WORDS[unit]}"
    whole = sum(_is(row, analysis, measure, unit) for row in result["rows"])
    p_any = _family(result, analysis, measure, unit)["p_any"]
    return Fold(title, measure, UNIT_WORDS[unit], rows, p_any, whole - len(rows))


def _family(result: Mapping[str, Any], analysis: str, measure: str, unit: str) -> Row:
    wanted = (analysis, measure, unit)
    return next(f for f in result["families"] if (f["analysis"], f["measure"], f["unit"]) == wanted)


def _course(course: Mapping[str, Any], result: Mapping[str, Any]) -> Course:
    best = list(dict.fromkeys(one["token"] for one in course["clusters"]))[:_COURSES]
    found = [one for one in course["clusters"] if one["p"] <= FALSE_DISCOVERY]
    return Course(_TITLES[course["analysis"]], found, [_course_chart(course, result, token) for token in best])


def _course_chart(course: Mapping[str, Any], result: Mapping[str, Any], token: str) -> Markup:
    foremost = next(one for one in course["clusters"] if one["token"] == token)
    middle = [start + course["bin_s"] / 2 for start in course["start_s"]]
    sides = zip(_sides(result, course["analysis"]), course["mean_mm"][token], strict=True)
    series = [
        Series(name, tuple(Dot(t, v) for t, v in zip(middle, column, strict=True)), Look(place, strong=place == 1))
        for place, (name, column) in enumerate(sides)
    ]
    x = Axis.over(f"seconds around {result['columns']['align']}", middle)
    y = Axis.over("mm", [v for side in course["mean_mm"][token] for v in side], within=(0.0, None))
    title = f"{foremost['label']}: cluster p {p_value(foremost['p'])}"
    frame = Frame(f"course-{_id(course['analysis'])}-{token}", title, "Mean of subjects.", 540, 260)
    return line_chart(frame, series, x, y, ())


def _tested(result: Mapping[str, Any], analysis: str, measure: str, unit: str = "display") -> list[Row]:
    """Rows with a p, the most evidence first."""
    rows = [row for row in result["rows"] if _is(row, analysis, measure, unit) and row["p"] is not None]
    return sorted(rows, key=lambda row: (row["p"], -abs(row["effect"] or 0.0)))


def _is(row: Row, analysis: str, measure: str, unit: str) -> bool:
    return (row["analysis"], row["measure"], row["unit"]) == (analysis, measure, unit)


def _forest_row(row: Row, pictures: Mapping[str, bytes], ratios: bool) -> ForestRow:
    side = "both sides" if row["side"] == "symmetric" else row["side"]
    detail = f"{row['token']}, {side}" + (", unsteady" if row["unsteady"] else "")
    numbers = ((_ratio(row),) if ratios else ()) + (p_value(row["p"]), p_value(row["q"]))
    interval = None if row["low"] is None or row["high"] is None else (row["low"], row["high"])
    strong = row["q"] is not None and row["q"] <= FALSE_DISCOVERY
    return ForestRow(row["label"], detail, row["effect"], interval, numbers, strong, pictures.get(row["token"]))


def _forest_title(result: Mapping[str, Any], analysis: str, shown: int) -> str:
    first, second = _sides(result, analysis)
    of = f"the {shown} displays with the most evidence" if shown == SHOWN else "all displays that were tested"
    return f"{second} against {first}: {of}; coloured where q ≤ {FALSE_DISCOVERY:g}"


def _sides(result: Mapping[str, Any], analysis: str) -> tuple[str, str]:
    two = result["conditions"] if analysis == "conditions" else result["groups"]
    return two[0], two[1]


def _id(words: str) -> str:
    return words.replace(" ", "-")


def _ratio(row: Row) -> str:
    ratio = row["ratio"]
    if ratio["value"] is None:
        return UNKNOWN
    value, low, high = (number(ratio[name], 2) for name in ("value", "low", "high"))
    return value if ratio["low"] is None else f"{value} [{low}, {high}]"
