"""Is a recording good enough to use? One row of measures, a verdict and plain words why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import ModelError
from dfe.base.types import BoolArray, DoubleArray
from dfe.clock.clock import Clock
from dfe.clock.spans import seconds_in
from dfe.recording.faces import list_faces
from dfe.recording.noise import jitter_percent, noise_mm
from dfe.recording.provenance import SpaceRef
from dfe.recording.recording import Recording
from dfe.recording.summary import by_count, fleeting_faces
from dfe.recording.verdict import QcRule, judge
from dfe.space.registry import load_space

_SAID = 4
"""Faces whose share is said in words."""


@dataclass(frozen=True)
class QcRow:
    """The quality of one recording. Numbers are None where there is nothing to measure them on."""

    name: str
    frames: int
    duration_s: float | None
    """None for pictures."""
    frame_rate: float | None
    """Frames per second, gaps left out; None for pictures."""
    faces: int
    """Different face ids that are seen for more than a moment; for pictures, the most faces in one picture."""
    fleeting_faces: int
    """Face ids that are seen for a moment only; often no faces at all."""
    found_share: float
    """Share of the time (of pictures, of their number) with at least one face that is seen for more than a moment,
    0 to 1; frames that are missing have none."""
    usable_share: float
    """Share of the time with at least one usable face, 0 to 1."""
    usable_by_face: dict[str, float]
    """Share of the time in which each face that is seen for more than a moment is usable, as ``face 1``; no one's time
    is another's. Of pictures empty."""
    yaw_median_deg: float | None
    """Median of face 0, as all pose measures; positive to the subject's left."""
    yaw_p95_deg: float | None
    """95th percentile of the yaw's absolute value."""
    pitch_median_deg: float | None
    """Positive upwards."""
    pitch_p95_deg: float | None
    """95th percentile of the pitch's absolute value."""
    face_px_median: float | None
    """Median of the short side of face 0's box, in pixels."""
    confidence_median: float | None
    jitter_percent: float | None
    """Frame-to-frame noise of face 0's box centre in per cent of the face's size, see
    :func:`~dfe.recording.noise.jitter_percent`."""
    noise_mm: float | None
    """Frame-to-frame noise of what is measured of face 0, mm, see :func:`~dfe.recording.noise.noise_mm`; None too where
    the recording's space is not at hand or has no mesh."""
    repeated_share: float | None
    """Share of the frames in which face 0 moves that show its picture of the frame before once more; None where that is
    not known, as of pictures and of tables of other tools."""
    picture_rate: float | None
    """Different pictures of face 0 a second, by that share."""
    freezes: int | None
    """How often face 0's picture stands still for a moment, shorter than what is not usable; None likewise."""
    frozen_s: float | None
    """For how long in all, in seconds."""
    longest_gap_s: float | None
    """Longest time without any face, in seconds; None for pictures."""
    time_stamps: str
    """``ok``, ``repaired``, or ``none`` for pictures."""
    reasons: dict[str, int]
    """Why rows have no face or are not usable, with the number of rows, the most frequent first."""
    defects: tuple[str, ...]
    """Kinds of what is known to be wrong, odd or mended about the source (:mod:`dfe.base.defects`)."""
    verdict: str
    """``good``, ``check`` or ``poor``."""
    why: str
    """Plain words behind the verdict, then what was mended or is worth knowing; empty for a faultless recording."""
    space: SpaceRef
    """Of the mean expression."""
    mean_expression: tuple[float, ...] | None
    """Mean of face 0's usable rows (of all its rows if none is usable) in that space; None without a face."""
    strip_face: tuple[float, ...]
    """Share of the time with a face in equal parts of the recording."""
    strip_usable: tuple[float, ...]
    """Share with a usable face, likewise."""


