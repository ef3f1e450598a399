"""Tables to train on, read a part at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dfe.base.errors import TableError, UsageError
from dfe.base.rows import BLOCK_ROWS
from dfe.base.types import BoolArray, FloatArray
from dfe.recording.recording import Recording
from dfe.space.base import ExpressionSpace


@dataclass(frozen=True, eq=False)
class TrainingTable:
    """Expressions of one table, or of a part of it.

    Args:
        name: of the table, for messages and the card.
        x: ``(n, D)`` float32; NaN rows where there is no face.
        sources: ``(n,)`` names of the file that each row comes from.
        usable: ``(n,)``.
        space_id: identity of the space of ``x``.
        space_hash: hash of that space, where it is known.
        subject_neutral: what was done about each person's own neutral face; ``none``: nothing.
    """

    name: str
    x: FloatArray
    sources: NDArray[np.object_]
    usable: BoolArray
    space_id: str
    space_hash: str | None = None
    subject_neutral: str = "none"


TableLike = str | PathLike[str] | Recording | TrainingTable


def read_table(table: TableLike) -> TrainingTable:
    """A recording (or its path) as a table to train on, whole.

    Raises:
        TableError: the file is missing, damaged or no recording.
    """
    if isinstance(table, TrainingTable):
        return table
    if isinstance(table, Recording):
        return _as_table(table, table.provenance.source.name)
    return _as_table(Recording.read(table, landmarks=False), str(table))


def stream_table(table: TableLike) -> Iterator[TrainingTable]:
    """A table in parts, at least one; of a Parquet file no more than :data:`dfe.base.rows.BLOCK_ROWS` rows at a time.

    Raises:
        TableError: as :func:`read_table`.
    """
    if isinstance(table, TrainingTable | Recording):
        yield read_table(table)
        return
    for part in Recording.stream(table, BLOCK_ROWS):
        yield _as_table(part, str(table))


def space_of(tables: Sequence[TableLike]) -> str:
    """Id of the space of the first table.

    Raises:
        UsageError: there is no table.
        TableError: as :func:`read_table`.
    """
    if not tables:
        raise UsageError("nothing to train on", advice="name at least one table")
    return next(stream_table(tables[0])).space_id


def check_fits(table: TrainingTable, space: ExpressionSpace) -> None:
    """Refuse a table that is not of a space.

    Raises:
        TableError: it is of another space, or of another version of it.
    """
    if table.space_id != space.id or table.x.shape[1] != space.dimension:
        raise TableError(
            f"holds {table.x.shape[1]} coefficients of space {table.space_id}, not {space.dimension} of {space.id}",
            where=table.name,
            advice="encode it again in that space, or train in the other one",
        )
    if table.space_hash not in (None, space.hash):
        raise TableError(f"was made in another version of space {space.id}", where=table.name, advice="encode it again")


def _as_table(recording: Recording, name: str) -> TrainingTable:
    x = recording.expressions().astype(np.float32, copy=False)
    x[~recording.success] = np.nan
    reference = recording.provenance.space
    usable, neutral = recording.usable.astype(bool), recording.provenance.neutral
    sources = _sources(recording, Path(name).name)
    return TrainingTable(name, x, sources, usable, reference.id, reference.hash or None, neutral)


def _sources(recording: Recording, otherwise: str) -> NDArray[np.object_]:
    """Names ``(n,)`` of the rows' sources; one string for all rows of a source."""
    column = recording.table.column("source").combine_chunks()
    coded = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    names = np.array([*(name or otherwise for name in coded.dictionary.to_pylist()), otherwise], dtype=object)
    codes = coded.indices.fill_null(len(names) - 1).to_numpy(zero_copy_only=False)
    found: NDArray[np.object_] = names[codes]
    return found
