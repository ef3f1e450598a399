import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss as sk_log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from dfe.predict.fitting import ModelConfig, fit_fold
from dfe.stats import linear
from dfe.stats.bag import BagOfTokens
from dfe.stats.folds import cross_validation
from dfe.stats.linear import PENALTIES, class_weights, fit_classes, fit_numbers


def made(count, features, classes, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, features))
    logits = x[:, :classes] + rng.gumbel(size=(count, classes))
    return x, logits.argmax(axis=1).astype(float)


@pytest.mark.parametrize("solver", ["small", "large"])
@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize(("count", "features", "classes"), [(80, 10, 2), (30, 40, 2), (90, 8, 3)])
def test_it_is_scikit_learns_logistic_regression(monkeypatch, solver, balanced, count, features, classes):
    monkeypatch.setattr(linear, "_SMALL", 10_000 if solver == "small" else 0)
    monkeypatch.setattr(linear, "_TOLERANCE", 1e-8)
    x, y = made(count, features, classes)
    found = fit_classes(x, y, classes, PENALTIES[:4], balanced)
    for one, penalty in zip(found, PENALTIES[:4], strict=True):
        model = LogisticRegression(
            C=1 / (count * penalty), class_weight="balanced" if balanced else None, tol=1e-9, max_iter=10_000
        ).fit(x, y)
        np.testing.assert_allclose(one.weights, model.coef_, atol=2e-4)
        np.testing.assert_allclose(one.probabilities(x), model.predict_proba(x), atol=2e-4)


@pytest.mark.parametrize("shape", [(50, 8), (20, 60)])
def test_it_is_scikit_learns_ridge(shape):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=shape) + 3, rng.normal(size=shape[0])
    for one, penalty in zip(fit_numbers(x, y, PENALTIES), PENALTIES, strict=True):
        model = Ridge(alpha=shape[0] * penalty, solver="svd").fit(x, y)
        np.testing.assert_allclose(one.scores(x)[:, 0], model.predict(x), atol=1e-7)


def test_a_class_that_training_does_not_show_gets_no_probability():
    x, y = made(40, 5, 3)
    two = y != 1
    for classes in (np.unique(y[two]), [0.0]):
        rows = np.isin(y, classes)
        (one,) = fit_classes(x[rows], y[rows], 3, [0.1], True)
        p = one.probabilities(x)
        np.testing.assert_allclose(p.sum(axis=1), 1)
        assert (p[:, [c for c in range(3) if c not in classes]] < 1e-12).all()
    binary = LogisticRegression(C=1 / (two.sum() * 0.1), class_weight="balanced", tol=1e-9).fit(x[two], y[two])
    three = next(fit_classes(x[two], y[two], 3, [0.1], True)).probabilities(x)
    assert three[:, 2].argmax() == binary.predict_proba(x)[:, 1].argmax()
    only = next(fit_classes(x[y == 1], y[y == 1] * 0 + 1, 2, [0.1], True))
    assert (only.probabilities(x)[:, 1] > 0.999).all()


def test_a_fold_is_a_grid_search_over_a_pipeline():
    """The whole of a fold, nested choice and all, against scikit-learn's own pieces."""
    rng = np.random.default_rng(4)
    x = np.column_stack([rng.uniform(5, 9, 60), rng.gamma(0.5, 1, (60, 12))])
    y = (x[:, 1] / x[:, 0] + rng.normal(0, 0.05, 60) > 0.06).astype(float)
    splits = cross_validation(np.arange(60) // 2, y.astype(int), folds=4, repeats=1, inner_folds=3, seed=0)
    steps = [("bag", BagOfTokens()), ("scale", StandardScaler())]
    for split in splits:
        names = ("valid_s", *map(str, range(1, 13)))
        found = fit_fold(x, y, split, [steps], ModelConfig(2, True), names)
        weights = class_weights(y[split.train], 2, True)

        def judged(model, x, y, weights=weights):
            return -sk_log_loss(y, model.predict_proba(x), sample_weight=weights[y.astype(int)], normalize=False)

        losses = np.zeros(len(PENALTIES))
        for inner in split.inner:
            grid = {"model__C": [1 / (len(inner.fit) * penalty) for penalty in PENALTIES]}
            pipe = Pipeline([*steps, ("model", LogisticRegression(class_weight="balanced", tol=1e-8, max_iter=5000))])
            search = GridSearchCV(pipe, grid, scoring=judged, cv=[(inner.fit, inner.judge)], refit=False).fit(x, y)
            losses -= search.cv_results_["mean_test_score"]
        assert found.penalty == PENALTIES[int(losses.argmin())]
        pipe.set_params(model__C=1 / (len(split.train) * found.penalty)).fit(x[split.train], y[split.train])
        np.testing.assert_allclose(found.outputs, pipe.predict_proba(x[split.test]), atol=1e-4)
        assert found.names == tuple(map(str, range(1, 13)))
        seen = pipe[:-1].transform(x[split.train])
        r = np.corrcoef(seen[:, 0], pipe.decision_function(x[split.train]))[0, 1]
        assert found.pattern[0, 0] == pytest.approx(r, abs=1e-4)


def test_examples_without_a_face_are_told_the_majority_and_train_nothing():
    x, y = made(40, 5, 2)
    y[:30] = 1
    splits = cross_validation(np.arange(40), y.astype(int), folds=4, repeats=1, inner_folds=2, seed=0)
    split = splits[0]
    x[split.test[0]] = np.nan
    x[split.train[0]] = np.nan
    found = fit_fold(x, y, split, [[("scale", StandardScaler())]], ModelConfig(2, True))
    assert found.without == 1
    assert found.said[0] == 1
    np.testing.assert_allclose(found.outputs[0], [0.5, 0.5])
    y[split.train[0]] = 1 - y[split.train[0]]
    again = fit_fold(x, y, split, [[("scale", StandardScaler())]], ModelConfig(2, True))
    np.testing.assert_allclose(again.weights, found.weights)
