from __future__ import annotations

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.displays.displays import Coder
from dfe.facs.coder import fit_au_proxy
from dfe.facs.decoder import PENALTIES, fit_decoder, unit_displays
from dfe.facs.proxy import LEVEL_VALUES, au_codes, au_intensities


@pytest.fixture(scope="module")
def coder(rows, face41):
    return fit_au_proxy(rows, face41, seed=0)


def test_it_is_a_coder_with_a_display_for_each_unit(coder, face41):
    assert isinstance(coder, Coder)
    assert (coder.id, coder.space_id, coder.levels, coder.size) == ("au-proxy@1", "arkit51/face41", 41, 6)
    displays = coder.displays()
    assert not displays.ordered
    assert displays.directions.shape == (41, 41)
    np.testing.assert_array_equal(displays.number[7], [0, 8, 8, 8, 8, 8])
    np.testing.assert_allclose(displays.mm[7], LEVEL_VALUES / LEVEL_VALUES[-1] * displays.usual_mm[7], rtol=1e-6)


def test_a_face_is_the_base_plus_its_displays(coder, rows):
    codes = coder.encode_codes(rows[:60])
    displays = coder.displays()
    wanted = []
    for row in codes:
        face = coder.base.astype(np.float64)
        for level, code in enumerate(row):
            if (number := displays.number[level, code]) > 0:
                face = face + displays.mm[level, code] * displays.directions[number - 1]
        wanted.append(face)
    np.testing.assert_allclose(coder.decode_codes(codes), wanted, atol=1e-5)
    np.testing.assert_array_equal(coder.decode_codes(codes[:, :0]), np.tile(coder.base, (60, 1)))
    half = codes.copy()
    half[:, 20:] = 0
    np.testing.assert_array_equal(coder.decode_codes(codes[:, :20]), coder.decode_codes(half))


def test_codes_are_rounded_intensities_and_faces_not_found_stay_so(coder, rows, face41):
    x = rows[:5].copy()
    x[2, 3] = np.nan
    codes = coder.encode_codes(x)
    assert codes.dtype == np.int16
    assert (codes[2] == -1).all()
    intensity = au_intensities(x, face41).astype(np.float64)
    np.testing.assert_array_equal(codes[3], np.floor(intensity[3] + 0.5))
    decoded = coder.decode_codes(codes)
    assert decoded.dtype == np.float32
    assert np.isnan(decoded[2]).all()
    assert np.isfinite(decoded[[0, 1, 3, 4]]).all()


def test_the_decoder_is_the_ridge_regression_of_another_library(rows, face41):
    from sklearn.linear_model import Ridge

    values = LEVEL_VALUES[au_codes(au_intensities(rows, face41))]
    fitted = fit_decoder(values, rows, face41)
    other = Ridge(alpha=fitted.penalty * len(rows)).fit(values, rows)
    np.testing.assert_allclose(fitted.directions, other.coef_.T, atol=2e-4)
    np.testing.assert_allclose(fitted.base, other.intercept_, atol=2e-4)


def test_the_penalty_is_the_one_with_the_least_error_on_folds_left_out(face41):
    from sklearn.linear_model import Ridge

    rng = np.random.default_rng(5)
    people = np.repeat(np.arange(12), 6)
    values = rng.random((72, 30))
    x = (values @ rng.normal(0, 0.1, (30, 41)) + rng.normal(0, 0.3, (72, 41))).astype(np.float32)
    fitted = fit_decoder(values, x, face41, seed=3, groups=people)
    fold = (np.random.default_rng(3).permutation(12) % 5)[people]
    errors = np.zeros((len(PENALTIES), 72))
    for held in range(5):
        test = fold == held
        for i, penalty in enumerate(PENALTIES):
            model = Ridge(alpha=penalty * (~test).sum()).fit(values[~test], x[~test])
            errors[i, test] = face41.error_mm(x[test], model.predict(values[test]))
    assert fitted.penalty == PENALTIES[errors.mean(axis=1).argmin()]
    assert fitted.held_out_mm == pytest.approx(errors.mean(axis=1).min(), rel=1e-4)


