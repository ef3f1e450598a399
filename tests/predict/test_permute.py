import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dfe.datasets.examples import Target
from dfe.predict.permute import exchangeable, permuted


@given(st.integers(0, 500))
def test_labels_of_tasks_stay_with_their_person(seed):
    rng = np.random.default_rng(seed)
    subject = rng.integers(0, 8, 40)
    truth = rng.integers(0, 3, 40).astype(float)
    out = permuted(truth, subject, "task", rng)
    for person in range(8):
        assert sorted(out[subject == person]) == sorted(truth[subject == person])


@given(st.integers(0, 500))
def test_labels_of_people_move_as_a_whole(seed):
    rng = np.random.default_rng(seed)
    subject = rng.integers(0, 9, 40)
    of_person = rng.integers(0, 3, 9).astype(float)
    out = permuted(of_person[subject], subject, "subject", rng)
    people = np.unique(subject)
    given = [out[subject == person] for person in people]
    assert all(len(np.unique(labels)) == 1 for labels in given)
    assert sorted(labels[0] for labels in given) == sorted(of_person[people])


def test_people_with_several_labels_exchange_them_with_people_of_as_many_examples():
    subject = np.array([0, 0, 1, 1, 2])
    truth = np.array([1.0, 2.0, 3.0, 4.0, 9.0])
    seen = {tuple(permuted(truth, subject, "subject", np.random.default_rng(seed))) for seed in range(40)}
    assert all(labels[4] == 9 for labels in seen)
    assert (3.0, 4.0, 1.0, 2.0, 9.0) in seen
    # Within a person the order is chance too, lest all first recordings keep what they have in common.
    assert (2.0, 1.0, 3.0, 4.0, 9.0) in seen
    assert {tuple(sorted(labels[:2])) for labels in seen} == {(1.0, 2.0), (3.0, 4.0)}


def test_parts_of_an_official_split_keep_their_labels():
    subject = np.arange(20)
    truth = np.array([0.0] * 6 + [1.0] * 4 + [0.0] * 2 + [1.0] * 8)
    part = np.array(["train"] * 10 + ["test"] * 10)
    out = permuted(truth, subject, "subject", np.random.default_rng(1), part)
    assert out[:10].sum() == 4
    assert out[10:].sum() == 8
    assert (out != truth).any()


def test_who_can_take_part():
    subject = np.array([0, 0, 1, 1, 2])
    truth = np.array([0.0, 1.0, 1.0, 1.0, 0.0])
    assert exchangeable(truth, subject, Target("t", "classes", "auc", ("a", "b"), "task")) == 1
    assert exchangeable(truth, subject, Target("t", "classes", "auc", ("a", "b"), "subject")) == 3
