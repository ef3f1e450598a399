import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from dfe.datasets.examples import Target
from dfe.predict.scores import Predicted, draws, estimate, fold_scores, metrics_of, score
from dfe.stats.bootstrap import SubjectBootstrap

CLASSES = ("calm", "glad", "sad")


def made(count: int, classes: int, seed: int, ties: bool = False) -> Predicted:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, count).astype(float)
    outputs = rng.dirichlet(np.ones(classes), count)
    outputs[np.arange(count), truth.astype(int)] += 0.3
    outputs /= outputs.sum(axis=1, keepdims=True)
    outputs = np.round(outputs, 1) if ties else outputs
    return Predicted(truth, outputs.argmax(axis=1).astype(float), outputs, rng.integers(0, 3, count))


ORACLES = {
    "weighted_f1": lambda t, p: sk.f1_score(t, p, average="weighted", zero_division=0),
    "macro_f1": lambda t, p: sk.f1_score(t, p, average="macro", zero_division=0),
    "balanced_accuracy": sk.balanced_accuracy_score,
    "accuracy": sk.accuracy_score,
}


@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
@given(st.integers(0, 500), st.sampled_from([2, 3, 5]), st.integers(3, 40))
def test_scores_of_classes_are_those_of_scikit_learn(seed, classes, count):
    predicted = made(count, classes, seed)
    for name, oracle in ORACLES.items():
        assert score(name, predicted) == pytest.approx(oracle(predicted.truth, predicted.said)), name
    if classes == 2:
        assert score("f1", predicted) == pytest.approx(sk.f1_score(predicted.truth, predicted.said, zero_division=0))


@given(st.integers(0, 500), st.booleans())
def test_auc_is_the_mean_over_folds(seed, ties):
    predicted = made(40, 2, seed, ties)
    folds = []
    for fold in np.unique(predicted.fold):
        rows = predicted.fold == fold
        if len(np.unique(predicted.truth[rows])) == 2:
            folds.append(sk.roc_auc_score(predicted.truth[rows], predicted.outputs[rows, 1]))
    assert score("auc", predicted) == pytest.approx(np.mean(folds))


def test_auc_of_several_classes_is_each_against_the_rest():
    predicted = made(60, 3, 1)._replace(fold=np.zeros(60, int))
    expected = np.mean([sk.roc_auc_score(predicted.truth == c, predicted.outputs[:, c]) for c in range(3)])
    assert score("auc", predicted) == pytest.approx(expected)


def test_a_fold_with_one_class_has_no_auc_and_is_left_out():
    predicted = Predicted(np.array([0.0, 1, 1, 1]), np.zeros(4), np.tile([0.5, 0.5], (4, 1)), np.array([0, 0, 1, 1]))
    assert score("auc", predicted) == 0.5
    assert np.isnan(fold_scores("auc", predicted)[1])


def test_scores_of_numbers_are_their_formulas():
    rng = np.random.default_rng(3)
    truth = 1000 + rng.normal(size=30)
    said = truth + rng.normal(size=30)
    predicted = Predicted(truth, said, None, np.zeros(30, int))
    covariance = np.mean((truth - truth.mean()) * (said - said.mean()))
    lin = 2 * covariance / (truth.var() + said.var() + (truth.mean() - said.mean()) ** 2)
    assert score("ccc", predicted) == pytest.approx(lin)
    assert score("mae", predicted) == pytest.approx(sk.mean_absolute_error(truth, said))
    assert score("one_minus_mae", predicted) == pytest.approx(1 - sk.mean_absolute_error(truth, said))
    assert score("rmse", predicted) == pytest.approx(sk.root_mean_squared_error(truth, said))
    assert score("ccc", predicted._replace(said=np.full(30, 5.0))) == pytest.approx(0)


@pytest.mark.parametrize("metric", ["weighted_f1", "balanced_accuracy", "auc", "accuracy", "f1"])
def test_a_draw_is_the_score_of_the_people_drawn(metric):
    predicted = made(40, 2, 7, ties=True)
    subject = np.repeat(np.arange(10), 4)
    bootstrap = SubjectBootstrap(subject, draws=70, seed=3)
    found = draws(metric, [predicted], bootstrap)
    counts = bootstrap.counts(40)
    for draw in (0, 13, 69):
        rows = np.repeat(np.arange(40), counts[draw][subject])
        drawn = Predicted(*(part[rows] for part in predicted))
        assert found[draw] == pytest.approx(score(metric, drawn))


def test_a_person_alone_in_a_fold_counts_as_often_as_drawn():
    predicted = made(40, 2, 7, ties=True)._replace(fold=np.repeat(np.arange(10), 4))
    bootstrap = SubjectBootstrap(np.repeat(np.arange(10), 4), draws=20, seed=3)
    found, own = draws("auc", [predicted], bootstrap), fold_scores("auc", predicted)
    for draw, counts in enumerate(bootstrap.counts(40)):
        known = np.isfinite(own)
        assert found[draw] == pytest.approx(np.average(own[known], weights=counts[known]))


def test_the_estimate_is_the_mean_over_repeats_with_an_interval_around_it():
    repeats = [made(60, 2, seed) for seed in (1, 2)]
    repeats[1] = repeats[1]._replace(truth=repeats[0].truth)
    found = estimate("accuracy", repeats, SubjectBootstrap(np.arange(60) // 2))
    assert found.value == pytest.approx(np.mean([score("accuracy", one) for one in repeats]))
    assert found.low < found.value < found.high
    alone = estimate("accuracy", repeats, SubjectBootstrap(np.zeros(60, int)))
    assert np.isnan(alone.low)


def test_the_targets_own_metric_comes_first():
    assert metrics_of(Target("stress", "classes", "auc", ("no", "yes")))[0] == "auc"
    assert "f1" not in metrics_of(Target("mood", "classes", "macro_f1", CLASSES))
    with pytest.raises(ValueError, match="is one of ccc"):
        metrics_of(Target("age", "number", "auc"))
