"""Rows to train on: read from recordings, checked, split by person."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import TableError, UsageError
from dfe.base.rows import HELD_BYTES, RowKeeper, Rows
from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.space.base import ExpressionSpace
from dfe.training.config import TrainConfig
from dfe.training.split import group_of, held_out
from dfe.training.tables import TableLike, TrainingTable, check_fits, stream_table


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
        training, validation: rows of D numbers.
        weights: ``(n_training,)``, relative probability of drawing each training row.
        validation_tables: ``(n_validation,)`` index into ``tables``, rising.
        tables: where the rows come from.
        people: hashes of the training groups that ``group_pattern`` recognised, sorted.
        note: how the split was made.
        mean: ``(D,)`` mean of the training rows.
        moves: ``(D,)``, which coefficients are not the same in all training rows.
        fingerprint: of all rows and weights.
        subject_neutral: what was done about each person's own neutral face, in all tables alike.
    """

    training: Rows
    validation: Rows
    weights: DoubleArray
    validation_tables: IntArray
    tables: tuple[TableCount, ...]
    people: tuple[str, ...]
    note: str
    mean: DoubleArray
    moves: BoolArray
    fingerprint: str
    subject_neutral: str = "none"

    def never_moved(self, space: ExpressionSpace) -> list[str]:
        """Names of the coefficients that are the same in all training rows."""
        return [space.names[i] for i in np.flatnonzero(~self.moves)]


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


def load_data(
    tables: Sequence[TableLike],
    space: ExpressionSpace,
    config: TrainConfig,
    *,
    validation: Sequence[TableLike] = (),
    table_weights: Sequence[float] | None = None,
    scratch: Path | None = None,
    held_bytes: int = HELD_BYTES,
) -> TrainingData:
    """Read, check and split; tables are read a part at a time.

    Args:
        tables: recordings of expressions in ``space``.
        space: in which the tokenizer will live.
        config: which rows count, and how people are recognised.
        validation: tables used for nothing but validation; without them one group in ten is kept apart.
        table_weights: relative weight of a row of each table; all alike if None.
        scratch: folder for rows that do not fit in memory, as long as they are used; None keeps all in memory.
        held_bytes: how many bytes of rows do.

    Raises:
        TableError: a table of another space or neutral mode, too few rows, or faces that never move.
        UsageError: weights that do not fit the tables.
        OutputError: ``scratch`` has no room.
    """
    if table_weights is None:
        table_weights = [1.0] * len(tables)
    if len(table_weights) != len(tables) or any(not 0 < w < float("inf") for w in table_weights):
        raise UsageError(f"{len(tables)} tables need as many positive weights, not {list(table_weights)}")
    reading = _Reading(space, config, RowKeeper(space.dimension, scratch, held_bytes))
    for table in (*tables, *validation):
        reading.read(table)
    return reading.split(len(tables), [*table_weights, *[0.0] * len(validation)])


class _Read(NamedTuple):
    """How many rows a table has."""

    name: str
    rows: int
    no_face: int
    kept: int


