"""Arrow tables as CSV whose cells no spreadsheet takes for formulas, and back; see :mod:`dfe.base.csv_text`."""

from __future__ import annotations

from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from dfe.base.csv_text import RISKY, safe_cell

_SIGNS = RISKY.removeprefix("^'*")
_NUMBER = r"^[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|inf|nan)$"


def write_arrow_csv(table: pa.Table, sink: BinaryIO, *, quoted_header: bool = True) -> None:
    """Write a table; cells of text that begin as formulas do get an apostrophe.

    Args:
        table: of numbers and text; text may be dictionary-encoded.
        sink: an open file.
        quoted_header: write the names of columns in quotation marks.
    """
    names = [str(safe_cell(name)) for name in table.column_names]
    safe = pa.table([_safe(column) for column in table.columns], names=names)
    if not quoted_header:
        sink.write((",".join(names) + "\n").encode())
    pa_csv.write_csv(safe, sink, pa_csv.WriteOptions(include_header=quoted_header))


def without_marks(table: pa.Table) -> pa.Table:
    """The table that :func:`write_arrow_csv` was given, from what it wrote."""
    for index, name in enumerate(table.column_names):
        column = table.column(index)
        if pa.types.is_string(column.type):
            plain = pc.replace_substring_regex(column, f"^'('*{_SIGNS})", r"\1")
            table = table.set_column(index, name, plain)
    return table


def _safe(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(pa.string())
    if not pa.types.is_string(column.type):
        return column
    marked = pc.replace_substring_regex(column, f"^('*{_SIGNS})", r"'\1")
    return pc.if_else(pc.match_substring_regex(column, _NUMBER), column, marked)
