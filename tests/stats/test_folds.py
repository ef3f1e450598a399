import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from dfe.base.errors import UsageError
from dfe.stats.folds import (
    Inner,
    Split,
    cross_validation,
    deal,
    leave_one_out,
    official_split,
    refuse_shared,
    strata_of,
)


def spread(fold: np.ndarray, strata: np.ndarray, folds: int) -> float:
    """How unlike the folds are: spread over folds of the share that each holds of a stratum."""
    held = [
        [((fold == k) & (strata == c)).sum() / (strata == c).sum() for c in np.unique(strata)] for k in range(folds)
    ]
    return float(np.std(held, axis=0).mean())


@given(st.integers(0, 300), st.integers(5, 40), st.integers(1, 5), st.integers(2, 5))
def test_nobody_is_in_two_folds_and_everybody_is_tested_once(seed, people, classes, folds):
    rng = np.random.default_rng(seed)
    subject = np.concatenate([np.arange(people), rng.integers(0, people, 3 * people)])
    strata = rng.integers(0, classes, len(subject))
    dealt = deal(subject, strata, folds, seed=seed)
    assert set(dealt.tolist()) == set(range(folds))
    for person in range(people):
        assert len(set(dealt[subject == person].tolist())) == 1
    np.testing.assert_array_equal(dealt, deal(subject, strata, folds, seed=seed))


def test_strata_are_spread_as_well_as_scikit_learn_does():
    ours, theirs = [], []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        subject = rng.integers(0, 60, 240)
        strata = rng.integers(0, 3, 240)
        ours.append(spread(deal(subject, strata, 5, seed=seed), strata, 5))
        fold = np.empty(240, int)
        splitter = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
        for number, (_, test) in enumerate(splitter.split(strata, strata, subject)):
            fold[test] = number
        theirs.append(spread(fold, strata, 5))
    assert np.mean(ours) <= 1.05 * np.mean(theirs)


def test_cross_validation_keeps_people_apart_within_and_without():
    rng = np.random.default_rng(1)
    subject = rng.integers(0, 30, 90)
    splits = cross_validation(subject, np.arange(90) % 2, folds=5, repeats=3, inner_folds=3, seed=0)
    assert len(splits) == 15
    refuse_shared(splits, subject)
    for repeat in range(3):
        tested = np.concatenate([one.test for one in splits if one.repeat == repeat])
        assert sorted(tested.tolist()) == list(range(90))
    for one in splits:
        assert len(one.inner) == 3
        for inner in one.inner:
            assert sorted([*inner.fit.tolist(), *inner.judge.tolist()]) == sorted(one.train.tolist())
    first = [one.test.tolist() for one in splits if one.repeat == 0]
    assert first != [one.test.tolist() for one in splits if one.repeat == 1]


def test_everybody_is_left_out_once_by_others():
    subject = np.array([3, 1, 1, 2, 3, 2, 5, 5])
    strata = np.array([0, 0, 1, 1, 0, 1, 0, 1])
    splits = leave_one_out(subject, strata, inner_folds=2, seed=0)
    assert [set(subject[split.test].tolist()) for split in splits] == [{1}, {2}, {3}, {5}]
    for split in splits:
        np.testing.assert_array_equal(np.sort([*split.train, *split.test]), np.arange(8))
        assert len(split.inner) == 2
    refuse_shared(splits, subject)
    with pytest.raises(UsageError, match="1 people are too few"):
        leave_one_out(np.zeros(4, int), np.array([0, 1, 0, 1]), inner_folds=2, seed=0)


def test_people_follow_their_mean_into_strata():
    subject = np.repeat(np.arange(50), 2)
    numbers = subject + np.tile([0.0, 0.5], 50)
    strata = strata_of(numbers, subject)
    assert strata.max() == 4
    assert (strata[::2] == strata[1::2]).all()
    assert (np.diff(strata) >= 0).all()
    assert strata_of([1.0, 2.0], np.arange(2)).tolist() == [0, 0]


def test_too_few_people_are_refused():
    with pytest.raises(UsageError, match="3 people are too few for 5 folds; use --folds 3"):
        cross_validation(np.array([0, 1, 2, 2]), np.array([0, 1, 0, 1]), folds=5, repeats=1, inner_folds=3, seed=0)
    with pytest.raises(UsageError, match="shown by one person only"):
        cross_validation(np.arange(6), np.array([0, 0, 0, 0, 0, 1]), folds=2, repeats=1, inner_folds=2, seed=0)


def test_the_official_split_is_used_as_it_is():
    part = np.array(["train"] * 4 + ["validation"] * 2 + ["test"] * 2)
    (split,) = official_split(part, np.arange(8), np.arange(8) % 2, inner_folds=3, seed=0)
    assert split.train.tolist() == [0, 1, 2, 3]
    assert split.test.tolist() == [6, 7]
    assert [inner.judge.tolist() for inner in split.inner] == [[4, 5]]
    (split,) = official_split(part[:6], np.arange(6), np.arange(6) % 2, inner_folds=2, seed=0)
    assert split.test.tolist() == [4, 5]
    assert sorted(np.concatenate([inner.judge for inner in split.inner]).tolist()) == [0, 1, 2, 3]
    with pytest.raises(UsageError, match="no labelled example to train with"):
        official_split(part[4:], np.arange(4), np.arange(4) % 2, inner_folds=2, seed=0)


def test_a_leak_is_refused_at_the_last_moment():
    train, test = np.array([0, 1]), np.array([2])
    with pytest.raises(UsageError, match="1 person is in the training part and in the test part"):
        refuse_shared([Split(0, 0, train, test, ())], np.array([0, 1, 1]))
    with pytest.raises(UsageError, match="in the validation part"):
        refuse_shared([Split(0, 0, train, test, (Inner(train[:1], train[1:]),))], np.array([0, 0, 1]))
