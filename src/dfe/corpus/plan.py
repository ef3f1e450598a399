"""The plan of a corpus: a Parquet table with a row for each recording to be made, and what was found out about it.

Paths are written as seen from the folder of the plan, so that plan and media can be moved together.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, overload

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dfe.base.errors import DfeError, TableError
from dfe.base.files import replacing
from dfe.base.version import __version__
from dfe.corpus.pattern import Whose
from dfe.corpus.probing import Probed
from dfe.corpus.shard import Shard
from dfe.encoding.going_on import Glance
from dfe.media.inputs import Source

METADATA_KEY = b"dfe-plan"
_AT_ONCE = 10_000
_SOURCE = ("name", "kind", "reader", "folder")
_TEXTS = ("name", "kind", "folder", "reader", *Whose._fields)
_NUMBERS = {
    "bytes": pa.int64(), "width": pa.int32(), "height": pa.int32(), "frames": pa.int64(),
    "duration_s": pa.float64(), "frame_rate": pa.float64(),
}  # fmt: skip
SCHEMA = pa.schema(
    [
        *(pa.field(name, pa.string()) for name in _TEXTS),
        pa.field("paths", pa.list_(pa.string())),
        *(pa.field(f.name, _NUMBERS.get(f.name, pa.string())) for f in fields(Probed)),
    ]
)


@dataclass(frozen=True)
class PlanInfo:
    """What holds for a plan as a whole."""

    version: str = __version__
    """Of discrete-facial-encoding."""
    pattern: str | None = None
    absent: tuple[str, ...] = ()
    """What was named and leads to nothing, a line each."""
    passed_over: dict[str, int] = field(default_factory=dict)
    """Files in folders that are called like pictures or films and are not planned: how many of each suffix."""
    linked: tuple[str, ...] = ()
    """Links to files that are planned under another name, a line each."""
    unclear: int = 0
    """Paths that the pattern fits in several ways."""
    unclear_as: str = ""
    """The first of them, and what it was taken for."""
    seconds_per_frame: float | None = None
    """Of one processor, measured on a sample; None where there was none."""
    bytes_per_recording: float = 0.0
    """Of a table by itself, likewise."""
    bytes_per_frame: float = 0.0
    """Of what each frame adds to it."""
    sampled: int = 0
    """Frames in the sample."""
    no_estimate: str = ""
    """Why there is no sample, where one was to be measured."""


@dataclass(frozen=True, eq=False)
class Plan:
    """A plan that was read. Sources are made when they are asked for, so that a million of them take little memory."""

    path: Path
    info: PlanInfo
    table: pa.Table
    _columns: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def kinds(self) -> list[int]:
        """The first row of each kind of source and each reader."""
        numbered = self.table.select(["kind", "reader"]).append_column("at", pa.array(range(len(self))))
        return sorted(numbered.group_by(["kind", "reader"]).aggregate([("at", "min")])["at_min"].to_pylist())

    def split(self, places: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
        """Of some rows those of sources that can be read, and the others."""
        bad = set(pc.indices_nonzero(pc.not_equal(self.table["problem"], "")).to_pylist())
        if not bad:
            return places, ()
        return [at for at in places if at not in bad], [at for at in places if at in bad]

    @property
    def problems(self) -> list[str]:
        """Why sources cannot be read, a line each."""
        return [text for text in self.column("problem") if text]

    @property
    def frames(self) -> int:
        """Of all sources that can be read, as far as they are known."""
        return sum(f or 0 for f, bad in zip(self.column("frames"), self.column("problem"), strict=True) if not bad)

    @property
    def hours(self) -> float:
        """Hours of all films."""
        return sum(seconds or 0.0 for seconds in self.column("duration_s")) / 3600

    def column(self, name: str) -> list[Any]:
        """A column as plain values."""
        if name not in self._columns:
            self._columns[name] = self.table.column(name).to_pylist()
        return list(self._columns[name])

    def sources(self, places: Sequence[int] | None = None) -> PlannedSources:
        """The sources of some rows, or of all."""
        return PlannedSources(self, range(len(self)) if places is None else places)

    def shard(self, shard: Shard) -> Sequence[int]:
        """Rows of one share in so many: every so-many-th, so that each share has of all kinds."""
        return range(shard.index - 1, len(self), shard.count)


class PlannedSources(Sequence[Source]):
    """Sources of a plan, made when they are asked for."""

    def __init__(self, plan: Plan, places: Sequence[int]) -> None:
        self._places = places
        self._folder = str(plan.path.absolute().parent)
        self._table = plan.table.select([*_SOURCE, "paths"]).combine_chunks()
        self._block, self._glances, self._first = list[Any](), list[Glance | None](), -1

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, at: int) -> Source: ...
    @overload
    def __getitem__(self, at: slice) -> list[Source]: ...
    def __getitem__(self, at: int | slice) -> Source | list[Source]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        name, kind, reader, folder, texts = self._row(self._places[at])
        paths = tuple(Path(self._whole(_path_of(text))) for text in texts)
        return Source(name, kind, paths, reader or None, _path_of(folder))

    def glance(self, at: int) -> Glance | None:
        """What tells whether a source is done; None of one of several files."""
        place = self._places[at]
        if not self._glances or not 0 <= place - self._first < len(self._glances):
            self._row(place)
            self._glances = [
                Glance(name, kind, self._whole(_path_of(texts[0]))) if len(texts) == 1 else None
                for name, kind, _, _, texts in self._block
            ]
        return self._glances[place - self._first]

    def _row(self, place: int) -> tuple[Any, ...]:
        """Plain values of a row; rows are unpacked many at a time, since neighbours are asked for next."""
        first = place - place % _AT_ONCE
        if first != self._first:
            part = self._table.slice(first, _AT_ONCE)
            self._block = list(zip(*(column.to_pylist() for column in part.columns), strict=True))
            self._glances, self._first = [], first
        found: tuple[Any, ...] = self._block[place - first]
        return found

    def _whole(self, path: str) -> str:
        seen = os.path.join(self._folder, path)  # noqa: PTH118
        return os.path.normpath(seen) if os.pardir in path else seen


def write_plan(
    path: Path, rows: Iterable[tuple[Source, Whose, Probed]], info: Callable[[], PlanInfo], *, overwrite: bool = False
) -> None:
    """Write a plan, row by row as they come, and then what holds for all of it.

    Raises:
        OutputError: the file exists (without ``overwrite``), the disk is full, there is no permission.
    """
    folder = os.path.abspath(path.parent)  # noqa: PTH100 (links stay as they were named)
    with replacing(path, overwrite=overwrite) as (file,), pq.ParquetWriter(file, SCHEMA, compression="zstd") as writer:
        for batch in _batches(rows):
            columns: dict[str, list[Any]] = {name: [] for name in SCHEMA.names}
            for source, whose, probed in batch:
                known = {**_plain(source, folder), **whose._asdict(), **{f: getattr(probed, f) for f in _PROBED}}
                for name, values in columns.items():
                    values.append(known[name])
            writer.write_table(pa.table(columns, SCHEMA))
        writer.add_key_value_metadata({METADATA_KEY.decode(): json.dumps(asdict(info()))})


def read_plan(path: Path) -> Plan:
    """Read a plan.

    Raises:
        TableError: it is none.
    """
    try:
        # Arrow's own file: its threads may outlive Python, which a file of Python's does not bear.
        with pa.OSFile(os.fsencode(path)) as file:
            opened = pq.ParquetFile(file)
            said = (opened.metadata.metadata or {}).get(METADATA_KEY)
            if said is None or opened.schema_arrow.names != SCHEMA.names:
                raise TableError("is no plan of a corpus", where=path, advice="make one with dfe corpus plan")
            told = json.loads(said)
            info = PlanInfo(**{**told, **{name: tuple(told[name]) for name in ("absent", "linked")}})
            return Plan(path, info, opened.read())
    except FileNotFoundError:
        raise TableError("no such file", where=path, advice="make a plan with dfe corpus plan") from None
    except (OSError, pa.ArrowException, ValueError, TypeError, KeyError) as error:
        if isinstance(error, DfeError):
            raise
        raise TableError(f"cannot be read as a plan ({error})", where=path, advice="make it again") from None


_PROBED = tuple(f.name for f in fields(Probed))


def _plain(source: Source, folder: str) -> dict[str, Any]:
    return {
        "name": source.name, "kind": source.kind, "folder": _text_of(source.folder), "reader": source.reader or "",
        "paths": [_text_of(_seen_from(path, folder)) for path in source.paths],
    }  # fmt: skip


_BYTES = "bytes:"


def _text_of(path: str) -> str:
    """A path as text, or as its bytes where these are none."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return f"{_BYTES}{os.fsencode(path).hex()}"
    return path


def _path_of(text: str) -> str:
    return os.fsdecode(bytes.fromhex(text.removeprefix(_BYTES))) if text.startswith(_BYTES) else text


def _seen_from(path: Path, folder: str) -> str:
    real = os.path.abspath(path)  # noqa: PTH100 (links stay as they were named)
    if real.startswith(folder + os.sep):
        return Path(real[len(folder) + 1 :]).as_posix()
    try:
        return Path(os.path.relpath(real, folder)).as_posix()
    except ValueError:  # another drive
        return Path(real).as_posix()


def _batches(rows: Iterable[tuple[Source, Whose, Probed]]) -> Iterator[list[tuple[Source, Whose, Probed]]]:
    batch: list[tuple[Source, Whose, Probed]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
