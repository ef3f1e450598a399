"""The row without any expression: what can be told from everything but the face's movement.

Duration, frame rate, coverage, face size and head pose, and the covariates that a study has (age, sex, site). A
representation that does not beat it has shown nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from dfe.base.types import DoubleArray
from dfe.datasets.examples import Examples
from dfe.predict.measures import by_recording
from dfe.predict.representation import Features
from dfe.predict.representations.coefficients import with_spread
from dfe.predict.representations.moments import Moments
from dfe.recording.recording import Recording

_ROW_NAMES = ("face size px", "pitch rad", "yaw rad", "roll rad", "confidence")


class Nuisance:
    """Recording conditions and covariates, no expression."""

    id = "nuisance"

    def features(self, examples: Examples, recordings: Path) -> Features:
        """Conditions of each example, then its covariates; see :class:`Representation`.

        Raises:
            TableError: a recording is missing or damaged.
        """
        began = time.process_time()
        moments = Moments(len(examples), len(_ROW_NAMES))
        rate = np.zeros(len(examples))
        for recording, rows in by_recording(examples, recordings):
            moments.add(_conditions(recording)[rows.row], rows)
            rate[np.unique(rows.example)] = recording.summary().frame_rate or 0.0
        x, labels = with_spread(moments, _ROW_NAMES)
        columns = [x, moments.total_s, moments.coverage, rate]
        names = [*labels, "duration s", "coverage", "frame rate"]
        for name, values in sorted(examples.covariates.items()):
            coded, of_words = _coded(name, values)
            columns.append(coded)
            names.extend(of_words)
        x = np.column_stack(columns)
        return Features(x, tuple(names), moments.coverage, moments.valid_s, time.process_time() - began)

    def steps(self) -> Sequence[tuple[str, Any]]:
        """What is missing becomes the training examples' median; every column to mean 0 and spread 1."""
        impute = SimpleImputer(strategy="median", keep_empty_features=True)
        return [("impute", impute), ("scale", StandardScaler())]


def _conditions(recording: Recording) -> DoubleArray:
    boxes = recording.boxes
    columns = [boxes[:, 2:].min(axis=1), *recording.poses.T, recording.confidence]
    return np.nan_to_num(np.column_stack(columns).astype(np.float64))


def _coded(name: str, values: NDArray[Any]) -> tuple[DoubleArray, list[str]]:
    """A number as it is, words as a column for each but the first."""
    if values.dtype.kind in "fiu":
        return values.astype(np.float64)[:, None], [name]
    words = sorted({str(value) for value in values} - {""})[1:]
    return np.column_stack([values == word for word in words] or [np.zeros(len(values))]).astype(np.float64), [
        f"{name} {word}" for word in words
    ] or [name]
