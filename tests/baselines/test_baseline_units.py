"""Sparse coding, NMF and regional dictionaries against textbook loops, brute force and scikit-learn."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.optimize import nnls
from sklearn.decomposition import NMF
from sklearn.linear_model import Lasso

from dfe.base.errors import UsageError
from dfe.baselines.dictionary import learn_units
from dfe.baselines.metric import mesh_metric
from dfe.baselines.regional import dealt_units, regional_dictionaries
from dfe.baselines.sparse import lowest_face, nmf, sparse_coding
from dfe.baselines.units import pursue, unit_coder


def textbook_pursuit(z, atoms, active):
    """Non-negative orthogonal matching pursuit of one row, with scipy's NNLS as its solver."""
    chosen, amounts = [], np.zeros(0)
    for _ in range(active):
        left = z - amounts @ atoms[chosen] if chosen else z
        match = atoms @ left / np.linalg.norm(atoms, axis=1)
        match[chosen] = -np.inf
        if match.max() <= 1e-9:
            break
        chosen.append(int(match.argmax()))
        amounts = nnls(atoms[chosen].T, z)[0]
    full = np.zeros(len(atoms))
    full[chosen] = amounts
    return full


def spread(pursuit, units):
    full = np.zeros((pursuit.units.shape[1], units))
    for unit, amount in zip(pursuit.units, pursuit.amounts, strict=True):
        full[np.arange(len(full)), unit] += amount
    return full


def test_pursuit_is_the_textbooks():
    rng = np.random.default_rng(0)
    atoms = rng.standard_normal((12, 20))
    z = np.abs(rng.standard_normal((60, 12))) * (rng.random((60, 12)) < 0.4) @ atoms
    ours = spread(pursue(z @ atoms.T, atoms @ atoms.T, 4), 12)
    np.testing.assert_allclose(ours, [textbook_pursuit(row, atoms, 4) for row in z], atol=1e-5)


def test_pursuit_of_every_unit_is_non_negative_least_squares():
    rng = np.random.default_rng(1)
    atoms = rng.standard_normal((6, 15))
    z = rng.standard_normal((40, 15))
    ours = spread(pursue(z @ atoms.T, atoms @ atoms.T, 6), 6)
    np.testing.assert_allclose(ours, [nnls(atoms.T, row)[0] for row in z], atol=1e-4)
    oracle = Lasso(alpha=1e-9, positive=True, fit_intercept=False, tol=1e-9, max_iter=10_000).fit(atoms.T, z.T)
    np.testing.assert_allclose(ours, oracle.coef_, atol=1e-4)


def test_learning_finds_the_units_that_made_the_faces(face41):
    """Units that move the mesh in much the same way could not be told apart; these overlap by 0.3 at most."""
    rng = np.random.default_rng(3)
    truth = np.zeros((0, 41))
    while len(truth) < 6:
        unit = rng.random(41) * np.isin(np.arange(41), rng.choice(41, 4, replace=False))
        unit /= np.sqrt(unit @ face41.gram @ unit)
        if (np.abs(truth @ face41.gram @ unit) < 0.3).all():
            truth = np.concatenate([truth, unit[None]])
    amounts = rng.gamma(2.0, 1.0, (1500, 6)) * (rng.random((1500, 6)) < 0.35)
    found = learn_units(amounts @ truth, face41.gram, 6, 4, iterations=40)
    assert (found >= 0).all()
    np.testing.assert_allclose(np.diag(found @ face41.gram @ found.T), 1, atol=1e-5)
    cosine = found @ face41.gram @ truth.T
    assert (cosine.max(axis=0) > 0.98).all()


def test_learning_lowers_the_error(face41, train):
    rows = train.astype(np.float64)[:800]
    errors = []
    for iterations in (0, 3, 12):
        book = learn_units(rows, face41.gram, 20, 4, iterations=iterations)
        amounts = spread(pursue(rows @ face41.gram @ book.T, book @ face41.gram @ book.T, 4), 20)
        errors.append(np.square(face41.error_mm(rows, amounts @ book)).mean())
    assert errors[0] > errors[1] > errors[2]


