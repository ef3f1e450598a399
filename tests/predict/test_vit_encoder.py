from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save_file

from dfe.base.errors import DfeError, ModelError
from dfe.predict.representations.face_crops import in_channels
from made_vit import TINY, by_hand, change, tensors, write

torch = pytest.importorskip("torch", reason="needs the extra train")

from dfe.predict.vit.encoder import BATCH, load_vit  # noqa: E402
from dfe.predict.vit.layout import read_config  # noqa: E402
from dfe.predict.vit.network import Vit  # noqa: E402


def pictures(count, config=TINY, seed=1):
    return np.random.default_rng(seed).integers(0, 256, (count, config.image_size, config.image_size, 3), np.uint8)


@pytest.mark.parametrize(
    "config",
    [
        TINY,
        replace(TINY, activation="gelu_new", qkv_bias=False, depth=1),
        replace(TINY, channels=1, mean=(0.5,), std=(0.25,)),
    ],
    ids=["ViTMAE", "no bias, tanh", "grey"],
)
@pytest.mark.parametrize("before", ["vit.", ""])
def test_equals_the_sums_written_out(tmp_path, config, before):
    write(tmp_path, config, before=before)
    crops = pictures(3, config)
    seen = in_channels(crops, config.channels)
    by_patch = np.array([by_hand(tensors(config), config, crop) for crop in seen])
    np.testing.assert_allclose(load_vit(tmp_path).encode(crops), by_patch[:, 1:].mean(axis=1), atol=2e-5)
    np.testing.assert_allclose(load_vit(tmp_path, "cls").encode(crops), by_patch[:, 0], atol=2e-5)


def test_quarters_are_pooled_by_place(tmp_path):
    config = replace(TINY, image_size=20)
    encoder = load_vit(write(tmp_path, config), "quarters")
    crop = pictures(1, config)
    grid = by_hand(tensors(config), config, crop[0])[1:].reshape(5, 5, 8)
    parts = [grid[:2, :2], grid[:2, 2:], grid[2:, :2], grid[2:, 2:]]
    expected = np.concatenate([part.reshape(-1, 8).mean(axis=0) for part in parts])
    assert encoder.width == 32
    assert encoder.id.endswith(", quarters")
    np.testing.assert_allclose(encoder.encode(crop)[0], expected, atol=2e-5)


def test_one_patch_has_no_quarters(tmp_path):
    whole = write(tmp_path, replace(TINY, patch_size=12))
    assert load_vit(whole, "mean").encode(pictures(1)).shape == (1, 8)
    with pytest.raises(ModelError, match="one patch, which has no quarters; take the mean"):
        load_vit(whole, "quarters")


def test_shapes_are_those_of_the_network():
    made = {name: tuple(value.shape) for name, value in Vit(TINY).state_dict().items()}
    assert made == TINY.shapes()


def test_heads_poolers_and_decoders_are_left_aside(tmp_path):
    more = {f"vit.{name}": value for name, value in tensors(TINY).items()}
    more |= {"decoder.mask_token": np.ones((1, 1, 4), np.float32), "classifier.weight": np.ones((2, 8), np.float32)}
    more |= {"vit.pooler.dense.weight": np.ones((8, 8), np.float32)}
    write(tmp_path, weights=more, before="")
    assert load_vit(tmp_path).encode(pictures(1)).shape == (1, 8)


def test_half_precision_is_read(tmp_path):
    halves = {name: value.astype(np.float16) for name, value in tensors(TINY).items()}
    whole = {name: value.astype(np.float32) for name, value in halves.items()}
    crop = pictures(1)
    expected = by_hand(whole, TINY, crop[0])[1:].mean(axis=0)
    np.testing.assert_allclose(load_vit(write(tmp_path, weights=halves)).encode(crop)[0], expected, atol=2e-5)


def test_company_does_not_matter(tmp_path):
    encoder = load_vit(write(tmp_path))
    crops = pictures(BATCH + 5)
    together = encoder.encode(crops)
    alone = np.concatenate([encoder.encode(crop[None]) for crop in crops])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    assert (encoder.encode(crops) == together).all()
    assert encoder.encode(crops[:0]).shape == (0, 8)


def test_name_tells_weights_apart(tmp_path):
    one = load_vit(write(tmp_path / "a" / "mae"))
    two = load_vit(write(tmp_path / "b" / "mae", weights=tensors(TINY, 1)))
    assert one.id.startswith("MAE mae ")
    assert one.id != two.id
    assert load_vit(tmp_path / "a" / "mae", "cls", "ours").id == "ours, cls token"


def test_crops_of_another_size(tmp_path):
    with pytest.raises(ModelError, match="12 px"):
        load_vit(write(tmp_path)).encode(np.zeros((2, 13, 13, 3), np.uint8))


