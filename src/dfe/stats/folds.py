"""Who is trained on and who is tested: whole people, stratified by label, repeated; or the official split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray, IntArray

TRAIN, VALIDATION, TEST = "train", "validation", "test"
_EXAMPLES_A_STRATUM = 10
_TIED = 1e-9
_STRATA = 5
"""Numbers are cut into at most so many strata of like size."""


class Inner(NamedTuple):
    """A split of a training part, to choose the penalty by; places among all examples."""

    fit: IntArray
    judge: IntArray


class Split(NamedTuple):
    """One fold of one repeat; places among all examples."""

    repeat: int
    fold: int
    train: IntArray
    test: IntArray
    inner: tuple[Inner, ...]


def cross_validation(
    subject: IntArray, strata: IntArray, *, folds: int, repeats: int, inner_folds: int, seed: int
) -> list[Split]:
    """Repeated, stratified k-fold cross-validation over people, and within each training part the same again.

    Args:
        subject: ``(n,)`` number of the person.
        strata: ``(n,)`` what the folds should hold alike: classes, or :func:`strata_of` numbers.
        folds, repeats: k and how often people are dealt anew.
        inner_folds: folds within each training part.
        seed: of the dealing.

    Raises:
        UsageError: fewer people than folds, or a class that only one person shows.
    """
    _check_counts(subject, strata, folds)
    splits = []
    for repeat in range(repeats):
        dealt = deal(subject, strata, folds, seed=_seed(seed, repeat))
        for fold in range(folds):
            train, test = np.flatnonzero(dealt != fold), np.flatnonzero(dealt == fold)
            if not len(test):
                continue
            inner = _inner(train, subject, strata, inner_folds, _seed(seed, repeat, fold + 1))
            splits.append(Split(repeat, fold, train, test, inner))
    return splits


def leave_one_out(subject: IntArray, strata: IntArray, *, inner_folds: int, seed: int) -> list[Split]:
    """Every person tested once, by models of all the others, and within each training part folds over people.

    Raises:
        UsageError: one person only, or a class that only one person shows.
    """
    people = np.unique(subject)
    _check_counts(subject, strata, 2)
    splits = []
    for fold, person in enumerate(people.tolist()):
        train, test = np.flatnonzero(subject != person), np.flatnonzero(subject == person)
        inner = _inner(train, subject, strata, inner_folds, _seed(seed, 0, fold + 1))
        splits.append(Split(0, fold, train, test, inner))
    return splits


def official_split(
    part: NDArray[np.str_], subject: IntArray, strata: IntArray, *, inner_folds: int, seed: int
) -> list[Split]:
    """The one split that a data set came with.

    The penalty is chosen on the validation part where there is one beside the test part, else by cross-validation over
    the people of the training part. Without a test part, as where its labels are kept back, validation is the test.

    Raises:
        UsageError: nothing to train on, or nothing to test on.
    """
    train = np.flatnonzero(part == TRAIN)
    validation, test = np.flatnonzero(part == VALIDATION), np.flatnonzero(part == TEST)
    if not len(test):
        validation, test = test, validation
    if not len(train) or not len(test):
        missing = "train" if not len(train) else "validate or test"
        raise UsageError(f"the official split has no labelled example to {missing} with")
    if len(validation):
        return [Split(0, 0, train, test, (Inner(train, validation),))]
    return [Split(0, 0, train, test, _inner(train, subject, strata, inner_folds, _seed(seed, 0, 1)))]


def deal(subject: IntArray, strata: IntArray, folds: int, *, seed: int) -> IntArray:
    """Fold of each example ``(n,)``; all examples of a person go into one, and strata are spread over the folds.

    People come in a random order, those of the most uneven strata first, and each goes to the fold that makes the folds
    most alike: what scikit-learn's ``StratifiedGroupKFold`` does, many times as fast.
    """
    _, person = np.unique(subject, return_inverse=True)
    _, stratum = np.unique(strata, return_inverse=True)
    counts = np.zeros((person.max() + 1, stratum.max() + 1))
    np.add.at(counts, (person, stratum), 1)
    order = np.random.default_rng(seed).permutation(len(counts))
    placed = np.empty(len(counts), np.int64)
    placed[order] = _spread(counts[order], folds)
    return np.asarray(placed[person], np.int64)


def _spread(counts: DoubleArray, folds: int) -> IntArray:
    """Fold of each person ``(S,)`` from their examples by stratum ``(S, C)``."""
    total = counts.sum(axis=0)
    held, size = np.zeros((folds, counts.shape[1])), np.zeros(folds)
    placed = np.empty(len(counts), np.int64)
    for person in np.argsort(-counts.std(axis=1), kind="stable").tolist():
        own = counts[person] / total
        squares, sums = (held**2).sum(axis=0), held.sum(axis=0)
        # Spread over the folds of each stratum's share, if the person went into each fold in turn.
        spread = (squares + (2 * held + own) * own) / folds - ((sums + own) / folds) ** 2
        worse = np.sqrt(np.maximum(spread, 0.0)).mean(axis=1)
        tied = worse <= worse.min() + _TIED
        best = int(np.flatnonzero(tied)[size[tied].argmin()])
        held[best] += own
        size[best] += counts[person].sum()
        placed[person] = best
    return placed


def strata_of(numbers: ArrayLike, subject: IntArray) -> IntArray:
    """Strata of numbers ``(n,)``: people are cut into quantiles of their means."""
    values = np.asarray(numbers, np.float64)
    _, index = np.unique(subject, return_inverse=True)
    mean: DoubleArray = np.bincount(index, values) / np.bincount(index)
    strata = int(np.clip(len(mean) // _EXAMPLES_A_STRATUM, 1, _STRATA))
    rank = np.argsort(np.argsort(mean, kind="stable"), kind="stable")
    return np.asarray((rank * strata // len(mean))[index], np.int64)


def refuse_shared(split: Sequence[Split], subject: IntArray) -> None:
    """The last guard before anything is fitted: nobody is both trained and tested on, nor chosen and judged by.

    Raises:
        UsageError: somebody is.
    """
    for one in split:
        both = np.intersect1d(subject[one.train], subject[one.test])
        if len(both):
            people = f"{len(both)} {'person is' if len(both) == 1 else 'people are'}"
            raise UsageError(
                f"{people} in the training part and in the test part",
                advice="drop their training examples with --shared drop",
            )
        for inner in one.inner:
            if len(np.intersect1d(subject[inner.fit], subject[inner.judge])):
                raise UsageError("a person is in the training part and in the validation part")


def _inner(train: IntArray, subject: IntArray, strata: IntArray, folds: int, seed: int) -> tuple[Inner, ...]:
    people = len(np.unique(subject[train]))
    folds = min(folds, people)
    if folds < 2:
        return ()
    _, counts = np.unique(strata[train], return_counts=True)
    # Where no stratum has as many examples as folds, there is nothing to stratify.
    kept = strata[train] if counts.max() >= folds else np.zeros(len(train), np.int64)
    dealt = deal(subject[train], kept, folds, seed=seed)
    return tuple(Inner(train[dealt != fold], train[dealt == fold]) for fold in range(folds) if (dealt == fold).any())


def _check_counts(subject: IntArray, strata: IntArray, folds: int) -> None:
    people = len(np.unique(subject))
    if people < folds:
        raise UsageError(f"{people} people are too few for {folds} folds", advice=f"use --folds {max(people, 2)}")
    for stratum in np.unique(strata):
        if len(np.unique(subject[strata == stratum])) < 2:
            raise UsageError(
                "a class is shown by one person only, so that no fold can learn and test it",
                advice="leave this class out, or record more people",
            )


def _seed(*parts: int) -> int:
    return int(np.random.SeedSequence(parts).generate_state(1)[0] % (1 << 31))
