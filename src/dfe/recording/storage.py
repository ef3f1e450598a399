"""Tables on disk: Parquet with the provenance inside, or CSV with the provenance beside it."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, Literal

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from dfe.base.arrow_csv import without_marks, write_arrow_csv
from dfe.base.cells import Cells
from dfe.base.errors import DfeError, TableError, UsageError
from dfe.base.files import replacing
from dfe.base.lists import ELEMENT, have_length, list_type
from dfe.recording.integrity import check_integrity
from dfe.recording.provenance import Provenance
from dfe.recording.schema import WIDTHS, Column, Layout, columns

Format = Literal["parquet", "csv"]

METADATA_KEY = b"dfe"
"""Key of the provenance in the Parquet schema's metadata."""

ROWS_WITH_LISTS = 4096
"""Rows in a group of a Parquet file with landmarks, 24 MB of them."""

_BUFFER = 1 << 18
"""Bytes of each column that are read at a time where a file is streamed."""
_FOREIGN = "not a recording made by this package"


def arrow_schema(layout: Layout) -> pa.Schema:
    """The table's Arrow schema, without metadata."""
    return pa.schema([pa.field(c.name, _arrow_type(c), nullable=c.optional) for c in columns(layout)])


def provenance_path(csv_path: Path) -> Path:
    """``clip.provenance.json`` beside ``clip.csv``."""
    return csv_path.with_name(f"{csv_path.stem}.provenance.json")


def table_files(paths: Iterable[str | PathLike[str]]) -> list[Path]:
    """Tables: files as they are, of a folder (and below) its recordings in order of their names.

    Raises:
        UsageError: a folder without a recording.
    """
    named = [Path(path) for path in paths]
    return [table for path in named for table in (recordings_in(path) if path.is_dir() else [path])]


def recordings_in(folder: Path) -> list[Path]:
    """Parquet tables, and CSV tables with their provenance beside them, in a folder and below, by name.

    Of a recording that is there in both forms the Parquet one counts. Hidden files are left out.

    Raises:
        UsageError: no such folder, or no recording in it.
    """
    if not folder.is_dir():
        what = "a file, not a folder" if folder.exists() else "no such folder"
        raise UsageError(what, where=folder, advice="name the folder that dfe encode wrote into")
    found: dict[Path, Path] = {}
    for path in sorted(folder.rglob("*")):
        if path.name.startswith(".") or not path.is_file():
            continue
        suffix = path.suffix.lower()
        if suffix == ".parquet" or (suffix == ".csv" and provenance_path(path).is_file()):
            name = path.with_suffix("")
            if suffix == ".parquet" or name not in found:
                found[name] = path
    if not found:
        raise UsageError("holds no recording", where=folder, advice="name the folder that dfe encode wrote into")
    return [found[name] for name in sorted(found)]


def recordings_by_name(folder: Path) -> dict[str, Path]:
    """The recordings of :func:`recordings_in` by their way below the folder, without suffix, as tables name them.

    Raises:
        UsageError: as of :func:`recordings_in`.
    """
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in recordings_in(folder)}


def conform(table: pa.Table, *, space_id: str | None, where: str | Path) -> pa.Table:
    """The table with exactly the columns of the schema, in order, one chunk each, without metadata.

    Args:
        table: in any order of columns, but those of the coefficients in that of their space.
        space_id: of the coefficients.
        where: the file, for errors.

    Raises:
        TableError: a column is missing, has another type, or has empty cells where none may be.
    """
    layout = Layout.of(table.column_names, space_id)
    schema = arrow_schema(layout)
    present = set(table.column_names)
    missing = [name for name in schema.names if name not in present]
    if missing:
        more = f" and {len(missing) - 1} more are missing" if len(missing) > 1 else " is missing"
        raise TableError(f"{_FOREIGN}: column {missing[0]}{more}", where=where)
    extra = present - set(schema.names)
    if extra or len(table.column_names) != len(schema.names):
        names = ", ".join(sorted(extra)) or "a column twice"
        raise TableError(f"has columns that no recording has: {names}", where=where)
    table = table.select(schema.names).replace_schema_metadata(None)
    for wanted, column in zip(schema, table.columns, strict=True):
        if not wanted.nullable and column.null_count:
            raise TableError(f"column {wanted.name} has empty cells", where=where)
    try:
        table = table.cast(schema).unify_dictionaries().combine_chunks()
    except (pa.ArrowException, ValueError) as error:
        raise TableError(f"a column has the wrong type ({error})", where=where) from error
    for name in layout.lists:
        if not have_length(table.column(name), WIDTHS[name]):
            raise TableError(f"column {name} has cells that do not hold {WIDTHS[name]} numbers", where=where)
    return table


