import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.utils.estimator_checks import estimator_checks_generator

from dfe.stats.bag import ZERO_SHARE, BagOfTokens

KINDS = ("share", "presence", "per minute", "tf-idf", "log-ratio")
SUMS = np.array([[10.0, 5, 0, 1], [20.0, 0, 0, 4], [0.0, 0, 0, 0]])


CHECKS = [
    pytest.param(estimator, check, id=f"{kind}-{getattr(check, 'func', check).__name__}-{place}")
    for kind in KINDS
    for place, (estimator, check) in enumerate(estimator_checks_generator(BagOfTokens(kind)))
    # Needs an environment variable that changes scipy for the whole process.
    if "array_api" not in str(check)
]


@pytest.mark.parametrize(("estimator", "check"), CHECKS)
def test_it_is_an_estimator_like_any_other(estimator, check):
    check(estimator)


def test_shares_and_rates_are_of_valid_time():
    np.testing.assert_allclose(BagOfTokens().fit_transform(SUMS), [[0.5, 0, 0.1], [0, 0, 0.2], [0, 0, 0]])
    np.testing.assert_allclose(BagOfTokens("per minute").fit_transform(SUMS)[0], [30, 0, 6])
    np.testing.assert_array_equal(BagOfTokens("presence").fit_transform(SUMS), [[1, 0, 1], [0, 0, 1], [0, 0, 0]])


@given(arrays(np.float64, (6, 5), elements=st.integers(0, 9).map(float)))
def test_rare_tokens_weigh_as_scikit_learn_says(sums):
    sums[:, 0] = 10
    expected = TfidfTransformer().fit_transform(sums[:, 1:] / 10).toarray()
    np.testing.assert_allclose(BagOfTokens("tf-idf").fit_transform(sums), expected, atol=1e-12)


def test_log_ratios_sum_to_nothing_and_take_the_zero_from_training():
    bag = BagOfTokens("log-ratio").fit(SUMS)
    assert bag.zero_ == pytest.approx(ZERO_SHARE * 0.1)
    np.testing.assert_allclose(bag.transform(SUMS).sum(axis=1), 0, atol=1e-12)
    expected = np.log([0.5, ZERO_SHARE * 0.1, 0.1])
    np.testing.assert_allclose(bag.transform(SUMS)[0], expected - expected.mean())


def test_the_longer_recording_with_the_same_face_has_the_same_bag():
    bag = BagOfTokens("tf-idf").fit(SUMS)
    np.testing.assert_allclose(bag.transform(SUMS * 7), bag.transform(SUMS))


def test_names_are_those_of_the_tokens():
    names = BagOfTokens().fit(SUMS).get_feature_names_out(["valid_s", "1", "2", "3"])
    assert names.tolist() == ["1", "2", "3"]


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="kind is one of share"):
        BagOfTokens("sum").fit(SUMS)
