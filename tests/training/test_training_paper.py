"""The paper-like preset: transformers on both sides of the book, in any space, with a mesh or without."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dfe.quantizers.rvq.config import DecoderConfig, EncoderConfig
from dfe.space.base import ExpressionSpace
from dfe.space.registry import load_space
from dfe.tokenizer.file import load_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer
from made_rvq import torch_model

torch = pytest.importorskip("torch", reason="needs the extra train")

from dfe.quantizers.rvq.settings import RvqSettings  # noqa: E402
from dfe.quantizers.settings import LossWeights  # noqa: E402
from dfe.training.card import error_by_tokens, faithful_shares  # noqa: E402
from dfe.training.config import TrainConfig, preset  # noqa: E402
from dfe.training.loop import train  # noqa: E402
from dfe.training.run import first_model  # noqa: E402
from dfe.training.tables import TrainingTable  # noqa: E402

SMALL = replace(
    preset("paper"),
    levels=4,
    size=16,
    quantizer=RvqSettings(
        encoder=EncoderConfig(width=16, layers=1, heads=2, hidden=16),
        decoder=DecoderConfig(width=16, layers=1, heads=2, hidden=16),
    ),
    steps=60,
    batch=128,
    reseed_every=10,
    validate_every=20,
    checkpoint_every=20,
)


def flame_like(space: ExpressionSpace, rows: int = 1500) -> TrainingTable:
    """Falling variances, both signs, a few displays in common, as FLAME's coefficients have them."""
    rng = np.random.default_rng(0)
    scale = 1.5 / np.sqrt(1 + np.arange(space.dimension))
    displays = rng.normal(size=(10, space.dimension)) * scale
    x = rng.gamma(0.3, 1.0, (rows, 10)) @ displays + 0.3 * rng.normal(size=(rows, space.dimension)) * scale + 0.2
    sources = np.array([f"{i:05d}.jpg" for i in range(rows)], dtype=object)
    return TrainingTable("flame", x.astype(np.float32), sources, np.ones(rows, bool), space.id)


def test_the_preset_is_the_papers_architecture() -> None:
    config = preset("paper")
    assert config.quantizer == RvqSettings(encoder=EncoderConfig(), decoder=DecoderConfig(), beam=1)
    assert (config.size, config.neutral) == (64, "mean")
    assert config.losses == LossWeights()
    assert config.losses.sparsity > 0
    assert config.losses.orthogonality > 0
    assert TrainConfig().quantizer == RvqSettings()
    assert RvqSettings().decoder is None


@pytest.mark.parametrize("id", ["flame2020/exp50", "flame2020/exp50+jaw3"])
def test_flame_tables_give_a_tokenizer_that_opens_without_being_told_its_space(id: str, tmp_path: Path) -> None:
    space = load_space(id)
    table = flame_like(space)
    result = train([table], tmp_path, SMALL, space=space)
    assert result.measured["error_mm"] < 0.7 * result.measured["mean_face_mm"]
    loaded = load_tokenizer(tmp_path)
    assert (loaded.hash, loaded.space_id, loaded.additive) == (result.tokenizer.hash, id, False)
    np.testing.assert_allclose(loaded.neutral, table.x.mean(axis=0), atol=0.1)
    tokens = loaded.encode(table.x)
    assert len(np.unique(tokens.display)) > 8
    back = loaded.decode(tokens)
    off = np.sqrt(np.square(back - table.x).mean(axis=1))
    np.testing.assert_allclose(loaded.error_mm(table.x, tokens), off, atol=1e-5)
    assert off.mean() < 0.7 * np.sqrt(np.square(table.x - table.x.mean(axis=0)).mean(axis=1)).mean()
    errors = error_by_tokens(loaded, table.x, tokens)
    assert errors[0] > errors[-1]


def test_the_decoder_learns_and_log_and_card_show_what_it_decodes(table: TrainingTable, tmp_path: Path) -> None:
    result = train([table], tmp_path, SMALL, validation=[table])
    tokenizer = result.tokenizer
    assert tokenizer.weights["decoder.head.weight"].any()
    config = replace(tokenizer.config, decoder=None)
    weights = {name: tokenizer.weights[name] for name in config.weight_shapes()}
    summed = Tokenizer(name="sum", version="1", space=tokenizer.space, config=config, weights=weights)
    tokens, codes = tokenizer.encode(table.x), tokenizer.encode_codes(table.x)
    error = tokenizer.error_mm(table.x, tokens).mean()
    assert error < 0.998 * summed.error_mm(table.x, summed.displays().tokens(codes)).mean()
    assert result.measured["error_mm"] == pytest.approx(error, rel=1e-3)
    last = json.loads((tmp_path / "log.jsonl").read_text().splitlines()[-1])
    assert last["validation_error_mm"] == pytest.approx(error, rel=1e-3)


def test_an_interrupted_run_goes_on_to_the_same_tokenizer(table: TrainingTable, tmp_path: Path) -> None:
    def stop(done: int, total: int | None) -> None:
        if done == 45:
            raise KeyboardInterrupt

    whole = train([table], tmp_path / "whole", SMALL)
    with pytest.raises(KeyboardInterrupt):
        train([table], tmp_path / "cut", SMALL, stop)
    assert train([table], tmp_path / "cut", SMALL).tokenizer.hash == whole.tokenizer.hash


def test_it_starts_where_the_additive_one_does(table: TrainingTable, space: ExpressionSpace) -> None:
    from dfe.training.data import load_data

    data = load_data([table], space, SMALL)
    told = first_model(data, space, SMALL)
    plain = first_model(data, space, replace(SMALL, quantizer=replace(SMALL.quantizer, decoder=None)))
    x = torch.from_numpy(data.training.whole()[:50])
    with torch.no_grad():
        np.testing.assert_array_equal(told(x).x, plain(x).x)
        np.testing.assert_array_equal(told.templates(), plain.templates())


def test_templates_in_training_are_codes_decoded_alone(table: TrainingTable, tmp_path: Path) -> None:
    tokenizer = train([table], tmp_path, SMALL).tokenizer
    model = torch_model(tokenizer)
    made = model.templates() @ model.decoder.from_latent
    alone = tokenizer.decode_codes(np.arange(1, tokenizer.size)[:, None]) - tokenizer.neutral
    np.testing.assert_allclose(made.detach(), alone, atol=1e-5)
    assert (model.templates() - model.quantizer.codes).abs().max() > 1e-4
    model.templates().square().sum().backward()
    assert model.transformer.head.weight.grad.any()
    assert model.quantizer.codes.grad.any()


def test_agreement_is_of_what_a_token_adds_where_it_stands(table: TrainingTable, tmp_path: Path) -> None:
    tokenizer = train([table], tmp_path, SMALL).tokenizer
    x = table.x[:80]
    codes = tokenizer.encode_codes(x)
    gram = tokenizer.space.gram
    for level, share in enumerate(faithful_shares(tokenizer, x, tokenizer.encode(x))):
        agrees = []
        for face, row in zip(x, codes, strict=True):
            if row[level] > 0:
                without = row.copy()
                without[level] = 0
                added = tokenizer.decode_codes(row[None])[0] - tokenizer.decode_codes(without[None])[0]
                agrees.append((face - tokenizer.neutral) @ gram @ added > 0)
        assert share == pytest.approx(np.mean(agrees))
