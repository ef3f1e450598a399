"""Gaps of columns filled, as a scikit-learn transformer: a linear model needs every number."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from dfe.base.types import DoubleArray


class Filled(TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[misc, call-arg]
    """What is missing becomes the column's median, and 0 in a column that holds nothing at all.

    As scikit-learn's ``SimpleImputer(strategy="median", keep_empty_features=True)``, without its checks of each input,
    which take many times as long as the medians of the few dozen rows of a study.

    Attributes:
        median_: ``(F,)`` of the training rows.
    """

    def fit(self, X: Any, y: Any = None) -> Filled:  # noqa: ARG002 (scikit-learn's names)
        """Learn the medians of ``(n, F)``."""
        rows = np.asarray(X, np.float64)
        gaps = np.isnan(rows)
        if gaps.any():
            rows = np.where(gaps.all(axis=0), 0.0, rows)
            self.median_ = np.nanmedian(rows, axis=0)
        else:
            self.median_ = np.median(rows, axis=0)
        return self

    def transform(self, X: Any) -> DoubleArray:
        """The same rows ``(n, F)`` without gaps."""
        rows = np.asarray(X, np.float64)
        return np.where(np.isnan(rows), self.median_, rows)

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """Those of the input."""
        names = [f"x{i}" for i in range(len(self.median_))] if input_features is None else list(input_features)
        return np.asarray(names, dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "median_")
