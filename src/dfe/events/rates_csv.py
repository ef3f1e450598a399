"""``rates.csv``: how often each face shows each display, one line per face, display and part of the time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from os import PathLike
from pathlib import Path

from dfe.base.csv_text import csv_text
from dfe.base.files import replacing
from dfe.events.rates import Rate


def write_rates_csv(rates: Sequence[Rate], path: str | PathLike[str], *, overwrite: bool = False) -> Path:
    """Rates of one or many recordings, one line per face, display and part of the time; unknown cells are empty.

    Raises:
        OutputError: the file exists (without ``overwrite``) or cannot be written.
    """
    target = Path(path)
    names = [f.name for f in fields(Rate)]
    text = csv_text(names, ([_cell(getattr(rate, name)) for name in names] for rate in rates))
    with replacing(target, overwrite=overwrite) as (file,):
        file.write(text.encode("utf-8", "replace"))
    return target


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return f"{value:.6g}" if isinstance(value, float) else " ".join(str(value).split())
