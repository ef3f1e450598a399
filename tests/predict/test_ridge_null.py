"""Permutations by ridge regression: the same as a fit for each, and fair where there is nothing."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from dfe.datasets.examples import Examples, Target
from dfe.predict.config import StudyConfig
from dfe.predict.fitting import ModelConfig
from dfe.predict.null import PENALTY, ridge_null
from dfe.predict.permute import permuted
from dfe.predict.scores import Predicted, score
from dfe.predict.usable import Usable, split_of
from dfe.stats.significance import permutation_p

TARGETS = {
    "auc": Target("t", "classes", "auc", ("a", "b")),
    "macro_f1": Target("t", "classes", "macro_f1", ("a", "b", "c"), level="task"),
    "accuracy": Target("t", "classes", "accuracy", ("a", "b", "c")),
    "mae": Target("t", "number", "mae"),
}
WAY = [("scale", StandardScaler())]


def usable(target: Target, seed: int, people: int = 24, each: int = 2) -> tuple[Usable, np.ndarray]:
    rng = np.random.default_rng(seed)
    count = people * each
    truth = rng.normal(size=count) if target.kind == "number" else rng.integers(len(target.classes), size=count) * 1.0
    subject = np.repeat(np.arange(people), each)
    names = tuple(map(str, range(count)))
    examples = Examples(names, names, subject.astype(str), {"t": np.zeros(count)}, (target,))
    rows = np.arange(count)
    return Usable(target, examples, rows, truth, subject, subject, np.zeros(count, bool), (), ()), rng.normal(
        size=(count, 5)
    )


@pytest.mark.parametrize("metric", TARGETS)
def test_a_permutation_is_a_ridge_regression_of_its_labels(metric):
    target = TARGETS[metric]
    one, x = usable(target, 0)
    x[3] = np.nan
    config, model = StudyConfig(folds=3, permutations=3), ModelConfig.of(target)
    found = ridge_null(x, WAY, one, model, config)
    for number, expected in enumerate([found.observed, *found.drawn]):
        rng = np.random.default_rng([0, 1, number])
        truth = permuted(one.truth, one.subject, target.level, rng) if number else one.truth
        parts = []
        for split in split_of(one, config, np.zeros(len(truth)), once=True):
            train = split.train[np.isfinite(x[split.train, 0])]
            scaler = StandardScaler().fit(x[train])
            aims = np.eye(model.classes)[truth[train].astype(int)] if model.classes else truth[train, None]
            ridge = Ridge(alpha=len(train) * PENALTY).fit(scaler.transform(x[train]), aims)
            seen = np.nan_to_num(scaler.transform(x[split.test]))
            said = ridge.predict(seen).reshape(len(split.test), -1)
            said[np.isnan(x[split.test, 0])] = aims.mean(axis=0)
            said = said / aims.mean(axis=0) if model.balanced and model.classes else said
            chosen = said.argmax(axis=1) * 1.0 if model.classes else said[:, 0]
            fold = np.full(len(said), split.fold)
            parts.append(Predicted(truth[split.test], chosen, said if model.classes else None, fold))
        whole = Predicted(*(None if p[0] is None else np.concatenate(p) for p in zip(*parts, strict=True)))
        sign = -1 if metric == "mae" else 1
        assert expected == pytest.approx(sign * score(metric, whole))


def test_p_is_fair_where_there_is_nothing_and_small_where_there_is():
    p = []
    for seed in range(60):
        one, x = usable(TARGETS["auc"], seed, each=1)
        found = ridge_null(x, WAY, one, ModelConfig.of(one.target), StudyConfig(folds=3, permutations=39, seed=seed))
        p.append(permutation_p(found.observed, found.drawn))
    assert 0.35 < np.mean(p) < 0.65
    assert np.mean(np.array(p) <= 0.1) < 0.25
    one, x = usable(TARGETS["auc"], 1, each=1)
    x[:, 0] += 3 * one.truth
    found = ridge_null(x, WAY, one, ModelConfig.of(one.target), StudyConfig(folds=3, permutations=199))
    assert permutation_p(found.observed, found.drawn) == pytest.approx(0.005)
