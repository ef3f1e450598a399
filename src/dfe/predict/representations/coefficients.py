"""Mean and spread of every expression coefficient over valid time: what a coding has to beat."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.preprocessing import StandardScaler

from dfe.base.errors import TableError
from dfe.datasets.examples import Examples
from dfe.predict.measures import by_recording
from dfe.predict.representation import Features
from dfe.predict.representations.moments import Moments


class CoefficientMoments:
    """Mean and standard deviation of the recordings' own expression coefficients."""

    id = "coefficients, mean and sd"

    def features(self, examples: Examples, recordings: Path) -> Features:
        """Means, then spreads (left out where every example is a picture); see :class:`Representation`.

        Raises:
            TableError: a recording is missing or damaged, or recordings are of different spaces.
        """
        began = time.process_time()
        moments: Moments | None = None
        names: tuple[str, ...] = ()
        for recording, rows in by_recording(examples, recordings):
            if moments is None:
                names = recording.layout.expression
                moments = Moments(len(examples), len(names))
            if recording.layout.expression != names:
                raise TableError("has other coefficients than the first", where=recording.provenance.source.name)
            moments.add(recording.expressions()[rows.row].astype(np.float64), rows)
        if moments is None:
            raise TableError("no example at all")
        x, labels = with_spread(moments, names)
        return Features(x, labels, moments.coverage, moments.valid_s, time.process_time() - began)

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
