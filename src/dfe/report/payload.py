"""What the charts of a recording's page draw, packed as differences of milliseconds and of tenths of degrees."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dfe.clock.clock import Clock
from dfe.pages.spans import TokenSpans
from dfe.pages.view import Person, RecordingView


def chart_data(view: RecordingView) -> dict[str, Any]:
    """Plain lists for the page's scripts.

    ``rows`` of a face are its own cards in order, then one row of all other tokens. Every list of times holds the
    differences of successive entries, since small numbers make a small page: 54,000 frames take one or two MB.
    """
    start, end = _extent(view)
    return {
        "name": view.name,
        "start": start,
        "end": end,
        "faces": [_face(person, anchor(view, person)) for person in view.people],
    }


def _extent(view: RecordingView) -> tuple[int, int]:
    """First and last millisecond that anything happens."""
    ends = [0.0 if view.duration_s is None else view.duration_s]
    parts = [part for person in view.people for part in (person.spans, person.quality)]
    drawn = [part for part in parts if part is not None and len(part)]
    ends += [float(part.end_s.max()) for part in drawn]
    starts = [float(part.start_s.min()) for part in drawn]
    first = int(min(starts, default=0.0) * 1000)
    return first, max(int(np.ceil(max(ends) * 1000)), first + 1)


def anchor(view: RecordingView, person: Person) -> str:
    """What the address of a person's cards on the page begins with; the display's number follows."""
    return f"face-{person.face_id}-token-" if len(view.people) > 1 else "token-"


def _face(person: Person, anchor: str) -> dict[str, Any]:
    return {
        "id": person.face_id,
        "anchor": anchor,
        "tokens": [{"code": c.code, "words": c.words, "side": c.side, "half": c.half} for c in person.cards],
        "quality": _states(person),
        "rows": _rows(person),
        "pose": _pose(person),
    }


def _states(person: Person) -> dict[str, Any]:
    quality = person.quality
    if quality is None:
        return {"s": [], "d": [], "state": [], "reason": [], "reasons": [], "covered": []}
    reasons = list(dict.fromkeys(quality.reason))
    place = {reason: i for i, reason in enumerate(reasons)}
    return {
        **_times(quality.start_s, quality.end_s),
        "state": quality.state.tolist(),
        "reason": [place[reason] for reason in quality.reason],
        "reasons": reasons,
        "covered": list(person.covered) or [0] * len(quality),
    }


def _rows(person: Person) -> list[dict[str, list[int]]]:
    if person.spans is None:
        return []
    shown = [card.code for card in person.cards]
    rest = person.spans.pick(~np.isin(person.spans.code, shown))
    return [*(_row(person.spans.of(code)) for code in shown), {**_row(rest), "c": rest.code.tolist()}]


def _row(spans: TokenSpans) -> dict[str, list[int]]:
    return {**_times(spans.start_s, spans.end_s), "l": spans.level.tolist()}


def _times(start_s: ArrayLike, end_s: ArrayLike) -> dict[str, list[int]]:
    start, end = _milliseconds(start_s), _milliseconds(end_s)
    return {"s": np.diff(start, prepend=0).tolist(), "d": (end - start).tolist()}


def _pose(person: Person) -> dict[str, Any]:
    times = np.asarray(person.times_s, np.float64)
    angles = np.stack([np.asarray(a, np.float64) for a in (person.yaw, person.pitch, person.roll)]).reshape(3, -1)
    known = np.isfinite(times) & np.isfinite(angles).all(axis=0)
    times, angles = times[known], angles[:, known]
    order = np.argsort(times, kind="stable")
    tenths = np.rint(np.degrees(angles[:, order]) * 10).astype(np.int64)
    yaw, pitch, roll = (np.diff(a, prepend=0).tolist() for a in tenths)
    return {
        "t": np.diff(_milliseconds(times[order]), prepend=0).tolist(),
        "yaw": yaw,
        "pitch": pitch,
        "roll": roll,
        "gap": round(1000 * Clock.of(times).gap_s) + 1,
    }


def _milliseconds(times_s: ArrayLike) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.rint(np.asarray(times_s, np.float64) * 1000).astype(np.int64)
