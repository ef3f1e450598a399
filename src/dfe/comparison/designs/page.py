"""The page of a design: what was asked, which displays answer, how sure that is; the values of no single person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from dfe.comparison.designs.beside_page import Counted, counted_otherwise
from dfe.comparison.effects import UNITS
from dfe.comparison.members import members_said
from dfe.comparison.page import UNIT_WORDS
from dfe.pages.axis import Axis
from dfe.pages.chart import Frame
from dfe.pages.forest import ForestRow, forest
from dfe.pages.formats import UNKNOWN, number, p_value
from dfe.pages.page import render
from dfe.stats.significance import FALSE_DISCOVERY

SHOWN = 10
"""Displays in a forest plot."""
SIZES = {"g": "Hedges' g", "d_z": "Cohen's d_z", "r": "partial correlation", "omega2": "partial omega squared"}
_FORMS = {"any": "any difference", "pair": "pairs", "slope": "slope"}

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """The rows of one pair, or of a question without pairs."""

    title: str
    rows: list[Row]
    """That were tested, the most evidence first."""
    chart: Markup | None


@dataclass(frozen=True)
class Fold:
    """A table of one measure and one kind of unit, folded away."""

    title: str
    unit: str
    measure: str
    rows: list[Row]


@dataclass(frozen=True)
class Asked:
    """One question as the page shows it."""

    title: str
    form: str
    size: str
    tested: int
    found: list[Row]
    """Displays with q at or below the level, in events per minute."""
    p_any: float | None
    parts: list[Part]
    folds: list[Fold]
    levels: list[str]
    """Names of the columns of means: of groups, conditions or both."""
    of_two: bool
    """Pairs of groups or of conditions: means of these two stand in their place."""


def design_page(result: Mapping[str, Any], pictures: Mapping[str, bytes]) -> str:
    """One self-contained HTML file about the JSON of a design.

    Args:
        result: of :func:`dfe.comparison.designs.as_json.design_json`.
        pictures: PNG files by the display's number; those that are missing are left out.
    """
    asked = dict.fromkeys((family["name"], family["form"]) for family in result["families"])
    otherwise: Counted | None = counted_otherwise(result)
    return render(
        "comparison/design.html.jinja",
        title=f"Facial displays compared: {', '.join(dict.fromkeys(name for name, _ in asked))}",
        result=result,
        questions=[_asked(result, one, place, pictures) for place, one in enumerate(asked)],
        otherwise=otherwise,
        level=f"{FALSE_DISCOVERY:g}",
        means=_means(result),
        ratio=_ratio,
        sizes=SIZES,
    )


def pictured(result: Mapping[str, Any]) -> list[str]:
    """Numbers of the displays whose pictures the page shows."""
    asked = dict.fromkeys((family["name"], family["form"]) for family in result["families"])
    shown = []
    for name, form in asked:
        for rows in _pairs(_tested(result, name, form)).values():
            shown += [row["token"] for row in rows[:SHOWN]]
    return list(dict.fromkeys(shown))


def _asked(result: Mapping[str, Any], one: tuple[str, str], place: int, pictures: Mapping[str, bytes]) -> Asked:
    name, form = one
    rows = _tested(result, name, form)
    parts: list[Part] = []
    for (first, second), mine in _pairs(rows).items():
        title = f"{second} against {first}" if second else ""
        number = f"forest-{place}-{len(parts)}"
        chart = None if form == "any" else _forest(name, mine[:SHOWN], (first, second), pictures, number)
        parts.append(Part(title, mine, chart))
    folds = []
    for measure, words in result["measures"].items():
        for unit in UNITS:
            if mine := _tested(result, name, form, measure, unit):
                title = f"{words[0].upper()}{words[1:]}, by {UNIT_WORDS[unit]}"
                mine = [{**row, "members": members_said(row, _beside(result, row))} for row in mine]
                folds.append(Fold(title, UNIT_WORDS[unit], measure, mine))
    family = next(
        f for f in result["families"]
        if (f["name"], f["form"], f["measure"], f["unit"]) == (name, form, "per_min", "display")
    )  # fmt: skip
    found = [row for row in rows if row["q"] is not None and row["q"] <= FALSE_DISCOVERY]
    about = rows[0]["about"] if rows else ""
    size = SIZES.get(rows[0]["size"], "") if rows else ""
    title = f"{name}: {_FORMS[form]}"
    of_two = form == "pair" and about in ("group", "condition")
    return Asked(
        title, form, size, family["tested"], found, family["p_any"], parts, folds, _levels(result, about), of_two
    )


def _forest(
    name: str, rows: Sequence[Row], sides: tuple[str, str], pictures: Mapping[str, bytes], place: str
) -> Markup | None:
    if not rows:
        return None
    size = SIZES[rows[0]["size"]]
    ends = [v for row in rows for v in (row["effect"], row["effect_low"], row["effect_high"]) if v is not None]
    axis = Axis.over(f"{size} of events per usable minute, with 95% interval", [max(-4.0, min(4.0, v)) for v in ends],
                     within=(-0.5, 0.5))  # fmt: skip
    ratios = any(row["ratio"] is not None for row in rows)
    first, second = sides
    title = f"{second} against {first}" if second else f"How much displays go with {name}"
    words = (f"less in {second}", f"more in {second}") if second else ("falls with it", "rises with it")
    heads = (["ratio of rates"] if second else ["ratio per SD"]) if ratios else []
    about = f"{len(rows)} displays with the most evidence; coloured where q ≤ {FALSE_DISCOVERY:g}"
    frame = Frame(place, f"{title}: {about}", "Effects with 95% intervals, by evidence.", 1080)
    drawn = [_row(row, pictures, ratios) for row in rows]
    return forest(frame, drawn, axis, [*heads, "p", "q"], words)


def _row(row: Row, pictures: Mapping[str, bytes], ratios: bool) -> ForestRow:
    side = "both sides" if row["side"] == "symmetric" else row["side"]
    numbers = ((_ratio(row),) if ratios else ()) + (p_value(row["p"]), p_value(row["q"]))
    known = row["effect_low"] is not None and row["effect_high"] is not None
    interval = (row["effect_low"], row["effect_high"]) if known else None
    strong = row["q"] is not None and row["q"] <= FALSE_DISCOVERY
    return ForestRow(row["label"], f"{row['token']}, {side}", row["effect"], interval, numbers, strong,
                     pictures.get(row["token"]))  # fmt: skip


def _tested(
    result: Mapping[str, Any], name: str, form: str, measure: str = "per_min", unit: str = "display"
) -> list[Row]:
    wanted = (name, form, measure, unit)
    rows = [
        row for row in result["rows"]
        if (row["question"], row["form"], row["measure"], row["unit"]) == wanted and row["p"] is not None
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (row["p"], -abs(row["effect"] or 0.0), row["token"]))


def _beside(result: Mapping[str, Any], row: Row) -> list[Row]:
    """Rows of displays about the same question, pair and measure."""
    rows = _tested(result, row["question"], row["form"], row["measure"])
    return [one for one in rows if (one["first"], one["second"]) == (row["first"], row["second"])]


def _pairs(rows: Sequence[Row]) -> dict[tuple[str, str], list[Row]]:
    out: dict[tuple[str, str], list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row["first"], row["second"])):
        out.setdefault((row["first"], row["second"]), [])
    for row in rows:
        out[row["first"], row["second"]].append(row)
    return out


def _levels(result: Mapping[str, Any], about: str) -> list[str]:
    """Columns of means beside a question: its groups, its conditions, or both."""
    groups = [name for name, _ in result["design"]["groups"]] if "group" in about else [""]
    conditions = result["design"]["conditions"] if "condition" in about or about == "period" else [""]
    return [_level(group, condition) for group in groups for condition in conditions if group or condition]


def _level(group: str, condition: str) -> str:
    return ", ".join(word for word in (group, condition) if word)


def _means(result: Mapping[str, Any]) -> dict[tuple[str, str, str], float | None]:
    """Means by measure, display and level; over conditions (or groups) where a level names none."""
    sums: dict[tuple[str, str, str], list[tuple[float, int]]] = {}
    for mean in result["means"]:
        if mean["mean"] is None:
            continue
        for group in {mean["group"], ""}:
            for condition in {mean["condition"], ""}:
                key = (mean["measure"], mean["token"], _level(group, condition))
                sums.setdefault(key, []).append((mean["mean"], mean["subjects"]))
    return {key: sum(mean * n for mean, n in parts) / sum(n for _, n in parts) for key, parts in sums.items() if parts}


def _ratio(row: Row) -> str:
    if row["ratio"] is None:
        return UNKNOWN
    value, low, high = (number(row[name], 2) for name in ("ratio", "ratio_low", "ratio_high"))
    return value if row["ratio_low"] is None else f"{value} [{low}, {high}]"
