"""Comparisons as rows of a table: the columns of results.csv."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dfe.comparison.effects import EffectRow

COLUMNS = (
    "analysis", "measure", "kind", "token", "label", "side", "region", "first", "second", "n_first", "n_second",
    "mean_first", "mean_second", "effect", "effect_low", "effect_high", "d_av", "d_av_low", "d_av_high",
    "p", "q", "rate_ratio", "rate_ratio_low", "rate_ratio_high", "model_ratio", "model_low",
    "model_high", "model_p", "model_q", "model_df", "model_dispersion", "model_correlation", "unsteady", "flags",
)  # fmt: skip
"""Of results.csv."""


def table_row(row: EffectRow, sides: Mapping[str, Sequence[str]]) -> tuple[object, ...]:
    """The cells of :data:`COLUMNS` as they are written; an unknown one is empty."""
    return written(row_cells(row, sides))


def written(cells: Sequence[object]) -> tuple[object, ...]:
    """Cells as they are written: numbers to six digits, unknown ones empty."""
    return tuple("" if cell is None or _unknown(cell) else _short(cell) for cell in cells)


def row_cells(row: EffectRow, sides: Mapping[str, Sequence[str]]) -> tuple[object, ...]:
    """The cells of :data:`COLUMNS`; those of a model that was not fitted are None."""
    model = row.model
    cells: tuple[object, ...] = (
        row.analysis, row.measure, row.kind.unit, row.kind.token, row.kind.label,
        row.kind.side, row.kind.region, *sides[row.analysis], *row.subjects, *row.mean, row.effect, row.low, row.high,
        row.average, row.average_low, row.average_high, row.p, row.q, row.ratio, row.ratio_low, row.ratio_high,
    )  # fmt: skip
    if model is None:
        cells += (None,) * 8
    else:
        cells += (model.ratio, model.low, model.high, model.p, row.model_q, model.df, model.dispersion,
                  model.correlation)  # fmt: skip
    return (*cells, int(row.kind.unsteady), "; ".join(row.flags))


def _unknown(cell: object) -> bool:
    return isinstance(cell, float) and not math.isfinite(cell)


def _short(cell: object) -> object:
    return f"{cell:.6g}" if isinstance(cell, float) else cell