class _Reading:
    """Tables read so far: their rows that count, and whose they are."""

    def __init__(self, space: ExpressionSpace, config: TrainConfig, keeper: RowKeeper) -> None:
        self._space, self._config, self._keeper = space, config, keeper
        self._read: list[_Read] = []
        self._groups: dict[str, int] = {}
        self._of_rows: list[NDArray[np.int32]] = [np.zeros(0, np.int32)]
        self._neutral = ("", "none")
        """Name and neutral mode of the first table."""

    def read(self, table: TableLike) -> None:
        """Take the rows of one more table that count."""
        rows = no_face = kept = 0
        for part in stream_table(table):
            check_fits(part, self._space)
            self._check_neutral(part)
            finite = np.isfinite(part.x).all(axis=1)
            chosen = finite & (part.usable | (not self._config.usable_only))
            self._keeper.add(part.x[chosen])
            self._of_rows.append(self._groups_of(part.sources[chosen]))
            rows, no_face, kept = rows + len(part.x), no_face + int((~finite).sum()), kept + int(chosen.sum())
            name = part.name
        self._read.append(_Read(Path(name).name, rows, no_face, kept))

    def _check_neutral(self, table: TrainingTable) -> None:
        if not self._read:
            self._neutral = (table.name, table.subject_neutral)
        name, neutral = self._neutral
        if table.subject_neutral != neutral:
            raise TableError(
                f"its neutral mode is '{table.subject_neutral}', that of {name} is '{neutral}'",
                where=table.name,
                advice="train on tables of one mode",
            )

    def _groups_of(self, sources: NDArray[np.object_]) -> NDArray[np.int32]:
        """Numbers ``(n,)`` of the people or sources of rows."""
        numbers = {
            source: self._groups.setdefault(group_of(source, self._config.group_pattern), len(self._groups))
            for source in dict.fromkeys(sources)
        }
        return np.fromiter((numbers[source] for source in sources), np.int32, len(sources))

    def split(self, trained: int, weights: Sequence[float]) -> TrainingData:
        """Everything, with the rows that are kept for validation apart.

        Args:
            trained: how many of the tables are to train on; those behind them are for validation.
            weights: of a row of each table.
        """
        of_rows = np.concatenate(self._of_rows)
        of_tables = np.repeat(np.arange(len(self._read), dtype=np.int32), [table.kept for table in self._read])
        names = list(self._groups)
        if len(self._read) > trained:
            held, note = of_tables >= trained, "tables of their own"
        else:
            held, note = held_out(of_rows, names)
        store, width = self._keeper.store(), self._space.dimension
        training, validation = (Rows(store, np.flatnonzero(part), width) for part in (~held, held))
        seen = [names[i] for i in np.unique(of_rows[~held])]
        people = (name.removeprefix("person:") for name in seen if name.startswith("person:"))
        validation_tables = of_tables[held].astype(np.int64)
        trained_rows, validated_rows = (
            np.bincount(of_tables[part], minlength=len(self._read)) for part in (~held, held)
        )
        counts = tuple(
            TableCount(
                table.name,
                table.rows,
                table.no_face,
                table.rows - table.no_face - table.kept,
                int(trained_rows[i]),
                int(validated_rows[i]),
                weight,
            )
            for i, (table, weight) in enumerate(zip(self._read, weights, strict=True))
        )
        _check_count(training, self._config)
        of_all = survey(training)
        if not of_all.moves.any():
            raise TableError("no face ever moves in these tables", advice="give tables in which faces move")
        if not len(validation):
            raise TableError("the validation tables hold no usable face")
        digest = hashlib.sha256(of_all.digest + survey(validation).digest)
        digest.update(np.array([(c.validation, c.weight) for c in counts]).tobytes())
        return TrainingData(
            training=training,
            validation=validation,
            weights=np.repeat([c.weight for c in counts], trained_rows),
            validation_tables=validation_tables,
            tables=counts,
            people=tuple(sorted(hashlib.sha256(name.encode()).hexdigest()[:16] for name in people)),
            note=note,
            mean=of_all.mean,
            moves=of_all.moves,
            fingerprint=digest.hexdigest(),
            subject_neutral=self._neutral[1],
        )


class Survey(NamedTuple):
    """What one pass over rows tells."""

    mean: DoubleArray
    """``(D,)``"""
    moves: BoolArray
    """``(D,)``: which numbers are not the same in all rows."""
    digest: bytes


def survey(rows: Rows) -> Survey:
    """Look at rows, at least one, once."""
    digest, sums = hashlib.sha256(str(rows.shape).encode()), []
    lower, upper = np.full(rows.shape[1], np.inf, np.float32), np.full(rows.shape[1], -np.inf, np.float32)
    for block in rows.blocks():
        digest.update(block.tobytes())
        sums.append(block.sum(axis=0, dtype=np.float64))
        lower, upper = np.minimum(lower, block.min(axis=0)), np.maximum(upper, block.max(axis=0))
    return Survey(np.sum(sums, axis=0) / len(rows), upper > lower, digest.digest())


def _check_count(rows: Rows, config: TrainConfig) -> None:
    if len(rows) < config.size:
        raise TableError(
            f"the tables hold {len(rows)} usable faces to train on, fewer than the {config.size} codes",
            advice="give more tables, or ask for fewer codes",
        )
