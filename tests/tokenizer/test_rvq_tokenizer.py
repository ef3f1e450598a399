"""The shipped residual tokenizer of the face model's space."""

from __future__ import annotations

import numpy as np
import pytest

import dfe
from dfe.base.types import FloatArray
from dfe.facemodel.space import face_space
from dfe.tokenizer.tokenizer import Tokenizer
from made_rvq import torch_model


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return dfe.load_tokenizer("dfe-rvq@1")


@pytest.fixture(scope="module")
def rows() -> FloatArray:
    """3,000 expressions as wide as the space reaches, and the resting face."""
    space, rng = face_space(), np.random.default_rng(0)
    near = rng.normal(0, 0.25, (3000, space.dimension)) * space.upper
    return np.concatenate([near, np.zeros((1, space.dimension))]).astype(np.float32)


def test_same_codes_as_the_torch_model_on_every_row(tokenizer: Tokenizer, rows: FloatArray) -> None:
    torch = pytest.importorskip("torch", reason="needs the extra train")
    from dfe.quantizers.rvq.config import RvqConfig

    assert isinstance(tokenizer.config, RvqConfig)
    model = torch_model(tokenizer)
    expected = model.encode(torch.from_numpy(rows).double()).numpy()
    np.testing.assert_array_equal(tokenizer.encode_codes(rows), expected)


def test_codes_do_not_depend_on_the_company(tokenizer: Tokenizer, rows: FloatArray) -> None:
    whole = tokenizer.encode_codes(rows)
    pieces = [tokenizer.encode_codes(piece) for piece in np.array_split(rows[:700], 51)]
    np.testing.assert_array_equal(np.concatenate(pieces), whole[:700])


def test_a_face_is_the_sum_of_its_displays(tokenizer: Tokenizer, rows: FloatArray) -> None:
    tokens = tokenizer.encode(rows)
    directions, neutral = tokenizer.displays().templates, tokenizer.neutral
    assert tokenizer.additive
    lengths = np.sqrt(np.einsum("kd,de,ke->k", directions, tokenizer.space.gram, directions))
    unit = directions / np.where(lengths > 0, lengths, 1)[:, None]
    summed = neutral + (tokens.mm[..., None] * unit[np.maximum(tokens.display, 0)]).sum(axis=1)
    np.testing.assert_allclose(tokenizer.decode(tokens), summed, atol=1e-3)


def test_its_card_says_where_it_comes_from(tokenizer: Tokenizer) -> None:
    card = tokenizer.card
    assert tokenizer.space_id == "dfe-face"
    assert tokenizer.subject_neutral == "resting face"
    assert set(card["terms"]) == {"lfw", "films"}
    assert not any("fer" in table["name"] or "london" in table["name"] for table in card["tables"])
    assert card["seeds"]["rank_by_error"]
    assert card["test"]["lfw_test"]["error_mm"] < 0.2 * card["test"]["lfw_test"]["mean_face_mm"]
