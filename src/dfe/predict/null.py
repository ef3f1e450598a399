"""Scores of exchanged labels without a fit for each: ridge regression, which is linear in the labels.

A permutation test holds for any score that is made of the labels in the same way before and after. Here folds, columns
and penalty do not look at labels at all, so that one decomposition a fold serves a thousand permutations. The test is
of what the columns hold, by least squares; the scores that a study reports are those of its own model.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.types import DoubleArray, IntArray
from dfe.predict.config import StudyConfig
from dfe.predict.fitting import ModelConfig
from dfe.predict.permute import permuted
from dfe.predict.representation import Pipeline
from dfe.predict.scores import LOWER_IS_BETTER, Predicted, metrics_of, score
from dfe.predict.steps import Steps
from dfe.predict.usable import Usable, split_of
from dfe.stats.linear import blank

PENALTY = 0.1
"""Per example, of columns of spread 1; fixed, since a choice would look at labels."""
_AT_ONCE = 64


class Null(NamedTuple):
    """What chance reaches."""

    observed: float
    """Score of the labels as they are, more is better."""
    drawn: DoubleArray
    """``(B,)`` of exchanged labels."""


def ridge_null(x: DoubleArray, whole: Pipeline, usable: Usable, model: ModelConfig, config: StudyConfig) -> Null:
    """The study's score by ridge regression, of the labels as they are and exchanged.

    Args:
        x: ``(n, F)`` of one representation.
        whole: how all its columns are prepared, without a look at labels.
        usable: the examples.
        model: whether classes weigh alike.
        config: number and seed of the permutations.
    """
    folds = split_of(usable, config, np.zeros(len(usable.truth)), once=True)
    fitted = [_Fold(x, whole, split.train, split.test) for split in folds]
    test = np.concatenate([split.test for split in folds])
    fold = np.concatenate([np.full(len(split.test), split.fold) for split in folds])
    metric = metrics_of(usable.target)[0]
    sign = -1.0 if metric in LOWER_IS_BETTER else 1.0
    scores: list[float] = []
    for start in range(0, config.permutations + 1, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, config.permutations + 1))
        labels = np.stack([_labels(usable, config, number) for number in numbers])
        said = np.concatenate([one.said(labels, model) for one in fitted], axis=1)
        for truth, outputs in zip(labels, said, strict=True):
            scores.append(sign * score(metric, _predicted(truth[test], outputs, fold, model)))
    return Null(scores[0], np.array(scores[1:]))


def _labels(usable: Usable, config: StudyConfig, number: int) -> DoubleArray:
    if number == 0:
        return usable.truth
    rng = np.random.default_rng([config.seed, 1, number])
    return permuted(usable.truth, usable.subject, usable.target.level, rng, usable.examples.split)


def _predicted(truth: DoubleArray, outputs: DoubleArray, fold: IntArray, model: ModelConfig) -> Predicted:
    if not model.classes:
        return Predicted(truth, outputs[:, 0], None, fold)
    return Predicted(truth, outputs.argmax(axis=1).astype(np.float64), outputs, fold)


class _Fold:
    """Ridge regression of one training part, up to the labels."""

    def __init__(self, x: DoubleArray, whole: Pipeline, train: IntArray, test: IntArray) -> None:
        empty = blank(x)
        self.train, self.known = train[~empty[train]], ~empty[test]
        transform = Steps(whole)
        seen = transform.fit_transform(x[self.train])
        self.middle = seen.mean(axis=0)
        seen = seen - self.middle
        self.test = np.zeros((len(test), seen.shape[1]))
        if self.known.any():
            self.test[self.known] = transform.transform(x[test[self.known]]) - self.middle
        ridge = len(seen) * PENALTY
        if seen.shape[0] >= seen.shape[1]:
            self.solved = np.linalg.solve(seen.T @ seen + ridge * np.eye(seen.shape[1]), seen.T)
        else:
            self.solved = seen.T @ np.linalg.inv(seen @ seen.T + ridge * np.eye(len(seen)))

    def said(self, labels: DoubleArray, model: ModelConfig) -> DoubleArray:
        """``(B, m, K)`` for labels ``(B, n)``; numbers have K = 1."""
        train = labels[:, self.train]
        aims = np.eye(model.classes)[train.astype(np.int64)] if model.classes else train[:, :, None]
        mean = aims.mean(axis=1, keepdims=True)
        flat = (aims - mean).transpose(1, 0, 2).reshape(len(self.train), -1)
        told = (self.test @ (self.solved @ flat)).reshape(len(self.test), len(labels), -1).transpose(1, 0, 2) + mean
        if model.balanced and model.classes:
            # Each class by its share, so that a rare one is said as often as a frequent one.
            told = told / np.maximum(mean, 1 / len(self.train))
        return np.asarray(told)
