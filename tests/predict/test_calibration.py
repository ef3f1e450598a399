"""Calibration of predictions against scikit-learn and against what is planted."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss

from dfe.datasets.examples import Target
from dfe.predict.calibration import calibration
from dfe.predict.scores import Predicted

TWO = Target("stress", "classes", "accuracy", ("no", "yes"))
THREE = Target("mood", "classes", "accuracy", ("a", "b", "c"))
NUMBER = Target("score", "number", "ccc")


def told(p: np.ndarray, truth: np.ndarray) -> Predicted:
    return Predicted(truth, (p > 0.5).astype(float), np.column_stack([1 - p, p]), np.zeros(len(p), int))


def test_slope_and_brier_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    odds = rng.normal(0, 2, 400)
    truth = (rng.random(400) < 1 / (1 + np.exp(-odds / 2))).astype(float)
    p = 1 / (1 + np.exp(-odds))
    found = calibration(TWO, [told(p, truth)])
    model = LogisticRegression(C=1e9, tol=1e-9, max_iter=1000).fit(odds[:, None], truth)
    assert found["slope"] == pytest.approx(model.coef_[0, 0], abs=1e-3)
    assert found["brier"] == pytest.approx(brier_score_loss(truth, p), abs=1e-4)
    assert 0.3 < found["slope"] < 0.7


def test_true_probabilities_have_slope_one_and_no_shift():
    rng = np.random.default_rng(1)
    p = rng.uniform(0.05, 0.95, 20_000)
    truth = (rng.random(20_000) < p).astype(float)
    found = calibration(TWO, [told(p, truth)])
    assert found["slope"] == pytest.approx(1, abs=0.05)
    assert found["intercept"] == pytest.approx(0, abs=0.05)


def test_the_shift_is_told_at_slope_one():
    rng = np.random.default_rng(2)
    odds = rng.normal(size=20_000)
    truth = (rng.random(20_000) < 1 / (1 + np.exp(-odds))).astype(float)
    found = calibration(TWO, [told(1 / (1 + np.exp(-(odds - 1.5))), truth)])
    assert found["intercept"] == pytest.approx(1.5, abs=0.05)


def test_classes_told_apart_without_a_fault_have_no_slope():
    found = calibration(TWO, [told(np.array([0.01, 0.02, 0.99, 0.98]), np.array([0.0, 0, 1, 1]))])
    assert np.isnan(found["slope"])
    assert abs(found["intercept"]) < 1


def test_classes_weigh_alike_where_they_did_in_the_fit():
    truth = np.array([0.0] * 90 + [1.0] * 10)
    balanced = Target("stress", "classes", "balanced_accuracy", ("no", "yes"))
    assert calibration(balanced, [told(np.full(100, 0.5), truth)])["brier"] == pytest.approx(0.25)
    assert calibration(TWO, [told(np.full(100, 0.1), truth)])["brier"] == pytest.approx(0.09, abs=1e-4)


def test_confusions_are_shares_of_each_class():
    truth, said = np.array([0, 0, 0, 1, 1, 2.0]), np.array([0, 1, 0, 1, 1, 0.0])
    found = calibration(THREE, [Predicted(truth, said, np.eye(3)[said.astype(int)], np.zeros(6, int))])
    np.testing.assert_allclose(found["confusion"], [[2 / 3, 1 / 3, 0], [0, 1, 0], [1, 0, 0]], atol=1e-4)
    assert found["brier"] == pytest.approx(4 / 6, abs=1e-4)
    assert "slope" not in found


def test_of_numbers_the_label_is_regressed_on_the_prediction():
    rng = np.random.default_rng(3)
    said = rng.normal(10, 2, 50)
    found = calibration(NUMBER, [Predicted(3 + 0.5 * said, said, None, np.zeros(50, int))])
    assert found == {"slope": pytest.approx(0.5), "intercept": pytest.approx(3)}
    assert np.isnan(calibration(NUMBER, [Predicted(said, np.ones(50), None, np.zeros(50, int))])["slope"])
