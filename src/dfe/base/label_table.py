"""Small tables that people write by hand (labels, groups, roles): CSV with comma, semicolon or tab."""

from __future__ import annotations

import csv
from pathlib import Path

from dfe.base.errors import TableError

MAX_BYTES = 64 * 2**20


def read_cells(file: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Names of columns, and of each line that is not empty its number and its cells by column, without spaces around.

    Raises:
        TableError: missing, no text in UTF-8, no CSV, or lines with more cells than there are columns.
    """
    try:
        if file.stat().st_size > MAX_BYTES:
            raise TableError("is too large to be a table of labels", where=file)
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise TableError("no such file", where=file) from None
    except UnicodeDecodeError:
        raise TableError("is no text in UTF-8", where=file, advice="save it as CSV in UTF-8") from None
    except OSError as error:
        raise TableError(f"cannot be read ({error.strerror})", where=file) from None
    first = text.partition("\n")[0]
    reader = csv.reader(text.splitlines(), delimiter=max((",", ";", "\t"), key=first.count))
    try:
        head = [name.strip() for name in next(reader, [])]
        lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except csv.Error as error:
        raise TableError(f"is no CSV ({error})", where=file) from None
    double = next((name for i, name in enumerate(head) if name in head[:i]), None)
    if double is not None:
        raise TableError(f"has two columns {double!r}", where=file)
    for line, cells in lines:
        if len(cells) > len(head):
            raise TableError(f"{len(cells)} cells for {len(head)} columns", where=f"{file}, line {line}")
    rows = [(line, dict(zip(head, cells + [""] * len(head), strict=False))) for line, cells in lines if any(cells)]
    return head, rows
