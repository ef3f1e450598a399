"""The page of an evaluation: which coding of the face is better, on what faces, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dfe.judge.page_about import groups, limits, measured_on
from dfe.judge.page_charts import (
    error_charts,
    figures,
    leak_chart,
    level_chart,
    perturbation_charts,
    region_charts,
    retrieval_chart,
)
from dfe.judge.page_columns import LEAKS, ORDER, SUMMARY, VARIETY, equal_bits
from dfe.judge.page_tables import meanings, missing, named, note, table
from dfe.judge.page_values import Coder, Result, coders_of, figure_at, list_at, number_at, part
from dfe.pages.chart import Mark
from dfe.pages.html import count, page, percent, text

_STYLES = ("page.css", "evaluation.css")
_SCRIPTS = ("evaluation.js",)
_LEVELS = (
    "A token that the face does not show only corrects what an earlier one said: it is no display. The code of a level "
    "is reliable if a changed picture gets the same one. Codings whose levels are in no order are not drawn."
)
_SECTIONS = (
    ("summary", "Summary"),
    ("size", "Error by size"),
    ("regions", "Regions"),
    ("finding", "Retrieval"),
    ("qualities", "Tokens"),
    ("groups", "Groups"),
    ("measured-on", "Measured on"),
    ("limits", "Limits"),
)


def evaluation_page(result: Mapping[str, Any]) -> str:
    """One self-contained HTML file about the JSON of an evaluation; what is missing in it is said to be missing."""
    coders = coders_of(result)
    body = [
        _header(result, coders),
        _section("summary", "Which coding is better at what?", _summary(result, coders)),
        _section("size", "How near is the drawn face, for how many bits and tokens?", _size(result, coders)),
        _section("regions", "Where in the face?", _regions(coders)),
        _section("finding", "Do faces with like tokens look alike?", _finding(result, coders)),
        _section("qualities", "What are the tokens like?", _qualities(result, coders)),
        _section("groups", "By group of people", groups(result, coders)),
        _section("measured-on", "What was measured on", measured_on(result, coders)),
        _section("limits", "What these figures do not say", limits(result)),
    ]
    content = "\n".join(body)
    return page("Codings of the face, judged", f"<main>\n{content}\n</main>", styles=_STYLES, scripts=_SCRIPTS)


def _section(id: str, title: str, content: str) -> str:
    return f'<section id="{id}" aria-labelledby="{id}-title">\n<h2 id="{id}-title">{title}</h2>\n{content}\n</section>'


def _header(result: Result, coders: Sequence[Coder]) -> str:
    warnings = "".join(f"<li>{warning}</li>" for warning in _warnings(result, coders))
    links = "".join(f'<li><a href="#{id}">{title}</a></li>' for id, title in _SECTIONS)
    return f"""<header>
