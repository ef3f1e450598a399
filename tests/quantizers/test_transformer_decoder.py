"""The transformer in the decoder: what it may do, what it must not, and that both engines do it alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dfe.base.errors import ModelError
from dfe.quantizers.rvq.config import DecoderConfig, RvqConfig
from dfe.quantizers.rvq.decoder import TransformerDecoder as NumpyDecoder
from dfe.quantizers.rvq.search import BLOCK
from dfe.tokenizer.file import load_tokenizer, save_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer
from made_rvq import torch_model


@pytest.fixture(scope="module")
def told(make_tokenizer: Callable[..., Tokenizer]) -> Tokenizer:
    return make_tokenizer(decoder=True)


@pytest.fixture(scope="module")
def codes(told: Tokenizer) -> np.ndarray:
    """Sequences of every length, some with a silent level inside."""
    rng = np.random.default_rng(1)
    codes = rng.integers(1, told.size, (700, told.levels))
    codes[np.arange(told.levels) >= rng.integers(1, told.levels + 1, 700)[:, None]] = 0
    codes[::50, 1] = 0
    return codes.astype(np.int16)


def with_weights(tokenizer: Tokenizer, **changes: np.ndarray) -> Tokenizer:
    weights = tokenizer.weights | {name.replace("__", "."): array for name, array in changes.items()}
    return Tokenizer(
        name="x", version="1", space=tokenizer.space, config=tokenizer.config, weights=weights, card=tokenizer.card
    )


def test_it_is_neither_the_sum_nor_nothing(told: Tokenizer, tokenizer: Tokenizer, codes: np.ndarray) -> None:
    assert tokenizer.additive
    assert not told.additive
    first_order = told.displays().added(told.displays().tokens(codes), told.neutral)
    off = told.space.error_mm(told.decode_codes(codes), first_order)
    assert (off > 0.1).mean() > 0.5, "random weights ought to make a difference"


def test_without_a_head_it_is_the_sum_to_the_last_bit(told: Tokenizer, codes: np.ndarray) -> None:
    head = {name: np.zeros_like(told.weights[name]) for name in ("decoder.head.weight", "decoder.head.bias")}
    silenced = with_weights(told, **head)
    config = replace(told.config, decoder=None)
    weights = {name: told.weights[name] for name in config.weight_shapes()}
    plain = Tokenizer(name="x", version="1", space=told.space, config=config, weights=weights)
    assert silenced.decode_codes(codes).tobytes() == plain.decode_codes(codes).tobytes()
    np.testing.assert_allclose(silenced.displays().directions, plain.displays().directions, atol=1e-6)
    np.testing.assert_allclose(silenced.displays().mm, plain.displays().mm, rtol=1e-5)


def test_codes_do_not_depend_on_the_decoder(told: Tokenizer, tokenizer: Tokenizer, faces: np.ndarray) -> None:
    shared = {name: array for name, array in told.weights.items() if name in tokenizer.weights}
    plain = with_weights(tokenizer, **shared)
    np.testing.assert_array_equal(told.encode_codes(faces[:2000]), plain.encode_codes(faces[:2000]))


def test_nothing_said_is_the_neutral_to_the_last_bit(told: Tokenizer) -> None:
    for columns in range(told.levels + 1):
        nothing = told.decode_codes(np.zeros((3, columns), np.int16))
        assert nothing.tobytes() == np.tile(told.neutral, (3, 1)).tobytes()


def test_levels_that_are_cut_off_are_levels_that_are_silent(told: Tokenizer, codes: np.ndarray) -> None:
    for m in range(1, told.levels + 1):
        silent = codes.copy()
        silent[:, m:] = 0
        assert told.decode_codes(codes[:, :m]).tobytes() == told.decode_codes(silent).tobytes()


def test_a_silent_level_has_no_say_whatever_was_learned_for_it(told: Tokenizer, codes: np.ndarray) -> None:
    levels = told.weights["decoder.levels"].copy()
    levels[3:] += 5
    changed = with_weights(told, decoder__levels=levels)
    np.testing.assert_array_equal(changed.decode_codes(codes[:, :3]), told.decode_codes(codes[:, :3]))
    assert (changed.decode_codes(codes) != told.decode_codes(codes)).any()


def test_a_face_does_not_depend_on_its_company(told: Tokenizer, codes: np.ndarray) -> None:
    assert len(codes) > BLOCK
    whole = told.decode_codes(codes)
    order = np.random.default_rng(0).permutation(len(codes))
    assert told.decode_codes(codes[order]).tobytes() == whole[order].tobytes()
    for row in (0, BLOCK - 1, BLOCK, len(codes) - 1):
        assert told.decode_codes(codes[row : row + 1]).tobytes() == whole[row : row + 1].tobytes()


def test_rows_without_a_face_come_back_as_nan(told: Tokenizer, codes: np.ndarray) -> None:
    some = codes[:5].copy()
    some[2] = -1
    back = told.decode_codes(some)
    assert np.isnan(back[2]).all()
    np.testing.assert_array_equal(back[[0, 1, 3, 4]], told.decode_codes(codes[:5])[[0, 1, 3, 4]])
    assert told.decode_codes(np.zeros((0, 8), np.int16)).shape == (0, 41)


def test_a_template_is_what_a_code_alone_makes_of_the_neutral(told: Tokenizer) -> None:
    alone = np.arange(told.size)[:, None]
    np.testing.assert_allclose(told.decode_codes(alone) - told.neutral, told.templates(), atol=1e-5)
    assert not told.templates()[0].any()


def test_intensities_are_how_far_a_level_goes_along_the_template(told: Tokenizer) -> None:
    displays, gram = told.displays(), told.space.gram
    for level, code in ((0, 5), (2, 9), (7, 63)):
        codes = np.zeros((1, told.levels), np.int16)
        codes[0, level] = code
        made = (told.decode_codes(codes)[0] - told.neutral).astype(np.float64)
        direction = told.templates()[code].astype(np.float64)
        expected = made @ gram @ direction / np.sqrt(direction @ gram @ direction)
        assert displays.mm[level, code] == pytest.approx(expected, rel=1e-3)
    np.testing.assert_allclose(displays.mm[0, 1:], displays.usual_mm, rtol=1e-6)
    assert not displays.mm[:, 0].any()


def test_it_is_saved_and_loaded(told: Tokenizer, codes: np.ndarray, tmp_path: Path) -> None:
    loaded = load_tokenizer(save_tokenizer(told, tmp_path / "told"))
    assert loaded.hash == told.hash
    assert loaded.config.decoder == told.config.decoder
    assert loaded.decode_codes(codes).tobytes() == told.decode_codes(codes).tobytes()


def test_a_configuration_comes_back_and_nothing_else_does(tokenizer: Tokenizer, told: Tokenizer) -> None:
    assert not [name for name in tokenizer.weights if name.startswith("decoder")]
    assert RvqConfig.from_json(told.config.to_json()) == told.config
    with pytest.raises(ModelError, match="heads"):
        DecoderConfig(width=10, heads=4)
    for forged in (8, {"width": 10**9}, {"depth": 3}, [], "transformer"):
        with pytest.raises(ModelError):
            RvqConfig.from_json(told.config.to_json() | {"decoder": forged})


class TestParity:
    torch = pytest.importorskip("torch", reason="needs the extra train")

    def test_same_shift_as_the_torch_model_in_float64(self, told: Tokenizer, codes: np.ndarray) -> None:
        torch = self.torch
        model = torch_model(told)
        rows = np.concatenate([codes, np.zeros((3, 8), np.int16)]).astype(np.int64)
        with torch.no_grad():
            numbers = torch.from_numpy(rows)
            spoken = model.quantizer.codebook()[numbers] * model.quantizer.gains()[:, None]
            expected = (model.transformer(spoken, numbers > 0) @ model.decoder.from_latent).numpy()
        found = NumpyDecoder(told.config, told.config.decoder, told.weights).shift(rows)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11)
        assert not found[-3:].any()
        assert not expected[-3:].any()
        assert np.abs(found).max() > 0.1

    def test_same_faces_and_templates_as_the_torch_model(self, told: Tokenizer, faces: np.ndarray) -> None:
        torch = self.torch
        model = torch_model(told)
        with torch.no_grad():
            output = model(torch.tensor(faces[:300]).double())
            templates = (model.templates() @ model.decoder.from_latent).numpy()
        np.testing.assert_array_equal(told.encode_codes(faces[:300]), output.quantized.codes.numpy())
        np.testing.assert_allclose(
            told.decode_codes(told.encode_codes(faces[:300])), output.x.numpy(), rtol=0, atol=2e-5
        )
        np.testing.assert_allclose(told.templates()[1:], templates, rtol=0, atol=2e-5)

    def test_the_models_weights_are_the_files_weights(self, told: Tokenizer) -> None:
        weights = torch_model(told).weights()
        assert weights.keys() == told.weights.keys()
        for name, array in told.weights.items():
            np.testing.assert_allclose(weights[name], array, rtol=1e-7, err_msg=name)

    def test_it_begins_by_adding_nothing_and_can_learn(self, told: Tokenizer) -> None:
        from dfe.quantizers.rvq.train.decoder import TransformerDecoder

        torch = self.torch
        torch.manual_seed(0)
        decoder = TransformerDecoder(DecoderConfig(width=16, heads=2, hidden=16), dimension=5, levels=3)
        spoken, speaks = torch.randn(7, 3, 5), torch.rand(7, 3) > 0.5
        speaks[0] = False
        begun = decoder(spoken, speaks)
        assert not begun.any()
        begun.sum().backward()
        assert decoder.head.weight.grad.any()
        with torch.no_grad():
            decoder.head.weight.normal_()
            decoder.head.bias.normal_()
        after = decoder(spoken, speaks)
        assert not after[0].any()
        assert after[speaks.any(dim=1)].all()