def refusal(folder):
    with pytest.raises(ModelError) as caught:
        load_vit(folder)
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)
    return str(caught.value)


def test_pickles_are_never_read(tmp_path):
    write(tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    assert "pickle" in refusal(tmp_path)
    assert "save_pretrained" in refusal(tmp_path)


def test_what_a_folder_may_lack(tmp_path):
    assert "no such folder" in refusal(tmp_path / "none")
    assert "config.json: there is no such file" in refusal(tmp_path)
    write(tmp_path)
    (tmp_path / "preprocessor_config.json").unlink()
    assert "preprocessor_config.json: there is no such file" in refusal(tmp_path)
    write(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    assert "holds no model.safetensors" in refusal(tmp_path)
    (tmp_path / "model.safetensors.index.json").write_text("{}")
    assert "several files" in refusal(tmp_path)
    (tmp_path / "cache" / "snapshots").mkdir(parents=True)
    assert "snapshots" in refusal(tmp_path / "cache")


@pytest.mark.parametrize(
    ("file", "entries", "words"),
    [
        ("config.json", {"model_type": "videomae"}, "type 'videomae'"),
        ("config.json", {"hidden_act": "swish"}, "'swish'"),
        ("config.json", {"hidden_size": "8"}, "hidden_size is '8'"),
        ("config.json", {"hidden_size": ...}, "hidden_size is None"),
        ("config.json", {"num_hidden_layers": 10**12}, "num_hidden_layers"),
        ("config.json", {"num_attention_heads": 3}, "sizes do not fit"),
        ("config.json", {"image_size": [12, 16]}, "image_size"),
        ("config.json", {"num_channels": 2}, "num_channels is 2|not 2 numbers"),
        ("config.json", {"layer_norm_eps": "small"}, "layer_norm_eps"),
        ("config.json", {"patch_size": 6}, "another shape of embeddings.position_embeddings 1x10x8, not 1x5x8"),
        ("config.json", {"num_hidden_layers": 3}, "lacks encoder.layer.2"),
        ("config.json", {"num_hidden_layers": 1}, "holds unknown encoder.layer.1"),
        ("preprocessor_config.json", {"image_mean": [0.5]}, "image_mean is .0.5., not 3 numbers"),
        ("preprocessor_config.json", {"image_std": [0.5, 0.5, 0]}, "image_std"),
        ("preprocessor_config.json", {"do_rescale": False}, "another scale"),
        ("preprocessor_config.json", {"rescale_factor": float("nan")}, "another scale"),
    ],
)
def test_configurations_that_do_not_fit(tmp_path, file, entries, words):
    write(tmp_path)
    change(tmp_path, file, **entries)
    assert re.search(words, refusal(tmp_path))


def test_sides_and_scales_in_their_other_spellings(tmp_path):
    write(tmp_path)
    change(tmp_path, "config.json", image_size=[12, 12], hidden_act=...)
    change(tmp_path, "preprocessor_config.json", image_mean=0.5, rescale_factor=0.00392156862745098)
    assert read_config(tmp_path) == replace(TINY, mean=(0.5,) * 3)
    change(tmp_path, "preprocessor_config.json", do_normalize=False)
    assert read_config(tmp_path) == replace(TINY, mean=(0.0,) * 3, std=(1.0,) * 3)


def test_damage(tmp_path):
    write(tmp_path)
    path = tmp_path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-20])
    assert "cannot be read as safetensors" in refusal(tmp_path)
    weights = tensors(TINY)
    weights["layernorm.bias"][2] = np.nan
    save_file(weights, path)
    assert "layernorm.bias holds values that are not finite" in refusal(tmp_path)
    save_file(tensors(TINY) | {"layernorm.bias": np.ones(8, np.int64)}, path)
    assert "layernorm.bias holds torch.int64, not floats" in refusal(tmp_path)
    (tmp_path / "config.json").write_text("[1, 2")
    assert "config.json: is not JSON: damaged, or no configuration" in refusal(tmp_path)
    (tmp_path / "config.json").write_text("[1, 2]")
    assert "config.json: is no configuration" in refusal(tmp_path)


def test_other_representations_leave_torch_alone():
    modules = ", ".join(f"dfe.predict.representations.{name}" for name in ("tokens", "pictures", "given"))
    code = f"import sys, dfe.predict.vit.layout, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_encoder_says_what_it_needs(tmp_path, monkeypatch):
    from dfe.predict.representations.pictures import load_encoder

    write(tmp_path)
    assert load_encoder(tmp_path, "cls").id.endswith(", cls token")
    monkeypatch.delitem(sys.modules, "dfe.predict.vit.encoder")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(DfeError, match="needs torch"):
        load_encoder(tmp_path)
