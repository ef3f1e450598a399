"""Scales of columns against their formulas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.preprocessing import StandardScaler

from dfe.stats.scaling import SCALINGS, Columns, Scaled


def shares(seed: int = 0, rows: int = 40, columns: int = 6) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.where(rng.random((rows, columns)) < 0.4, 0, rng.gamma(0.5, 1, (rows, columns)))


def test_unit_variance_is_that_of_scikit_learn():
    x = shares()
    np.testing.assert_allclose(Scaled("unit variance").fit_transform(x), StandardScaler().fit_transform(x))


def test_one_scale_keeps_proportions_between_columns():
    x = shares()
    out = Scaled("common scale").fit_transform(x)
    np.testing.assert_allclose(out.std(axis=0) / out.std(axis=0)[0], x.std(axis=0) / x.std(axis=0)[0])
    assert (out**2).mean() == pytest.approx(1)


def test_hellinger_is_the_root_on_one_scale():
    x = shares() * np.array([1, 1, 1, -1, -1, 1])
    root = np.sign(x) * np.sqrt(np.abs(x))
    np.testing.assert_allclose(Scaled("hellinger").fit_transform(x), Scaled("common scale").fit_transform(root))


def test_tf_idf_is_that_of_scikit_learn():
    x = shares()
    weighed = TfidfTransformer().fit_transform(x).toarray()
    np.testing.assert_allclose(Scaled("tf-idf").fit_transform(x), Scaled("common scale").fit_transform(weighed))


@given(st.sampled_from(SCALINGS), st.integers(0, 20))
def test_rows_are_scaled_one_by_one_and_still_columns_stay_finite(kind, seed):
    x = shares(seed)
    x[:, 2] = 3.0
    fitted = Scaled(kind).fit(x)
    together = fitted.transform(x)
    assert np.isfinite(together).all()
    np.testing.assert_allclose(fitted.transform(x[5:6]), together[5:6])
    assert fitted.get_feature_names_out(list("abcdef")).tolist() == list("abcdef")


def test_columns_are_a_part_of_the_input():
    x = shares()
    part = Columns(2, 5).fit(x)
    np.testing.assert_array_equal(part.transform(x), x[:, 2:5])
    assert part.get_feature_names_out(list("abcdef")).tolist() == ["c", "d", "e"]


def test_an_unknown_scale_is_refused():
    with pytest.raises(ValueError, match="kind is one of"):
        Scaled("none").fit(shares())


@pytest.mark.parametrize("kind", SCALINGS)
def test_what_rounding_leaves_of_a_constant_column_is_no_spread(kind):
    x = np.column_stack([np.full(37, 50_000.1), shares(rows=37)[:, :1]])
    if kind != "tf-idf":
        scaled = Scaled(kind).fit(x)
        assert np.abs(scaled.transform(x + 1)).max() < 100
    assert np.isfinite(Scaled(kind).fit_transform(x)).all()
