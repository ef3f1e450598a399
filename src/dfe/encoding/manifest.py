"""`manifest.csv`: what became of every input that was encoded into a folder, and what each result was made of.

It is a list for people and for the next run into the folder, which goes on where this one stopped. Nothing reads
faces from it. While a run is under way its rows go to a journal beside the list (:mod:`dfe.encoding.journal`), so that
none is lost if it is killed. Each share of a run over many machines keeps a list of its own, ``manifest-3of100.csv``.
"""

from __future__ import annotations

import csv
import gc
import math
import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from dfe.base.cells import Cells
from dfe.base.csv_text import csv_text, plain_cell
from dfe.base.errors import DfeError, OutputError, UsageError
from dfe.base.files import replacing
from dfe.base.printable import printable_line
from dfe.base.stamps import FileState
from dfe.encoding.journal import alone, append_rows, forget, read_rows
from dfe.encoding.row import COLUMNS, Row, as_row, named_row
from dfe.media.inputs import Source

MANIFEST = "manifest.csv"
JOURNAL = ".journal"
"""Suffix of the journal beside a list."""
_SHARE = 20.0
"""Writing the list may take one part in so many of the time, so that it stays cheap with ten thousand inputs."""


class Manifest:
    """The rows of a folder's manifest, in order of their outputs, and the file that they are kept in.

    Args:
        folder: where the results are.
        share: of a run over many machines, as in ``3of100``; its rows go into a list of its own.
    """

    def __init__(self, folder: Path, share: str | None = None) -> None:
        self._folder, self._real = folder, os.path.realpath(folder)
        self._begin = f"{folder}{os.sep}"
        self.path = folder / (MANIFEST if share is None else f"manifest-{share}.csv")
        self._journal = self.path.with_suffix(JOURNAL)
        self._others: dict[str, Row] = {}
        for path in lists_of(folder):
            if path != self.path:
                self._others.update(_read(path))
        self._rows, self._seen = _read(self.path), _state(self.path)
        self._mine: dict[str, Row] = {}
        self._written, self._took_s, self._unkept = -math.inf, 0.0, False

    def __iter__(self) -> Iterator[Row]:
        rows = {**self._others, **self._rows, **self._mine}
        return iter(rows[key] for key in sorted(rows))

    def get(self, table: Path) -> Row | None:
        """The row of a table, if there is one."""
        below = str(table)
        # Most are asked for by the path that their rows are called after.
        return self.named(self.name(table) if not below.startswith(self._begin) else below[len(self._begin) :])

    def named(self, output: str) -> Row | None:
        """The row of a table by its path as seen from the folder."""
        return self._known(output) or self._known(printable_line(output))

    def _known(self, key: str) -> Row | None:
        return self._mine.get(key) or self._rows.get(key) or self._others.get(key)

    def name(self, path: Path) -> str:
        """A path as the manifest has it."""
        folder, _, name = os.path.abspath(path).rpartition(os.sep)  # noqa: PTH100 (the last link stays as it was named)
        seen = _seen_from(folder or os.sep, self._real)
        return printable_line(f"{seen}{name}" if name else seen.rstrip("/") or os.curdir)

    def input(self, source: Source) -> str:
        """A source as the manifest has it; of one with a pseudonym nothing else."""
        return source.name if source.shown else self.name(source.place)

    def note(self, *rows: Row) -> None:
        """Put rows in place of those of the same outputs, and write the list anew if that takes little of the time.

        Raises:
            OutputError: they cannot be written down at all.
        """
        self._mine.update({row.key: row for row in rows})
        self._unkept = True
        with alone(self._journal):
            append_rows(self._journal, rows)
        if time.monotonic() - self._written > _SHARE * self._took_s:
            with suppress(OutputError):  # the journal has them
                self.keep()

    @property
    def is_behind(self) -> bool:
        """Whether there are rows that are not in the list yet."""
        return self._unkept or self._journal.exists()

    def keep(self) -> None:
        """Write the list; rows that another process has written meanwhile stay.

        Raises:
            OutputError: it cannot be written.
        """
        began = time.monotonic()
        with alone(self._journal):
            if self._seen != (now := _state(self.path)) or now is None:
                self._rows = _read(self.path)
            self._rows |= {row.key: row for row in read_rows(self._journal)} | self._mine
            made = {row.input for row in self._rows.values() if row.output}
            self._rows = {key: row for key, row in self._rows.items() if row.output or row.input not in made}
            text = csv_text(COLUMNS, (self._rows[key] for key in sorted(self._rows)))
            with replacing(self.path, overwrite=True) as (file,):
                file.write(text.encode("utf-8", "backslashreplace"))
            forget(self._journal)
            self._seen = _state(self.path)
        self._unkept = False
        self._written = time.monotonic()
        self._took_s = self._written - began


