"""Columns prepared step by step and side by side are those that scikit-learn's compositions make."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from dfe.base.errors import TableError
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


@pytest.mark.parametrize("gap", [np.nan, np.inf])
def test_gaps_that_nothing_fills_are_refused_and_not_learnt_from(gap):
    x = columns(6)
    x[3, 4] = gap
    for steps in ([("scale", Scaled())], [("both", SideBySide(2, [], [("scale", Scaled())]))], []):
        with np.errstate(invalid="ignore"), pytest.raises(TableError, match="gaps"):
            Steps(steps).fit_transform(x)


def test_constant_columns_and_one_row_are_prepared_as_scikit_learn_prepares_them():
    x = columns(7)
    x[:, 2] = 0.1
    for rows in (x, x[:1], np.zeros((5, 9))):
        for steps in ([("scale", Scaled())], [("bag", BagOfTokens("share")), ("scale", StandardScaler())]):
            made, theirs = Steps(steps), Pipeline([*steps[:-1], ("scale", StandardScaler())])
            np.testing.assert_allclose(made.fit_transform(rows), theirs.fit_transform(rows), atol=1e-9)
            np.testing.assert_allclose(made.transform(x), theirs.transform(x), atol=1e-9)
