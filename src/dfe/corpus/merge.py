"""The shares of a run as one: lists joined, and tables of several folders brought into one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dfe.base.errors import OutputError
from dfe.base.files import make_folders, replacing
from dfe.corpus.subjects import check_subjects, write_all_subjects
from dfe.encoding.manifest import JOURNAL, MANIFEST, Manifest, lists_of, need_results
from dfe.encoding.pseudonyms import are_pseudonyms
from dfe.encoding.row import Row
from dfe.encoding.run import make_folder
from dfe.encoding.summary import Targets
from dfe.media.probe import file_hash


@dataclass(frozen=True)
class Merged:
    """What was joined."""

    recordings: int
    tables: int
    """Copied or linked."""
    there: int
    """Already there, the same."""
    missing: int
    """Tables that a list tells of and that are not in its folder."""


def merge(folders: Sequence[Path], out: Path) -> Merged:
    """Join the lists of shares, and bring the tables of other folders into one.

    Args:
        folders: that runs have written into.
        out: where all goes; may be one of them. Tables are linked where the disk can, else copied.

    Raises:
        UsageError: a folder holds no list.
        TableError: a table of subjects cannot be read.
        OutputError: two folders hold different tables of one name, or something cannot be written.
    """
    for folder in folders:
        need_results(folder)
    for folder in (*folders, out):
        check_subjects(folder)
    make_folder(out)
    goal = Manifest(out)
    listed: dict[str, Row] = {}
    where: dict[str, Path] = {}
    ordered = [*(f for f in folders if not _same(f, out)), *(f for f in folders if _same(f, out))]
    for folder in ordered:
        for row in Manifest(folder):
            moved = _seen_from(row, folder, out, goal)
            before = listed.get(moved.key)
            if before is None or _rank(row) >= _rank(before):
                if before is not None and _differ(before, moved):
                    what = f"differs between {where[moved.key]} and {folder}"
                    raise OutputError(what, where=moved.output, advice="keep one of the two and encode the other anew")
                listed[moved.key], where[moved.key] = moved, folder
    tables = there = missing = 0
    for key, row in listed.items():
        made = row.status in ("done", "damaged")
        missing += made and not (where[key] / row.output).is_file()
        for name in _files_of(row) if not _same(where[key], out) else ():
            if (where[key] / name).is_file():
                new = _bring(where[key] / name, out / name)
                tables, there = tables + new, there + (not new)
    _write_lists(out, listed)
    write_all_subjects(out, ordered)
    return Merged(len(listed), tables, there, missing)


def _files_of(row: Row) -> list[str]:
    """All that a row's run has written, as seen from its folder: a CSV table has its provenance beside it."""
    made = Targets(Path(row.output), Path(row.report) if row.report else None)
    return [path.as_posix() for path in made.files] if row.output else []


def _write_lists(out: Path, listed: dict[str, Row]) -> None:
    shares = [path for path in lists_of(out) if path.name != MANIFEST]
    manifest = Manifest(out)
    manifest.note(*listed.values())
    manifest.keep()
    for path in shares:  # their rows are in the one list now
        for old in (path, path.with_suffix(JOURNAL)):
            with suppress(OSError):
                old.unlink()


def _rank(row: Row) -> int:
    """What is done counts more than what failed, and that more than what is waiting."""
    return {"done": 3, "damaged": 2, "failed": 1, "waiting": 0}[row.status]


def _differ(one: Row, other: Row) -> bool:
    return bool(one.table_sha256 and other.table_sha256 and one.table_sha256 != other.table_sha256)


def _seen_from(row: Row, folder: Path, out: Path, goal: Manifest) -> Row:
    if _same(folder, out) or are_pseudonyms(row.input):
        return row
    source = os.path.normpath(os.path.join(os.path.realpath(folder), row.input))  # noqa: PTH118
    return row._replace(input=goal.name(Path(source)))


def _bring(path: Path, target: Path) -> bool:
    """Link or copy a file; False where it is there already."""
    if target.exists():
        if file_hash(target) == file_hash(path):
            return False
        raise OutputError(f"differs from {path}", where=target, advice="keep one of the two")
    try:
        make_folders(target.parent)
        os.link(path, target)
    except FileExistsError:
        return False
    except OSError:  # another disk, or one without links
        with replacing(target) as (file,), path.open("rb") as source:
            shutil.copyfileobj(source, file)
        shutil.copystat(path, target)
    return True


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)