def need_results(folder: Path) -> None:
    """Refuse a folder that nothing was encoded into.

    Raises:
        UsageError: it holds no list, is no folder, or is not there.
    """
    if lists_of(folder):
        return
    what = "nothing was encoded into this folder (it holds no manifest.csv)"
    if not folder.is_dir():
        what = "is a file, not a folder of results" if folder.exists() else "no such folder"
    advice = "name the folder that a run wrote into: OUT of dfe corpus run PLAN -o OUT, or of dfe encode MEDIA -o OUT"
    raise UsageError(what, where=folder, advice=advice)


def is_list(path: Path, folder: Path) -> bool:
    """Whether a file of this name would be taken for a list of results; disks may not tell ``M`` from ``m``."""
    name = path.name.casefold()
    return name.startswith("manifest") and name.endswith(".csv") and path.parent == folder


def lists_of(folder: Path) -> list[Path]:
    """The lists in a folder, with those of which only the journal is there; the one written last comes last."""
    found = {path.with_suffix(".csv") for suffix in (".csv", JOURNAL) for path in folder.glob(f"manifest*{suffix}")}
    return sorted(found, key=lambda path: (_time(path), path.name))


def _read(path: Path) -> dict[str, Row]:
    """Rows by their key; none where the file is missing or has been changed to something else."""
    found = _quickly(path)
    if found is None:
        found = {}
        with suppress(DfeError):
            table = Cells(path, short_rows=True)
            for _, line in table:
                cells = dict(zip(table.header, line, strict=False))
                row = named_row({name: plain_cell(cells.get(name, "")) for name in COLUMNS})
                if row is not None:
                    found[row.key] = row
    found.update({row.key: row for row in read_rows(path.with_suffix(JOURNAL))})
    return found


def _quickly(path: Path) -> dict[str, Row] | None:
    """The same of a list as it was written; None where somebody has opened it in a spreadsheet since."""
    found: dict[str, Row] = {}
    collects = gc.isenabled()
    gc.disable()  # nothing here refers to itself, and looking for that takes a third as long again
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = csv.reader(file)
            if tuple(next(lines, ())) != COLUMNS:
                return None
            for line in lines:
                for at in _SHARED if len(line) == len(COLUMNS) else ():
                    line[at] = sys.intern(line[at])  # few texts stand in most cells of these: each is kept once
                row = as_row([plain_cell(cell) for cell in line] if "'" in "".join(line) else line)
                if row is not None:
                    found[row.key] = row
    except (OSError, ValueError, csv.Error):
        return None
    finally:
        if collects:
            gc.enable()
    return found


_SHARED = [COLUMNS.index(name) for name in ("report", "status", "reason", "options", "page", "version", "tries")]


@lru_cache(maxsize=4096)
def _seen_from(place: str, folder: str) -> str:
    """A folder as seen from another, with a sign at its end to which a name can be added."""
    real = os.path.realpath(place)
    try:
        seen = Path(os.path.relpath(real, folder)).as_posix()
    except ValueError:  # another drive
        seen = Path(real).as_posix()
    return "" if seen == "." else f"{seen.rstrip('/')}/"


def _state(path: Path) -> FileState | None:
    """As :func:`~dfe.base.stamps.stamps` has it, but of an opened file, of which a network disk says what is so now."""
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
    except OSError:
        return None
    return FileState(found.st_size, found.st_mtime_ns)


def _time(path: Path) -> int:
    return max((state.time_ns for p in (path, path.with_suffix(JOURNAL)) if (state := _state(p))), default=0)
