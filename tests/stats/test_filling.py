import numpy as np
import pytest
from sklearn.impute import SimpleImputer

from dfe.stats.filling import Filled


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7])
def test_gaps_are_filled_as_scikit_learn_fills_them(share):
    rng = np.random.default_rng(3)
    x, more = (np.where(rng.random((9, 40)) < share, np.nan, rng.normal(size=(9, 40))) for _ in range(2))
    x[:, 5] = np.nan if share else 1.0
    theirs = SimpleImputer(strategy="median", keep_empty_features=True).fit(x)
    made = Filled().fit(x)
    for rows in (x, more):
        np.testing.assert_array_equal(made.transform(rows), theirs.transform(rows))
    assert made.get_feature_names_out().tolist() == theirs.get_feature_names_out().tolist()
