"""A summary as files: ``summary.csv``, ``rates.csv`` and ``moments.csv``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from os import PathLike
from pathlib import Path
from typing import Any

from dfe.base.csv_text import csv_text
from dfe.base.files import refuse_existing, replacing
from dfe.events.folder import RATES
from dfe.events.rates import write_rates_csv
from dfe.overview.moments import Moment
from dfe.overview.summary import FaceSummary, Summary

SUMMARY, MOMENTS = "summary.csv", "moments.csv"


def write_summary(summary: Summary, folder: str | PathLike[str], *, overwrite: bool = False) -> tuple[Path, ...]:
    """Write the three tables; all of them or none. Cells that are not known are empty.

    Args:
        summary: what :func:`~dfe.overview.summary.summarise` found.
        folder: made if it is not there.
        overwrite: replace tables that are there.

    Returns:
        The paths of ``summary.csv``, ``rates.csv`` and ``moments.csv``.

    Raises:
        OutputError: a table exists (without ``overwrite``) or cannot be written.
    """
    target = Path(folder)
    paths = tuple(target / name for name in (SUMMARY, RATES, MOMENTS))
    refuse_existing(*paths, overwrite=overwrite)
    _write(paths[0], FaceSummary, summary.faces, overwrite)
    write_rates_csv(summary.rates, paths[1], overwrite=overwrite)
    _write(paths[2], Moment, summary.moments, overwrite)
    return paths


def _write(path: Path, kind: type[Any], rows: Sequence[object], overwrite: bool) -> None:
    names = [one.name for one in fields(kind)]
    text = csv_text(names, ([_cell(getattr(row, name)) for name in names] for row in rows))
    with replacing(path, overwrite=overwrite) as (file,):
        file.write(text.encode("utf-8", "replace"))


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else " ".join(str(value).split())
