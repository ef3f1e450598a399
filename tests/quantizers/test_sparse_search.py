"""The sparse quantiser: what is found in a face, against scikit-learn, brute force and the mirror."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dfe.base.errors import ModelError
from dfe.quantizers.sparse.config import SparseConfig
from dfe.quantizers.sparse.search import SparseSearch, partners
from dfe.space.base import ExpressionSpace
from dfe.space.regions import own_images
from dfe.tokenizer.file import load_tokenizer, save_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer

STEPS = np.array([0.15, 0.4, 1.0, 2.5], np.float32)


def sparse_codebook(space: ExpressionSpace, symmetric: int = 6, pairs: int = 8) -> np.ndarray:
    """Non-negative displays of 1 mm, closed under the mirror, silence first."""
    rng = np.random.default_rng(11)
    rows = rng.gamma(0.15, 0.5, (symmetric + pairs, space.dimension)).astype(np.float32)
    rows[:symmetric] = (rows[:symmetric] + space.mirror(rows[:symmetric])) / 2
    length = space.error_mm(rows, np.zeros_like(rows)).astype(np.float32)[:, None]
    rows = rows / length
    both = np.stack([rows[symmetric:], space.mirror(rows[symmetric:])], axis=1).reshape(-1, space.dimension)
    return np.concatenate([np.zeros((1, space.dimension), np.float32), rows[:symmetric], both])


def sparse_tokenizer(space: ExpressionSpace, **settings: float) -> Tokenizer:
    book = sparse_codebook(space)
    images = np.concatenate([np.zeros_like(book[:1]), own_images(book[1:].astype(np.float64), space)])
    config = replace(SparseConfig(space.dimension, levels=5, size=len(book), steps=len(STEPS)), **settings)
    weights = {"neutral": np.full(space.dimension, 0.02), "codebook": book, "images": images, "ladder": STEPS}
    return Tokenizer(
        name="sparse",
        version="1",
        space=space,
        config=config,
        weights={name: np.asarray(array, np.float32) for name, array in weights.items()},
    )


@pytest.fixture(scope="module")
def sparse(space: ExpressionSpace) -> Tokenizer:
    return sparse_tokenizer(space)


def search_of(tokenizer: Tokenizer, **settings: float) -> SparseSearch:
    w, space = tokenizer.weights, tokenizer.space
    assert isinstance(tokenizer.config, SparseConfig)
    config = replace(tokenizer.config, **settings)
    twin = partners(w["codebook"], space.mirror(w["codebook"]))
    return SparseSearch(w["codebook"], w["images"], w["ladder"], space.gram, twin, config)


def test_strengths_are_those_of_scikit_learns_lasso(sparse: Tokenizer, faces: np.ndarray) -> None:
    linear_model = pytest.importorskip("sklearn.linear_model", reason="needs the extra dev")
    space, book = sparse.space, sparse.weights["codebook"][1:].astype(np.float64)
    offset = faces[:20].astype(np.float64) - sparse.neutral
    values, vectors = np.linalg.eigh(space.gram)
    root = (vectors * np.sqrt(values)) @ vectors.T
    search = search_of(sparse, iterations=4000, penalty_mm=0.05)
    found = search.strengths(offset)
    agree = offset @ sparse.weights["images"][1:].T.astype(np.float64) > 0
    for n in range(20):
        # scikit-learn divides the squared error by the number of rows.
        lasso = linear_model.Lasso(0.05 / len(root), positive=True, fit_intercept=False, tol=1e-12, max_iter=100_000)
        expected = lasso.fit((book @ root).T, offset[n] @ root).coef_
        np.testing.assert_allclose(found[n], np.where(agree[n], expected, 0), atol=2e-4)
    assert (found > 0).sum(axis=1).mean() > 2


def test_no_step_of_one_display_alone_would_be_better(sparse: Tokenizer, faces: np.ndarray) -> None:
    tokenizer = sparse_tokenizer(sparse.space, sweeps=40)
    x = faces[:150]
    codes = tokenizer.encode_codes(x)
    error = tokenizer.error_mm(x, tokenizer.displays().tokens(codes))
    for level in range(tokenizer.levels):
        said = codes[:, level] > 0
        for step in range(1, len(STEPS) + 1):
            other = codes.copy()
            other[said, level] = (codes[said, level] - 1) // len(STEPS) * len(STEPS) + step
            assert (tokenizer.error_mm(x, tokenizer.displays().tokens(other)) >= error - 1e-6).all()


def test_the_strongest_displays_above_the_least_are_said_and_no_more(sparse: Tokenizer, faces: np.ndarray) -> None:
    x = faces[:400]
    strengths = search_of(sparse).strengths(x.astype(np.float64) - sparse.neutral)
    assert isinstance(sparse.config, SparseConfig)
    said = sparse.displays().tokens(sparse.encode_codes(x)).display
    for n in range(len(x)):
        order = np.argsort(-strengths[n], kind="stable")[: sparse.levels]
        expected = [int(k) + 1 for k in order if strengths[n, k] > sparse.config.least_mm]
        assert said[n].tolist() == expected + [0] * (sparse.levels - len(expected))
    assert (said == 0).any()
    assert (said[:, -1] > 0).any()


def test_every_display_said_agrees_with_the_face_in_its_own_region(sparse: Tokenizer, faces: np.ndarray) -> None:
    x = faces[:2000]
    said = sparse.displays().tokens(sparse.encode_codes(x)).display
    products = (x.astype(np.float64) - sparse.neutral) @ sparse.weights["images"].astype(np.float64).T
    assert (np.take_along_axis(products, said, axis=1)[said > 0] > 0).all()
    assert ((products[:, 1:] < 0).sum(axis=1) > 0).any(), "nothing to disagree with"


def parted(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Displays, 0 nothing, and steps from 0."""
    return np.where(codes > 0, (codes - 1) // len(STEPS) + 1, 0), np.where(codes > 0, (codes - 1) % len(STEPS), 0)


def mirrored(tokenizer: Tokenizer, codes: np.ndarray) -> np.ndarray:
    book = tokenizer.weights["codebook"]
    twin = partners(book, tokenizer.space.mirror(book))
    display, step = parted(codes)
    return np.where(codes > 0, (twin[display] - 1) * len(STEPS) + step + 1, 0)


def test_the_mirrored_face_gets_the_mirrored_tokens(sparse: Tokenizer, faces: np.ndarray) -> None:
    x, space = faces[:3000], sparse.space
    even = (x + space.mirror(x)) / 2
    for rows in (x, even):
        expected = mirrored(sparse, sparse.encode_codes(rows))
        found = sparse.encode_codes(space.mirror(rows))
        np.testing.assert_array_equal(np.sort(found, axis=1), np.sort(expected, axis=1))
    # A symmetric face may say a pair, but never one of it more strongly.
    codes = sparse.encode_codes(even)
    np.testing.assert_array_equal(np.sort(codes, axis=1), np.sort(mirrored(sparse, codes), axis=1))


def test_mirror_twins_at_the_cut_are_left_out_together_and_counted(space: ExpressionSpace) -> None:
    tokenizer = sparse_tokenizer(space, levels=1, penalty_mm=0.0, least_mm=0.0)
    pair = tokenizer.weights["codebook"][7:9].sum(axis=0)
    x = np.stack([tokenizer.neutral + pair, tokenizer.neutral + tokenizer.weights["codebook"][7]]).astype(np.float32)
    found = tokenizer.find_codes(x)
    assert found.doubt.tolist() == [True, False]
    assert found.codes[0, 0] == 0
    assert tokenizer.displays().tokens(found.codes).display[1, 0] == 7


def test_codes_do_not_depend_on_the_batch(sparse: Tokenizer, faces: np.ndarray) -> None:
    whole = sparse.encode_codes(faces[:1300])
    order = np.random.default_rng(1).permutation(1300)
    np.testing.assert_array_equal(sparse.encode_codes(faces[:1300][order]), whole[order])
    np.testing.assert_array_equal(
        np.concatenate([sparse.encode_codes(part) for part in np.split(faces[:1300], 130)]), whole
    )
    assert sparse.encode_codes(faces[:0]).shape == (0, 5)


def test_a_face_is_the_neutral_and_its_displays_at_their_steps(sparse: Tokenizer, faces: np.ndarray) -> None:
    codes = sparse.encode_codes(faces[:50])
    display, step = parted(codes)
    assert display.max() > 5
    expected = sparse.neutral + (STEPS[step][..., None] * sparse.weights["codebook"][display]).sum(axis=1)
    np.testing.assert_allclose(sparse.decode_codes(codes), expected, atol=1e-5)
    displays = sparse.displays()
    tokens = displays.tokens(codes)
    np.testing.assert_array_equal(tokens.display, display)
    np.testing.assert_allclose(tokens.mm[display > 0], STEPS[step][display > 0])
    assert displays.number.shape == (5, (sparse.size - 1) * len(STEPS) + 1)
    assert np.unique(displays.number[0]).tolist() == list(range(sparse.size))
    assert displays.ladder_mm == tuple(STEPS.tolist())
    np.testing.assert_allclose(sparse.templates()[1:], STEPS[2] * sparse.weights["codebook"][1:])


def test_no_display_comes_twice_and_strong_ones_come_first(sparse: Tokenizer, faces: np.ndarray) -> None:
    said = sparse.displays().tokens(sparse.encode_codes(faces[:500])).display
    for row in said:
        spoken = row[row > 0]
        assert len(np.unique(spoken)) == len(spoken)
    silent = said == 0
    assert (silent[:, 1:] >= silent[:, :-1]).all()


def test_rows_without_a_face(sparse: Tokenizer, faces: np.ndarray) -> None:
    x = faces[:3].copy()
    x[1] = np.nan
    codes = sparse.encode_codes(x)
    assert (codes[1] == -1).all()
    assert (sparse.displays().tokens(codes).display[1] == -1).all()
    assert np.isnan(sparse.decode_codes(codes)[1]).all()


def test_comes_back_from_its_files(sparse: Tokenizer, faces: np.ndarray, tmp_path: Path) -> None:
    again = load_tokenizer(save_tokenizer(sparse, tmp_path))
    assert again.hash == sparse.hash
    assert again.config == sparse.config
    np.testing.assert_array_equal(again.encode_codes(faces[:50]), sparse.encode_codes(faces[:50]))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"steps": 10_000}, "codes, displays times steps, is 220000"),
        ({"levels": 23}, "more than the 22 of the codebook"),
        ({"penalty_mm": -1.0}, "penalty_mm is -1.0"),
        ({"least_mm": float("nan")}, "least_mm is nan"),
        ({"iterations": 0}, "iterations is 0"),
    ],
)
def test_impossible_settings_are_named(make: Callable[..., Tokenizer], settings: dict[str, float], says: str) -> None:
    with pytest.raises(ModelError, match=says):
        make(**settings)


@pytest.fixture(scope="module")
def make(space: ExpressionSpace) -> Callable[..., Tokenizer]:
    return lambda **settings: sparse_tokenizer(space, **settings)


def test_a_book_that_is_not_its_own_mirror_image_is_refused(sparse: Tokenizer) -> None:
    weights = {name: array.copy() for name, array in sparse.weights.items()}
    weights["codebook"][9, 3] += 0.1
    with pytest.raises(ModelError, match="no mirror image"):
        Tokenizer(name="x", version="1", space=sparse.space, config=sparse.config, weights=weights)
    falling = sparse.weights | {"ladder": STEPS[::-1].copy()}
    with pytest.raises(ModelError, match="do not rise"):
        Tokenizer(name="x", version="1", space=sparse.space, config=sparse.config, weights=falling)


def test_emphasis_is_kept_in_the_config_and_only_where_there_is_any(space: ExpressionSpace) -> None:
    plain = SparseConfig(space.dimension)
    weighed = replace(plain, emphasis={"brow": 4.0})
    assert "emphasis" not in plain.to_json()
    assert SparseConfig.from_json(weighed.to_json()) == weighed
    with pytest.raises(ModelError, match="emphasis"):
        replace(plain, emphasis={"brow": -1.0})