def write_table(
    table: pa.Table, provenance: Provenance, path: Path, *, format: Format | None = None, overwrite: bool = False
) -> None:
    """Write table and provenance; the same content gives the same bytes. The suffix decides where ``format`` is None.

    Raises:
        OutputError: the file exists (without ``overwrite``), the disk is full, there is no permission.
        UsageError: no such format, a format and a suffix that contradict each other, or landmarks and CSV.
    """
    is_csv = path.suffix.lower() == ".csv"
    if format not in (None, "parquet", "csv"):
        raise UsageError(f"unknown table format {format!r}", advice="use parquet or csv")
    if format is not None and is_csv != (format == "csv"):
        raise UsageError(f"format {format} does not go with this name", where=path, advice="CSV files end in .csv")
    if is_csv and Layout.of(table.column_names).lists:
        raise no_lists_in_csv(path)
    if is_csv:
        text = provenance.to_json(indent=2) + "\n"
        with replacing(provenance_path(path), path, overwrite=overwrite) as (beside, sink):
            beside.write(text.encode())
            _write_csv(table, sink)
        return
    marked = table.replace_schema_metadata({METADATA_KEY: provenance.to_json().encode()})
    with replacing(path, overwrite=overwrite) as (sink,):
        pq.write_table(marked, sink, compression="zstd", **_layout(table.column_names))


def no_lists_in_csv(where: Path | None = None) -> UsageError:
    """The error of landmarks that should go into a CSV file."""
    return UsageError("CSV cannot hold landmarks", where=where, advice="use Parquet, or leave --landmarks out")


def read_table(path: Path, *, landmarks: bool = True, check: bool = True) -> tuple[pa.Table, Provenance]:
    """Read what :func:`write_table` wrote, whichever format it is; without the columns of lists if not wanted.

    Args:
        path: the file.
        landmarks: read the columns of lists, too.
        check: refuse rows that contradict each other (:mod:`dfe.recording.integrity`).

    Raises:
        TableError: missing, damaged, foreign, of a newer format, or with rows that contradict each other.
    """
    with _told(path):
        table, provenance = _read_csv(path) if path.suffix.lower() == ".csv" else _read_parquet(path, landmarks)
    _check(table, provenance, path, check)
    return table, provenance


def stream_table(path: Path, rows: int, *, check: bool = True) -> Iterator[tuple[pa.Table, Provenance]]:
    """What :func:`read_table` reads, without landmarks, so many rows at a time; at least one part, perhaps empty.

    Of a Parquet file no more than a part is in memory; a CSV file is read whole, and is one part.

    Raises:
        TableError: as :func:`read_table`; of rows that contradict each other only those of one part.
    """
    if path.suffix.lower() == ".csv":
        yield read_table(path, landmarks=False, check=check)
        return
    with _told(path), _opened(path, buffer_size=_BUFFER) as (parquet, provenance, names):
        batches = parquet.iter_batches(rows, columns=names)
        parts = (pa.Table.from_batches([batch]) for batch in batches)
        first = next(parts, None)
        empty = [parquet.schema_arrow.empty_table().select(names)] if first is None else [first]
        for part in chain(empty, parts):
            table = conform(part, space_id=provenance.space.id, where=path)
            _check(table, provenance, path, check)
            yield table, provenance


