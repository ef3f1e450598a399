from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.baselines.additive import AdditiveCoder
from dfe.displays.displays import Coder, Displays
from dfe.space.registry import load_space


@pytest.fixture
def tiny(face41):
    """Two levels: level 1 has codes 0 (silent), 1 and 2; level 2 has codes 0 and 1, both of which speak."""
    directions = np.zeros((3, 41), np.float32)
    directions[[0, 1, 2], [0, 1, 2]] = (1.0, 2.0, -1.0)
    unit = np.array([[-1, 0, 1], [2, 0, -1]])
    intensity = np.array([[0, 1, 0.5], [3, 2, 0]], np.float32)
    base = np.full(41, 0.25, np.float32)
    return AdditiveCoder(
        "tiny", face41, base, Displays.of(face41, directions, unit, intensity), lambda x: (x[:, :2] > 0.5) * 1
    )


def test_it_is_a_coder_with_the_sizes_of_its_table(tiny):
    assert isinstance(tiny, Coder)
    assert (tiny.id, tiny.space_id, tiny.levels, tiny.size) == ("tiny", "arkit51/face41", 2, 3)
    assert "tiny" in repr(tiny)


def test_decoding_adds_up_the_table(tiny):
    x = tiny.decode_codes(np.array([[2, 1], [0, 0], [1, -1]]))
    expected = np.full((2, 41), 0.25)
    expected[0, 1] += 0.5 * 2.0
    expected[0, 0] += 2 * 1.0
    expected[1, 2] += 3 * -1.0
    np.testing.assert_allclose(x[:2], expected.astype(np.float32), rtol=1e-6)
    assert np.isnan(x[2]).all()
    np.testing.assert_array_equal(tiny.decode_codes(np.zeros((3, 0), int)), np.full((3, 41), 0.25, np.float32))


def test_faces_that_are_not_there_have_no_codes(tiny):
    x = np.ones((3, 41), np.float32)
    x[1, 40] = np.nan
    codes = tiny.encode_codes(x)
    assert codes.dtype == np.int16
    np.testing.assert_array_equal(codes, [[1, 1], [-1, -1], [1, 1]])
    assert tiny.encode_codes(np.empty((0, 41), np.float32)).shape == (0, 2)


@pytest.mark.parametrize(
    ("codes", "says"),
    [
        (np.array([[0, 2]]), "no code 2 at level 2"),
        (np.array([[3, 0]]), "codes 0 to 2"),
        (np.zeros((1, 3), int), "up to 2 codes"),
        (np.zeros((1, 2)), "float64"),
    ],
)
def test_codes_that_do_not_exist_are_refused(tiny, codes, says):
    with pytest.raises(UsageError, match=says):
        tiny.decode_codes(codes)


def test_rows_of_another_space_are_refused(tiny):
    with pytest.raises(UsageError, match="41 coefficients"):
        tiny.encode_codes(np.zeros((2, 51), np.float32))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"base": np.zeros(40, np.float32)}, "not of space arkit51/face41"),
        ({"base": np.full(41, np.nan, np.float32)}, "not finite"),
        ({"space": load_space("arkit-phone/face41")}, "not of space arkit-phone/face41"),
    ],
)
def test_tables_that_do_not_fit_are_refused(tiny, change, says):
    with pytest.raises(UsageError, match=says):
        replace(tiny, **change)
