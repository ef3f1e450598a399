"""What a tokenizer promises to those who use it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from dfe.base.errors import ModelError, UsageError
from dfe.displays.displays import Coder
from dfe.quantizers.rvq.config import EncoderConfig, RvqConfig
from dfe.space.base import ExpressionSpace
from dfe.tokenizer.tokenizer import Tokenizer


def test_is_a_coder(tokenizer: Tokenizer, space: ExpressionSpace) -> None:
    assert isinstance(tokenizer, Coder)
    assert (tokenizer.space_id, tokenizer.levels, tokenizer.size) == (space.id, 8, 64)


def test_a_face_is_the_neutral_plus_the_sum_of_its_templates(tokenizer: Tokenizer, faces: np.ndarray) -> None:
    codes = tokenizer.encode_codes(faces[:300])
    templates = tokenizer.templates().astype(np.float64)
    assert not templates[0].any()
    expected = tokenizer.neutral + (tokenizer.weights["gains"][None, :, None] * templates[codes]).sum(axis=1)
    np.testing.assert_allclose(tokenizer.decode_codes(codes), expected, atol=1e-5)


def test_a_template_at_the_first_level_is_what_decoding_it_alone_adds(tokenizer: Tokenizer) -> None:
    alone = np.arange(tokenizer.size)[:, None]
    np.testing.assert_allclose(tokenizer.decode_codes(alone) - tokenizer.neutral, tokenizer.templates(), atol=1e-6)


def test_distances_in_the_book_are_distances_on_the_mesh(tokenizer: Tokenizer, space: ExpressionSpace) -> None:
    pairs = np.random.default_rng(0).integers(0, tokenizer.size, (50, 2))
    x, y = (tokenizer.decode_codes(pairs[:, side : side + 1]) for side in (0, 1))
    moved = (space.displace(x) - space.displace(y))[:, space.moving].astype(np.float64)
    on_the_mesh = np.sqrt(np.square(moved).sum(axis=2).mean(axis=1))
    in_the_book = np.linalg.norm(
        tokenizer.weights["codebook"][pairs[:, 0]] - tokenizer.weights["codebook"][pairs[:, 1]], axis=1
    )
    np.testing.assert_allclose(in_the_book, on_the_mesh, rtol=1e-3, atol=1e-4)


def test_without_encoder_each_level_is_nearest_on_the_mesh(
    make_tokenizer: Callable[..., Tokenizer], faces: np.ndarray
) -> None:
    tokenizer = make_tokenizer(encoder=False, levels=3, threshold=0.0)
    x = faces[:100]
    codes = tokenizer.encode_codes(x)
    for level in range(3):
        tried = np.repeat(codes[:, None, : level + 1], tokenizer.size, axis=1)
        tried[:, :, level] = np.arange(tokenizer.size)
        errors = np.stack(
            [tokenizer.error_mm(x, tokenizer.displays().tokens(tried[:, k])) for k in range(tokenizer.size)], axis=1
        )
        chosen = errors[np.arange(100), codes[:, level]]
        spoken = codes[:, level] > 0
        np.testing.assert_allclose(chosen[spoken], errors.min(axis=1)[spoken], atol=1e-5)


def test_encoding_with_the_encoder_left_out_is_the_tokenizer_without_one(
    make_tokenizer: Callable[..., Tokenizer], tokenizer: Tokenizer, faces: np.ndarray
) -> None:
    bare = make_tokenizer(encoder=False)
    config = bare.config
    weights = {name: tokenizer.weights[name] for name in config.weight_shapes()}
    bare = Tokenizer(name="bare", version="1", space=tokenizer.space, config=config, weights=weights)
    np.testing.assert_array_equal(tokenizer.encode_direct(faces[:2000]), bare.encode_codes(faces[:2000]))
    assert (tokenizer.encode_codes(faces[:2000]) != bare.encode_codes(faces[:2000])).any()


def test_rows_without_a_face_become_minus_one_and_come_back_as_nan(tokenizer: Tokenizer, faces: np.ndarray) -> None:
    x = faces[:6].copy()
    x[1, 3], x[4] = np.nan, np.inf
    codes = tokenizer.encode_codes(x)
    bad = np.array([False, True, False, False, True, False])
    assert (codes[bad] == -1).all()
    np.testing.assert_array_equal(codes[~bad], tokenizer.encode_codes(faces[:6])[~bad])
    back = tokenizer.decode_codes(codes)
    assert np.isnan(back[bad]).all()
    assert np.isfinite(back[~bad]).all()
    assert np.isnan(tokenizer.error_mm(x, tokenizer.displays().tokens(codes))[bad]).all()


def test_codes_are_the_same_row_by_row(tokenizer: Tokenizer, faces: np.ndarray) -> None:
    whole = tokenizer.encode_codes(faces[:1300])
    order = np.random.default_rng(4).permutation(1300)
    np.testing.assert_array_equal(tokenizer.encode_codes(faces[:1300][order]), whole[order])
    for first in (0, 511, 1299):
        np.testing.assert_array_equal(tokenizer.encode_codes(faces[first : first + 1]), whole[first : first + 1])
    assert tokenizer.decode_codes(whole)[700:701].tobytes() == tokenizer.decode_codes(whole[700:701]).tobytes()


def test_no_rows(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode_codes(np.zeros((0, 41), dtype=np.float32)).shape == (0, 8)
    assert tokenizer.decode_codes(np.zeros((0, 8), dtype=np.int16)).shape == (0, 41)


@pytest.mark.parametrize("shape", [(3, 52), (41,), (1, 2, 41)])
def test_rows_of_another_width_are_refused(tokenizer: Tokenizer, shape: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="codes rows of 41 coefficients of arkit51/face41"):
        tokenizer.encode_codes(np.zeros(shape))


@pytest.mark.parametrize("codes", [[[64]], [[-2]], [[0] * 9], [[0.5]]])
def test_codes_that_are_none_are_refused(tokenizer: Tokenizer, codes: list[list[float]]) -> None:
    with pytest.raises(UsageError):
        tokenizer.decode_codes(codes)


def rebuilt(tokenizer: Tokenizer, **changes: object) -> Tokenizer:
    parts = {
        "name": tokenizer.name,
        "version": tokenizer.version,
        "space": tokenizer.space,
        "config": tokenizer.config,
        "weights": tokenizer.weights,
        "subject_neutral": tokenizer.subject_neutral,
        "card": tokenizer.card,
    }
    return Tokenizer(**{**parts, **changes})


def test_the_hash_covers_what_decides_the_codes_and_not_the_card(
    make_tokenizer: Callable[..., Tokenizer], tokenizer: Tokenizer
) -> None:
    assert rebuilt(tokenizer, card={"other": 1}).hash == tokenizer.hash
    for name, array in tokenizer.weights.items():
        changed = array.copy()
        changed.flat[-1] = np.nextafter(changed.flat[-1], np.float32(9))
        assert rebuilt(tokenizer, weights=tokenizer.weights | {name: changed}).hash != tokenizer.hash, name
    for change in ({"name": "x"}, {"version": "2"}, {"subject_neutral": "mean"}):
        assert rebuilt(tokenizer, **change).hash != tokenizer.hash
    assert make_tokenizer(threshold=0.03).hash != tokenizer.hash
    assert tokenizer.provenance() == {"name": "random", "version": "1", "hash": tokenizer.hash}


def test_arrays_that_do_not_fit_are_refused(tokenizer: Tokenizer) -> None:
    weights = tokenizer.weights
    broken = {
        "codebook is missing": {k: v for k, v in weights.items() if k != "codebook"},
        "extra is superfluous": weights | {"extra": np.zeros(1, np.float32)},
        "not float32 \\(8,\\)": weights | {"gains": np.ones(7, np.float32)},
        "float64": weights | {"gains": np.ones(8)},
        "not finite": weights | {"neutral": np.full(41, np.nan, np.float32)},
        "gain is not positive": weights | {"gains": np.zeros(8, np.float32)},
        "code 0 is not zero": weights | {"codebook": np.ones((64, 41), np.float32)},
    }
    for message, arrays in broken.items():
        with pytest.raises(ModelError, match=message):
            rebuilt(tokenizer, weights=arrays)


def test_configurations_that_make_no_sense_are_refused() -> None:
    good = {"regions": ((0, 1), (2,))}
    for bad in (
        {"regions": ((0, 1), (1,))},
        {"regions": ()},
        {"levels": 0},
        {"size": 1},
        {"size": 10**6},
        {"size": 8.0},
        {"threshold_mm2": -1.0},
        {"threshold_mm2": float("nan")},
    ):
        with pytest.raises(ModelError):
            RvqConfig(**{**good, **bad})
    with pytest.raises(ModelError, match="heads"):
        EncoderConfig(width=10, heads=4)


def test_arrays_cannot_be_changed_behind_the_hash(tokenizer: Tokenizer) -> None:
    with pytest.raises(ValueError, match="read-only"):
        tokenizer.neutral[0] = 1


def test_using_a_tokenizer_needs_no_torch() -> None:
    code = "import sys, dfe.tokenizer, dfe.quantizers.rvq.search; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
