from __future__ import annotations

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.facs.detectors import detector_codes, fit_detector_decoder
from dfe.facs.tables import AuTable, read_au_table


def made(values, kind, tool="OpenFace") -> AuTable:
    values = np.asarray(values, np.float32)
    n = len(values)
    return AuTable(
        names=tuple(f"AU{i + 1}" for i in range(values.shape[1])),
        values=values,
        frame=np.arange(n),
        time_s=np.full(n, np.nan),
        face=np.zeros(n, np.int64),
        success=np.isfinite(values).all(axis=1),
        kind=kind,
        tool=tool,
    )


def test_codes_are_rounded_values_and_failures_stay_failures():
    codes = detector_codes(made([[0, 0.49, 0.5], [2.5, 4.49, 5], [np.nan] * 3], "intensity 0-5"))
    assert codes.dtype == np.int16
    assert codes.tolist() == [[0, 0, 1], [3, 4, 5], [-1, -1, -1]]
    assert detector_codes(made([[0, 0.09, 0.11, 0.5, 1]], "0-1", "py-feat")).tolist() == [[0, 0, 1, 3, 5]]
    assert detector_codes(made([[0, 1]], "binary")).tolist() == [[0, 1]]


def test_faces_that_are_sums_of_units_are_given_back(face41):
    """Where faces are made as the model says, the decoder finds what they were made of."""
    rng = np.random.default_rng(8)
    directions = rng.normal(0, 0.2, (6, 41))
    base = rng.normal(0, 0.1, 41)
    codes = rng.integers(0, 6, (400, 6)).astype(np.int16)
    x = (base + codes / 5 @ directions).astype(np.float32)
    codes[7], x[9] = -1, np.nan
    decoder = fit_detector_decoder(codes, x, face41)
    np.testing.assert_allclose(decoder.displays().templates[1:], directions, atol=1e-3)
    np.testing.assert_allclose(decoder.base, base, atol=1e-3)
    rebuilt = decoder.decode_codes(codes)
    assert np.isnan(rebuilt[7]).all()
    np.testing.assert_allclose(rebuilt[10:], x[10:], atol=1e-3)
    displays = decoder.displays()
    assert (displays.mm[0] / displays.usual_mm[0]).tolist() == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert not decoder.displays().ordered


def test_presence_has_two_codes(face41):
    rng = np.random.default_rng(9)
    codes = rng.integers(0, 2, (200, 3))
    direction = rng.normal(0, 0.2, (3, 41))
    decoder = fit_detector_decoder(codes, codes @ direction, face41, size=2)
    np.testing.assert_allclose(decoder.decode_codes(codes), codes @ direction, atol=1e-3)
    assert decoder.displays().number.tolist() == [[0, 1], [0, 2], [0, 3]]
    with pytest.raises(UsageError, match="codes 0 to 1"):
        decoder.decode_codes(np.full((1, 3), 2))


@pytest.mark.shared_data
def test_a_real_detector_beside_the_same_faces(news, face41):
    tables = [read_au_table(path) for path in news.files]
    codes = np.concatenate([detector_codes(table) for table in tables])
    known, new = news.clip % 4 != 0, news.clip % 4 == 0
    decoder = fit_detector_decoder(codes[known], news.x[known], face41, groups=news.clip[known])
    error = face41.error_mm(news.x[new], decoder.decode_codes(codes[new])).mean()
    floor = face41.error_mm(news.x[new], np.broadcast_to(news.x[known].mean(axis=0), news.x[new].shape)).mean()
    assert error < 0.9 * floor
