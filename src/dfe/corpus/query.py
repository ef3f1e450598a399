"""All tables of a corpus as two tables of a database that is asked in SQL and cannot be written: DuckDB, in memory.

- ``recordings``: a row per recording: recording, subject, session, task, status, reason, frames, source, table_sha256.
- ``frames``: all rows of all tables that are there, with the recording's name first, as docs/data-dictionary.md
  describes them.

A query reads these tables and nothing else: no other file, no network, no extension.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from dfe.base.errors import DfeError, TableError, UsageError
from dfe.base.installing import how_to_install
from dfe.corpus.pattern import Whose
from dfe.corpus.status import name_of
from dfe.corpus.subjects import read_subjects
from dfe.encoding.manifest import Manifest, need_results

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TOTALS = """
WITH seen AS (SELECT recording, frame, bool_or(success) AS face, bool_or(usable) AS usable FROM frames GROUP BY ALL)
SELECT coalesce(nullif(r.subject, ''), 'not known') AS subject,
       count(DISTINCT r.recording) AS recordings,
       count(s.frame) AS frames,
       count(*) FILTER (s.face) AS with_face,
       count(*) FILTER (s.usable) AS usable,
       round(count(*) FILTER (s.usable) / nullif(count(s.frame), 0), 3) AS usable_share
FROM recordings r LEFT JOIN seen s USING (recording)
GROUP BY 1 ORDER BY 1
"""
"""Asked where nothing else is: totals per subject."""
_NO_FRAMES = "CREATE TABLE frames (recording VARCHAR, frame INTEGER, success BOOLEAN, usable BOOLEAN)"
"""Where there is no table yet."""


class Answer(NamedTuple):
    """What a query gives."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


class CorpusDatabase:
    """A corpus's tables, to be asked.

    Args:
        out: the folder of the corpus.

    Raises:
        UsageError: nothing was encoded into it, or its tables are CSV.
        DfeError: DuckDB is not installed.
    """

    def __init__(self, out: Path) -> None:
        try:
            import duckdb
        except ImportError:
            raise DfeError("queries need duckdb, which is not installed", advice=how_to_install("corpus")) from None
        need_results(out)
        self._folder = out.resolve()
        self._connection: DuckDBPyConnection = duckdb.connect()
        whose = read_subjects(out)
        rows = list(Manifest(out))
        tables = [row.output for row in rows if row.status in ("done", "damaged")]
        if other := next((name for name in tables if not name.endswith(".parquet")), None):
            what, advice = "only tables in Parquet can be asked", "encode into another folder, without --format csv"
            raise UsageError(what, where=out / other, advice=advice)
        there = [name for name in tables if (self._folder / name).is_file()]
        self.missing = len(tables) - len(there)
        """Tables that the list tells of and that are not there."""
        self._fill(rows, whose)
        files = [str(self._folder / name) for name in there]
        patterns = [_pattern_of(file) for file in files]
        self._view(patterns)
        self._connection.execute("SET allowed_paths = ?", [sorted({*files, *patterns})])
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET lock_configuration = true")

    def ask(self, sql: str, limit: int | None = None) -> Answer:
        """The answer to one SELECT.

        Args:
            sql: of the tables ``recordings`` and ``frames``.
            limit: rows at most.

        Raises:
            UsageError: no SELECT, several statements, or what the database says is wrong with it.
        """
        import duckdb

        try:
            statements = self._connection.extract_statements(sql)
            # EXPLAIN ANALYZE does what it explains, be it COPY ... TO a table of the corpus.
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise UsageError("only one SELECT can be asked", advice="nothing in a corpus is changed by a query")
            relation = self._connection.execute(statements[0])
            columns = tuple(str(column[0]) for column in relation.description or ())
            rows = relation.fetchall() if limit is None else relation.fetchmany(limit)
        except duckdb.Error as error:
            raise UsageError(f"the query cannot be answered ({str(error).splitlines()[0]})") from None
        return Answer(columns, rows)

    def close(self) -> None:
        """Let go of the memory."""
        self._connection.close()

    def _fill(self, rows: list[Any], whose: dict[str, Whose]) -> None:
        nobody = Whose()
        listed = [(row, whose.get(name_of(row), nobody)) for row in rows if row.output]
        columns: dict[str, list[Any]] = {
            "recording": [name_of(row) for row, _ in listed],
            **{name: [getattr(said, name) for _, said in listed] for name in Whose._fields},
            "status": [row.status for row, _ in listed],
            "reason": [row.reason for row, _ in listed],
            "frames": [row.frame_count for row, _ in listed],
            "source": [row.input for row, _ in listed],
            "table_sha256": [row.table_sha256 for row, _ in listed],
        }
        types = {name: pa.int64() if name == "frames" else pa.string() for name in columns}
        told = pa.table({name: pa.array(values, types[name]) for name, values in columns.items()})
        self._connection.register("told", told)
        self._connection.execute("CREATE TABLE recordings AS SELECT * FROM told")
        self._connection.unregister("told")

    def _view(self, patterns: list[str]) -> None:
        import duckdb

        if not patterns:
            self._connection.execute(_NO_FRAMES)
            return
        begin = len(str(self._folder)) + 2
        name = f"replace(regexp_replace(filename[{begin}:], '\\.parquet$', ''), '\\\\', '/')"
        listed = ", ".join("'" + pattern.replace("'", "''") + "'" for pattern in patterns)
        read = f"read_parquet([{listed}], union_by_name = true, filename = true)"
        try:
            self._connection.execute(
                f"CREATE VIEW frames AS SELECT {name} AS recording, * EXCLUDE (filename) FROM {read}"
            )
        except duckdb.Error as error:
            what = f"its tables cannot be read together ({str(error).splitlines()[0]})"
            raise TableError(what, where=self._folder, advice="dfe corpus verify says which are wrong") from None


def _pattern_of(file: str) -> str:
    """The pattern that matches this file alone: DuckDB takes ``cam[1].parquet`` for ``cam1.parquet``."""
    return re.sub(r"[*?[]", r"[\g<0>]", file)
