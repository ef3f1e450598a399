"""The torch modules against the published layouts and against the same networks in numpy."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra flame")

import torch

import made_encoders as made
import plain_encoders as plain
from dfe.frontends.encoders.networks.models import Deca, Emoca, Smirk
from dfe.frontends.encoders.networks.resnet import Regressor

PICTURE = np.random.default_rng(3).uniform(size=(3, 224, 224)).astype(np.float32)


def shapes(module: torch.nn.Module) -> made.Shapes:
    return {name: tuple(value.shape) for name, value in module.state_dict().items()}


def computed(module: torch.nn.Module, weights: dict[str, torch.Tensor], picture: np.ndarray = PICTURE) -> np.ndarray:
    module.load_state_dict(weights)
    with torch.inference_mode():
        return module.eval()(torch.from_numpy(picture)[None])[0].numpy()


def numpy_part(weights: dict[str, torch.Tensor], head: str = "") -> dict[str, np.ndarray]:
    return plain.part(weights, head, lambda value: value.numpy())


def test_smirk_has_every_tensor_of_its_list():
    assert len(made.smirk_shapes()) == 762
    assert shapes(Smirk()) == made.smirk_shapes()


@pytest.mark.parametrize("outputs", [236, 50])
def test_the_regressor_has_every_tensor_of_torchvisions_resnet50(outputs):
    assert shapes(Regressor(outputs)) == made.resnet50_shapes(outputs)
    learned = {
        n: s for n, s in made.resnet50_shapes(outputs).items() if n.startswith("encoder.") and "running" not in n
    }
    # 25,557,032 parameters as published, less the classifier's 2,049,000.
    assert sum(int(np.prod(s)) for n, s in learned.items() if not n.endswith("tracked")) == 23_508_032


def test_deca_computes_what_numpy_computes():
    weights = made.made(made.resnet50_shapes(236), seed=1)
    expected = plain.deca(numpy_part(weights), PICTURE)
    assert expected.std() > 0.1
    np.testing.assert_allclose(computed(Deca(), made.under("E_flame.", weights)), expected, atol=2e-5)


def test_emoca_takes_the_jaw_from_where_it_is():
    """After 50 expression components come: nothing (the jaw is DECA's), the jaw, or the head's turn and the jaw."""
    flame = made.made(made.resnet50_shapes(236), seed=1)
    for outputs, jaw_at in ((50, None), (53, 50), (56, 53)):
        expression = made.made(made.resnet50_shapes(outputs), seed=2)
        own = computed(Regressor(outputs), expression)
        weights = made.under("E_expression.", expression)
        if jaw_at is None:
            weights |= made.under("E_flame.", flame)
            jaw = computed(Regressor(236), flame)[203:206]
        else:
            jaw = own[-3:]
        np.testing.assert_array_equal(computed(Emoca(outputs, jaw_at), weights), np.concatenate([own[:50], jaw]))


@pytest.mark.parametrize("bias", [0.0, 0.5, -0.5], ids=["free", "above", "below"])
def test_smirk_computes_what_numpy_computes(bias):
    """With biases that push eyelids and jaw beyond their bounds on either side too."""
    weights = made.made(made.smirk_shapes(), seed=4)
    weights["expression_encoder.expression_layers.0.bias"][50:] += 3 * bias
    expected = plain.smirk(numpy_part(weights, "expression_encoder."), PICTURE)
    if bias > 0:
        assert list(expected[51:55]) == pytest.approx([0.2, 0.2, 1.0, 1.0])
    if bias < 0:
        assert list(expected[50:55]) == pytest.approx([0.0, -0.2, -0.2, 0.0, 0.0])
    np.testing.assert_allclose(computed(Smirk(), weights), expected, atol=2e-6)


@pytest.mark.parametrize("side", [64, 97])
def test_both_backbones_pad_as_tensorflow_does(side):
    """Of even and odd sides; the small backbone (of the head's turn) has strides of its own."""
    picture = np.random.default_rng(side).uniform(size=(3, side, side)).astype(np.float32)
    weights = made.made(made.smirk_shapes(), seed=5)
    smirk = Smirk().eval()
    smirk.load_state_dict(weights)
    heads = (("pose", plain.SMALL_STRIDES), ("shape", plain.LARGE_STRIDES))
    for head, strides in heads:
        expected = plain.mobilenet(numpy_part(weights, f"{head}_encoder."), picture, strides)
        backbone = smirk.get_submodule(f"{head}_encoder.encoder")
        with torch.inference_mode():
            got = backbone(torch.from_numpy(picture)[None])[0].numpy()
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())
