"""The page of an evaluation: which coding of the face is better, on what faces, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dfe.judge.charts import (
    error_charts,
    leak_chart,
    level_chart,
    perturbation_charts,
    region_charts,
    retrieval_chart,
)
from dfe.judge.columns import LEAKS, MOTION, ORDER, SUMMARY, VARIETY, Column, equal_bits, group_columns, of_faces
from dfe.judge.reading import (
    Coder,
    Result,
    at,
    coders_of,
    figure_at,
    list_at,
    number_at,
    part,
    why_not,
)
from dfe.judge.tables import Table, table
from dfe.pages.chart import Mark
from dfe.pages.formats import number, tenths
from dfe.pages.page import render

_SETS = {
    "faces": "judged on",
    "fit": "to fit the baselines, and to learn bits and the mean face",
    "probe-train": "the emotion probe learns from",
    "probe-test": "the emotion probe is asked about",
    "turned": "people who turn their heads",
}
_SHOWN_ABOUT = ("sets", "space", "dfe", "neutral", "subjects", "seed", "draws")


class Nearest(NamedTuple):
    """The coding whose drawn faces are nearest."""

    id: str
    error_mm: float
    bits: float | None


class Group(NamedTuple):
    """Figures by one kind of group."""

    title: str
    errors: Table
    neutral: Table | None
    found: Table | None


class FaceSet(NamedTuple):
    """A set of faces that something was measured on."""

    name: str
    use: str
    values: Mapping[str, Any]
    tables: Sequence[Any]


def evaluation_page(result: Mapping[str, Any]) -> str:
    """One self-contained HTML file about the JSON of an evaluation; what is missing in it is said to be missing."""
    coders = coders_of(result)
    costs = equal_bits(coders)
    errors = [column for column in costs if column.key.startswith("error")]
    found = [column for column in costs if column.key.startswith("found")]
    floors = [("mean face: no token at all", _mean_face(result)), ("not coded: the input itself", _not_coded(result))]
    subjects = part(result, "about", "subjects")
    return render(
        "judge/evaluation.html.jinja",
        coders=coders,
        faces=number_at(result, "about", "sets", "faces", "faces"),
        people=number_at(result, "about", "sets", "faces", "people"),
        mean_face_mm=number_at(result, "floors", "mean_face_mm"),
        nearest=_nearest(coders),
        not_people=subjects if isinstance(subjects, str) and subjects != "people" else "",
        summary=table("summary-table", SUMMARY, coders, floors),
        error_charts=_shown(error_charts(result, coders)),
        error_at_bits=table("error-at-equal-bits", errors, coders) if errors else None,
        region_charts=_shown(region_charts(coders)),
        retrieval_chart=_shown([retrieval_chart(result, coders)]),
        retrieval_at_bits=table("retrieval-at-equal-bits", found, coders) if found else None,
        retrieval_faces=number_at(result, "floors", "retrieval", "faces"),
        variety=table("variety", VARIETY, coders),
        level_charts=_shown(_level_charts(coders)),
        change_charts=_shown(perturbation_charts(coders)),
        order=table("sides-seeds-cost", ORDER, coders),
        motion=table("motion", MOTION, coders, floors[1:]),
        leak_charts=_shown([leak_chart(result, coders)]),
        leaks=table("probes", LEAKS, coders, floors[1:]),
        groups=list(_groups(result, coders)),
        no_neutral=_no_neutral(coders),
        sets=_sets(result),
        facts=_facts(part(result, "about")),
        detectors=part(result, "about", "au_detectors") or "not compared",
        reasons=lambda measure: (
            list(dict.fromkeys(why_not(coder.values, measure) for coder in coders)) or ["no coding"]
        ),
        seen_faces=lambda coder: int(number_at(coder.values, "seen", "faces") or 0),
        seen_reason=lambda coder: why_not(coder.values, "seen"),
        shape=_shape,
        number_at=number_at,
        part=part,
    )


def _shown(charts: Sequence[str]) -> list[str]:
    return [chart for chart in charts if chart]


def _shape(coder: Coder) -> tuple[int, int] | None:
    """Levels and size of a coding, where both are known."""
    levels, size = number_at(coder.values, "levels"), number_at(coder.values, "size")
    return (int(levels), int(size)) if levels and size else None


def _nearest(coders: Sequence[Coder]) -> Nearest | None:
    """Among two codings or more that have not seen the people."""
    errors = [(figure_at(c.values, "fidelity", "error_mm"), c) for c in coders if not c.seen]
    known = [(figure.value, c) for figure, c in errors if figure is not None]
    if len(known) < 2:
        return None
    error, coder = min(known, key=lambda each: each[0])
    return Nearest(coder.id, error, number_at(coder.values, "fidelity", "bits", "value"))


def _mean_face(result: Result) -> Result:
    floor = part(result, "floors")
    return {
        "fidelity": {"error_mm": part(floor, "mean_face_mm"), "share": 1.0, "tokens": 0.0, "bits": 0.0},
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
        "motion": part(floor, "motion"),
    }


def _level_charts(coders: Sequence[Coder]) -> list[str]:
    return [
        level_chart(
            "faithful-levels",
            "Faithful, by level",
            "tokens said that the face shows",
            coders,
            lambda values: list_at(values, "faithfulness", "own_region_by_level"),
            Mark(0.5, "half"),
        ),
        level_chart(
            "reliable-levels",
            "Reliable, by level",
            "agreement of codes (kappa)",
            coders,
            lambda values: list_at(values, "reliability", "all", "kappa"),
            Mark(0.0, "chance"),
        ),
    ]


def _groups(result: Result, coders: Sequence[Coder]) -> Iterator[Group]:
    kinds: dict[str, None] = {}
    for coder in coders:
        inner = part(coder.values, "groups", "error_mm")
        kinds |= dict.fromkeys(inner) if isinstance(inner, Mapping) else {}
    kinds.pop("not_measured", None)
    for i, kind in enumerate(kinds):
        tokens = group_columns(coders, "neutral_tokens", kind, 2)
        yield Group(
            kind[:1].upper() + kind[1:],
            table(f"group-{i}-error", group_columns(coders, "error_mm", kind, 3), coders),
            table(f"group-{i}-neutral", tokens, coders) if tokens else None,
            _detection(f"group-{i}-found", part(result, "floors", "detection", kind)),
        )


def _detection(name: str, found: Any) -> Table | None:
    """One row: in which share of a group's pictures a face was found."""
    columns = [
        Column(f"{name}-{i}", group, "", at(group, "estimate"), tenths, 0, "", of_faces(figure, "picture"))
        for i, (group, figure) in enumerate(found.items() if isinstance(found, Mapping) else ())
        if figure_at(figure, "estimate")
    ]
    return table(name, columns, [], [("face found", found)]) if columns else None


