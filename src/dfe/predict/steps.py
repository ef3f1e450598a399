"""Transformers one after the other, and beside each other.

A study fits them tens of thousands of times to a few hundred rows that were checked before: what scikit-learn's own
compositions check at each step, and wrap, would take most of its time.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from dfe.base.errors import TableError
from dfe.base.types import DoubleArray


class Steps:
    """Transformers one after the other, each fitted to what those before it make.

    Args:
        steps: names and transformers; none of them: columns stay as they are. They are copied, and stay unfitted.
    """

    def __init__(self, steps: Sequence[tuple[str, Any]]) -> None:
        self.steps = [copy.deepcopy(step) for _, step in steps]

    def fit(self, x: DoubleArray, truth: Any = None) -> Steps:
        """Fit to ``(n, F)``."""
        self.fit_transform(x, truth)
        return self

    def fit_transform(self, x: DoubleArray, truth: Any = None) -> DoubleArray:
        """Fit to ``(n, F)`` and prepare the same rows.

        Raises:
            TableError: a number that is not finite is left, with which every model would be one of nothing.
        """
        for step in self.steps:
            x = step.fit(x, truth).transform(x)
        return _whole(x)

    def transform(self, x: DoubleArray) -> DoubleArray:
        """Prepare rows ``(n, F)``.

        Raises:
            TableError: as of :meth:`fit_transform`.
        """
        for step in self.steps:
            x = step.transform(x)
        return _whole(x)

    def get_feature_names_out(self, names: Any) -> Any:
        """What the columns are called that come out."""
        for step in self.steps:
            names = step.get_feature_names_out(names)
        return np.asarray(names, dtype=object)


class SideBySide:
    """Two ways to prepare columns, the first for the first columns and the second for the rest.

    Args:
        width: how many columns the first takes.
        first, second: names and transformers of each.
    """

    def __init__(self, width: int, first: Sequence[tuple[str, Any]], second: Sequence[tuple[str, Any]]) -> None:
        self.width = width
        self.first, self.second = Steps(first), Steps(second)

    def fit(self, x: DoubleArray, truth: Any = None) -> SideBySide:
        """Fit to ``(n, F)``."""
        self.first.fit(x[:, : self.width], truth)
        self.second.fit(x[:, self.width :], truth)
        return self

    def fit_transform(self, x: DoubleArray, truth: Any = None) -> DoubleArray:
        """Fit to ``(n, F)`` and prepare the same rows."""
        return self.fit(x, truth).transform(x)

    def transform(self, x: DoubleArray) -> DoubleArray:
        """Prepare rows ``(n, F)``."""
        return np.hstack([self.first.transform(x[:, : self.width]), self.second.transform(x[:, self.width :])])

    def get_feature_names_out(self, names: Any) -> Any:
        """What the columns are called that come out."""
        made = [
            self.first.get_feature_names_out(names[: self.width]),
            self.second.get_feature_names_out(names[self.width :]),
        ]
        return np.concatenate(made)


def _whole(x: DoubleArray) -> DoubleArray:
    """Columns as they are, none of which has a gap."""
    made = np.asarray(x, np.float64)
    if not np.isfinite(made).all():
        what = f"column {int(np.flatnonzero(~np.isfinite(made).all(axis=0))[0]) + 1} of what was prepared has gaps"
        raise TableError(what, advice="fill them, or make all of an example's numbers NaN to leave it out")
    return made
