"""From measured faces to a :class:`Recording`: faces told apart, rows in order, each marked usable or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dfe.base.lists import to_lists
from dfe.base.types import BoolArray, DoubleArray, FloatArray, IntArray
from dfe.recording import schema
from dfe.recording.measured import Measured
from dfe.recording.provenance import Provenance, plain_text
from dfe.recording.recording import Recording
from dfe.recording.rows import UNSET, RowBuffer, index_of
from dfe.recording.usability import UsabilityRule

_BOX = slice(1, 5)
_POSE = slice(5, 8)
_COVERED = slice(8, 10)
OTHER_FACES_ONLY = "face 0 not in this frame"
"""Reason of a frame whose faces were all left out on request."""


def build_recording(
    rows: RowBuffer,
    provenance: Provenance,
    *,
    face_ids: Sequence[int] | NDArray[np.integer] | None = None,
    usability: UsabilityRule | None = None,
    still_s: FloatArray | None = None,
    detail: FloatArray | None = None,
) -> Recording:
    """Turn the rows into a recording, in order of frames and, within a frame, of face ids.

    Args:
        rows: faces and failures.
        provenance: where they come from; the usability limits are added to its options.
        face_ids: one id per row (anything for failures), in place of those given with the rows; -1 leaves a face out.
        usability: limits behind the columns ``usable`` and ``why_not``.
        still_s: seconds for which the picture of each row's face stands still ``(n,)``; None where none does.
        detail: how much fine detail it holds ``(n,)``; None, or NaN, where that is not known.

    Raises:
        ValueError: ids of another number than rows, or a face without an id.
    """
    rule = usability or UsabilityRule()
    ids = rows.given_ids if face_ids is None else np.asarray(face_ids, np.int64).copy()
    success = rows.success
    if ids.shape != success.shape:
        raise ValueError(f"{len(ids)} face ids for {len(success)} rows")
    if (ids[success] == UNSET).any():
        raise ValueError("a face has no id: give face_ids")
    ids[~success] = schema.NO_FACE_ID

    frame, time = rows.frames, rows.times
    reason, reasons, source, sources = rows.texts()
    emptied = _emptied_frames(frame, success, ids)
    if emptied.any():
        reasons = list(dict.fromkeys([*reasons, OTHER_FACES_ONLY]))
        reason[emptied] = reasons.index(OTHER_FACES_ONLY)
    keep = ~success | (ids >= 0) | emptied
    success = success & (ids >= 0)
    order = np.flatnonzero(keep)
    order = order[np.lexsort((ids[order], frame[order]))]

    numbers = rows.numbers[order]
    numbers[~success[order]] = np.nan
    columns = _Columns(
        rows.layout, frame[order], time[order], ids[order], success[order], numbers, reason[order], reasons,
        source[order], sources, None if still_s is None else still_s[order],
        None if detail is None else detail[order],
    )  # fmt: skip
    return _recording(columns, provenance, rule, rule.reasons, rows.lists(order[success[order]]))


def build_measured(
    measured: Measured, provenance: Provenance, face_ids: IntArray, usability: UsabilityRule | None = None
) -> Recording:
    """Turn what a table held into a recording, in order of frames and, within a frame, of face ids.

    A tool that follows several faces writes a row for each that it lost; here a frame without any face has one row, and
    beside a face that was found there is none.

    A limit of usability that cannot be judged, since the table has no head pose, no box or no picture, is not applied;
    the provenance says which (``options``, ``usability_not_judged``).

    Args:
        measured: faces and failures.
        provenance: where they come from; the usability limits are added to its options.
        face_ids: ``(n,)`` of our own numbering, anything for failures; -1 leaves a face out.
        usability: limits behind the columns ``usability`` and ``why_not``.
    """
    rule = usability or UsabilityRule()
    layout = schema.Layout(
        expression=schema.expression_columns(measured.space.names),
        gaze=measured.gaze is not None or measured.space.id in schema.FACE_SPACES,
        blink=measured.blink is not None or measured.space.id in schema.FACE_SPACES,
    )
    count = len(measured)
    success = measured.success & (face_ids >= 0)
    parts = [
        _or_empty(measured.confidence, count, 1),
        _or_empty(measured.box, count, 4),
        _or_empty(measured.pose, count, 3),
        _or_empty(None, count, len(schema.COVERED)),
        measured.expression,
    ]
    if layout.gaze:
        parts.append(_or_empty(measured.gaze, count, len(schema.GAZE)))
    if layout.blink:
        parts.append(_or_empty(measured.blink, count, len(schema.BLINK)))
    numbers = np.concatenate(parts, axis=1, dtype=np.float32, casting="same_kind")
    numbers[~success] = np.nan
    ids = np.where(success, face_ids, schema.NO_FACE_ID)
    reason, reasons = _indexed(measured.reason)
    emptied = _emptied_frames(measured.frame, measured.success, np.where(measured.success, face_ids, -1))
    if emptied.any():
        reasons = [*reasons, OTHER_FACES_ONLY]
        reason[emptied] = len(reasons) - 1
    source, sources = _indexed(measured.source or [provenance.source.name] * count)
    keep = np.flatnonzero(success | _first_failures(measured.frame, measured.success, success) | emptied)
    order = keep[np.lexsort((ids[keep], measured.frame[keep]))]
    columns = _Columns(
        layout, measured.frame[order], measured.time_s[order], ids[order], success[order], numbers[order],
        reason[order], reasons, source[order], sources,
    )  # fmt: skip
    judged = [*[measured.pose is not None] * 3, measured.box is not None, False, False, False, False]
    names = [name for name, known in zip(rule.reasons, judged, strict=True) if known]
    missing = [name for name, known in zip(rule.reasons, judged, strict=True) if not known]
    if missing:
        provenance = replace(provenance, options={**provenance.options, "usability_not_judged": missing})
    return _recording(columns, provenance, rule, names, {})


class _Columns(NamedTuple):
    """Rows in their final order."""

    layout: schema.Layout
    frame: IntArray
    time_s: DoubleArray
    face_id: IntArray
    success: BoolArray
    numbers: FloatArray
    """``(n, len(layout.measured))``, NaN on a row without a face."""
    reason: IntArray
    """Index into ``reasons``, -1 for none."""
    reasons: list[str]
    source: IntArray
    sources: list[str]
    still_s: FloatArray | None = None
    detail: FloatArray | None = None


def _recording(
    rows: _Columns,
    provenance: Provenance,
    rule: UsabilityRule,
    judged: Sequence[str],
    lists: dict[str, FloatArray],
) -> Recording:
    """The table and its provenance; of the rule's limits only those whose words are in ``judged`` are applied."""
    success, numbers = rows.success, rows.numbers
    still_s = np.zeros(len(success), np.float32) if rows.still_s is None else rows.still_s
    (pitch, yaw, roll), (_, _, width, height), (upper, lower) = (numbers[:, p].T for p in (_POSE, _BOX, _COVERED))
    detail = np.full(len(success), np.nan, np.float32) if rows.detail is None else rows.detail
    broken = rule.broken(pitch, yaw, roll, width, height, upper, lower, still_s, detail)
    broken[:, [name not in judged for name in rule.reasons]] = False
    usable = success & ~broken.any(axis=1)
    first_broken = np.where(success, broken.argmax(axis=1), len(rule.reasons) + rows.reason)
    arrays = {
        "frame": pa.array(rows.frame, pa.int32()),
        "time_s": pa.array(rows.time_s, mask=np.isnan(rows.time_s)),
        "face_id": pa.array(rows.face_id.clip(-1, np.iinfo(np.int16).max), pa.int16()),
        "success": pa.array(success),
        "reason": _words(rows.reason, rows.reasons),
        "usable": pa.array(usable),
        "why_not": _words(np.where(usable, -1, first_broken), [*rule.reasons, *rows.reasons]),
    }
    for index, name in enumerate(rows.layout.measured):
        column = np.ascontiguousarray(numbers[:, index])
        arrays[name] = pa.array(column, mask=np.isnan(column))
    arrays["source"] = _words(rows.source, rows.sources)
    for name, values in lists.items():
        arrays[name] = to_lists(values, success)
    options = {**provenance.options, "usability": asdict(rule)}
    return Recording(pa.table(arrays), replace(provenance, options=options))


