"""Residual and flat k-means and product quantisation against brute force and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans

from dfe.base.errors import UsageError
from dfe.baselines.flat import flat_kmeans
from dfe.baselines.kmeans import kmeans, nearest
from dfe.baselines.metric import mesh_metric
from dfe.baselines.product import balanced_groups, product_quantisation
from dfe.baselines.residual import residual_kmeans, residual_kmeans_shared


def greedy(coder, x):
    """Codes by trying every code at every level and measuring the decoded face in mm."""
    codes = np.zeros((len(x), 0), np.int64)
    for level in range(coder.levels):
        tried = [np.column_stack([codes, np.full(len(x), k)]) for k in range(coder.size)]
        errors = np.stack([coder.space.error_mm(x, coder.decode_codes(t)) for t in tried])
        codes = np.column_stack([codes, errors.argmin(axis=0)])
        assert codes.shape[1] == level + 1
    return codes


@pytest.mark.parametrize("fit", [residual_kmeans, residual_kmeans_shared, product_quantisation])
@pytest.mark.parametrize("which", ["face41", "flat_space"])
def test_each_level_says_the_word_that_leaves_least_over(fit, which, request, train, test_faces):
    space = request.getfixturevalue(which)
    coder = fit(train, space, 8, 3)
    x = test_faces[:60]
    np.testing.assert_array_equal(coder.encode_codes(x), greedy(coder, x))


@pytest.mark.parametrize("fit", [residual_kmeans, residual_kmeans_shared, product_quantisation])
def test_error_falls_with_each_level(fit, face41, train, test_faces):
    coder = fit(train, face41, 16, 5)
    codes = coder.encode_codes(test_faces)
    errors = [face41.error_mm(test_faces, coder.decode_codes(codes[:, :m])).mean() for m in range(6)]
    assert (np.diff(errors) < 0).all()
    np.testing.assert_allclose(coder.decode_codes(codes[:, :0]), np.tile(train.mean(axis=0), (300, 1)), atol=1e-6)


def test_the_first_book_is_scikit_learns_in_mm(face41, train):
    coder = residual_kmeans(train, face41, 8, 2, seed=3)
    z = mesh_metric(face41).to_mm(train - coder.base)
    oracle = KMeans(8, n_init=1, max_iter=60, random_state=3).fit(z)
    words = mesh_metric(face41).to_mm(coder.displays().templates[1:9])
    np.testing.assert_allclose(words, oracle.cluster_centers_, atol=1e-4)
    np.testing.assert_array_equal(coder.encode_codes(train)[:, 0], oracle.predict(z))


def test_separate_books_speak_always_and_a_shared_one_may_be_silent(face41, train):
    separate = residual_kmeans(train, face41, 8, 3).displays()
    assert separate.directions.shape == (24, 41)
    np.testing.assert_array_equal(separate.number, np.arange(1, 25).reshape(3, 8))
    coder = residual_kmeans_shared(train, face41, 8, 3)
    shared = coder.displays()
    assert shared.directions.shape == (7, 41)
    np.testing.assert_array_equal(shared.number, np.tile(np.arange(8), (3, 1)))
    # The mean face is what no word at all says, so there is nothing to add to it.
    assert (coder.encode_codes(coder.base[None]) == 0).all()


def test_flat_words_are_one_code_a_face(face41, train, test_faces):
    coder = flat_kmeans(train, face41, 32)
    assert (coder.levels, coder.size) == (1, 32)
    np.testing.assert_array_equal(coder.encode_codes(test_faces), greedy(coder, test_faces))


def test_many_words_come_from_mini_batches(face41, train, test_faces):
    few, many = (flat_kmeans(train, face41, words) for words in (64, 512))
    errors = [face41.error_mm(test_faces, c.decode_codes(c.encode_codes(test_faces))).mean() for c in (few, many)]
    assert errors[1] < errors[0]


def test_nearest_is_brute_force_and_ties_go_to_the_first():
    rng = np.random.default_rng(0)
    rows, words = rng.standard_normal((200, 5)), rng.standard_normal((9, 5))
    np.testing.assert_array_equal(nearest(rows, words), np.square(rows[:, None] - words).sum(axis=2).argmin(axis=1))
    assert nearest(np.zeros((1, 5)), np.concatenate([words[:1], words[:1], -words[:1]]))[0] == 0


def test_more_words_than_faces_are_refused():
    with pytest.raises(UsageError, match="3 faces cannot teach 4 words"):
        kmeans(np.zeros((3, 2)), 4, 0)


def test_groups_have_balanced_products_of_variances():
    # By hand: relative to the smallest, log2 is 5 4 3 2 1 0. 5 | 4 | 3, then 2 joins 3, 1 joins 4, 0 joins 5.
    groups = balanced_groups([32, 16, 8, 4, 2, 1], 3)
    assert [g.tolist() for g in groups] == [[0, 5], [1, 4], [2, 3]]
    variance = np.geomspace(10, 1e-3, 41)
    groups = balanced_groups(variance, 8)
    assert sorted(np.concatenate(groups).tolist()) == list(range(41))
    assert max(len(g) for g in groups) == 6
    held = [variance[g].sum() for g in groups]
    assert held == sorted(held, reverse=True)


def test_product_words_of_one_group_leave_the_others_alone(face41, train):
    coder = product_quantisation(train, face41, 8, 4)
    z = mesh_metric(face41).to_mm(coder.displays().directions).reshape(4, 8, 41)
    for a in range(4):
        for b in range(a):
            assert np.abs(z[a] @ z[b].T).max() < 1e-4


def test_more_groups_than_coordinates_are_refused(flat_space, train):
    with pytest.raises(UsageError, match="38 mesh coordinates"):
        product_quantisation(train, flat_space, 4, 39)