<p class="kind">Evaluation</p>
<h1>Codings of the face, judged on the same faces</h1>
<p class="lead">{_lead(result, coders)}</p>
{f'<ul class="warnings">{warnings}</ul>' if warnings else ""}
<nav aria-label="Parts of this page"><ul class="jump">{links}</ul></nav>
</header>"""


def _lead(result: Result, coders: Sequence[Coder]) -> str:
    if not coders:
        return "This result holds no coding."
    faces, people = (number_at(result, "about", "sets", "faces", key) for key in ("faces", "people"))
    on = "" if faces is None else f", judged on {count(int(faces), 'face')}"
    on += f" of {count(int(people), 'person', 'people')}" if people else ""
    floor = number_at(result, "floors", "mean_face_mm")
    said = [f"{count(len(coders), 'coding')}{on}."]
    if floor is not None:
        said.append(f"The mean face, drawn without looking, is {floor:.2f} mm off.")
    errors = [(figure_at(c.values, "fidelity", "error_mm"), c) for c in coders if not c.seen]
    known = [(figure.value, c) for figure, c in errors if figure is not None]
    if len(known) > 1:
        error, nearest = min(known, key=lambda each: each[0])
        bits = number_at(nearest.values, "fidelity", "bits", "value")
        cost = "" if bits is None else f", at {bits:.0f} bits a face"
        said.append(f"The nearest drawing is that of <b>{named(nearest.id)}</b>: {error:.3f} mm{cost}.")
    return " ".join(said)


def _warnings(result: Result, coders: Sequence[Coder]) -> Iterator[str]:
    for coder in coders:
        if coder.seen:
            yield (
                f"<b>{named(coder.id)}</b> has seen the people on {percent(coder.seen)} of the faces: its figures "
                "flatter it, and it is marked as best nowhere."
            )
    subjects = part(result, "about", "subjects")
    if isinstance(subjects, str) and subjects != "people":
        yield f"{text(subjects[0].upper() + subjects[1:])}. Intervals are then too narrow."


def _summary(result: Result, coders: Sequence[Coder]) -> str:
    floors = [("mean face: no token at all", _mean_face(result)), ("not coded: the input itself", _not_coded(result))]
    return (
        note(
            "Small print: 95% intervals, from drawing the people anew. ● marks the best value of a column, even where "
            "intervals overlap; tokens and bits are costs and have no best. A heading sorts."
        )
        + table("summary-table", SUMMARY, coders, floors, shapes=True)
        + meanings(SUMMARY)
    )


def _mean_face(result: Result) -> Result:
    floor = part(result, "floors")
    return {
        "fidelity": {
            "error_mm": part(floor, "mean_face_mm"),
            "share": 1.0,
            "tokens": 0.0,
            "bits": 0.0,
        },
        "retrieval": {"all_codes": {"five": part(floor, "retrieval", "random")}},
        "probe": {"count": {"accuracy": part(floor, "probe", "chance")}},
        "invariance": {"person": {"accuracy": part(floor, "person", "chance")}},
    }


def _not_coded(result: Result) -> Result:
    floor = part(result, "floors")
    return {
        "fidelity": {"error_mm": 0.0, "share": 0.0},
        "retrieval": {"all_codes": part(floor, "retrieval", "continuous")},
        "probe": {name: part(floor, "probe") for name in ("count", "intensity", "decoded")},
        "invariance": {name: part(floor, name) for name in ("person", "pose", "drift")},
    }


def _size(result: Result, coders: Sequence[Coder]) -> str:
    charts = figures(error_charts(result, coders), "wide")
    columns = [column for column in equal_bits(coders) if column.key.startswith("error")]
    if not charts:
        return note(missing("Error", "fidelity", coders))
    equal = f"<h3>At equal bits, mm</h3>\n{table('error-at-equal-bits', columns, coders)}" if columns else ""
    return (
        note(
            "Each line starts with no token and ends with all of them, best ones first; a dotted line leads to its "
            "name. The mean face is the ceiling: a coding above it is worse than not looking. Each step of the scale "
            "up or down is a ratio, not a difference. Point at a line to single it out."
        )
        + charts
        + equal
    )


def _regions(coders: Sequence[Coder]) -> str:
    charts = figures(region_charts(coders), "small")
    if not charts:
        return note(missing("Error by region", "fidelity", coders))
    return (
        note(
            "Error of each region by the error of the mean face there: mouth and jaw move most and would drown the "
            "brows. 100%: no better than the mean face."
        )
        + charts
    )


def _finding(result: Result, coders: Sequence[Coder]) -> str:
    chart = figures([retrieval_chart(result, coders)], "wide")
    if not chart:
        return note(missing("Retrieval", "retrieval", coders))
    faces = number_at(result, "floors", "retrieval", "faces")
    among = f" among {count(int(faces), 'face')}" if faces else ""
    columns = [column for column in equal_bits(coders) if column.key.startswith("found")]
    made = table("retrieval-at-equal-bits", columns, coders) if columns else ""
    equal = f"<div><h3>At equal bits, cosine</h3>\n{made}</div>" if made else ""
    return (
        note(
            f"Every face looks for its five nearest by decoded tokens{among}, other people's only. They are judged by "
            "the cosine of their landmarks' geometry, which no coding saw. Dashed: what the geometry itself finds, "
            "what the uncoded expressions find, and what a random face brings."
        )
        + f'<div class="pair">{chart}{equal}</div>'
    )


def _qualities(result: Result, coders: Sequence[Coder]) -> str:
    faithful = level_chart(
        "faithful-levels",
        "Faithful, by level",
        "tokens said that the face shows",
        coders,
        lambda values: list_at(values, "faithfulness", "own_region_by_level"),
        Mark(0.5, "half"),
    )
    same = level_chart(
        "reliable-levels",
        "Reliable, by level",
        "agreement of codes (kappa)",
        coders,
        lambda values: list_at(values, "reliability", "all", "kappa"),
        Mark(0.0, "chance"),
    )
    levels = figures([faithful, same], "wide")
    changes = figures(perturbation_charts(coders), "small")
    leak = figures([leak_chart(result, coders)], "wide")
    return f"""<h3>Different, local, not alike</h3>
{table("variety", VARIETY, coders)}
{meanings(VARIETY)}
<h3>Faithful and reliable, level by level</h3>
{note(_LEVELS)}
{levels or note(missing("Neither", "reliability", coders))}
<h3>The same tokens after a change of the picture</h3>
{changes or note(missing("Reliability", "reliability", coders))}
<h3>Sides, seeds, cost</h3>
{table("sides-seeds-cost", ORDER, coders)}
{meanings(ORDER)}
<h3>What tokens tell beside the movement</h3>
{leak}
{table("probes", LEAKS, coders, [("not coded: the input itself", _not_coded(result))])}
{meanings(LEAKS)}"""