def test_no_other_decoder_of_the_kind_is_nearer_in_millimetres(rows, face41):
    """Least squares in coefficients is least squares on the mesh: every small step away from it costs."""
    values = LEVEL_VALUES[au_codes(au_intensities(rows, face41))]
    fitted = fit_decoder(values, rows, face41)
    rng = np.random.default_rng(2)

    def squared(base, directions):
        return np.square(face41.error_mm(rows, base + values @ directions)).mean()

    least = squared(fitted.base, fitted.directions)
    for size in (0.003, 0.01):
        for _ in range(10):
            base = fitted.base + rng.normal(0, size, 41)
            assert squared(base, fitted.directions + rng.normal(0, size, (41, 41))) > least


def test_the_fit_is_the_same_again_and_leaves_incomplete_rows_out(rows, face41, coder):
    holed = np.concatenate([rows[:1000], np.full((3, 41), np.nan, np.float32), rows[1000:]])
    again = fit_au_proxy(rows, face41, seed=0)
    np.testing.assert_array_equal(again.decoder.directions, coder.decoder.directions)
    assert fit_au_proxy(rows, face41, seed=4).decoder.held_out_mm != coder.decoder.held_out_mm
    without = fit_au_proxy(holed, face41)
    np.testing.assert_array_equal(without.decoder.directions, coder.decoder.directions)
    np.testing.assert_array_equal(without.base, coder.base)


def test_units_that_nobody_showed_are_named_and_add_nothing(rows, face41):
    x = rows.copy()
    x[:, [face41.index(f"cheekSquint{side}") for side in ("Left", "Right")]] = 0.01
    coder = fit_au_proxy(x, face41)
    assert coder.silent == ("AU6L", "AU6R")
    quiet = [coder.names.index(name) for name in coder.silent]
    np.testing.assert_allclose(coder.displays().directions[quiet], 0, atol=1e-6)


def test_rows_do_not_depend_on_their_batch_when_coded(coder, rows):
    codes = coder.encode_codes(rows[:300])
    np.testing.assert_array_equal(codes, np.concatenate([coder.encode_codes(rows[i : i + 1]) for i in range(300)]))
    np.testing.assert_array_equal(
        coder.decode_codes(codes), np.concatenate([coder.decode_codes(codes[i : i + 11]) for i in range(0, 300, 11)])
    )


@pytest.mark.shared_data
def test_on_real_faces_it_is_far_nearer_than_the_mean_face(news, face41):
    known, new = news.clip < 15, news.clip >= 15
    coder = fit_au_proxy(news.x[known], face41, groups=news.clip[known])
    error = face41.error_mm(news.x[new], coder.decode_codes(coder.encode_codes(news.x[new]))).mean()
    floor = face41.error_mm(news.x[new], np.broadcast_to(news.x[known].mean(axis=0), news.x[new].shape)).mean()
    assert error < 0.35 * floor


def test_misfits_are_refused(coder, rows, face41):
    with pytest.raises(UsageError, match="up to 41 codes"):
        coder.decode_codes(np.zeros((1, 42), int))
    with pytest.raises(UsageError, match="codes 0 to 5"):
        coder.decode_codes(np.full((1, 41), 6))
    with pytest.raises(UsageError, match="two or more"):
        fit_au_proxy(rows[:1], face41)
    with pytest.raises(UsageError, match="two or more"):
        fit_au_proxy(np.full((4, 41), np.nan), face41)
    with pytest.raises(UsageError, match="do not fit"):
        fit_decoder(np.zeros((3, 2)), rows[:4], face41)
    with pytest.raises(UsageError, match="3 groups do not fit 4 rows"):
        fit_decoder(np.zeros((4, 2)), rows[:4], face41, groups=[1, 1, 2])
    with pytest.raises(UsageError, match="type float64"):
        unit_displays(coder.decoder.directions, LEVEL_VALUES, face41).decode(np.zeros((1, 1)), coder.base, "it")
