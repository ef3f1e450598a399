"""Mean and spread of every expression coefficient over valid time: what a coding has to beat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.preprocessing import StandardScaler

from dfe.base.errors import TableError
from dfe.datasets.examples import Examples
from dfe.predict.reading import Reading
from dfe.predict.representation import Features, Measuring
from dfe.predict.representations.moments import Moments


class CoefficientMoments:
    """Mean and standard deviation of the recordings' own expression coefficients."""

    id = "coefficients, mean and sd"

    def measuring(self, examples: Examples) -> Measuring:
        """Means, then spreads (left out where every example is a picture); see :class:`Representation`.

        Raises:
            TableError: recordings are of different spaces.
        """
        moments: Moments | None = None
        names: tuple[str, ...] = ()

        def add(reading: Reading) -> None:
            nonlocal moments, names
            layout = reading.recording.layout
            if moments is None:
                names, moments = layout.expression, Moments(len(examples), len(layout.expression))
            if layout.expression != names:
                where = reading.recording.provenance.source.name
                raise TableError("has other coefficients than the first", where=where)
            rows = reading.rows()
            moments.add(reading.expressions[rows.row].astype(np.float64), rows, reading)

        def features() -> Features:
            if moments is None:
                raise TableError("no example at all")
            x, labels = with_spread(moments, names)
            return Features(x, labels, moments.coverage, moments.valid_s)

        return Measuring(add, features)

    def steps(self) -> Sequence[tuple[str, Any]]:
        """Every column to mean 0 and spread 1."""
        return [("scale", StandardScaler())]


def with_spread(moments: Moments, names: Sequence[str]) -> tuple[Any, tuple[str, ...]]:
    """Means and, where time passes, spreads side by side, with their names."""
    spread = moments.spread
    if not np.nan_to_num(spread).any():
        return moments.mean, tuple(f"{name} mean" for name in names)
    labels = (*(f"{name} mean" for name in names), *(f"{name} sd" for name in names))
    return np.column_stack([moments.mean, spread]), labels
