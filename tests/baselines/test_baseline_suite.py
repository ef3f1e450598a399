from __future__ import annotations

import re

import numpy as np
import pytest

from dfe.base.errors import DfeError, UsageError
from dfe.base.installing import how_to_install
from dfe.baselines.suite import NAMES, BaselineConfig, fit_baseline
from dfe.displays.displays import Coder

SMALL = BaselineConfig(size=16, levels=4, flat_words=64, nmf_units=6, regional_units=20, intensities=4)


@pytest.fixture(scope="module")
def fitted(train, face41):
    return {name: fit_baseline(name, train, face41, SMALL) for name in NAMES}


@pytest.fixture(params=NAMES)
def coder(request, fitted):
    return fitted[request.param]


def test_every_one_is_a_coder_under_a_name_of_its_own(fitted, face41):
    assert all(isinstance(c, Coder) and c.space_id == face41.id for c in fitted.values())
    assert len({c.id for c in fitted.values()}) == len(NAMES) == 9


def test_decoding_is_base_plus_the_sum_of_displays(coder, test_faces):
    codes = coder.encode_codes(test_faces)
    displays = coder.displays()
    base = coder.decode_codes(np.zeros((1, 0), int))[0]
    for row, code in zip(coder.decode_codes(codes)[:20], codes[:20], strict=True):
        face = base.astype(np.float64)
        for level, k in enumerate(code):
            if (number := displays.number[level, k]) > 0:
                face = face + float(displays.mm[level, k]) * displays.directions[number - 1].astype(np.float64)
        np.testing.assert_allclose(row, face, rtol=0, atol=1e-6)


def test_codes_depend_on_no_batch(coder, test_faces):
    together = coder.encode_codes(test_faces)
    np.testing.assert_array_equal(
        np.concatenate([coder.encode_codes(x[None]) for x in test_faces[:100]]), together[:100]
    )
    np.testing.assert_array_equal(coder.encode_codes(test_faces[::-1])[::-1], together)
    long = np.tile(test_faces, (15, 1))
    np.testing.assert_array_equal(coder.encode_codes(long), np.tile(together, (15, 1)))


def test_rows_that_are_not_finite_have_no_codes_and_change_no_other(coder, test_faces):
    x = test_faces[:30].copy()
    x[3, 5], x[7, 0] = np.nan, np.inf
    codes = coder.encode_codes(x)
    assert (codes[[3, 7]] == -1).all()
    others = np.delete(np.arange(30), [3, 7])
    np.testing.assert_array_equal(codes[others], coder.encode_codes(test_faces[:30])[others])
    assert np.isnan(coder.decode_codes(codes)[[3, 7]]).all()


def test_every_one_beats_the_mean_face_by_far(coder, face41, train, test_faces):
    error = face41.error_mm(test_faces, coder.decode_codes(coder.encode_codes(test_faces))).mean()
    assert error < 0.65 * face41.error_mm(test_faces, np.tile(train.mean(axis=0), (300, 1))).mean()


def test_unordered_codes_are_silent_at_0(coder):
    displays = coder.displays()
    ordered = displays.ordered
    assert ordered != coder.id.startswith(("sparse", "nmf", "regional"))
    assert ordered or not displays.number[:, 0].any()


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_fits_the_same_coder(name, fitted, train, face41):
    again = fit_baseline(name, train, face41, SMALL)
    for part in ("directions", "usual_mm", "number", "mm"):
        np.testing.assert_array_equal(getattr(fitted[name].displays(), part), getattr(again.displays(), part))


def test_rows_that_are_not_finite_teach_nothing(train, face41, fitted):
    holes = np.concatenate([train[:700], np.full((5, 41), np.nan, np.float32), train[700:]])
    again = fit_baseline("residual-kmeans", holes, face41, SMALL)
    np.testing.assert_array_equal(again.displays().directions, fitted["residual-kmeans"].displays().directions)


def test_sizes_are_as_the_config_says(fitted):
    sizes = {name: (c.levels, c.size) for name, c in fitted.items()}
    assert sizes["residual-kmeans"] == sizes["residual-kmeans-shared"] == sizes["product"] == (4, 16)
    assert sizes["flame-pca"] == (4, 16)
    assert sizes["flat-kmeans"] == (1, 64)
    assert (sizes["sparse"], sizes["nmf"], sizes["regional"]) == ((15, 5), (6, 5), (20, 5))
    assert SMALL.bits == 16


def test_flat_words_are_no_more_than_faces_can_teach(train, face41):
    assert fit_baseline("flat-kmeans", train[:100], face41, SMALL).size == 25


@pytest.mark.parametrize(
    ("name", "rows", "says"),
    [("vq-vae", 10, "no baseline is called 'vq-vae'; there are residual-kmeans"), ("pca", 1, "1 faces")],
)
def test_what_cannot_be_fitted_is_refused(name, rows, says, train, face41):
    with pytest.raises(UsageError, match=says):
        fit_baseline(name, train[:rows], face41, SMALL)


def test_rows_of_another_space_and_impossible_sizes_are_refused(face41):
    with pytest.raises(UsageError, match="rows of 41 numbers"):
        fit_baseline("pca", np.zeros((5, 51)), face41)
    with pytest.raises(UsageError, match="at least 2 codes"):
        BaselineConfig(size=1)


def test_a_missing_scikit_learn_is_one_line_of_advice(monkeypatch, train, face41):
    monkeypatch.setitem(__import__("sys").modules, "sklearn.cluster", None)
    with pytest.raises(DfeError, match=re.escape(how_to_install("study"))):
        fit_baseline("residual-kmeans", train, face41, SMALL)
