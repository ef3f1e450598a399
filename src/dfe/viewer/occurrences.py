"""Every occurrence of a display in a corpus: its stretches in all recordings, found with DuckDB over their files.

An occurrence is a stretch of one face's rows that say the display; rows that are further apart than a gap (see
:class:`dfe.clock.clock.Clock`) end it. It is no event: those are smoothed and have thresholds.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dfe.base.errors import DfeError, TableError
from dfe.base.installing import how_to_install
from dfe.clock.clock import Clock, usual_step
from dfe.recording.schema import DISPLAY, MM

MOST = 500
"""Occurrences that are listed, the strongest first."""


@dataclass(frozen=True)
class Occurrence:
    """One stretch in which a face shows a display."""

    recording: int
    """Key of the recording."""
    face_id: int
    start_s: float
    apex_s: float
    """The row in which it is strongest."""
    end_s: float
    """The last row."""
    mm: float
    """Strength at the apex."""
    usable: float
    """Share of its rows that are usable, 0 to 1."""


class Coded(NamedTuple):
    """What has to be known of a table before it is looked through."""

    levels: int
    """Tokens of a face."""
    gap_s: float
    """Its rows that are further apart have a gap between them; wider where frames are few."""


class Found(NamedTuple):
    """Occurrences in a corpus."""

    occurrences: tuple[Occurrence, ...]
    total: int
    """All of them, the strongest of which are listed."""
    recordings: int
    """Recordings that were looked through."""
    left_out: Mapping[str, int]
    """Recordings that were not, by reason."""


def find_occurrences(tables: Mapping[int, Path], displays: Sequence[int], coded: Mapping[int, Coded]) -> Found:
    """Occurrences of displays that count as one, the strongest first.

    Args:
        tables: Parquet files of recordings by their keys.
        displays: numbers that count as one.
        coded: of each table, see :func:`coding_of`; recordings that are not here are not looked through.

    Raises:
        DfeError: DuckDB is not installed, or a file cannot be read.
    """
    try:
        import duckdb
    except ImportError as error:
        raise DfeError(
            "looking through a corpus needs duckdb, which is not installed", advice=how_to_install("viewer")
        ) from error
    files = {str(path): key for key, path in tables.items() if key in coded and coded[key].levels}
    if not files:
        return Found((), 0, 0, {})
    numbers = ", ".join(str(int(display)) for display in displays)
    with tempfile.TemporaryDirectory(prefix="dfe-view-") as folder, duckdb.connect(":memory:") as database:
        database.execute("SET memory_limit = '150MB'")
        database.execute("SET temp_directory = ?", [folder])
        database.execute("SET threads = 2")
        found: list[tuple[Any, ...]] = []
        total = 0
        for many in sorted({coded[key].levels for key in files.values()}):
            mine = [path for path, key in files.items() if coded[key].levels == many]
            gaps = [coded[files[path]].gap_s for path in mine]
            try:
                rows = database.execute(_query(many, numbers), [mine, gaps, mine, MOST]).fetchall()
            except duckdb.Error as error:
                what = str(error).splitlines()[0][:200]
                raise TableError(f"the corpus cannot be read ({what})", where=Path(mine[0]).parent) from error
            found += rows
            total += int(rows[0][-1]) if rows else 0
    found.sort(key=lambda row: (-row[5], row[0], row[2]))
    listed = tuple(
        Occurrence(files[path], face, start, apex, end, mm, usable)
        for path, face, start, apex, end, mm, usable, _ in found[:MOST]
    )
    return Found(listed, total, len(files), {})


def _query(levels: int, numbers: str) -> str:
    """Rows that say one of the displays, then stretches of them by face, then the strongest."""
    parts = " + ".join(
        f"CASE WHEN {DISPLAY}{level} IN ({numbers}) THEN coalesce({MM}{level}, 0) ELSE 0 END"
        for level in range(1, levels + 1)
    )
    said = " OR ".join(f"{DISPLAY}{level} IN ({numbers})" for level in range(1, levels + 1))
    return f"""
    WITH gaps AS (
      SELECT unnest(?) AS filename, unnest(?) AS gap_s
    ), said AS (
      SELECT filename, face_id, time_s, usable, gap_s, {parts} AS mm
      FROM read_parquet(?, filename = true, union_by_name = true) JOIN gaps USING (filename)
      WHERE success AND time_s IS NOT NULL AND ({said})
    ), cut AS (
      SELECT *, time_s - lag(time_s, 1, -1e9) OVER (PARTITION BY filename, face_id ORDER BY time_s) > gap_s + 1e-6
        AS fresh
      FROM said
    ), stretch AS (
      SELECT *, sum(CASE WHEN fresh THEN 1 ELSE 0 END) OVER (PARTITION BY filename, face_id ORDER BY time_s) AS place
      FROM cut
    ), found AS (
      SELECT filename, face_id, min(time_s) AS start_s, arg_max(time_s, mm) AS apex_s, max(time_s) AS end_s,
        max(mm) AS mm, avg(CASE WHEN usable THEN 1.0 ELSE 0.0 END) AS usable
      FROM stretch GROUP BY filename, face_id, place
    )
    SELECT *, count(*) OVER () AS total FROM found ORDER BY mm DESC, filename, start_s LIMIT ?
    """


def coding_of(path: Path, hash_: str) -> Coded | str:
    """What a table that the same tokenizer made is looked through by; else why it is not looked through."""
    if path.suffix.lower() != ".parquet":
        return "CSV tables are not looked through"
    import pyarrow.parquet as pq

    from dfe.recording.provenance import Provenance
    from dfe.recording.schema import Layout
    from dfe.recording.storage import METADATA_KEY

    try:
        schema = pq.read_schema(path)
        made = Provenance.from_json((schema.metadata or {})[METADATA_KEY], where=path)
        if made.tokenizer is None:
            return "without tokens"
        if made.tokenizer.hash != hash_:
            return "of another tokenizer"
        moments = pq.read_table(path, columns=["frame", "time_s"])
    except (KeyError, OSError, ValueError, DfeError):
        return "damaged, or no recording"
    times = moments.column("time_s").to_numpy()
    if not np.isfinite(times).any():
        return "of still pictures"
    step = usual_step(times, moments.column("frame").to_numpy())
    return Coded(Layout.of(schema.names, made.space.id).levels, Clock.of((), step).gap_s)
