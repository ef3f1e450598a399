"""What the charts of a recording's page draw, as one packed block."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from dfe.pages.course import TICKS_PER_S, Course, course_data
from dfe.pages.view import Person, RecordingView


def chart_data(view: RecordingView) -> dict[str, Any]:
    """Name, first and last tick, and the course of each face, for :func:`dfe.pages.packed.packed`.

    Of displays only those that have a card are drawn; groups, regions and eyes always.
    """
    start, end = extent([person.course for person in view.people if person.course is not None], view.duration_s)
    return {
        "name": view.name,
        "start": start,
        "end": end,
        "faces": [
            {**course_data(_carded(person, person.course)), "anchor": anchor(view, person)}
            for person in view.people
            if person.course is not None
        ],
    }


def extent(courses: list[Course], duration_s: float | None) -> tuple[int, int]:
    """First and last tick in which anything happens."""
    starts, ends = [], [duration_s or 0.0]
    for course in courses:
        for first, last in ((course.start_s, course.end_s), _quality(course)):
            if len(first):
                starts.append(float(first.min()))
                ends.append(float(last.max()))
    start = int(np.floor(min(starts, default=0.0) * TICKS_PER_S))
    return start, max(int(np.ceil(max(ends) * TICKS_PER_S)), start + 1)


def anchor(view: RecordingView, person: Person) -> str:
    """What the address of a person's cards on the page begins with; the display's number follows."""
    return f"face-{person.face_id}-token-" if len(view.people) > 1 else "token-"


def _carded(person: Person, course: Course) -> Course:
    cards = {str(card.code): place for place, card in enumerate(person.cards)}
    kept = [one for one in course.strips if one.kind != "display" or one.token in cards]
    kept.sort(key=lambda one: cards[one.token] if one.kind == "display" else -1)
    marks = tuple(mark for mark in course.marks if mark.kind != "display" or mark.token in cards)
    return replace(course, strips=tuple(kept), marks=marks)


def _quality(course: Course) -> tuple[np.ndarray, np.ndarray]:
    if course.quality is None:
        return np.zeros(0), np.zeros(0)
    return course.quality.start_s, course.quality.end_s
