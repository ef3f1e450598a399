"""Columns prepared step by step and side by side are those that scikit-learn's compositions make."""

from __future__ import annotations

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from dfe.predict.steps import SideBySide, Steps
from dfe.stats.bag import BagOfTokens
from dfe.stats.scaling import Scaled

NAMES = [f"c{i}" for i in range(9)]


def columns(seed: int, rows: int = 30) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.where(rng.random((rows, 9)) < 0.3, 0, rng.gamma(0.5, 1, (rows, 9)))


def test_one_after_the_other():
    steps = [("impute", SimpleImputer()), ("scale", StandardScaler()), ("pca", PCA(3))]
    x, more = columns(0), columns(1)
    x[3, 4] = np.nan
    made, theirs = Steps(steps), Pipeline(steps)
    np.testing.assert_allclose(made.fit_transform(x), theirs.fit_transform(x), rtol=1e-9)
    np.testing.assert_allclose(made.transform(more), theirs.transform(more), rtol=1e-9)
    assert made.get_feature_names_out(NAMES).tolist() == theirs.get_feature_names_out(NAMES).tolist()


def test_side_by_side():
    first, second = [("bag", BagOfTokens("tf-idf")), ("scale", Scaled())], [("scale", StandardScaler())]
    x, more = columns(2), columns(3)
    parts = [("one", Pipeline(first), slice(0, 5)), ("two", Pipeline(second), slice(5, 9))]
    made, theirs = SideBySide(5, first, second), ColumnTransformer(parts, verbose_feature_names_out=False)
    np.testing.assert_array_equal(made.fit(x).transform(more), theirs.fit(x).transform(more))
    names = made.get_feature_names_out(np.array(NAMES, dtype=object))
    assert names.tolist() == [*NAMES[1:5], *NAMES[5:]]


def test_what_is_given_stays_unfitted_and_nothing_to_do_changes_nothing():
    scale = Scaled()
    nested = SideBySide(2, [("scale", scale)], [])
    one, other = Steps([("both", nested)]), Steps([("both", nested)])
    x = columns(4)
    before = one.fit_transform(x)
    other.fit(100 * columns(5))
    np.testing.assert_array_equal(one.transform(x), before)
    np.testing.assert_array_equal(before[:, 2:], x[:, 2:])
    assert not hasattr(scale, "mean_")
    assert not hasattr(nested.first.steps[0], "mean_")
