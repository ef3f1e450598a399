"""The numpy engine and the torch model are the same tokenizer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from dfe.quantizers.rvq.encoder import Encoder
from dfe.tokenizer.tokenizer import Tokenizer
from made_rvq import torch_model

torch = pytest.importorskip("torch", reason="needs the extra train")


@pytest.mark.parametrize("encoder", [True, False])
def test_same_codes_as_the_torch_model_in_float64_on_every_row(
    make_tokenizer: Callable[..., Tokenizer], faces: np.ndarray, encoder: bool
) -> None:
    tokenizer = make_tokenizer(encoder=encoder)
    model = torch_model(tokenizer)
    expected = np.concatenate([model.encode(part).numpy() for part in torch.tensor(faces).double().split(1000)])
    found = tokenizer.find_codes(faces)
    assert len(faces) >= 20_000
    np.testing.assert_array_equal(found.codes, expected)
    assert 0 < found.doubt.mean() < 0.2
    assert len(np.unique(expected)) > tokenizer.size / 2
    assert (expected[:, -1] == 0).any()


def test_same_latents_as_the_torch_model(tokenizer: Tokenizer, faces: np.ndarray) -> None:
    model = torch_model(tokenizer)
    with torch.no_grad():
        expected = model.latent(torch.tensor(faces[:500]).double()).numpy()
    forward = Encoder(tokenizer.config, tokenizer.weights)
    np.testing.assert_allclose(forward.latent(faces[:500]), expected, rtol=0, atol=1e-11)
    np.testing.assert_allclose(forward.latent(faces[:500], np.float32), expected, rtol=0, atol=2e-4)
    assert np.abs(expected - forward.direct(faces[:500])).max() > 0.1


def test_decodes_as_the_torch_model_does(tokenizer: Tokenizer, faces: np.ndarray) -> None:
    model = torch_model(tokenizer)
    with torch.no_grad():
        expected = model(torch.tensor(faces[:200]).double()).x.numpy()
    np.testing.assert_allclose(tokenizer.decode_codes(tokenizer.encode_codes(faces[:200])), expected, rtol=0, atol=1e-5)


def test_the_models_weights_are_the_files_weights(tokenizer: Tokenizer) -> None:
    weights = torch_model(tokenizer).weights()
    assert weights.keys() == tokenizer.weights.keys()
    for name, array in tokenizer.weights.items():
        np.testing.assert_allclose(weights[name], array, rtol=1e-7, err_msg=name)