def _no_neutral(coders: Sequence[Coder]) -> str:
    """Why tokens of neutral faces are missing; empty where they are not."""
    lacking = next((c for c in coders if "not_measured" in (part(c.values, "groups", "neutral_tokens") or {})), None)
    return why_not(lacking.values, "groups.neutral_tokens") if lacking else ""


def _sets(result: Result) -> list[FaceSet]:
    sets = part(result, "about", "sets")
    return [
        FaceSet(
            name,
            _SETS.get(name) or ("the same pictures, changed" if name.startswith("perturbed ") else ""),
            values if isinstance(values, Mapping) else {},
            list_at(values, "tables"),
        )
        for name, values in (sets.items() if isinstance(sets, Mapping) else ())
    ]


def _facts(about: Any) -> list[tuple[str, str]]:
    """Settings by name, those that have no place of their own as they stand."""
    space = " ".join(str(part(about, "space", key) or "") for key in ("id", "version", "hash"))
    unit = "people" if part(about, "subjects") == "people" else "faces"
    draws, seed = (number(number_at(about, key), 0) for key in ("draws", "seed"))
    others = {k: v for k, v in about.items() if k not in _SHOWN_ABOUT} if isinstance(about, Mapping) else {}
    return [
        ("Program", f"dfe {part(about, 'dfe') or '?'}"),
        ("Space", space.strip() or "?"),
        ("Neutral", part(about, "neutral") or "?"),
        ("Intervals", f"95%, {draws} draws of {unit}, seed {seed}"),
        *_flat(others),
    ]


def _flat(value: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, inner in value.items():
        word = str(key).replace("_", " ").replace("au ", "AU ")
        name = above + (word if above else word[:1].upper() + word[1:])
        if isinstance(inner, Mapping) and inner:
            yield from _flat(inner, f"{name}: ")
        elif isinstance(inner, list | tuple):
            yield name, ", ".join(_plain(one) for one in inner) or "none"
        else:
            yield name, _plain(inner)


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(str(inner) for inner in value.values())
    if value is None:
        return "none"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
