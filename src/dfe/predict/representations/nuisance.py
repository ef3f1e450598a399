"""The row without any expression: what can be told from everything but the face's movement.

Duration, frame rate, coverage, face size and head pose, and the covariates that a study has (age, sex, site). A
representation that does not beat it has shown nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfe.base.types import DoubleArray
from dfe.datasets.examples import Examples
from dfe.predict.reading import Reading
from dfe.predict.representation import Features, Measuring, Pipeline
from dfe.predict.representations.moments import Moments
from dfe.predict.representations.pooled import with_spread
from dfe.recording.recording import Recording
from dfe.stats.filling import Filled
from dfe.stats.scaling import Scaled

_ROW_NAMES = ("face size px", "pitch rad", "yaw rad", "roll rad", "confidence")


class Nuisance:
    """Recording conditions and covariates, no expression."""

    id = "nuisance"

    def measuring(self, examples: Examples) -> Measuring:
        """Conditions of each example, then its covariates; see :class:`Representation`."""
        moments = Moments(len(examples), len(_ROW_NAMES))
        rate = np.zeros(len(examples))

        def add(reading: Reading) -> None:
            rows = reading.rows()
            moments.add(_conditions(reading.recording)[rows.row], rows, reading)
            rate[reading.places[np.unique(rows.example)]] = reading.recording.summary().frame_rate or 0.0

        def features() -> Features:
            x, labels = with_spread(moments, _ROW_NAMES)
            columns = [x, moments.total_s, moments.coverage, rate]
            names = [*labels, "duration s", "coverage", "frame rate"]
            for name, values in sorted(examples.covariates.items()):
                coded, of_words = _coded(name, values)
                columns.append(coded)
                names.extend(of_words)
            return Features(np.column_stack(columns), tuple(names), moments.coverage, moments.valid_s)

        return Measuring(add, features)

    def pipelines(self, features: Features) -> Sequence[Pipeline]:  # noqa: ARG002 (the same for all)
        """What is missing becomes the training examples' median; every column to mean 0 and spread 1."""
        return [[("fill", Filled()), ("scale", Scaled())]]


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
