from collections import Counter

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, recall_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

from dfe.base.errors import UsageError
from dfe.displays.displays import Displays
from dfe.judge.probe import bag, predict, probe
from dfe.space.registry import load_space
from dfe.stats.bootstrap import SubjectBootstrap

SPACE = load_space("arkit51/face41")
SIGNED = Displays.of(
    SPACE,
    np.eye(3, 41) / np.sqrt(np.diag(SPACE.gram)[:3, None]),
    np.array([[-1, 0, 1, 2], [2, 0, 0, -1]]),
    np.array([[0, 1, -0.5, 0], [2, 0.25, -3, 0]]),
)
CODES = np.array([[1, 1], [1, 2], [2, 0], [0, 3], [3, 0]], np.int16)


def _counted(codes, kind):
    """Words of each face as a plain dictionary: (direction, sign) to how often, or how strongly."""
    faces = []
    for row in codes:
        words = Counter()
        for level, code in enumerate(row):
            unit, strength = int(SIGNED.number[level, code]) - 1, float(SIGNED.mm[level, code])
            if unit >= 0 and strength != 0:
                words[unit + 3 * (strength < 0)] += abs(strength) if kind == "intensity" else 1
        faces.append(words)
    return faces


@pytest.mark.parametrize("kind", ["count", "intensity"])
def test_a_bag_counts_displays_and_keeps_their_sign_apart(kind):
    dense = bag(SIGNED, CODES, kind).toarray()
    expected = [[words[column] for column in range(6)] for words in _counted(CODES, kind)]
    np.testing.assert_allclose(dense, expected)
    assert not dense[3].any()


def test_displays_that_are_only_added_need_no_second_half(coder, codes):
    dense = bag(coder.displays(), codes).toarray()
    assert dense.shape == (len(codes), coder.size - 1)
    np.testing.assert_array_equal(dense.sum(axis=1), (codes > 0).sum(axis=1))


def test_intensities_and_directions_rebuild_the_decoded_face(coder, codes):
    rebuilt = coder.base + bag(coder.displays(), codes, "intensity") @ coder.displays().directions
    np.testing.assert_allclose(rebuilt, coder.decode_codes(codes), atol=1e-5)


def test_one_column_for_each_level_and_code():
    dense = bag(SIGNED, CODES, "code").toarray()
    expected = np.concatenate([np.eye(4)[CODES[:, 0]], np.eye(4)[CODES[:, 1]]], axis=1)
    np.testing.assert_array_equal(dense, expected)


@pytest.mark.parametrize("codes", [[[-1, -1]], [[4, 0]], [[0, 0, 0]]])
def test_codes_without_a_face_or_a_display_have_no_bag(codes):
    with pytest.raises(UsageError, match="do not fit"):
        bag(SIGNED, np.array(codes, np.int16))


def test_a_dense_prediction_is_the_standardised_regression_of_the_library(faces):
    train, test = faces.x[:450].astype(np.float64), faces.x[450:].astype(np.float64)
    oracle = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(train, faces.label[:450])
    prediction = predict(train, faces.label[:450], test)
    assert prediction.converged
    np.testing.assert_array_equal(prediction.labels, oracle.predict(test))
    np.testing.assert_array_equal(predict(5 * train + 3, faces.label[:450], 5 * test + 3).labels, prediction.labels)


def test_a_sparse_prediction_is_that_of_the_same_bags_written_out(coder, codes, faces):
    bags = bag(coder.displays(), codes, "intensity")
    dense = bags.toarray()
    wide = bags * np.where(np.arange(bags.shape[1]) % 2, 1e-2, 1e2)
    oracle = make_pipeline(MaxAbsScaler(), LogisticRegression(max_iter=1000)).fit(dense[:450], faces.label[:450])
    np.testing.assert_array_equal(
        predict(bags[:450], faces.label[:450], bags[450:]).labels, oracle.predict(dense[450:])
    )
    again = predict(csr_array(wide)[:450], faces.label[:450], csr_array(wide)[450:])
    np.testing.assert_array_equal(again.labels, oracle.predict(dense[450:]))


