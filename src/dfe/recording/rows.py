"""Measured faces, one at a time, in flat memory."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfe.base.types import BoolArray, DoubleArray, FloatArray, IntArray
from dfe.recording import schema
from dfe.recording.provenance import plain_text

_BOX = slice(1, 5)
_NOT_KNOWN = (math.nan, math.nan)
_ARRAYS = ("frame", "time", "numbers", "success", "reason", "source", "face_id")
UNSET = -2
"""Face id of a row whose face is to be told apart later."""


class RowBuffer:
    """Rows as they come, in typed arrays (about 270 bytes a row), before it is known which face is which.

    Rows of one frame are added one after the other; frames come in presentation order.

    Args:
        landmarks: keep landmarks and logits, a further 6 kB a face.
        layout: of the table that the rows are for.
    """

    def __init__(self, landmarks: bool = False, layout: schema.Layout | None = None) -> None:
        self.layout = layout or schema.Layout()
        self._width = len(self.layout.measured)
        self._nothing = np.full(self._width, math.nan, np.float32).tobytes()
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
        gaze: FloatArray | None,
        blink: FloatArray | None,
        face_id: int | None = None,
        note: str | None = None,
        landmarks: FloatArray | None = None,
        logits: FloatArray | None = None,
        covered: tuple[float, float] | None = None,
    ) -> None:
        """Add a face.

        Args:
            frame: number in the source.
            time_s: seconds; NaN for a picture.
            source: file name.
            confidence: 0 to 1.
            box: x, y, width, height in pixels.
            pose: pitch, yaw, roll in radians.
            exp: the coefficients of the layout's space, the 41 of ``FACE_NAMES`` by default.
            gaze: the 8 of ``GAZE_NAMES``; None in a layout without them.
            blink: the 2 of ``BLINK_NAMES``; None likewise.
            face_id: which face; may be given for all rows at the end, to :func:`build_recording`.
            note: what was odd about the picture; goes into ``reason``.
            landmarks: ``(478, 3)``; left out, as the logits are, unless the buffer keeps them.
            logits: ``(52,)`` of the coefficient network.
            covered: shares of the upper and the lower face that something hides, 0 to 1; None where that is not known.
        """
        eyes = [part for part in (gaze, blink) if part is not None]
        head = np.array((confidence, *box, *pose, *(covered or _NOT_KNOWN)), np.float32)
        numbers = np.concatenate([head, exp, *eyes], dtype=np.float32)
        if numbers.shape != (self._width,):
            raise ValueError(f"{len(numbers)} numbers of a face, not the {self._width} of the table's layout")
        if self._lists is not None:
            self._lists.append(_packed(landmarks, logits))
        self._add(frame, time_s, source, True, note, UNSET if face_id is None else face_id)
        self._numbers.frombytes(numbers.tobytes())

    def add_failure(self, frame: int, time_s: float, source: str, reason: str) -> None:
        """Add a frame without a face, and why."""
        if self._lists is not None:
            self._lists.append(None)
        self._add(frame, time_s, source, False, reason, schema.NO_FACE_ID)
        self._numbers.frombytes(self._nothing)

    def extend(self, other: RowBuffer) -> None:
        """Add all rows of another buffer (a worker's part), in their order."""
        if self.layout != other.layout:
            raise ValueError("the buffers hold rows of different layouts")
        if (self._lists is None) != (other._lists is None):
            raise ValueError("one buffer keeps landmarks and the other does not")
        if self._lists is not None and other._lists is not None:
            self._lists.extend(other._lists)
        reasons = {index: index_of(self._reasons, text) for text, index in other._reasons.items()}
        sources = {index: index_of(self._sources, text) for text, index in other._sources.items()}
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
        """``(n, 61)`` the columns of ``layout.measured``; NaN for a row without a face."""
        return np.array(self._numbers, np.float32).reshape(-1, self._width)

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

    def as_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, list[str]]]:
        """All rows as arrays and lists of texts, from which :meth:`of_arrays` makes the same buffer."""
        arrays: dict[str, NDArray[Any]] = {name: np.array(getattr(self, f"_{name}")) for name in _ARRAYS}
        if self._lists is not None:
            arrays["lists"] = np.frombuffer(b"".join(cell for cell in self._lists if cell is not None), np.float32)
        return arrays, {"reasons": list(self._reasons), "sources": list(self._sources)}

    @classmethod
    def of_arrays(
        cls, arrays: Mapping[str, NDArray[Any]], texts: Mapping[str, list[str]], layout: schema.Layout
    ) -> RowBuffer:
        """The buffer that :meth:`as_arrays` told of.

        Raises:
            KeyError: an array is missing.
            ValueError: one is not like the rest.
        """
        made = cls("lists" in arrays, layout)
        for name in _ARRAYS:
            getattr(made, f"_{name}").frombytes(arrays[name].tobytes())
        if made._lists is not None:
            width = sum(schema.WIDTHS.values())
            cells = iter(arrays["lists"].reshape(-1, width))
            made._lists.extend(next(cells).tobytes() if face else None for face in made._success)
        made._reasons = {text: at for at, text in enumerate(texts["reasons"])}
        made._sources = {text: at for at, text in enumerate(texts["sources"])}
        return made

    def _add(self, frame: int, time_s: float, source: str, success: bool, reason: str | None, face_id: int) -> None:
        self._frame.append(frame)
        self._time.append(time_s)
        self._source.append(index_of(self._sources, plain_text(source)))
        self._reason.append(-1 if reason is None else index_of(self._reasons, plain_text(reason)))
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


def index_of(known: dict[str, int], text: str) -> int:
    """The place of a text among the different ones so far; a new one is added."""
    return known.setdefault(text, len(known))
