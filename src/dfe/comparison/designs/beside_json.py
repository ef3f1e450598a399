"""Contrasts of a file and variants of a comparison as plain JSON values and as rows of tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from dfe.comparison.designs.beside import Beside, same_question
from dfe.comparison.designs.named import CONTRAST_COLUMNS, named_cells
from dfe.comparison.designs.rows import DesignRow

VARIANT_COLUMNS = (
    "counted", "question", "form", "first", "second", "measure", "kind", "token", "label",
    "difference", "difference_low", "difference_high", "size", "effect", "effect_low", "effect_high", "p", "q",
)  # fmt: skip
"""Of sensitivity.csv."""


def beside_json(beside: Beside) -> dict[str, Any]:
    """Keys ``contrasts`` (null without a file) and ``sensitivity`` (null where nothing can be counted otherwise)."""
    contrasts = None
    if beside.file is not None:
        rows = [dict(zip(CONTRAST_COLUMNS, named_cells(row), strict=True)) | {"flags": list(row.flags)}
                for row in beside.named]  # fmt: skip
        contrasts = {
            "file": beside.file.name,
            "sha256": beside.file.sha256,
            "named": [asdict(one) for one in beside.file.contrasts],
            "rows": rows,
        }
    sensitivity = None
    if beside.variants:
        sensitivity = {
            "counted": [variant.name for variant in beside.variants],
            "rows": [_together(beside, row) for row in beside.variants[0].rows if row.p == row.p],
        }
    return {"contrasts": contrasts, "sensitivity": sensitivity}


def variant_cells(beside: Beside) -> Iterator[tuple[object, ...]]:
    """Rows of sensitivity.csv."""
    for variant in beside.variants:
        for row in variant.rows:
            yield (
                variant.name, row.question.name, row.question.form, *row.sides, row.measure, row.kind.unit,
                row.kind.token, row.kind.label, row.difference, row.low, row.high, row.size, row.effect,
                row.effect_low, row.effect_high, row.p, row.q,
            )  # fmt: skip


def _together(beside: Beside, row: DesignRow) -> dict[str, Any]:
    """A question, a measure and a display in all variants."""
    found = [same_question(variant.rows, row.question, row.measure, row.kind.token) for variant in beside.variants]
    return {
        "question": row.question.name,
        "first": row.sides[0],
        "second": row.sides[1],
        "measure": row.measure,
        "unit": row.kind.unit,
        "token": row.kind.token,
        "label": row.kind.label,
        "size": row.size,
        "variants": [
            None
            if one is None
            else {name: getattr(one, name) for name in ("effect", "effect_low", "effect_high", "p", "q")}
            for one in found
        ],
    }
