"""The page of a comparison: who was compared, what differs, how sure that is; the values of no single person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from dfe.comparison.designs.beside_page import counted_otherwise
from dfe.comparison.effects import RATIOS, UNITS
from dfe.comparison.members import members_said
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
_COURSES = 4
_TITLES = {
    "groups": "Between groups",
    "conditions": "Within subjects",
    "groups x conditions": "Differences between conditions, compared between groups",
}
UNIT_WORDS = {"display": "display", "region": "region", "eyes": "display of the eyes", "group": "group of displays"}
_EFFECT = {"g": "Hedges' g", "d_z": "Cohen's d_z", "ratio": "ratio of rates", "ratio of ratios": "ratio of the ratios"}
_WIDEST = {False: (-4.0, 4.0), True: (1 / 32, 32.0)}
"""Ends of axes, of differences and of ratios."""

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
    """Rows that nobody shows, or that could not be tested otherwise."""
    too_few: int
    least: int
    """Rows shown by fewer than so many subjects, left out before the false discovery rate."""
    role: str
    effect: str
    """What its effects are called."""
    ratio: bool


@dataclass(frozen=True)
class Analysis:
    """One analysis as the page shows it."""

    analysis: str
    title: str
    role: str
    measure: str
    """In words, of what leads."""
    unit: str
    sides: tuple[str, str]
    tested: int
    found: list[Row]
    """Displays that differ."""
    p_any: float | None
    too_few: int
    least: int
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
        level=f"{result['false_discovery']:g}",
        beside=_beside,
    )


def forest_chart(result: Mapping[str, Any], analysis: str, pictures: Mapping[str, bytes]) -> Markup:
    """The displays with the most evidence in the measure that leads, effects with intervals."""
    measure, unit = leading(result, analysis)
    rows = _tested(result, analysis, measure, unit)[:SHOWN]
    ratio, effect = measure in RATIOS, _EFFECT[rows[0]["effect_is"]]
    words = effect if ratio else f"{effect} of {result['measures'][measure]}"
    ends = [v for row in rows for v in (row["effect"], row["low"], row["high"]) if v is not None]
    low, high = _WIDEST[ratio]
    within = (0.5, 2.0) if ratio else (-0.5, 0.5)
    label = f"{words}, with 95% interval"
    axis = Axis.over(label, [max(low, min(high, v)) for v in ends], within=within, log=ratio)
    headings = ["p", "q"]
    if ratio:
        headings = ["rates a minute", "p by permutation", *headings]
    drawn = [_forest_row(row, result, pictures) for row in rows]
    about = f"Effects of {len(drawn)} displays, by evidence."
    second = _sides(result, analysis)[1]
    frame = Frame(f"forest-{_id(analysis)}", _forest_title(result, analysis, len(drawn)), about, 1080)
    return forest(frame, drawn, axis, headings, (f"less in {second}", f"more in {second}"), 1.0 if ratio else 0.0)


def volcano_chart(result: Mapping[str, Any], analysis: str, pictures: Mapping[str, bytes]) -> Markup:
    """All displays that were tested in the measure that leads, by effect and p."""
    measure, unit = leading(result, analysis)
    rows, ratio, level = _tested(result, analysis, measure, unit), measure in RATIOS, result["false_discovery"]
    found = [row["token"] for row in rows if row["q"] <= level][:_NAMED]
    named = set(found or [row["token"] for row in (rows if len(rows) <= _NAMED else rows[:_FEW])])
    line = max((row["p"] for row in rows if row["q"] <= level), default=None)
    low, high = _WIDEST[ratio]
    places = [max(low, min(high, _place(row, ratio))) for row in rows]
    dots = [
        VolcanoDot(row["label"], x, row["p"], row["token"] in named, bool(found), pictures.get(row["token"]))
        for row, x in zip(rows, places, strict=True)
    ]
    within = (0.5, 2.0) if ratio else (-0.5, 0.5)
    axis = Axis.over(_EFFECT[rows[0]["effect_is"]], places, within=within, log=ratio)
    title = f"All {len(dots)} that were tested"
    about = "Effect from left to right, evidence from bottom to top."
    frame = Frame(f"volcano-{_id(analysis)}", title, about, 1080, 420)
    return volcano(frame, dots, axis, line, f"above: q ≤ {level:g}", 1.0 if ratio else 0.0)


def leading(result: Mapping[str, Any], analysis: str) -> tuple[str, str]:
    """Measure and unit that are shown first: those that were declared."""
    said = result["confirmatory"]
    wanted = (said["measure"], said["unit"])
    there = any((f["analysis"], f["measure"], f["unit"]) == (analysis, *wanted) for f in result["families"])
    return wanted if there else ("rate_ratio", said["unit"])


def pictured(result: Mapping[str, Any]) -> list[str]:
    """Numbers of the displays whose pictures the page shows."""
    analyses = dict.fromkeys(row["analysis"] for row in result["rows"])
    shown = (row["token"] for a in analyses for row in _tested(result, a, *leading(result, a))[:SHOWN])
    return [token for token in dict.fromkeys(shown) if token.isdecimal()]


def _analysis(result: Mapping[str, Any], analysis: str, pictures: Mapping[str, bytes]) -> Analysis:
    measure, unit = leading(result, analysis)
    rows = _tested(result, analysis, measure, unit)
    charts = [forest_chart(result, analysis, pictures)] if rows else []
    if any(row["effect"] is not None for row in rows):
        charts.append(volcano_chart(result, analysis, pictures))
    folds = [
        _fold(result, analysis, measure, unit, mine)
        for measure in result["measures"]
        for unit in UNITS
        if (mine := _tested(result, analysis, measure, unit))
    ]
    folds.sort(key=lambda fold: fold.role != "confirmatory")
    found = [row for row in rows if row["q"] <= result["false_discovery"]]
    family, sides = _family(result, analysis, measure, unit), _sides(result, analysis)
    return Analysis(
        analysis, _TITLES[analysis], family["role"], str(result["measures"][measure]), UNIT_WORDS[unit], sides,
        len(rows), found, family["p_any"], family["too_few"], family["least"], charts, folds,
    )  # fmt: skip


def _fold(result: Mapping[str, Any], analysis: str, measure: str, unit: str, rows: list[Row]) -> Fold:
    words = str(result["measures"][measure])
    title = words[0].upper() + words[1:]
    if measure != "main_ratio":
        title += f", by {UNIT_WORDS[unit]}"
    whole = sum(_is(row, analysis, measure, unit) for row in result["rows"])
    family = _family(result, analysis, measure, unit)
    effect = _EFFECT[rows[0]["effect_is"]]
    alone = _tested(result, analysis, measure)
    rows = [{**row, "members": members_said(row, alone)} for row in rows]
    return Fold(
        title, measure, UNIT_WORDS[unit], rows, family["p_any"], whole - len(rows) - family["too_few"],
        family["too_few"], family["least"], family["role"], effect, measure in RATIOS,
    )  # fmt: skip


def _family(result: Mapping[str, Any], analysis: str, measure: str, unit: str) -> Row:
    wanted = (analysis, measure, unit)
    return next(f for f in result["families"] if (f["analysis"], f["measure"], f["unit"]) == wanted)


def _course(course: Mapping[str, Any], result: Mapping[str, Any]) -> Course:
    best = list(dict.fromkeys(one["token"] for one in course["clusters"]))[:_COURSES]
    found = [one for one in course["clusters"] if one["p"] <= result["false_discovery"]]
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


def _forest_row(row: Row, result: Mapping[str, Any], pictures: Mapping[str, bytes]) -> ForestRow:
    side = "both sides" if row["side"] == "symmetric" else row["side"]
    detail = ", ".join(word for word in (row["token"], side, "unsteady" if row["unsteady"] else "") if word)
    ratio = row["measure"] in RATIOS
    first, second = (number(mean, 2) for mean in row["mean"])
    beside = (f"{first}, {second}", _beside(result, row)) if ratio else ()
    low, high = row["low"], row["high"]
    far = _WIDEST[ratio][1]
    interval = None if low is None and high is None else (0.0 if low is None else low, far if high is None else high)
    value = _place(row, ratio) if row["effect"] is not None or interval is not None else None
    strong = row["q"] is not None and row["q"] <= result["false_discovery"]
    numbers = (*beside, p_value(row["p"]), p_value(row["q"]))
    return ForestRow(row["label"], detail, value, interval, numbers, strong, pictures.get(row["token"]))


def _place(row: Row, ratio: bool) -> float:
    """Where an effect lies; a ratio of no events on the first side is not known to JSON, and beyond all others."""
    if row["effect"] is None:
        return _WIDEST[ratio][1] if ratio and row["low"] is not None else 0.0
    return float(row["effect"])


def _beside(result: Mapping[str, Any], row: Row) -> str:
    """P by permutation of the mean rates, or shares of time, beside a ratio."""
    wanted = (row["analysis"], "share" if row["measure"] == "main_ratio" else "per_min", row["unit"])
    return next((p_value(o["p"]) for o in result["rows"] if _is(o, *wanted) and o["token"] == row["token"]), UNKNOWN)


def _forest_title(result: Mapping[str, Any], analysis: str, shown: int) -> str:
    first, second = _sides(result, analysis)
    of = f"the {shown} displays with the most evidence" if shown == SHOWN else "all displays that were tested"
    return f"{second} against {first}: {of}; coloured where q ≤ {result['false_discovery']:g}"


def _sides(result: Mapping[str, Any], analysis: str) -> tuple[str, str]:
    two = result["conditions"] if analysis == "conditions" else result["groups"]
    return two[0], two[1]


def _id(words: str) -> str:
    return words.replace(" ", "-")