def _or_empty(values: FloatArray | None, count: int, width: int) -> FloatArray:
    return np.full((count, width), np.nan, np.float32) if values is None else values.reshape(count, width)


def _indexed(words: Sequence[str | None]) -> tuple[IntArray, list[str]]:
    """Place of each word among the different ones, -1 for None."""
    known: dict[str, int] = {}
    index = [-1 if word is None else index_of(known, plain_text(word)) for word in words]
    return np.array(index, np.int64), list(known)


def _emptied_frames(frame: IntArray, success: BoolArray, ids: IntArray) -> BoolArray:
    """One row, the first, of each frame whose faces are all left out ``(n,)``."""
    _, first, group = np.unique(frame, return_index=True, return_inverse=True)
    left = np.bincount(group, weights=~success | (ids >= 0), minlength=len(first))
    out = np.zeros(len(frame), np.bool_)
    out[first[left == 0]] = True
    return out


def _first_failures(frame: IntArray, found: BoolArray, kept: BoolArray) -> BoolArray:
    """One failed row, the first, of each frame without a face that is kept ``(n,)``."""
    _, group = np.unique(frame, return_inverse=True)
    failed: BoolArray = ~found & (np.bincount(group, weights=kept)[group] == 0)
    rows = np.flatnonzero(failed)
    out = np.zeros(len(frame), np.bool_)
    out[rows[np.unique(frame[rows], return_index=True)[1]]] = True
    return out


def _words(index: IntArray, words: list[str]) -> pa.Array:
    """Dictionary column of the words in the order of their first use, so that equal rows make equal bytes."""
    used, first = np.unique(index[index >= 0], return_index=True)
    used = used[np.argsort(first)]
    place = np.zeros(max(len(words), 1), np.int32)
    place[used] = np.arange(len(used), dtype=np.int32)
    indices = pa.array(place[index.clip(0)], pa.int32(), mask=index < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array([words[i] for i in used.tolist()], pa.string()))
