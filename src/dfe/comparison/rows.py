"""Comparisons as rows of a table: the columns of results.csv."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dfe.comparison.effects import EffectRow

COLUMNS = (
    "analysis", "role", "measure", "kind", "token", "label", "side", "region", "first", "second", "n_first", "n_second",
    "mean_first", "mean_second", "effect_is", "effect", "effect_low", "effect_high", "p", "q", "d_av", "d_av_low",
    "d_av_high", "df", "log_ratio_se", "dispersion_first", "dispersion_second", "inflation", "unsteady", "flags",
)  # fmt: skip
"""Of results.csv."""


def table_row(row: EffectRow, sides: Mapping[str, Sequence[str]]) -> tuple[object, ...]:
    """The cells of :data:`COLUMNS` as they are written; an unknown one is empty."""
    return written(row_cells(row, sides))


def written(cells: Sequence[object]) -> tuple[object, ...]:
    """Cells as they are written: numbers short, unknown ones empty."""
    return tuple("" if cell is None or _unknown(cell) else _short(cell) for cell in cells)


def row_cells(row: EffectRow, sides: Mapping[str, Sequence[str]]) -> tuple[object, ...]:
    """The cells of :data:`COLUMNS`."""
    return (
        row.analysis, row.role, row.measure, row.kind.unit, row.kind.token, row.kind.label, row.kind.side,
        row.kind.region, *sides[row.analysis], *row.subjects, *row.mean, row.size, row.effect, row.low, row.high,
        row.p, row.q, row.average, row.average_low, row.average_high, row.df, row.error, *row.dispersion,
        row.inflation, int(row.kind.unsteady), "; ".join(row.flags),
    )  # fmt: skip


def _unknown(cell: object) -> bool:
    return isinstance(cell, float) and math.isnan(cell)


def _short(cell: object) -> object:
    return f"{cell:.6g}" if isinstance(cell, float) else cell
