"""What is reached without looking: the trivial predictions that every score stands beside."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.types import DoubleArray
from dfe.datasets.examples import Target
from dfe.stats.folds import Split

MAJORITY, BY_CHANCE, ALL_POSITIVE, MEAN = "majority class", "random, stratified", "all positive", "mean of the training"


class Floor(NamedTuple):
    """A prediction of a split's test part by its training labels alone."""

    id: str
    said: DoubleArray
    outputs: DoubleArray | None


def floors(truth: DoubleArray, split: Split, target: Target, seed: int) -> list[Floor]:
    """All floors of one split.

    Classes: the most frequent of the training part; a draw with the training part's shares; of two classes always the
    second, which is the floor of F1. Numbers: the training part's mean.
    """
    train, size = truth[split.train], len(split.test)
    if target.kind == "number":
        return [Floor(MEAN, np.full(size, train.mean()), None)]
    classes = len(target.classes)
    share = np.bincount(train.astype(np.int64), minlength=classes) / len(train)
    rng = np.random.default_rng([seed, split.repeat, split.fold])
    drawn = rng.choice(classes, size, p=share)
    found = [
        Floor(MAJORITY, np.full(size, float(share.argmax())), np.tile(share, (size, 1))),
        Floor(BY_CHANCE, drawn.astype(np.float64), np.eye(classes)[drawn]),
    ]
    if classes == 2:
        found.append(Floor(ALL_POSITIVE, np.ones(size), np.tile(share, (size, 1))))
    return found
