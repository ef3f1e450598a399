"""From the runs of an ablation to its rows: means over seeds with their intervals, and stability between seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from dfe.judge.ablation.figures import FIGURES
from dfe.judge.ablation.run import Run, book_of
from dfe.judge.ablation.variants import Variant
from dfe.judge.result import plain
from dfe.judge.stability import Stability, stability
from dfe.space.base import ExpressionSpace

CONFIDENCE = 0.95


class Mean(NamedTuple):
    """A figure over seeds, with the interval of Student's t for its mean; NaN where there are fewer than two."""

    mean: float
    low: float
    high: float
    seeds: int
    """With the figure; some may lack it."""


def mean_over_seeds(values: Sequence[float | None]) -> Mean | None:
    """Mean and 95% interval; seeds without the figure are left out, and None where none has it."""
    known = np.array([value for value in values if value is not None], np.float64)
    if not len(known):
        return None
    if len(known) < 2:
        return Mean(float(known[0]), float("nan"), float("nan"), 1)
    mean, error = float(known.mean()), float(known.std(ddof=1) / np.sqrt(len(known)))
    reach = float(import_module("scipy.special").stdtrit(len(known) - 1, (1 + CONFIDENCE) / 2)) * error
    return Mean(mean, mean - reach, mean + reach, len(known))


def summarise(variant: Variant, runs: Mapping[Run, Mapping[str, Any]], space: ExpressionSpace) -> dict[str, Any]:
    """A variant's row, plain JSON values.

    Args:
        variant: whose row.
        runs: its runs, and what was kept of each.
        space: of its displays.
    """
    found = [values["figures"] for values in runs.values()]
    return {
        "name": variant.name,
        "family": variant.family,
        "preset": variant.is_preset,
        "label": variant.label,
        "settings": variant.settings.to_json(),
        "seeds": [run.seed for run in runs],
        "figures": {name: plain(mean_over_seeds([one.get(name) for one in found])) for name in FIGURES},
        "stability": plain(_stability(list(runs), space)),
        "runs": {name: [one.get(name) for one in found] for name in FIGURES},
    }


def _stability(runs: Sequence[Run], space: ExpressionSpace) -> Stability | None:
    if len(runs) < 2:
        return None
    books, uses = zip(*(book_of(run, space) for run in runs), strict=True)
    return stability(books, uses)
