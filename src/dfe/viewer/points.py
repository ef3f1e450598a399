"""Landmarks of a stretch of a recording, for drawing over its video: read as they are needed, since they are large."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dfe.base.errors import TableError, UsageError
from dfe.base.lists import from_lists
from dfe.base.types import DoubleArray
from dfe.pages.packed import packed
from dfe.recording.schema import POINTS, WIDTHS

MOST = 256
"""Frames that are told at once."""
TENTHS = 10
_NO_POINT = np.iinfo(np.int16).min


def points_of(path: Path, frames: DoubleArray, first: int, count: int) -> bytes:
    """The points of some frames as one block: ``frame``, ``face`` and ``xy`` (478 pairs a row, in tenths of a pixel).

    Args:
        path: a Parquet table that keeps landmarks.
        frames: ``(f,)`` times of its frames.
        first: place of the first frame.
        count: of frames, :data:`MOST` at most.

    Raises:
        UsageError: frames that there are not, or too many.
        TableError: the table cannot be read.
    """
    if not (0 <= first < len(frames) and 1 <= count <= MOST):
        raise UsageError("there are no such frames")
    last = min(first + count, len(frames)) - 1
    wanted = [("time_s", ">=", float(frames[first])), ("time_s", "<=", float(frames[last])), ("success", "==", True)]
    try:
        table = pq.read_table(path, columns=["time_s", "face_id", "landmarks"], filters=wanted)
    except (pa.ArrowException, OSError) as error:
        raise TableError("its landmarks cannot be read", where=path) from error
    points = from_lists(table.column("landmarks"), WIDTHS["landmarks"]).reshape(-1, POINTS, 3)[:, :, :2]
    tenths = np.rint(points.astype(np.float64) * TENTHS)
    known = np.isfinite(tenths)
    xy = np.full(tenths.shape, _NO_POINT, np.int16)
    xy[known] = np.clip(tenths[known], -32767, 32767)
    return packed(
        {
            "first": first,
            "count": last - first + 1,
            "frame": np.searchsorted(frames, table.column("time_s").to_numpy()).astype(np.int32),
            "face": table.column("face_id").to_numpy().astype(np.int16),
            "xy": xy,
        }
    )
