"""Columns whose cells hold a list of numbers, all of one length: the landmarks of a face, the logits.

Lists of Arrow's fixed-size type cannot be written to Parquet where a cell is empty; so these are of the free-size type,
and their length is checked. Offsets are of 64 bits: 32 would end after 17 hours of landmarks.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dfe.base.types import BoolArray, FloatArray

ELEMENT = "element"
"""Name of what a list holds; it is a part of the column's path in Parquet, ``landmarks.list.element``."""


def list_type() -> pa.DataType:
    """Arrow's type of a column of lists of float32."""
    return pa.large_list(pa.field(ELEMENT, pa.float32()))


def to_lists(values: FloatArray, present: BoolArray) -> pa.Array:
    """A column of lists.

    Args:
        values: ``(m, width)``, one row per cell that is not empty; not copied.
        present: ``(n,)``, True where the cell is not empty, m times.
    """
    ends = np.cumsum(present, dtype=np.int64) * values.shape[1]
    offsets = pa.array(np.concatenate([np.zeros(1, np.int64), ends]))
    numbers, empty = pa.array(values.reshape(-1)), pa.array(~present)
    return pa.LargeListArray.from_arrays(offsets, numbers, type=list_type(), mask=empty)


def from_lists(column: pa.ChunkedArray, width: int) -> FloatArray:
    """The cells ``(n, width)`` float32, NaN rows where they are empty."""
    out = np.full((len(column), width), np.nan, np.float32)
    start = 0
    for chunk in column.chunks:
        rows = start + np.flatnonzero(chunk.is_valid().to_numpy(zero_copy_only=False))
        out[rows] = chunk.flatten().to_numpy().reshape(-1, width)
        start += len(chunk)
    return out


def have_length(column: pa.ChunkedArray, width: int) -> bool:
    """True where each cell is empty or holds ``width`` numbers."""
    lengths = pc.min_max(pc.list_value_length(column)).as_py()
    whole = all(chunk.flatten().null_count == 0 for chunk in column.chunks)
    return whole and set(lengths.values()) <= {width, None}


def have_finite(column: pa.ChunkedArray) -> BoolArray:
    """``(n,)`` True where the cell is empty or holds finite numbers only; all cells of one length."""
    out = np.ones(len(column), np.bool_)
    start = 0
    for chunk in column.chunks:
        rows = start + np.flatnonzero(chunk.is_valid().to_numpy(zero_copy_only=False))
        if len(rows):
            out[rows] = np.isfinite(chunk.flatten().to_numpy().reshape(len(rows), -1)).all(axis=1)
        start += len(chunk)
    return out
