from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

from dfe.base.errors import UsageError
from dfe.baselines.metric import mesh_metric
from dfe.baselines.principal import flame_style, principal_bits
from dfe.baselines.scalar import equal_steps, lloyd_max, quantiles, step_of


def bits_by_level(coder):
    return np.log2(np.maximum(np.where(coder.displays().number > 0, np.arange(coder.size), 0).max(axis=1) + 1, 1))


def test_lloyd_max_of_a_gaussian_is_the_published_one():
    """Max, "Quantizing for minimum distortion" (1960), table I: 4 and 8 levels."""
    values = norm.ppf((np.arange(200_000) + 0.5) / 200_000)
    np.testing.assert_allclose(lloyd_max(values, quantiles(values, 4)), [-1.510, -0.4528, 0.4528, 1.510], atol=1e-3)
    points = lloyd_max(values, quantiles(values, 8))
    np.testing.assert_allclose(points[4:], [0.2451, 0.7560, 1.344, 2.152], atol=2e-3)
    assert np.square(values - points[step_of(values, points)]).mean() == pytest.approx(0.03454, abs=1e-5)


def test_lloyd_max_is_one_dimensional_k_means():
    values = np.random.default_rng(1).gamma(1.0, 1.0, 3000)
    start = quantiles(values, 5)
    oracle = KMeans(5, init=start[:, None], n_init=1, max_iter=500, tol=0).fit(values[:, None])
    np.testing.assert_allclose(lloyd_max(values, start), np.sort(oracle.cluster_centers_[:, 0]), atol=1e-6)


def test_empty_steps_keep_their_place():
    points = lloyd_max(np.array([1.0, 1.1, 5.0]), np.array([0.0, 1.0, 5.0, 90.0]))
    np.testing.assert_allclose(points, [0.0, 1.05, 5.0, 90.0])


def test_equal_steps_hold_a_zero_and_nearest_is_brute_force():
    points = equal_steps(8, 3.0)
    np.testing.assert_allclose(points, [-3, -2.25, -1.5, -0.75, 0, 0.75, 1.5, 2.25])
    values = np.random.default_rng(2).standard_normal(500) * 2
    np.testing.assert_array_equal(step_of(values, points), np.abs(values[:, None] - points).argmin(axis=1))


def test_leaving_components_out_costs_their_variance(face41, train):
    """What 40 bits on the first components leave over, but for rounding, is the variance of the other components."""
    coder = principal_bits(train, face41, 40)
    z = mesh_metric(face41).to_mm(train - coder.base)
    pca = PCA().fit(z)
    decoded = coder.decode_codes(coder.encode_codes(train))
    discarded = pca.explained_variance_[coder.levels :].sum() * (len(train) - 1) / len(train)
    z_decoded = mesh_metric(face41).to_mm(decoded - coder.base)
    scores, rounded = (pca.transform(y)[:, : coder.levels] for y in (z, z_decoded))
    expected = discarded + np.square(scores - rounded).sum(axis=1).mean()
    assert np.square(face41.error_mm(train, decoded)).mean() == pytest.approx(expected, rel=1e-3)
    assert discarded > 0


def test_displays_are_the_axes_of_scikit_learns_pca_both_ways(face41, train):
    coder = principal_bits(train, face41, 30)
    z = mesh_metric(face41).to_mm(train - coder.base)
    pca = PCA(coder.levels).fit(z)
    moved = mesh_metric(face41).to_mm(coder.displays().templates[1:])
    np.testing.assert_allclose(moved[::2], -moved[1::2], atol=2e-6)
    np.testing.assert_allclose(np.linalg.norm(moved[::2], axis=1), np.sqrt(pca.explained_variance_), rtol=1e-3)
    cosine = (moved[::2] * pca.components_).sum(axis=1) / np.linalg.norm(moved[::2], axis=1)
    np.testing.assert_allclose(np.abs(cosine), 1, atol=1e-4)


@pytest.mark.parametrize("bits", [1, 12, 33])
def test_bits_add_up_and_more_bits_mean_less_error(face41, train, test_faces, bits):
    coder, richer = principal_bits(train, face41, bits), principal_bits(train, face41, bits + 8)
    assert bits_by_level(coder).sum() == bits
    errors = [face41.error_mm(test_faces, c.decode_codes(c.encode_codes(test_faces))).mean() for c in (coder, richer)]
    assert errors[1] < errors[0]


def test_bits_go_where_the_variance_is(face41, train):
    bits = bits_by_level(principal_bits(train, face41, 48))
    assert bits[0] == bits.max()
    assert (np.diff(bits) <= 1).all()


def test_each_component_takes_its_nearest_step(face41, train, test_faces):
    coder = principal_bits(train, face41, 16)
    codes = coder.encode_codes(test_faces[:50])
    for level in range(coder.levels):
        count = int(2 ** bits_by_level(coder)[level])
        tried = np.repeat(codes[:, None], count, axis=1)
        tried[:, :, level] = np.arange(count)
        errors = np.stack([face41.error_mm(test_faces[:50], coder.decode_codes(t)) for t in tried.transpose(1, 0, 2)])
        np.testing.assert_array_equal(codes[:, level], errors.argmin(axis=0))


def test_code_0_is_the_step_nearest_to_zero(face41, train):
    displays = principal_bits(train, face41, 24).displays()
    assert (displays.number[:, 0] > 0).all()
    real = np.where(displays.number > 0, displays.mm, np.inf)
    np.testing.assert_array_equal(real.argmin(axis=1), 0)


def test_bits_that_cannot_be_dealt_are_refused(face41, train):
    for bits in (0, 411):
        with pytest.raises(UsageError, match="1 to 410 bits"):
            principal_bits(train, face41, bits)


def test_flame_style_is_pca_of_all_vertices_rounded_by_the_standard_deviation(face41, train):
    coder = flame_style(train[:150], face41, 16, 5)
    rows = train[:150].astype(np.float64) - coder.base
    moved = face41.displace(rows).reshape(150, -1).astype(np.float64)
    pca = PCA(5, svd_solver="full").fit(moved)
    scores = pca.transform(moved) / np.sqrt(pca.explained_variance_ * 149 / 150)
    steps = np.clip(np.rint(scores / 0.375), -8, 7)
    displays = coder.displays()
    directions, unit = displays.directions, displays.number - 1
    codes = coder.encode_codes(train[:150])
    level = np.arange(5)
    intensity = displays.mm[level, codes] / displays.usual_mm[unit[level, codes]]
    said = np.where(unit[level, codes] % 2 == 0, 1, -1) * intensity / 0.375
    flip = np.sign((said * scores).sum(axis=0))
    agree = np.abs(said * flip - np.where(flip < 0, -np.clip(np.rint(-scores / 0.375), -8, 7), steps)) < 1e-3
    assert agree.mean() > 0.995
    assert (unit[:, 0] == -1).all()
    assert directions.shape == (10, 41)


def test_flame_style_spans_what_pca_in_mm_spans(face41, train):
    """What hardly moves adds hardly anything, so the components are the same ones."""
    ours = mesh_metric(face41).to_mm(flame_style(train, face41, 8, 4).displays().directions[::2])
    theirs = mesh_metric(face41).to_mm(principal_bits(train, face41, 30).displays().directions[:8:2])
    cosine = (ours * theirs).sum(axis=1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)
    assert (np.abs(cosine) > 0.999).all()


def test_more_coefficients_than_there_are_is_refused(flat_space, train):
    with pytest.raises(UsageError, match="38 mesh coordinates, not 40"):
        flame_style(train, flat_space, 8, 40)