def _check(table: pa.Table, provenance: Provenance, path: Path, check: bool) -> None:
    if check:
        check_integrity(table, str(path))
    if Layout.of(table.column_names).levels and provenance.tokenizer is None:
        raise TableError("has tokens, and its provenance names no tokenizer", where=path)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What goes wrong while a table is read, as an error that a user can read."""
    try:
        yield
    except DfeError:
        raise
    except (FileNotFoundError, NotADirectoryError) as error:
        raise TableError("no such file", where=path) from error
    except IsADirectoryError as error:
        raise TableError("a folder, not a recording", where=path, advice="name the files in it") from error
    except PermissionError as error:
        advice = "name the files in it" if path.is_dir() else None
        raise TableError("no permission to read it", where=path, advice=advice) from error
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno:
            raise TableError(f"cannot be read ({error.strerror})", where=path) from error
        advice = "make it again, or restore it from a copy"
        raise TableError("damaged, or not a table of this kind", where=path, advice=advice) from error


def _arrow_type(column: Column) -> pa.DataType:
    if column.length > 1:
        return list_type()
    if column.type == "string":
        return pa.dictionary(pa.int32(), pa.string())
    return {
        "int16": pa.int16(),
        "int32": pa.int32(),
        "float32": pa.float32(),
        "float64": pa.float64(),
        "bool": pa.bool_(),
    }[column.type]


def _layout(names: list[str]) -> dict[str, Any]:
    """How Parquet lays out a table with columns of lists; the writer's own choices are made for numbers.

    Their bytes are written side by side, since as dictionaries they would take twice the room; and in groups of rows
    that are held in memory one at a time.
    """
    lists = Layout.of(names).lists
    if not lists:
        return {}
    return {
        "use_dictionary": [name for name in names if name not in lists],
        "use_byte_stream_split": [f"{name}.list.{ELEMENT}" for name in lists],
        "row_group_size": ROWS_WITH_LISTS,
    }


@contextmanager
def _opened(
    path: Path, *, landmarks: bool = False, buffer_size: int = 0
) -> Iterator[tuple[Any, Provenance, list[str]]]:
    """A Parquet file, its provenance, and the names of the columns that are wanted."""
    with path.open("rb") as plain:
        if plain.read(1) == b"":
            raise TableError("the file is empty", where=path)
    # Given a path, Arrow would read folders named like "a=b" as partition columns. Given a file of Python's, its
    # threads could ask for the interpreter when that is at its end, and the process would abort.
    with pa.OSFile(os.fsencode(path)) as file:
        try:
            parquet = pq.ParquetFile(file, buffer_size=buffer_size)
        except pa.ArrowInvalid as error:
            raise TableError("not a Parquet table, or cut short", where=path, advice="make it again") from error
        metadata = parquet.schema_arrow.metadata or {}
        if METADATA_KEY not in metadata:
            advice = "use a table that dfe wrote, or import it"
            raise TableError(f"{_FOREIGN}: it carries no provenance", where=path, advice=advice)
        provenance = Provenance.from_json(metadata[METADATA_KEY], where=path)
        names = parquet.schema_arrow.names
        lists = () if landmarks else Layout.of(names).lists
        yield parquet, provenance, [name for name in names if name not in lists]


def _read_parquet(path: Path, landmarks: bool) -> tuple[pa.Table, Provenance]:
    with _opened(path, landmarks=landmarks) as (parquet, provenance, names):
        return conform(parquet.read(columns=names), space_id=provenance.space.id, where=path), provenance


def _write_csv(table: pa.Table, sink: BinaryIO) -> None:
    write_arrow_csv(table, sink, quoted_header=False)


def _read_csv(path: Path) -> tuple[pa.Table, Provenance]:
    beside = provenance_path(path)
    with path.open("rb") as plain:
        file: BinaryIO = plain
        if not beside.is_file():
            raise TableError(
                f"{_FOREIGN}: its provenance {beside.name} is not beside it",
                where=path,
                advice="keep the two files together",
            )
        provenance = Provenance.from_json(beside.read_bytes(), where=beside)
        header = file.readline(1 << 16).decode("utf-8-sig", "replace")
        names = [name.strip().strip('"') for name in header.split(",")]
        schema = arrow_schema(Layout.of(names, provenance.space.id))
        if "frame" not in names:
            # What a spreadsheet has saved: semicolons, decimal commas, another encoding.
            names, file = _as_written(path)
            schema = arrow_schema(Layout.of(names, provenance.space.id))
        if not set(names) & set(schema.names):
            raise TableError(f"{_FOREIGN}: the first line names none of its columns", where=path)
        file.seek(0)
        options = pa_csv.ConvertOptions(
            column_types={f.name: pa.string() if pa.types.is_dictionary(f.type) else f.type for f in schema},
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=["", "NA", "NaN", "nan"],
            true_values=["true", "True", "TRUE", "1", "WAHR", "VRAI", "VERDADERO", "VERO", "WAAR"],
            false_values=["false", "False", "FALSE", "0", "FALSCH", "FAUX", "FALSO", "ONWAAR"],
        )
        try:
            table = pa_csv.read_csv(
                file,
                read_options=pa_csv.ReadOptions(column_names=names, skip_rows=1),
                parse_options=pa_csv.ParseOptions(newlines_in_values=True),
                convert_options=options,
            )
        except pa.ArrowInvalid as error:
            raise TableError(f"damaged: {_first_line(error)}", where=path, advice="write it again") from error
    table = _encode_strings(without_marks(table))
    return conform(table, space_id=provenance.space.id, where=path), provenance


def _as_written(path: Path) -> tuple[list[str], BinaryIO]:
    """Names of the columns of a CSV file, and the file as this package writes it: commas, points, UTF-8."""
    cells = Cells(path)
    number = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(cells.header)
    comma = cells.decimal == "comma"
    for _, row in cells:
        rows.writerow([cell.replace(",", ".") if comma and number.fullmatch(cell) else cell for cell in row])
    return list(cells.header), io.BytesIO(out.getvalue().encode("utf-8", "surrogateescape"))


def _encode_strings(table: pa.Table) -> pa.Table:
    for index, name in enumerate(table.column_names):
        if pa.types.is_string(table.schema.field(name).type):
            table = table.set_column(index, name, table.column(name).dictionary_encode())
    return table


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