def measure_quality(recording: Recording, name: str, rule: QcRule | None = None) -> QcRow:
    """Measure one recording; depends on its rows and provenance only."""
    rule = rule or QcRule()
    summary = recording.summary()
    clock, success, usable = recording.clock(), recording.success, recording.usable
    timed = len(clock.times) > 0
    kept = ~np.isin(recording.face_ids, list(summary.fleeting))
    seen, seen_usable = recording.seen(success & kept), recording.seen(usable & kept)
    by_face = {
        f"face {track.face_id}": track.usable_share
        for track in (list_faces(recording) if timed else ())
        if track.face_id not in summary.fleeting
    }
    main = recording.face_ids == 0
    yaw, pitch = _degrees(recording, "yaw", main), _degrees(recording, "pitch", main)
    boxes = recording.boxes[main]
    size = boxes[:, 2:].min(axis=1)
    measures = {
        "found_share": summary.found_share,
        "usable_share": summary.usable_share,
        "face_px_median": _median(size),
        "confidence_median": _median(recording.confidence[main]),
        "jitter_percent": jitter_percent(recording.frames[main], boxes) if timed else None,
        "longest_gap_s": longest_gap(clock, seen) if timed else None,
    }
    shown = next((note for note in recording.provenance.pictures if note.face == 0), None)
    stamps = recording.provenance.source.time_stamps if timed else "none"
    fleeting = fleeting_faces(recording, rule.min_face_s)
    lasting = summary.faces + len(summary.fleeting) - len(fleeting)
    verdict, why = judge(
        rule,
        frames=summary.frames,
        faces=lasting if timed else 1,
        fleeting=len(fleeting),
        frame_rate=_rate_of(recording, main, clock),
        time_stamps=stamps,
        measures=measures,
        has_main=bool(main.any()),
        main_fault=next(iter(summary.not_usable), None),
        defects=recording.provenance.defects,
    )
    if len(by_face) > 1:
        shares = ", ".join(f"{face} {share:.0%}" for face, share in list(by_face.items())[:_SAID])
        why = "; ".join(filter(None, (why, f"usable: {shares}{', ...' if len(by_face) > _SAID else ''}")))
    return QcRow(
        name=name,
        frames=summary.frames,
        duration_s=summary.duration_s,
        frame_rate=summary.frame_rate,
        faces=lasting,
        fleeting_faces=len(fleeting),
        found_share=summary.found_share,
        usable_share=summary.usable_share,
        usable_by_face=by_face,
        yaw_median_deg=_median(yaw),
        yaw_p95_deg=_percentile(np.abs(yaw), 95),
        pitch_median_deg=_median(pitch),
        pitch_p95_deg=_percentile(np.abs(pitch), 95),
        face_px_median=measures["face_px_median"],
        confidence_median=measures["confidence_median"],
        jitter_percent=measures["jitter_percent"],
        noise_mm=_noise(recording, main) if timed else None,
        repeated_share=None if shown is None else shown.repeated_share,
        picture_rate=None if shown is None else shown.picture_rate,
        freezes=None if shown is None else shown.freezes,
        frozen_s=None if shown is None else shown.frozen_s,
        longest_gap_s=measures["longest_gap_s"],
        time_stamps=stamps,
        reasons=_merge(summary.failures, summary.not_usable),
        defects=tuple(dict.fromkeys(defect.kind for defect in recording.provenance.defects)),
        verdict=verdict,
        why=why,
        mean_expression=_mean_expression(recording, main),
        space=recording.provenance.space,
        strip_face=_strip(recording, clock, success & kept, seen, rule.strip_bins),
        strip_usable=_strip(recording, clock, usable & kept, seen_usable, rule.strip_bins),
    )


def longest_gap(clock: Clock, seen: DoubleArray) -> float:
    """Longest stretch without a face, in seconds; less than half a frame's length is unevenness, and counts as none.

    Args:
        clock: of the recording's frames.
        seen: stretches ``(k, 2)`` with a face, seconds.
    """
    start = clock.times[0]
    bounds = np.concatenate([[start], seen.ravel(), [start + clock.duration_s]])
    gap = float((bounds[1::2] - bounds[::2]).max())
    return gap if gap > clock.step_s / 2 else 0.0


def _rate_of(recording: Recording, face: BoolArray, clock: Clock) -> float | None:
    usable = face & recording.usable
    return Clock.of(recording.times[usable if usable.any() else face], clock.step_s).rate


def _degrees(recording: Recording, column: str, rows: BoolArray) -> DoubleArray:
    return np.degrees(recording.column(column)[rows].astype(np.float64))


def _percentile(values: NDArray[np.floating], percent: float) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.percentile(known, percent)) if len(known) else None


def _median(values: NDArray[np.floating]) -> float | None:
    return _percentile(values, 50)


def _noise(recording: Recording, main: BoolArray) -> float | None:
    """Of face 0's usable rows."""
    try:
        space = load_space(recording.space_id, recording.provenance.space.version)
    except ModelError:
        return None
    if not space.has_surface:
        return None  # Its lengths are no mm.
    rows = main & recording.usable
    return noise_mm(recording.frames[rows], recording.expressions()[rows], space)


def _mean_expression(recording: Recording, main: BoolArray) -> tuple[float, ...] | None:
    if not main.any():
        return None
    rows = main & recording.usable
    x = recording.expressions()[rows if rows.any() else main]
    return tuple(float(v) for v in np.nanmean(x.astype(np.float64), axis=0))


def _strip(recording: Recording, clock: Clock, rows: BoolArray, seen: DoubleArray, most: int) -> tuple[float, ...]:
    """Shares in equal parts of the time (of pictures, in their order), a frame or more each."""
    frame, group = np.unique(recording.frames, return_inverse=True)
    bins = min(most, len(frame))
    if not bins:
        return ()
    if len(clock.times):
        edges = clock.times[0] + np.linspace(0, clock.duration_s, bins + 1)
        share = seconds_in(seen, edges[:-1], edges[1:]) / np.diff(edges)
        return tuple(share.clip(0, 1).round(6).tolist())
    shown = np.bincount(group, rows, len(frame)) > 0
    return tuple(float(part.mean()) for part in np.array_split(shown, bins))


def _merge(*counts: dict[str, int]) -> dict[str, int]:
    merged: dict[str, int] = {}
    for part in counts:
        for reason, number in part.items():
            merged[reason] = merged.get(reason, 0) + number
    return by_count(merged)
