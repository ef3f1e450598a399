"""Means and spreads of columns over an example's usable time, the representation that needs no coding at all."""

from __future__ import annotations

import numpy as np

from dfe.base.types import DoubleArray
from dfe.predict.reading import ExampleRows, Reading, covered

_ROUNDING = 1e-11


class Moments:
    """Sums up weighted values of the rows of n examples, recording after recording."""

    def __init__(self, count: int, width: int) -> None:
        self.valid_s: DoubleArray = np.zeros(count)
        self.total_s: DoubleArray = np.zeros(count)
        self._sum: DoubleArray = np.zeros((count, width))
        self._square: DoubleArray = np.zeros((count, width))

    def add(self, values: DoubleArray, rows: ExampleRows, reading: Reading) -> None:
        """Add the values ``(m, width)`` of the rows of one recording."""
        at, count = reading.places, len(reading.places)
        self.total_s[at] = rows.total_s
        self.valid_s[at] = np.bincount(rows.example, rows.seconds, count)
        for column, value in enumerate(values.T):
            self._sum[at, column] = np.bincount(rows.example, rows.seconds * value, count)
            self._square[at, column] = np.bincount(rows.example, rows.seconds * value * value, count)

    @property
    def mean(self) -> DoubleArray:
        """``(n, width)``; NaN for an example without usable time."""
        return _divided(self._sum, self.valid_s)

    @property
    def spread(self) -> DoubleArray:
        """Standard deviation over time ``(n, width)``; 0 for a single picture, and where rounding alone varies."""
        square = _divided(self._square, self.valid_s)
        variance = square - self.mean**2
        # Scaled to spread 1, what rounding leaves of a constant would be a column of noise.
        variance[variance <= _ROUNDING * square] = 0.0
        return np.asarray(np.sqrt(variance))

    @property
    def coverage(self) -> DoubleArray:
        """``(n,)`` valid by total time."""
        return covered(self.valid_s, self.total_s)


def _divided(sums: DoubleArray, seconds: DoubleArray) -> DoubleArray:
    where = np.broadcast_to(seconds[:, None] > 0, sums.shape)
    return np.divide(sums, seconds[:, None], out=np.full_like(sums, np.nan), where=where)
