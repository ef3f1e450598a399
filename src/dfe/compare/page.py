"""The page of a comparison: who was compared, what differs, how sure that is; the values of no single person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dfe.pages.axis import Axis
from dfe.pages.chart import Dot, Frame, Series, line_chart
from dfe.pages.forest import ForestRow, forest
from dfe.pages.html import count, page, percent, text
from dfe.pages.svg import Look
from dfe.pages.volcano import VolcanoDot, volcano

SHOWN = 16
"""Displays in a forest plot."""
_NAMED = 8
"""Displays named in a volcano plot."""
FALSE_DISCOVERY = 0.05
_COURSES = 4
_TITLES = {
    "groups": "Between groups",
    "conditions": "Within subjects",
    "groups x conditions": "Differences between conditions, compared between groups",
}
_EFFECT = {"groups": "Hedges' g", "conditions": "Cohen's d_z", "groups x conditions": "Hedges' g"}

Row = Mapping[str, Any]


def compare_page(result: Mapping[str, Any], pictures: Mapping[str, bytes]) -> str:
    """One self-contained HTML file about the JSON of a comparison.

    Args:
        result: of :func:`dfe.compare.as_json.comparison_json`.
        pictures: PNG files by the display's number; those that are missing are left out.
    """
    analyses = list(dict.fromkeys(row["analysis"] for row in result["rows"]))
    parts = [_header(result)]
    for analysis in analyses:
        parts.append(_section(_TITLES[analysis], _analysis(result, analysis, pictures)))
    if result["courses"]:
        parts.append(_section("Time courses", "".join(_courses(course, result) for course in result["courses"])))
    parts.append(_section("Who was compared", _flow(result) + _coverage(result)))
    paragraphs = "".join(f"<p>{text(p)}</p>" for p in result["methods"].strip().split("\n\n"))
    parts.append(_section("Methods, to be copied", f'<div class="methods">{paragraphs}</div>'))
    body = "\n".join(parts)
    return page(
        _title(result), f"<main>\n{body}\n</main>", styles=("page.css", "evaluation.css", "compare.css"), scripts=()
    )


def forest_chart(result: Mapping[str, Any], analysis: str, pictures: Mapping[str, bytes]) -> str:
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


def volcano_chart(result: Mapping[str, Any], analysis: str, pictures: Mapping[str, bytes]) -> str:
    """All displays that anybody shows, by effect and p."""
    rows = [row for row in _tested(result, analysis, "per_min") if row["effect"] is not None]
    found = [row["token"] for row in rows if row["q"] <= FALSE_DISCOVERY][:_NAMED]
    named = set(found or [row["token"] for row in rows[:3]])
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


def _header(result: Mapping[str, Any]) -> str:
    leads = "".join(
        f'<p class="lead">{_lead(result, a)}</p>' for a in dict.fromkeys(r["analysis"] for r in result["rows"])
    )
    return f"""<header>
