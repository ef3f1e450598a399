"""How columns are brought to one scale before a linear model, as scikit-learn transformers; one is chosen by folds.

A penalty weighs columns by their spread, so scaling is part of the model. Sums and shares are not negative; where a
column has both signs, roots keep the sign.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from dfe.base.types import DoubleArray
from dfe.stats.linear import spread_of

Scaling = Literal["unit variance", "common scale", "hellinger", "tf-idf"]
SCALINGS: tuple[Scaling, ...] = get_args(Scaling)
_SMALLEST = 1e-12


class Scaled(TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[misc, call-arg]
    """Centre columns and scale them.

    - ``unit variance``: each column to spread 1, so that what is rare weighs as much as what is frequent.
    - ``common scale``: all by one number, the root mean variance: what varies much weighs much.
    - ``hellinger``: the root of each number first, which makes spreads of shares and counts alike (Legendre and
      Gallagher, Oecologia 2001), then one scale.
    - ``tf-idf``: each column times the logarithm of how rare it is in the training part, rows to length 1, then one
      scale.

    Args:
        kind: one of these.

    Attributes:
        weight_: ``(F,)`` of ``tf-idf``.
        mean_: ``(F,)``.
        scale_: ``(F,)``.
        n_features_in_: F.
    """

    def __init__(self, kind: Scaling = "unit variance") -> None:
        self.kind = kind

    def fit(self, X: Any, y: Any = None) -> Scaled:  # noqa: ARG002 (scikit-learn's names)
        """Learn means and scales of ``(n, F)``.

        Raises:
            ValueError: an unknown kind.
        """
        if self.kind not in SCALINGS:
            raise ValueError(f"kind is one of {', '.join(SCALINGS)}, not {self.kind!r}")
        rows = np.asarray(X, np.float64)
        self.n_features_in_ = rows.shape[1]
        shown = np.count_nonzero(rows, axis=0)
        self.weight_ = np.log((1 + len(rows)) / (1 + shown)) + 1
        turned = self._turned(rows)
        self.mean_ = turned.mean(axis=0)
        spread = spread_of(turned)
        if self.kind != "unit variance":
            spread = np.full(len(spread), np.sqrt((spread**2).mean()))
        self.scale_ = np.where(spread > _SMALLEST, spread, 1.0)
        return self

    def transform(self, X: Any) -> DoubleArray:
        """The same of ``(n, F)``."""
        rows = np.asarray(X, np.float64)
        return np.asarray((self._turned(rows) - self.mean_) / self.scale_)

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """Those of the input."""
        names = [f"x{i}" for i in range(self.n_features_in_)] if input_features is None else list(input_features)
        return np.asarray(names, dtype=object)

    def _turned(self, rows: DoubleArray) -> DoubleArray:
        if self.kind == "hellinger":
            return np.asarray(np.sign(rows) * np.sqrt(np.abs(rows)))
        if self.kind == "tf-idf":
            weighted = rows * self.weight_
            length = np.linalg.norm(weighted, axis=1, keepdims=True)
            return np.asarray(np.divide(weighted, length, out=np.zeros_like(weighted), where=length > 0))
        return np.asarray(rows)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "scale_")


class Columns(TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[misc, call-arg]
    """Some neighbouring columns of the input.

    Args:
        start, stop: the first, and the one behind the last.

    Attributes:
        n_features_in_: columns of the input.
    """

    def __init__(self, start: int, stop: int) -> None:
        self.start = start
        self.stop = stop

    def fit(self, X: Any, y: Any = None) -> Columns:  # noqa: ARG002 (scikit-learn's names)
        """Look at the number of columns."""
        self.n_features_in_ = np.asarray(X).shape[1]
        return self

    def transform(self, X: Any) -> DoubleArray:
        """These columns of ``(n, F)``."""
        return np.asarray(X)[:, self.start : self.stop]

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """Theirs."""
        names = [f"x{i}" for i in range(self.n_features_in_)] if input_features is None else list(input_features)
        return np.asarray(names[self.start : self.stop], dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "n_features_in_")
