"""The page of one recording: what was found, when each token speaks, what the tokens look like, where it comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from dfe.base.types import DoubleArray
from dfe.pages.course import Course
from dfe.pages.formats import count, percent, seconds
from dfe.pages.packed import in_base64, packed
from dfe.pages.page import render
from dfe.pages.view import NOT_FOUND, Person, RecordingView
from dfe.report.payload import anchor, chart_data

_PARTS = 60
_OF_PERSON = "This page holds pictures of the person: keep it as you keep the recording."


class Spark(NamedTuple):
    """How strongly a display is shown in each part of a recording, as a small area."""

    parts: int
    path: str
    """Outline in an SVG box of ``parts`` by 20."""
    from_s: float
    to_s: float
    """Where it is shown most."""
    peak_mm: float
    """Mean strength of that part."""


def recording_page(view: RecordingView) -> str:
    """One self-contained HTML file about a recording, which asks for nothing from anywhere."""
    pictured = bool(view.thumbnails) or any(still.thumbnail is not None for still in view.stills)
    people = list(enumerate(view.people))
    return render(
        "report/recording.html.jinja",
        view=view,
        sentence=summary_sentence(view),
        cautions=[*view.warnings, *([_OF_PERSON] if pictured else [])],
        sparks=[_sparks(view, person) for person in view.people],
        cards={card.code: card for person in view.people for card in person.cards},
        several=len(view.people) > 1,
        people=people,
        anchors=[anchor(view, person) for person in view.people],
        posed=[(place, person) for place, person in people if person.course is not None and person.course.curves],
        not_found=NOT_FOUND,
        facts=list(_flat(view.provenance)),
        provenance=json.loads(json.dumps(view.provenance, default=str), parse_constant=lambda _: None),
        data=in_base64(packed(chart_data(view))) if view.kind == "video" else None,
    )


def summary_sentence(view: RecordingView) -> str:
    """What was found, in plain words and plain text."""
    whole, one = ("pictures", "picture") if view.kind == "stills" else ("the time", "frame")
    made = [count(view.frames, one)]
    if view.kind == "video" and view.duration_s is not None:
        rate = f" at {view.frame_rate:.4g} frames a second" if view.frame_rate else ""
        made.append(seconds(view.duration_s) + rate)
    if view.faces == 0:
        return f"{', '.join(made)}. No face was found."
    faces = "one face" if view.faces == 1 else count(view.faces, "face")
    if view.kind == "video" and view.faces > 1:
        return (
            f"{', '.join(made)}. {faces.capitalize()}: at least one of them found in {percent(view.found_share)} "
            f"of the time, and usable in {percent(view.usable_share)}. Each is shown by itself."
        )
    return (
        f"{', '.join(made)}. {faces.capitalize()}, found in {percent(view.found_share)} of {whole}; "
        f"{percent(view.usable_share)} of {whole} usable."
    )


def _sparks(view: RecordingView, person: Person) -> dict[int, Spark]:
    """By code; of videos alone."""
    if person.course is None or not view.duration_s:
        return {}
    edges = np.linspace(0, view.duration_s, _PARTS + 1)
    strips = {one.token: one for one in person.course.strips if one.kind == "display"}
    carded = [card.code for card in person.cards if str(card.code) in strips]
    return {
        code: _spark(mean_strength(person.course, strips[str(code)].amounts(len(person.course.start_s)), edges), edges)
        for code in carded
    }


def _spark(strength: DoubleArray, edges: DoubleArray) -> Spark:
    peak = int(np.argmax(strength))
    height = strength / (strength[peak] or 1.0)
    points = " ".join(f"L{i} {20 - 19 * h:.1f}H{i + 1}" for i, h in enumerate(height))
    return Spark(_PARTS, f"M0 20{points}V20Z", float(edges[peak]), float(edges[peak + 1]), float(strength[peak]))


def mean_strength(course: Course, amount: DoubleArray, edges: DoubleArray) -> DoubleArray:
    """``(b,)`` mean of amounts ``(n,)`` over each part of time, no face counting as none.

    Args:
        course: whose rows the amounts are of.
        amount: of each row.
        edges: ``(b + 1,)`` seconds, ascending.
    """
    moments = np.column_stack([course.start_s, course.end_s]).ravel()
    passed = np.zeros(2 * len(amount))
    passed[1::2] = np.cumsum(amount * (course.end_s - course.start_s))
    passed[2::2] = passed[1:-1:2]
    return np.asarray(np.diff(np.interp(edges, moments, passed)) / np.diff(edges))


def _flat(value: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, inner in value.items():
        name = f"{above}{key}"
        if isinstance(inner, Mapping) and inner:
            yield from _flat(inner, f"{name}.")
        elif isinstance(inner, list | tuple):
            yield name, ", ".join(str(part) for part in inner) or "none"
        else:
            yield name, "none" if inner is None or inner == {} else str(inner)
