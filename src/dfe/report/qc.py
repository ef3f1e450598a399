"""Checking a folder of recordings: one row each, as a table in CSV and as a page."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from dfe.base.errors import DfeError, OutputError
from dfe.base.files import replacing
from dfe.base.types import Progress
from dfe.recording.quality import QcRow, measure_quality
from dfe.recording.recording import Recording
from dfe.recording.storage import recordings_in
from dfe.recording.verdict import QcRule

REPORT_NAME = "qc"
_HEAD_PX = 112
_NOT_IN_CSV = ("mean_expression", "strip_face", "strip_usable")


@dataclass(frozen=True)
class FolderCheck:
    """What :func:`check_folder` found and wrote."""

    rows: tuple[QcRow, ...]
    """One per recording, in order of their names."""
    problems: tuple[DfeError, ...]
    """Tables that could not be read."""
    csv: Path
    html: Path


def check_folder(
    folder: Path, out: Path, *, rule: QcRule | None = None, progress: Progress | None = None
) -> FolderCheck:
    """Measure every recording in a folder and write ``out/qc.csv`` and ``out/qc.html``, replacing earlier ones.

    Raises:
        UsageError: no such folder, or no recording in it.
        OutputError: ``out`` cannot be written, or holds a recording named ``qc`` whose files would be replaced.
    """
    tables = recordings_in(folder)
    for suffix in (".csv", ".html"):
        target = out / f"{REPORT_NAME}{suffix}"
        if any(_same(target, table.with_suffix(suffix)) for table in tables):
            advice = "write the check into another folder"
            raise OutputError("would replace the files of a recording of this name", where=target, advice=advice)
    rows, problems = _measure(folder, tables, rule, progress)
    made = FolderCheck(tuple(rows), tuple(problems), out / f"{REPORT_NAME}.csv", out / f"{REPORT_NAME}.html")
    write_qc_csv(made.rows, made.csv, overwrite=True)
    with replacing(made.html, overwrite=True) as (file,):
        file.write(_page(made.rows, folder, out).encode("utf-8", "replace"))
    return made


def write_qc_csv(rows: Sequence[QcRow], path: Path, *, overwrite: bool = False) -> None:
    """One line per recording, one column per measure (without the strips and the mean expression); empty if unknown.

    Raises:
        OutputError: the file exists (without ``overwrite``) or cannot be written.
    """
    names = [f.name for f in fields(QcRow) if f.name not in _NOT_IN_CSV]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(getattr(row, name)) for name in names] for row in rows)
    with replacing(path, overwrite=overwrite) as (file,):
        file.write(text.getvalue().encode("utf-8", "replace"))


def _measure(
    folder: Path, tables: Sequence[Path], rule: QcRule | None, progress: Progress | None
) -> tuple[list[QcRow], list[DfeError]]:
    rows: list[QcRow] = []
    problems: list[DfeError] = []
    for done, path in enumerate(tables, start=1):
        try:
            name = path.relative_to(folder).with_suffix("").as_posix()
            rows.append(measure_quality(Recording.read(path, landmarks=False), name, rule))
        except DfeError as error:
            problems.append(error)
        if progress is not None:
            progress(done, len(tables))
    return rows, problems


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, dict):
        return "; ".join(f"{reason} ({count})" for reason, count in value.items())
    if isinstance(value, tuple):
        return "; ".join(map(str, value))
    return str(value)


def _page(rows: Sequence[QcRow], folder: Path, out: Path) -> str:
    from dfe.pages.view import QcEntry
    from dfe.report.qc_page import qc_page

    shared = [f.name for f in fields(QcEntry) if f.name in QcRow.__dataclass_fields__]
    entries = [
        QcEntry(**{name: getattr(row, name) for name in shared}, picture=_head(row), href=_link(row, folder, out))
        for row in rows
    ]
    return qc_page(entries)


def _head(row: QcRow) -> bytes | None:
    """PNG of the mean face on the made-up head; None where no face was found."""
    from dfe.draw.png import to_png
    from dfe.draw.render import render_expression
    from dfe.space.registry import load_space

    if row.mean_expression is None:
        return None
    return to_png(render_expression(load_space(), np.array(row.mean_expression, np.float32), size=_HEAD_PX, heat=False))


def _link(row: QcRow, folder: Path, out: Path) -> str | None:
    """Way from ``out`` to the recording's own page, if it has one; None too where no relative way leads there."""
    page = folder / f"{row.name}.html"
    if not page.is_file():
        return None
    try:
        return Path(os.path.relpath(page, out)).as_posix()
    except ValueError:
        return None


def _same(a: Path, b: Path) -> bool:
    return a.resolve() == b.resolve()