def test_a_column_that_never_varies_does_no_harm():
    x = np.array([[0, 1.0], [0, 2], [0, 8], [0, 9]])
    np.testing.assert_array_equal(predict(x, [0, 0, 1, 1], x).labels, [0, 0, 1, 1])


def test_figures_are_those_of_the_library(faces):
    train, test = slice(0, 450), slice(450, None)
    result = probe(faces.x[train], faces.label[train], faces.x[test], faces.label[test])
    said = predict(faces.x[train], faces.label[train], faces.x[test]).labels
    truth = faces.label[test]
    assert result.accuracy.value == pytest.approx(accuracy_score(truth, said))
    assert result.macro_f1.value == pytest.approx(f1_score(truth, said, average="macro"))
    np.testing.assert_allclose(result.recall, recall_score(truth, said, average=None))
    np.testing.assert_array_equal(result.right, said == truth)
    assert result.classes == ("joy", "neutral", "surprise")
    assert result.faces == (450, 150)
    assert result.accuracy.value > result.chance + 0.2


def test_a_macro_f1_interval_is_that_of_the_library_on_faces_drawn_anew(faces):
    train, test = slice(0, 450), slice(450, None)
    result = probe(faces.x[train], faces.label[train], faces.x[test], faces.label[test])
    said, truth = predict(faces.x[train], faces.label[train], faces.x[test]).labels, faces.label[test]
    rng = np.random.default_rng(8)
    drawn = [f1_score(truth[rows], said[rows], average="macro") for rows in rng.integers(150, size=(300, 150))]
    np.testing.assert_allclose(result.macro_f1[1:], np.percentile(drawn, [2.5, 97.5]), atol=0.025)


def test_intervals_by_person_are_wider_where_a_persons_faces_go_together():
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(20), 20)
    truth = rng.integers(2, size=400)
    shown = np.where(np.isin(person, [1, 5, 6, 11, 15]), 1 - truth, truth)
    train = np.repeat([[0.0], [1.0]], 10, axis=0)
    by_face = probe(train, np.repeat([0, 1], 10), shown[:, None], truth).accuracy
    by_person = probe(train, np.repeat([0, 1], 10), shown[:, None], truth, SubjectBootstrap(person)).accuracy
    assert by_face.value == by_person.value == 0.75
    assert by_person.high - by_person.low > 2 * (by_face.high - by_face.low)


def test_labels_drawn_by_lot_are_told_no_better_than_chance(faces):
    labels = np.random.default_rng(3).permutation(faces.label)
    result = probe(faces.x[:450], labels[:450], faces.x[450:], labels[450:])
    assert abs(result.accuracy.value - 1 / 3) < 0.12


def test_chance_is_the_training_parts_most_frequent_class():
    result = probe([[0.0], [0], [1]], ["a", "a", "b"], [[0.0], [1], [1], [1]], ["a", "b", "b", "b"])
    assert result.chance == 0.25


def test_a_class_that_no_test_face_shows_has_no_recall_and_no_f1():
    x = np.array([[0.0], [5], [10]]).repeat(5, axis=0)
    result = probe(x, np.repeat(["a", "b", "c"], 5), [[0.0], [10.0]], ["a", "c"])
    assert result.recall[::2] == (1.0, 1.0)
    assert np.isnan(result.recall[1])
    assert result.macro_f1.value == pytest.approx(2 / 3)


def test_faces_without_a_known_label_are_refused():
    x = np.arange(4.0)[:, None]
    with pytest.raises(UsageError, match="label for every face"):
        probe(x, ["a", "b", "", "a"], x, ["a", "b", "a", "a"])
    with pytest.raises(UsageError, match="no training face"):
        probe(x, ["a", "b", "b", "a"], x, ["a", "b", "a", "c"])
    with pytest.raises(UsageError, match="two classes"):
        predict(csr_array(x), ["a"] * 4, csr_array(x))
