"""Bags of tokens as scikit-learn transformers: from sums over an example's usable time to what a model sees.

A row of the input is an example: its usable seconds, then a sum for each token, made by :mod:`dfe.predict.measures`.
What these transformers do to a row depends on that row alone but for TF-IDF and the log-ratios' zero, which are fitted.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from dfe.base.types import DoubleArray

Kind = Literal["share", "presence", "per minute", "tf-idf", "log-ratio"]

SECONDS_A_MINUTE = 60.0
ZERO_SHARE = 0.65
"""Zeros of compositions become this share of the detection limit (Martin-Fernandez et al., 2003)."""


class BagOfTokens(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Divide each example's sums by its usable time, and weight them.

    - ``share``: of usable time; the mean of a sum of millimetres times seconds.
    - ``presence``: 1 where there is any.
    - ``per minute``: per usable minute.
    - ``tf-idf``: the share, times the logarithm of how rare the token is among the training examples, to length 1;
      ``ln((1 + n) / (1 + df)) + 1``, as scikit-learn's ``TfidfTransformer``.
    - ``log-ratio``: centred log-ratio of the shares as parts of a whole (Aitchison, 1986); a zero becomes
      :data:`ZERO_SHARE` of the smallest share that the training examples show.

    Args:
        kind: one of these.

    Attributes:
        weight_: ``(U,)`` idf, for ``tf-idf``.
        zero_: the share that stands for none, for ``log-ratio``.
        n_features_in_: 1 + U.
    """

    def __init__(self, kind: Kind = "share") -> None:
        self.kind = kind

    def fit(self, X: Any, y: Any = None) -> BagOfTokens:  # noqa: ARG002 (scikit-learn's names)
        """Learn what is rare.

        Args:
            X: ``(n, 1 + U)`` usable seconds and sums.
            y: not used.

        Raises:
            ValueError: an unknown kind, or no token.
        """
        if self.kind not in get_args(Kind):
            raise ValueError(f"kind is one of {', '.join(get_args(Kind))}, not {self.kind!r}")
        rows = validate_data(self, X, dtype=np.float64, ensure_min_features=2)
        shares = _shares(rows)
        if self.kind == "tf-idf":
            with_token = np.count_nonzero(shares > 0, axis=0)
            self.weight_ = np.log((1 + len(shares)) / (1 + with_token)) + 1
        if self.kind == "log-ratio":
            above = shares[shares > 0]
            self.zero_ = ZERO_SHARE * float(above.min()) if len(above) else 1.0
        return self

    def transform(self, X: Any) -> DoubleArray:
        """Bags ``(n, U)`` of examples ``(n, 1 + U)``; an example without usable time has none of anything."""
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=np.float64, reset=False)
        shares = _shares(rows)
        if self.kind == "presence":
            return (shares > 0).astype(np.float64)
        if self.kind == "per minute":
            return shares * SECONDS_A_MINUTE
        if self.kind == "tf-idf":
            weighted = shares * self.weight_
            length = np.linalg.norm(weighted, axis=1, keepdims=True)
            return np.asarray(np.divide(weighted, length, out=np.zeros_like(weighted), where=length > 0))
        if self.kind == "log-ratio":
            logs = np.log(np.where(shares > 0, shares, self.zero_))
            return np.asarray(logs - logs.mean(axis=1, keepdims=True))
        return shares

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """Names of the bag: those of the input without the first."""
        check_is_fitted(self)
        names = getattr(self, "feature_names_in_", None) if input_features is None else input_features
        names = [f"x{i}" for i in range(self.n_features_in_)] if names is None else list(names)
        return np.asarray(names[1:], dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "n_features_in_")


def _shares(rows: DoubleArray) -> DoubleArray:
    exposure, sums = rows[:, :1], rows[:, 1:]
    return np.divide(sums, exposure, out=np.zeros_like(sums), where=exposure > 0)
