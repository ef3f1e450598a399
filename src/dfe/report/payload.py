"""What the charts of a recording's page draw, packed as differences of milliseconds and of tenths of degrees."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dfe.clock.clock import Clock
from dfe.pages.spans import StateSpans, TokenSpans
from dfe.pages.view import FaceTrack, RecordingView


def chart_data(view: RecordingView) -> dict[str, Any]:
    """Plain lists for the page's scripts.

    ``rows`` of a face are the view's cards in order, then one row of all other tokens. Every list of times holds the
    differences of successive entries, since small numbers make a small page: 54,000 frames take one or two MB.
    """
    start, end = _extent(view)
    return {
        "name": view.name,
        "start": start,
        "end": end,
        "tokens": [{"code": c.code, "words": c.words, "side": c.side} for c in view.cards],
        "quality": _states(view.quality),
        "faces": [_face(track, [c.code for c in view.cards]) for track in view.tracks],
    }


def _extent(view: RecordingView) -> tuple[int, int]:
    """First and last millisecond that anything happens."""
    ends = [0.0 if view.duration_s is None else view.duration_s]
    ends += [float(track.spans.end_s.max()) for track in view.tracks if len(track.spans)]
    ends += [float(view.quality.end_s.max())] if view.quality is not None and len(view.quality) else []
    starts = [float(view.quality.start_s.min())] if view.quality is not None and len(view.quality) else []
    starts += [float(track.spans.start_s.min()) for track in view.tracks if len(track.spans)]
    first = int(min(starts, default=0.0) * 1000)
    return first, max(int(np.ceil(max(ends) * 1000)), first + 1)


def _states(quality: StateSpans | None) -> dict[str, Any]:
    if quality is None:
        return {"s": [], "d": [], "state": [], "reason": [], "reasons": []}
    reasons = list(dict.fromkeys(quality.reason))
    place = {reason: i for i, reason in enumerate(reasons)}
    return {
        **_times(quality.start_s, quality.end_s),
        "state": quality.state.tolist(),
        "reason": [place[reason] for reason in quality.reason],
        "reasons": reasons,
    }


def _face(track: FaceTrack, shown: list[int]) -> dict[str, Any]:
    spans = track.spans
    rows = [_row(spans.of(code)) for code in shown]
    rest = spans.pick(~np.isin(spans.code, shown))
    return {"id": track.face_id, "rows": [*rows, {**_row(rest), "c": rest.code.tolist()}], "pose": _pose(track)}


def _row(spans: TokenSpans) -> dict[str, list[int]]:
    return {**_times(spans.start_s, spans.end_s), "l": spans.level.tolist()}


def _times(start_s: ArrayLike, end_s: ArrayLike) -> dict[str, list[int]]:
    start, end = _milliseconds(start_s), _milliseconds(end_s)
    return {"s": np.diff(start, prepend=0).tolist(), "d": (end - start).tolist()}


def _pose(track: FaceTrack) -> dict[str, Any]:
    times = np.asarray(track.times_s, np.float64)
    angles = np.stack([np.asarray(a, np.float64) for a in (track.yaw, track.pitch, track.roll)]).reshape(3, -1)
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
