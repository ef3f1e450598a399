"""`subjects.csv`: whose each recording of a corpus is, beside the recordings; the table that comparisons start from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from dfe.base.cells import Cells
from dfe.base.csv_text import RISKY, csv_text, plain_cell
from dfe.base.errors import DfeError, TableError
from dfe.base.files import replacing
from dfe.base.printable import printable_line
from dfe.corpus.pattern import Whose
from dfe.corpus.plan import Plan
from dfe.encoding.pseudonyms import Pseudonyms, under_pseudonyms

SUBJECTS = "subjects.csv"
COLUMNS = ("recording", *Whose._fields)
_NEEDS_MORE = re.compile(f'{RISKY}|[",\r]', re.MULTILINE)
"""In a column, a cell that :func:`csv_text` changes or puts in quotes."""


def write_subjects(plan: Plan, out: Path, pseudonyms: Pseudonyms | None = None) -> Path:
    """Write ``out/subjects.csv``, unless it says just that already; under pseudonyms, where there are any.

    What people have added to it stays: columns of their own, and cells of which the plan knows nothing. Recordings that
    are not in this plan stay where they have a table.

    Raises:
        TableError: one is there that cannot be read, or is of something else: it would be lost.
        OutputError: it cannot be written.
    """
    columns = [plan.column(name) for name in ("name", *Whose._fields)]
    if pseudonyms is not None:
        columns[0] = [source.name for source in under_pseudonyms(plan.sources(), pseudonyms)]
        columns[1] = [pseudonyms.of(subject) if subject else "" for subject in columns[1]]
        pseudonyms.keep()
    columns[0] = [_written(name) for name in columns[0]]
    path = out / SUBJECTS
    text = _text(columns).encode("utf-8", "backslashreplace")
    if _is_there(path, text):
        return path
    added, before = _read(path)
    if before:
        rows = [_joined(row, before.pop(row[0], {}), added) for row in zip(*columns, strict=True)]
        kept = [name for name in before if (out / f"{name}.parquet").exists()]
        rows += [_joined((name,), before[name], added) for name in kept]
        text = csv_text((*COLUMNS, *added), rows).encode("utf-8", "backslashreplace")
        if _is_there(path, text):
            return path
    with replacing(path, overwrite=True) as (file,):
        file.write(text)
    return path


def write_all_subjects(out: Path, folders: Iterable[Path]) -> None:
    """Write the tables of several folders as one, with all that people have added; later folders win.

    Raises:
        TableError: as of :func:`check_subjects`.
        OutputError: it cannot be written.
    """
    added: list[str] = []
    rows: dict[str, dict[str, str]] = {}
    for folder in folders:
        more, found = _read(folder / SUBJECTS)
        added += [name for name in more if name not in added]
        for name, cells in found.items():
            rows[name] = rows.get(name, {}) | cells
    if rows:
        text = csv_text((*COLUMNS, *added), [_joined((name,), rows[name], added) for name in sorted(rows)])
        with replacing(out / SUBJECTS, overwrite=True) as (file,):
            file.write(text.encode("utf-8", "backslashreplace"))


def check_subjects(folder: Path) -> None:
    """Make sure that nothing which people have added to the table of a folder would be lost where it is written anew.

    Raises:
        TableError: it cannot be read, or is of something else.
    """
    _read(folder / SUBJECTS)


def _text(columns: Sequence[Sequence[str]]) -> str:
    """The table as CSV; cells that need nothing, as nearly all do, are only joined."""
    if any(_NEEDS_MORE.search("\n".join(column)) or "\n" in "".join(column) for column in columns):
        return csv_text(COLUMNS, zip(*columns, strict=True))
    return "".join(f"{line}\n" for line in (",".join(COLUMNS), *map(",".join, zip(*columns, strict=True))))


def _is_there(path: Path, text: bytes) -> bool:
    """Whether the table says just this: many shares begin at the same time, and people may have it open."""
    with suppress(OSError):
        return path.read_bytes() == text
    return False


def _joined(planned: Sequence[str], before: dict[str, str], added: Sequence[str]) -> list[str]:
    """A row: what is planned, and where that says nothing, what stood there before."""
    name, *said = [*planned, *[""] * (len(COLUMNS) - len(planned))]
    mine = [cell or before.get(column, "") for column, cell in zip(COLUMNS[1:], said, strict=True)]
    return [name, *mine, *(before.get(column, "") for column in added)]


def _written(name: str) -> str:
    """A name as text: one of bytes that are none as the list of results has it."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return printable_line(name)
    return name


def _read(path: Path) -> tuple[tuple[str, ...], dict[str, dict[str, str]]]:
    """Columns that people have added, and the cells of each recording; nothing where there is no such table."""
    found: dict[str, dict[str, str]] = {}
    if not path.exists() or not path.stat().st_size:
        return (), found
    try:
        table = Cells(path, short_rows=True)
        table.need(COLUMNS[0])
        for _, line in table:
            cells = {name: plain_cell(cell) for name, cell in zip(table.header, line, strict=False)}
            if cells.get(COLUMNS[0]):
                found[cells[COLUMNS[0]]] = cells
    except DfeError as error:
        advice = "mend it, so that nothing you have added is lost, or move it away"
        raise TableError(error.what, where=error.where or path, advice=advice) from None
    return tuple(name for name in table.header if name and name not in COLUMNS), found


def read_subjects(out: Path) -> dict[str, Whose]:
    """Whose each recording is, by its name; nothing where no plan has said so.

    Raises:
        TableError: as of :func:`check_subjects`.
    """
    _, rows = _read(out / SUBJECTS)
    return {name: Whose(*(cells.get(field, "") for field in Whose._fields)) for name, cells in rows.items()}
