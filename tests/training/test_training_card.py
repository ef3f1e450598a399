"""The figures of the card, by brute force."""

from __future__ import annotations

import json

import numpy as np
import pytest

from dfe.quantizers.rvq.config import RvqConfig
from dfe.space.base import ExpressionSpace
from dfe.tokenizer.tokenizer import Tokenizer

pytest.importorskip("torch", reason="needs the extra train")

from dfe.quantizers.latent import latent_map
from dfe.quantizers.rvq.train.initialise import first_codebook
from dfe.training import card
from dfe.training.tables import TrainingTable


@pytest.fixture(scope="module")
def tokenizer(space: ExpressionSpace, table: TrainingTable) -> Tokenizer:
    maps = latent_map(space)
    neutral = table.x.min(axis=0)
    start = first_codebook((table.x - neutral) @ maps.to_latent, levels=4, size=16, rng=np.random.default_rng(0))
    config = RvqConfig(regions=tuple(space.regions.values()), levels=4, size=16, threshold_mm2=0.1, encoder=None)
    weights = {"neutral": neutral, "codebook": start.codebook, "gains": start.gains, **maps._asdict()}
    return Tokenizer(
        name="k-means",
        version="1",
        space=space,
        config=config,
        weights={key: np.asarray(array, dtype=np.float32) for key, array in weights.items()},
    )


def deformations(tokenizer: Tokenizer, x: np.ndarray) -> np.ndarray:
    return tokenizer.space.displace(x)[:, tokenizer.space.moving].astype(np.float64)


def test_errors_are_distances_between_vertices(tokenizer: Tokenizer, table: TrainingTable) -> None:
    x = table.x[:60]
    codes = tokenizer.encode_codes(x)
    for count, error in enumerate(card.error_by_tokens(tokenizer, x, tokenizer.encode(x)), start=1):
        said = codes.copy()
        said[:, count:] = 0
        apart = deformations(tokenizer, x) - deformations(tokenizer, tokenizer.decode_codes(said))
        assert error == pytest.approx(np.sqrt(np.square(apart).sum(axis=2).mean(axis=1)).mean(), rel=1e-3)


def test_faithful_tokens_move_the_way_the_face_does(tokenizer: Tokenizer, table: TrainingTable) -> None:
    x = table.x[:80]
    codes = tokenizer.encode_codes(x)
    face = deformations(tokenizer, x - tokenizer.neutral)
    templates = deformations(tokenizer, tokenizer.templates())
    for level, share in enumerate(card.faithful_shares(tokenizer, x, tokenizer.encode(x))):
        agree = [(face[n] * templates[k]).sum() > 0 for n, k in enumerate(codes[:, level]) if k > 0]
        assert share == pytest.approx(np.mean(agree))


def test_locality_counts_the_vertices_that_hold_the_energy(tokenizer: Tokenizer, table: TrainingTable) -> None:
    codes = tokenizer.encode_codes(table.x[:80])
    shares = []
    for moved in deformations(tokenizer, tokenizer.templates()):
        energy = sorted(np.square(moved).sum(axis=1), reverse=True)
        count = next(m for m in range(len(energy) + 1) if sum(energy[:m]) >= 0.9 * sum(energy))
        shares.append(count / len(energy))
    expected = np.mean([shares[k] for row in codes for k in row if k > 0])
    assert card.locality(tokenizer, tokenizer.encode(table.x[:80])) == pytest.approx(expected, abs=2e-3)


def test_cosines_are_those_of_the_deformations(tokenizer: Tokenizer) -> None:
    moved = deformations(tokenizer, tokenizer.templates())[1:].reshape(15, -1)
    unit = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    expected = [(unit @ unit.T)[i, j] for i in range(15) for j in range(i + 1, 15)]
    np.testing.assert_allclose(card.template_cosines(tokenizer), expected, atol=1e-3)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([[1, 2], [3, 4]], 4.0),
        ([[1, 0], [1, 0]], 1.0),
        ([[0, 0]], 0.0),
        ([[1, 1], [2, 0]], 3 / 2 ** (2 / 3)),
    ],
)
def test_perplexity_is_the_effective_number_of_codes(codes: list[list[int]], expected: float) -> None:
    assert card.effective_displays(np.array(codes, dtype=np.int16)) == pytest.approx(expected)


def test_the_card_is_plain_json_with_honest_floors(tokenizer: Tokenizer, table: TrainingTable) -> None:
    mean = table.x.mean(axis=0)
    figures = card.measure(tokenizer, table.x, mean)
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    assert figures["error_mm"] == figures["without_encoder"]["error_mm"]
    assert 0 < figures["error_mm"] < figures["mean_face_mm"]
    errors = tokenizer.space.error_mm(table.x, np.tile(mean, (len(table.x), 1)))
    assert figures["mean_face_mm"] == pytest.approx(errors.mean(), rel=1e-3)
    assert figures["tokens_per_face"] == pytest.approx(
        (tokenizer.encode_codes(table.x) > 0).sum(axis=1).mean(), rel=1e-3
    )


def test_a_level_that_never_speaks_has_no_share(tokenizer: Tokenizer) -> None:
    shares = card.faithful_shares(
        tokenizer, tokenizer.neutral[None], tokenizer.displays().tokens(np.zeros((1, 4), int))
    )
    assert np.isnan(shares).all()
