"""Rows to train on: read from recordings, checked, split by person."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import TableError, UsageError
from dfe.base.types import BoolArray, DoubleArray, FloatArray
from dfe.recording.recording import Recording
from dfe.space.base import ExpressionSpace
from dfe.training.config import TrainConfig
from dfe.training.split import group_of, held_out


@dataclass(frozen=True, eq=False)
class TrainingTable:
    """Expressions of one table.

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


class TableCount(NamedTuple):
    """What became of the rows of one table; its name is without the folder, which says something of the machine."""

    name: str
    rows: int
    no_face: int
    not_usable: int
    training: int
    validation: int
    weight: float


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Finite rows, split.

    Args:
        training, validation: ``(n, D)`` float32.
        weights: ``(n_training,)``, relative probability of drawing each training row.
        validation_tables: ``(n_validation,)`` index into ``tables``.
        tables: where the rows come from.
        people: hashes of the training groups that ``group_pattern`` recognised, sorted.
        note: how the split was made.
        subject_neutral: what was done about each person's own neutral face, in all tables alike.
    """

    training: FloatArray
    validation: FloatArray
    weights: DoubleArray
    validation_tables: NDArray[np.int64]
    tables: tuple[TableCount, ...]
    people: tuple[str, ...]
    note: str
    fingerprint: str = field(default="")
    subject_neutral: str = "none"

    def never_moved(self, space: ExpressionSpace) -> list[str]:
        """Names of the coefficients that are the same in all training rows."""
        return [space.names[i] for i in np.flatnonzero(np.ptp(self.training, axis=0) == 0)]


def remarks(data: TrainingData, space: ExpressionSpace) -> list[str]:
    """What whoever trains on these tables should know of them, a line each; nothing where all is well."""
    lines = []
    missing, unusable = (sum(getattr(table, what) for table in data.tables) for what in ("no_face", "not_usable"))
    if missing or unusable:
        rows = sum(table.rows for table in data.tables)
        lines.append(
            f"of {rows} rows {missing} hold no face or a number that is not finite, and {unusable} are not usable: "
            "they are left out"
        )
    if still := data.never_moved(space):
        lines.append(f"never moved in these tables, so that no display can learn it: {', '.join(still)}")
    return lines


TableLike = str | PathLike[str] | Recording | TrainingTable


def read_table(table: TableLike) -> TrainingTable:
    """A recording (or its path) as a table to train on.

    Raises:
        TableError: the file is missing, damaged or no recording.
    """
    if isinstance(table, TrainingTable):
        return table
    recording = table if isinstance(table, Recording) else Recording.read(table, landmarks=False)
    name = recording.provenance.source.name if isinstance(table, Recording) else str(table)
    x = recording.expressions().astype(np.float32)
    x[~recording.success] = np.nan
    sources = np.array([s or Path(name).name for s in recording.column("source")], dtype=object)
    reference = recording.provenance.space
    usable, neutral = recording.usable.astype(bool), recording.provenance.neutral
    return TrainingTable(name, x, sources, usable, reference.id, reference.hash or None, neutral)


def space_of(tables: Sequence[TableLike]) -> str:
    """Id of the space of the first table.

    Raises:
        UsageError: there is no table.
        TableError: as :func:`read_table`.
    """
    if not tables:
        raise UsageError("nothing to train on", advice="name at least one table")
    return read_table(tables[0]).space_id


def load_data(
    tables: Sequence[TableLike],
    space: ExpressionSpace,
    config: TrainConfig,
    *,
    validation: Sequence[TableLike] = (),
    table_weights: Sequence[float] | None = None,
) -> TrainingData:
    """Read, check and split.

    Args:
        tables: recordings of expressions in ``space``.
        space: in which the tokenizer will live.
        config: which rows count, and how people are recognised.
        validation: tables used for nothing but validation; without them one group in ten is kept apart.
        table_weights: relative weight of a row of each table; all alike if None.

    Raises:
        TableError: a table of another space or neutral mode, too few rows, or faces that never move.
        UsageError: weights that do not fit the tables.
    """
    if table_weights is None:
        table_weights = [1.0] * len(tables)
    if len(table_weights) != len(tables) or any(not 0 < w < float("inf") for w in table_weights):
        raise UsageError(f"{len(tables)} tables need as many positive weights, not {list(table_weights)}")
    read = [read_table(table) for table in [*tables, *validation]]
    kept = [_usable_rows(table, space, config) for table in read]
    groups = [
        np.array([group_of(s, config.group_pattern) for s in t.sources[k]], dtype=object) for t, k in _zip(read, kept)
    ]
    held, note = held_out(groups, len(tables))
    training = np.concatenate([t.x[k][~h] for t, k, h in _zip(read, kept, held)]) if read else _no_rows(space)
    parts = [t.x[k][h] for t, k, h in _zip(read, kept, held)]
    _check_rows(training, config)
    counts = [
        TableCount(
            Path(table.name).name,
            len(table.x),
            int((~np.isfinite(table.x).all(axis=1)).sum()),
            int(np.isfinite(table.x).all(axis=1).sum() - k.sum()),
            int((~h).sum()),
            int(h.sum()),
            weight,
        )
        for table, k, h, weight in _zip(read, kept, held, [*table_weights, *[0.0] * len(validation)])
    ]
    seen = {g for group, h in _zip(groups, held) for g in group[~h] if g.startswith("person:")}
    data = TrainingData(
        training=training,
        validation=np.concatenate(parts),
        weights=np.concatenate([np.full(c.training, c.weight) for c in counts]),
        validation_tables=np.concatenate([np.full(c.validation, i) for i, c in enumerate(counts)]),
        tables=tuple(counts),
        people=tuple(sorted(hashlib.sha256(g.removeprefix("person:").encode()).hexdigest()[:16] for g in seen)),
        note=note,
        fingerprint=_fingerprint(training, *parts, *[np.float64(c.weight) for c in counts]),
        subject_neutral=_common_neutral(read),
    )
    if not len(data.validation):
        raise TableError("the validation tables hold no usable face")
    return data


def _zip(*columns: Sequence[Any]) -> list[tuple[Any, ...]]:
    return list(zip(*columns, strict=True))


def _no_rows(space: ExpressionSpace) -> FloatArray:
    return np.zeros((0, space.dimension), dtype=np.float32)


def _common_neutral(tables: Sequence[TrainingTable]) -> str:
    first = tables[0].subject_neutral
    for table in tables:
        if table.subject_neutral != first:
            raise TableError(
                f"its neutral mode is '{table.subject_neutral}', that of {tables[0].name} is '{first}'",
                where=table.name,
                advice="train on tables of one mode",
            )
    return first


def _usable_rows(table: TrainingTable, space: ExpressionSpace, config: TrainConfig) -> BoolArray:
    if table.space_id != space.id or table.x.shape[1] != space.dimension:
        raise TableError(
            f"holds {table.x.shape[1]} coefficients of space {table.space_id}, not {space.dimension} of {space.id}",
            where=table.name,
            advice="encode it again in that space, or train in the other one",
        )
    if table.space_hash not in (None, space.hash):
        raise TableError(f"was made in another version of space {space.id}", where=table.name, advice="encode it again")
    kept = np.isfinite(table.x).all(axis=1) & (table.usable | (not config.usable_only))
    return np.asarray(kept, dtype=bool)


def _check_rows(rows: FloatArray, config: TrainConfig) -> None:
    if len(rows) < config.size:
        raise TableError(
            f"the tables hold {len(rows)} usable faces to train on, fewer than the {config.size} codes",
            advice="give more tables, or ask for fewer codes",
        )
    if not np.ptp(rows, axis=0).any():
        raise TableError("no face ever moves in these tables", advice="give tables in which faces move")


def _fingerprint(*arrays: NDArray[Any] | np.float64) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(str(array.shape).encode() + array.tobytes())
    return digest.hexdigest()