def test_rounding_is_at_least_as_good_as_rounding_each_amount(face41, train, test_faces):
    units = learn_units(train[:500].astype(np.float64), face41.gram, 10, 3, iterations=5)
    coder = unit_coder("u", face41, np.zeros(41, np.float32), units, train[:500], active=3, intensities=3)
    atoms = mesh_metric(face41).to_mm(coder.displays().directions)
    z = mesh_metric(face41).to_mm(test_faces)
    amounts = spread(pursue(z @ atoms.T, atoms @ atoms.T, 3), 10)
    steps = coder.displays().mm
    plain = np.abs(steps[None] - amounts[:, :, None]).argmin(axis=2)
    codes = coder.encode_codes(test_faces)
    ours = np.square(face41.error_mm(test_faces, coder.decode_codes(codes)))
    theirs = np.square(face41.error_mm(test_faces, coder.decode_codes(plain)))
    assert (ours <= theirs + 1e-6).all()
    assert ours.mean() < theirs.mean()
    # No change of one unit that a face has makes it better.
    for row in range(20):
        for unit, code in itertools.product(np.flatnonzero(codes[row]), range(4)):
            other = codes[row].copy()
            other[unit] = code
            assert (
                face41.error_mm(test_faces[row : row + 1], coder.decode_codes(other[None]))[0] ** 2 >= ours[row] - 1e-5
            )


@pytest.mark.parametrize("which", ["face41", "flat_space"])
def test_sparse_codes_have_few_units_of_few_intensities(which, request, train, test_faces):
    space = request.getfixturevalue(which)
    coder = sparse_coding(train, space, 24, 4, intensities=5)
    codes = coder.encode_codes(test_faces)
    displays = coder.displays()
    unit = displays.number - 1
    assert (coder.levels, coder.size, displays.ordered) == (24, 6, False)
    assert (codes > 0).sum(axis=1).max() <= 4
    np.testing.assert_array_equal(unit[:, 0], -1)
    assert (unit[:, 1:] == np.arange(24)[:, None]).all()
    assert (displays.directions >= 0).all()
    assert (np.diff(displays.mm, axis=1) >= 0).all()
    error = space.error_mm(test_faces, coder.decode_codes(codes)).mean()
    assert error < 0.5 * space.error_mm(test_faces, np.tile(train.mean(axis=0), (300, 1))).mean()


def test_more_units_a_face_and_more_intensities_mean_less_error(face41, train, test_faces):
    def error(active, intensities):
        coder = sparse_coding(train, face41, 20, active, intensities)
        return face41.error_mm(test_faces, coder.decode_codes(coder.encode_codes(test_faces))).mean()

    assert error(2, 8) > error(5, 8)
    assert error(5, 2) > error(5, 8)


def test_nmf_has_scikit_learns_parts(face41, train):
    coder = nmf(train[:600], face41, 6)
    scale = np.sqrt(np.diag(face41.gram))
    rows = train[:600][np.random.default_rng(0).permutation(600)]
    above = np.maximum(rows - lowest_face(train[:600]), 0).astype(np.float64)
    parts = NMF(6, init="nndsvda", max_iter=2000, tol=1e-4, random_state=0).fit(above * scale).components_ / scale
    ours = coder.displays().directions
    cosine = (ours * parts).sum(axis=1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(parts, axis=1)
    np.testing.assert_allclose(cosine, 1, atol=1e-5)
    np.testing.assert_allclose(face41.error_mm(ours, np.zeros_like(ours)), 1, atol=1e-4)


def test_regional_units_keep_to_one_region(face41, train, test_faces):
    coder = regional_dictionaries(train, face41, units=30, active=6)
    directions = coder.displays().directions
    for unit in directions:
        touched = set(np.flatnonzero(unit).tolist())
        assert any(touched <= set(members) for members in face41.regions.values())
    codes = coder.encode_codes(test_faces)
    assert (codes > 0).sum(axis=1).max() <= 6
    error = face41.error_mm(test_faces, coder.decode_codes(codes)).mean()
    assert error < 0.6 * face41.error_mm(test_faces, np.tile(train.mean(axis=0), (300, 1))).mean()


def test_units_are_dealt_by_movement_within_bounds():
    sizes = {"brow": 5, "nose": 2, "mouth": 23}
    # Two each; then mouth's 3/3, 3/4 ... 3/8 all exceed brow's 1/3, and 3/9 is a tie, which goes to the first.
    assert dealt_units({"brow": 1.0, "nose": 0.0, "mouth": 3.0}, sizes, 12) == {"brow": 2, "nose": 2, "mouth": 8}
    assert dealt_units({"brow": 1.0, "nose": 0.0, "mouth": 3.0}, sizes, 13) == {"brow": 3, "nose": 2, "mouth": 8}
    assert dealt_units({"brow": 9.0, "nose": 9.0, "mouth": 0.0}, sizes, 17) == {"brow": 10, "nose": 4, "mouth": 3}
    for units in (5, 61):
        with pytest.raises(UsageError, match="6 to 60 units"):
            dealt_units(dict.fromkeys(sizes, 1.0), sizes, units)


def test_fewer_faces_than_units_are_refused(face41, train):
    with pytest.raises(UsageError, match="10 faces cannot teach 20 units"):
        sparse_coding(train[:10], face41, 20, 4)