<p class="kind">Comparison</p>
<h1>{text(_title(result))}</h1>
{leads}
<p class="note">{text(result["statement"])}</p>
</header>"""


def _title(result: Mapping[str, Any]) -> str:
    groups, conditions = result["groups"], result["conditions"]
    said = [f"{two[1]} and {two[0]}" for two in (conditions, groups) if two is not None]
    return f"Facial displays compared: {', '.join(said)}"


def _lead(result: Mapping[str, Any], analysis: str) -> str:
    rows = _tested(result, analysis, "per_min")
    found = [row for row in rows if row["q"] <= FALSE_DISCOVERY]
    family = next(f for f in result["families"] if f["analysis"] == analysis and f["measure"] == "per_min")
    second = _sides(result, analysis)[1]
    said = f"{_TITLES[analysis]}, {count(len(rows), 'display')} tested in events per valid minute: "
    if not found:
        return text(said + f"none differs at q ≤ {FALSE_DISCOVERY:g} (p of any difference {_p(family['p_any'])}).")
    names = "; ".join(f"{row['label']} ({'more' if row['effect'] > 0 else 'less'} in {second})" for row in found[:3])
    more = f"; and {len(found) - 3} more" if len(found) > 3 else ""
    differ = "differs" if len(found) == 1 else "differ"
    return text(
        f"{said}{len(found)} {differ} at q ≤ {FALSE_DISCOVERY:g} (p of any difference {_p(family['p_any'])}): "
        f"{names}{more}."
    )


def _analysis(result: Mapping[str, Any], analysis: str, pictures: Mapping[str, bytes]) -> str:
    rows = _tested(result, analysis, "per_min")
    parts = []
    if rows:
        charts = f"<figure>{forest_chart(result, analysis, pictures)}</figure>"
        if any(row["effect"] is not None for row in rows):
            charts += f"<figure>{volcano_chart(result, analysis, pictures)}</figure>"
        parts.append(f'<div class="compared">{charts}</div>')
    else:
        parts.append('<p class="note">Nobody shows any display that could be tested.</p>')
    for measure, words in result["measures"].items():
        for regions in (False, True):
            mine = _tested(result, analysis, measure, regions)
            if mine:
                title = f"{words[0].upper()}{words[1:]}, by {'region' if regions else 'display'}"
                if measure == "main_clr":
                    title = f"{words[0].upper()}{words[1:]}"
                parts.append(_fold(title, result, analysis, measure, regions, mine))
    return "".join(parts)


def _fold(
    title: str, result: Mapping[str, Any], analysis: str, measure: str, regions: bool, rows: Sequence[Row]
) -> str:
    first, second = (text(name) for name in _sides(result, analysis))
    family = next(
        f for f in result["families"]
        if (f["analysis"], f["measure"], f["regions"]) == (analysis, measure, regions)
    )  # fmt: skip
    means = "mean difference" if analysis == "groups x conditions" else "mean"
    modelled = measure == "per_min"
    heads = [f"{first}, {means}", f"{second}, {means}", text(_EFFECT[analysis]), "95% interval", "p", "q"]
    heads += ["ratio of rates", "model: ratio", "q"] if modelled else []
    head = "".join(f'<th class="n" scope="col">{one}</th>' for one in heads)
    lines = "".join(_line(row, modelled) for row in rows)
    left_out = sum(
        row["analysis"] == analysis and row["measure"] == measure and row["is_region"] == regions and row["p"] is None
        for row in result["rows"]
    )
    note = f"p of any difference: {_p(family['p_any'])}."
    if left_out:
        note += f" {count(left_out, 'row')} not tested (shown by nobody, or by too few): see results.csv."
    return (
        f'<details class="fold"><summary>{text(title)}: {len(rows)} tested</summary><p class="note">{note}</p>'
        f'<div class="scroll"><table><thead><tr><th scope="col">{"region" if regions else "display"}</th>{head}</tr>'
        f"</thead><tbody>{lines}</tbody></table></div></details>"
    )


def _line(row: Row, modelled: bool) -> str:
    number = f"<b>{text(row['token'])}</b> " if row["token"].isdecimal() else ""
    flags = f'<br><span class="quiet">{text("; ".join(row["flags"]))}</span>' if row["flags"] else ""
    cells = [_mean(row["mean"][0], row["measure"]), _mean(row["mean"][1], row["measure"]), _f(row["effect"])]
    cells += [_interval(row), _p(row["p"]), _p(row["q"])]
    if modelled:
        model = row["model"] or {}
        low_high = f" [{_f(model.get('low'))}, {_f(model.get('high'))}]" if model.get("ratio") is not None else ""
        cells += [_ratio(row), f"{_f(model.get('ratio'))}{low_high}", _p(model.get("q"))]
    said = "".join(f'<td class="n">{cell}</td>' for cell in cells)
    return f"<tr><td>{number}{text(row['label'])}{flags}</td>{said}</tr>"


def _flow(result: Mapping[str, Any]) -> str:
    groups = result["flow"]["groups"]
    head = "".join(
        f'<th class="n" scope="col">{text(name)}: {what}</th>' for name in groups for what in ("subjects", "recordings")
    )
    lines = ""
    doubts = [{**step, "step": f"of these: {step['step']}"} for step in result["flow"]["doubts"]]
    for step in (*result["flow"]["steps"], *doubts):
        cells = "".join(
            f'<td class="n">{s:,}</td><td class="n">{r:,}</td>'
            for s, r in zip(step["subjects"], step["recordings"], strict=True)
        )
        lines += f'<tr><th scope="row">{text(step["step"])}</th>{cells}</tr>'
    return (
        f'<div class="scroll"><table class="facts-table"><thead><tr><th scope="col">left</th>{head}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )


def _coverage(result: Mapping[str, Any]) -> str:
    cover = result["coverage"]
    (one, two), mean, minutes = cover["names"], cover["mean"], cover["minutes"]
    return (
        f'<p class="note">Before anything was left out for it, {percent(mean[0])} of the time was usable in '
        f"{text(one)} and {percent(mean[1])} in {text(two)} (p {_p(cover['p'])}); {minutes[0]:.1f} and "
        f"{minutes[1]:.1f} minutes a subject (p {_p(cover['p_minutes'])}). Where coverage differs, so may "
        "what could be seen.</p>"
        + "".join(f'<p class="note"><strong>{text(caution)}</strong></p>' for caution in cover["cautions"])
    )


def _courses(course: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    first, second = _sides(result, course["analysis"])
    best = list(dict.fromkeys(one["token"] for one in course["clusters"]))[:_COURSES]
    charts = ""
    for token in best:
        labels = [one for one in course["clusters"] if one["token"] == token]
        middle = [start + course["bin_s"] / 2 for start in course["start_s"]]
        series = [
            Series(name, tuple(Dot(t, v) for t, v in zip(middle, column, strict=True)), Look(place, strong=place == 1))
            for place, (name, column) in enumerate(zip((first, second), course["mean_mm"][token], strict=True))
        ]
        x = Axis.over(f"seconds around {result['columns']['align']}", middle)
        y = Axis.over("mm", [v for side in course["mean_mm"][token] for v in side], within=(0.0, None))
        title = f"{labels[0]['label']}: cluster p {_p(labels[0]['p'])}"
        frame = Frame(f"course-{_id(course['analysis'])}-{token}", title, "Mean of subjects.", 540, 260)
        charts += f"<figure>{line_chart(frame, series, x, y, ())}</figure>"
    found = [one for one in course["clusters"] if one["p"] <= FALSE_DISCOVERY]
    lines = "".join(f"<li>{text(one['label'])}: p {_p(one['p'])}</li>" for one in found)
    said = (
        f"{_TITLES[course['analysis']]}: the time courses of these displays differ (p ≤ {FALSE_DISCOVERY:g}, the "
        "largest cluster over all displays)" if found else f"{_TITLES[course['analysis']]}: no time course differs"
    )  # fmt: skip
    return (
        f'<h3>{text(said)}</h3><ul>{lines}</ul><div class="charts wide">{charts}</div>'
        '<p class="note">A cluster test says that courses differ somewhere; it says nothing about when a difference '
        "begins or ends.</p>"
    )


def _tested(result: Mapping[str, Any], analysis: str, measure: str, regions: bool = False) -> list[Row]:
    """Rows with a p, the most evidence first."""
    rows = [
        row
        for row in result["rows"]
        if (row["analysis"], row["measure"], row["is_region"]) == (analysis, measure, regions) and row["p"] is not None
    ]
    return sorted(rows, key=lambda row: (row["p"], -abs(row["effect"] or 0.0)))


def _forest_row(row: Row, pictures: Mapping[str, bytes], ratios: bool) -> ForestRow:
    detail = f"{row['token']}, {row['side']}" + (", unsteady" if row["unsteady"] else "")
    numbers = ((_ratio(row),) if ratios else ()) + (_p(row["p"]), _p(row["q"]))
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


def _section(title: str, content: str) -> str:
    return f"<section>\n<h2>{text(title)}</h2>\n{content}\n</section>"


def _id(words: str) -> str:
    return words.replace(" ", "-")


def _mean(value: float | None, measure: str) -> str:
    if measure == "share" and value is not None:
        return f"{100 * value:.1f}%".replace("-", "−")
    return _f(value)


def _interval(row: Row) -> str:
    return "–" if row["low"] is None else f"{_f(row['low'])} to {_f(row['high'])}"


def _ratio(row: Row) -> str:
    ratio = row["ratio"]
    if ratio["value"] is None:
        return "–"
    high = "∞" if ratio["high"] is None else _f(ratio["high"])
    return f"{_f(ratio['value'])} [{_f(ratio['low'])}, {high}]"


def _f(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


def _p(p: float | None) -> str:
    if p is None:
        return "–"
    return f"{p:.4f}" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"
