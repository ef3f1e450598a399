"""Checking a folder of recordings: one row each, as a table in CSV and as a page."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dfe.base.csv_text import csv_text
from dfe.base.errors import DfeError, ModelError, OutputError
from dfe.base.files import replacing
from dfe.base.types import Progress
from dfe.pages.view import QcEntry
from dfe.recording.quality import QcRow, measure_quality
from dfe.recording.recording import Recording
from dfe.recording.storage import recordings_in
from dfe.recording.verdict import QcRule
from dfe.space.base import ExpressionSpace
from dfe.space.file import read_space

REPORT_NAME = "qc"
_HEAD_PX = 112
_NOT_IN_CSV = ("space", "mean_expression", "strip_face", "strip_usable")


@dataclass(frozen=True)
class FolderCheck:
    """What :func:`check_folder` found and wrote."""

    rows: tuple[QcRow, ...]
    """One per recording, in order of their names."""
    problems: tuple[DfeError, ...]
    """Tables that could not be read."""
    notes: tuple[str, ...]
    """Recordings whose mean face could not be drawn, and why."""
    csv: Path
    html: Path


def check_folder(
    folder: Path,
    out: Path,
    *,
    spaces: Sequence[Path] = (),
    rule: QcRule | None = None,
    progress: Progress | None = None,
) -> FolderCheck:
    """Measure every recording in a folder and write ``out/qc.csv`` and ``out/qc.html``, replacing earlier ones.

    Args:
        folder: of the recordings, each of any space.
        out: where the table and the page go.
        spaces: folders of learned spaces, to draw the recordings that are in them.
        rule: limits of the verdict.
        progress: called after each recording.

    Raises:
        UsageError: no such folder, or no recording in it.
        ModelError: a folder that holds no learned space.
        OutputError: ``out`` cannot be written, or holds a recording named ``qc`` whose files would be replaced.
    """
    tables = recordings_in(folder)
    for suffix in (".csv", ".html"):
        target = out / f"{REPORT_NAME}{suffix}"
        if any(_same(target, table.with_suffix(suffix)) for table in tables):
            advice = "write the check into another folder"
            raise OutputError("would replace the files of a recording of this name", where=target, advice=advice)
    learned: dict[str, ExpressionSpace] = {space.id: space for space in map(read_space, spaces)}
    rows, problems = _measure(folder, tables, rule, progress)
    heads = [head_of(row, learned) for row in rows]
    notes = tuple(
        f"{row.name}: no head is drawn: {head.why_not}" for row, head in zip(rows, heads, strict=True) if head.why_not
    )
    made = FolderCheck(tuple(rows), tuple(problems), notes, out / f"{REPORT_NAME}.csv", out / f"{REPORT_NAME}.html")
    write_qc_csv(made.rows, made.csv, overwrite=True)
    with replacing(made.html, overwrite=True) as (file,):
        file.write(_page(made.rows, heads, folder, out).encode("utf-8", "replace"))
    return made


def write_qc_csv(rows: Sequence[QcRow], path: Path, *, overwrite: bool = False) -> None:
    """One line per recording, one column per measure (without the strips and the mean expression); empty if unknown.

    Raises:
        OutputError: the file exists (without ``overwrite``) or cannot be written.
    """
    names = [f.name for f in fields(QcRow) if f.name not in _NOT_IN_CSV]
    text = csv_text(names, ([_cell(getattr(row, name)) for name in names] for row in rows))
    with replacing(path, overwrite=overwrite) as (file,):
        file.write(text.encode("utf-8", "replace"))


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
        return "; ".join(f"{name} ({_cell(part)})" for name, part in value.items())
    if isinstance(value, tuple):
        return "; ".join(map(str, value))
    return str(value)


class Head(NamedTuple):
    """PNG of a recording's mean face on its space's head; None where no face was found, or there is no such head."""

    picture: bytes | None = None
    why_not: str = ""


def _page(rows: Sequence[QcRow], heads: Sequence[Head], folder: Path, out: Path) -> str:
    from dfe.report.qc_page import qc_page

    return qc_page(entries_of(rows, [_link(row, folder, out) for row in rows], heads))


def entries_of(rows: Sequence[QcRow], hrefs: Sequence[str | None], heads: Sequence[Head] = ()) -> list[QcEntry]:
    """Measured recordings as rows of the page.

    Args:
        rows: as measured.
        hrefs: where each has a page of its own; None where it has none.
        heads: a picture of each, or none of any.
    """
    shared = [f.name for f in fields(QcEntry) if f.name in QcRow.__dataclass_fields__]
    return [
        QcEntry(
            **{name: getattr(row, name) for name in shared},
            picture=head.picture,
            no_picture=head.why_not,
            href=href,
        )
        for row, head, href in zip(rows, heads or [Head()] * len(rows), hrefs, strict=True)
    ]


def head_of(row: QcRow, learned: Mapping[str, ExpressionSpace]) -> Head:
    from dfe.draw.png import to_png
    from dfe.draw.render import render_expression
    from dfe.space.learned import PREFIX
    from dfe.space.registry import load_space

    if row.mean_expression is None:
        return Head()
    try:
        space = learned.get(row.space.id) or load_space(row.space.id, row.space.version)
    except ModelError as error:
        advice = f"name the folder of {row.space.id} with --spaces"
        return Head(why_not=advice if row.space.id.startswith(PREFIX) else str(error))
    if not space.has_surface:
        return Head(why_not=f"space {space.id} has no surface")
    if space.dimension != len(row.mean_expression):
        return Head(why_not=f"the space {space.id} here is another than its own")
    return Head(to_png(render_expression(space, np.array(row.mean_expression, np.float32), size=_HEAD_PX, heat=False)))


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
