"""From measured faces, one at a time, to a :class:`Recording`, in flat memory."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dfe.recording import schema
from dfe.recording.lists import to_lists
from dfe.recording.provenance import Provenance, plain_text
from dfe.recording.recording import Recording
from dfe.recording.usability import UsabilityRule
from dfe.types import BoolArray, DoubleArray, FloatArray, IntArray

_WIDTH = len(schema.MEASURED)
_BOX = slice(1, 5)
_POSE = slice(5, 8)
_UNSET = -2
OTHER_FACES_ONLY = "face 0 not in this frame"
"""Reason of a frame whose faces were all left out on request."""


class RowBuffer:
    """Rows as they come, in typed arrays (about 270 bytes a row), before it is known which face is which.

    Rows of one frame are added one after the other; frames come in presentation order.

    Args:
        landmarks: keep landmarks and logits, a further 6 kB a face.
    """

    def __init__(self, landmarks: bool = False) -> None:
        self._frame = array("i")
        self._time = array("d")
        self._numbers = array("f")
        self._success = array("b")
        self._reason = array("i")
        self._source = array("i")
        self._face_id = array("i")
        self._lists: list[bytes | None] | None = [] if landmarks else None
        self._reasons: dict[str, int] = {}
        self._sources: dict[str, int] = {}

    def add_face(
        self,
        frame: int,
        time_s: float,
        source: str,
        confidence: float,
        box: tuple[float, float, float, float],
        pose: tuple[float, float, float],
        exp: FloatArray,
        gaze: FloatArray,
        blink: FloatArray,
        face_id: int | None = None,
        note: str | None = None,
        landmarks: FloatArray | None = None,
        logits: FloatArray | None = None,
    ) -> None:
        """Add a face.

        Args:
            frame: number in the source.
            time_s: seconds; NaN for a picture.
            source: file name.
            confidence: 0 to 1.
            box: x, y, width, height in pixels.
            pose: pitch, yaw, roll in radians.
            exp: the 41 coefficients of ``FACE_NAMES``.
            gaze: the 8 of ``GAZE_NAMES``.
            blink: the 2 of ``BLINK_NAMES``.
            face_id: which face; may be given for all rows at the end, to :func:`build_recording`.
            note: what was odd about the picture; goes into ``reason``.
            landmarks: ``(478, 3)``; left out, as the logits are, unless the buffer keeps them.
            logits: ``(52,)`` of the coefficient network.
        """
        numbers = np.concatenate([(confidence, *box, *pose), exp, gaze, blink], dtype=np.float32, casting="same_kind")
        if numbers.shape != (_WIDTH,):
            raise ValueError(f"{len(exp)} + {len(gaze)} + {len(blink)} coefficients, not 41 + 8 + 2")
        if self._lists is not None:
            self._lists.append(_packed(landmarks, logits))
        self._add(frame, time_s, source, True, note, _UNSET if face_id is None else face_id)
        self._numbers.frombytes(numbers.tobytes())

    def add_failure(self, frame: int, time_s: float, source: str, reason: str) -> None:
        """Add a frame without a face, and why."""
        if self._lists is not None:
            self._lists.append(None)
        self._add(frame, time_s, source, False, reason, schema.NO_FACE_ID)
        self._numbers.frombytes(_NO_NUMBERS)

    def extend(self, other: RowBuffer) -> None:
        """Add all rows of another buffer (a worker's part), in their order."""
        if (self._lists is None) != (other._lists is None):
            raise ValueError("one buffer keeps landmarks and the other does not")
        if self._lists is not None and other._lists is not None:
            self._lists.extend(other._lists)
        reasons = {index: _index(self._reasons, text) for text, index in other._reasons.items()}
        sources = {index: _index(self._sources, text) for text, index in other._sources.items()}
        reasons[-1] = -1
        self._frame.extend(other._frame)
        self._time.extend(other._time)
        self._numbers.extend(other._numbers)
        self._success.extend(other._success)
        self._face_id.extend(other._face_id)
        self._reason.extend(reasons[i] for i in other._reason)
        self._source.extend(sources[i] for i in other._source)

    def __len__(self) -> int:
        return len(self._frame)

    @property
    def frames(self) -> IntArray:
        """Frame numbers ``(n,)``."""
        return np.array(self._frame, np.int64)

    @property
    def times(self) -> DoubleArray:
        """Seconds ``(n,)``, NaN for pictures."""
        return np.array(self._time, np.float64)

    @property
    def success(self) -> BoolArray:
        """True for a row with a face ``(n,)``."""
        return np.array(self._success, np.bool_)

    @property
    def boxes(self) -> FloatArray:
        """``(n, 4)`` x, y, width, height in pixels; NaN for a row without a face."""
        return self.numbers[:, _BOX]

    @property
    def numbers(self) -> FloatArray:
        """``(n, 59)`` the columns of ``schema.MEASURED``; NaN for a row without a face."""
        return np.array(self._numbers, np.float32).reshape(-1, _WIDTH)

    @property
    def given_ids(self) -> IntArray:
        """Face ids as given with the rows ``(n,)``; -1 for failures, -2 where none was given."""
        return np.array(self._face_id, np.int64)

    def lists(self, rows: IntArray) -> dict[str, FloatArray]:
        """The columns of lists ``(m, width)`` of these rows, all with a face; none in a buffer that keeps none."""
        if self._lists is None:
            return {}
        out = {name: np.empty((len(rows), width), np.float32) for name, width in schema.WIDTHS.items()}
        for place, row in enumerate(rows.tolist()):
            values = np.frombuffer(self._lists[row] or b"", np.float32)
            for column in out.values():
                column[place], values = values[: column.shape[1]], values[column.shape[1] :]
        return out

    def texts(self) -> tuple[IntArray, list[str], IntArray, list[str]]:
        """Reason (index or -1, and words) and source (index, and names) of the rows."""
        reason, source = np.array(self._reason, np.int64), np.array(self._source, np.int64)
        return reason, list(self._reasons), source, list(self._sources)

    def _add(self, frame: int, time_s: float, source: str, success: bool, reason: str | None, face_id: int) -> None:
        self._frame.append(frame)
        self._time.append(time_s)
        self._source.append(_index(self._sources, plain_text(source)))
        self._reason.append(-1 if reason is None else _index(self._reasons, plain_text(reason)))
        self._success.append(success)
        self._face_id.append(face_id)


def _packed(landmarks: FloatArray | None, logits: FloatArray | None) -> bytes:
    """What a row's columns of lists hold, one after the other."""
    given = {"landmarks": landmarks, "logits": logits}
    cells = [np.empty(0, np.float32) if values is None else np.ravel(values) for values in given.values()]
    for cell, (name, width) in zip(cells, schema.WIDTHS.items(), strict=True):
        if len(cell) != width:
            raise ValueError(f"{name} of {len(cell)} numbers, not {width}")
    return np.concatenate(cells, dtype=np.float32, casting="same_kind").tobytes()


_NO_NUMBERS = np.full(_WIDTH, math.nan, np.float32).tobytes()


def build_recording(
    rows: RowBuffer,
    provenance: Provenance,
    *,
    face_ids: Sequence[int] | NDArray[np.integer] | None = None,
    usability: UsabilityRule | None = None,
) -> Recording:
    """Turn the rows into a recording, in order of frames and, within a frame, of face ids.

    Args:
        rows: faces and failures.
        provenance: where they come from; the usability limits are added to its options.
        face_ids: one id per row (anything for failures), in place of those given with the rows; -1 leaves a face out.
        usability: limits behind the columns ``usable`` and ``why_not``.

    Raises:
        ValueError: ids of another number than rows, or a face without an id.
    """
    rule = usability or UsabilityRule()
    ids = rows.given_ids if face_ids is None else np.asarray(face_ids, np.int64).copy()
    success = rows.success
    if ids.shape != success.shape:
        raise ValueError(f"{len(ids)} face ids for {len(success)} rows")
    if (ids[success] == _UNSET).any():
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

    success, reason = success[order], reason[order]
    numbers = rows.numbers[order]
    numbers[~success] = np.nan
    broken = rule.broken(*(numbers[:, _POSE].T[:2]), *(numbers[:, _BOX].T[2:]))
    usable = success & ~broken.any(axis=1)
    first_broken = np.where(success, broken.argmax(axis=1), 3 + reason)
    arrays = {
        "frame": pa.array(frame[order], pa.int32()),
        "time_s": pa.array(time[order], mask=np.isnan(time[order])),
        "face_id": pa.array(ids[order].clip(-1, np.iinfo(np.int16).max), pa.int16()),
        "success": pa.array(success),
        "reason": _words(reason, reasons),
        "usable": pa.array(usable),
        "why_not": _words(np.where(usable, -1, first_broken), [*rule.reasons, *reasons]),
    }
    for index, name in enumerate(schema.MEASURED):
        arrays[name] = pa.array(numbers[:, index], mask=~success)
    arrays["source"] = _words(source[order], sources)
    for name, values in rows.lists(order[success]).items():
        arrays[name] = to_lists(values, success)
    options = {**provenance.options, "usability": asdict(rule)}
    return Recording(pa.table(arrays), replace(provenance, options=options))


def _emptied_frames(frame: IntArray, success: BoolArray, ids: IntArray) -> BoolArray:
    """One row, the first, of each frame whose faces are all left out ``(n,)``."""
    _, first, group = np.unique(frame, return_index=True, return_inverse=True)
    left = np.bincount(group, weights=~success | (ids >= 0), minlength=len(first))
    out = np.zeros(len(frame), np.bool_)
    out[first[left == 0]] = True
    return out


def _words(index: IntArray, words: list[str]) -> pa.Array:
    """Dictionary column of the words in the order of their first use, so that equal rows make equal bytes."""
    used, first = np.unique(index[index >= 0], return_index=True)
    used = used[np.argsort(first)]
    place = np.zeros(max(len(words), 1), np.int32)
    place[used] = np.arange(len(used), dtype=np.int32)
    indices = pa.array(place[index.clip(0)], pa.int32(), mask=index < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array([words[i] for i in used.tolist()], pa.string()))


def _index(known: dict[str, int], text: str) -> int:
    return known.setdefault(text, len(known))
