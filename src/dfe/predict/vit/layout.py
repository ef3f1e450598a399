"""A Hugging Face folder of a ViT or ViTMAE: ``config.json``, ``preprocessor_config.json``, ``model.safetensors``.

It is read offline and without that library: the two JSON files say what the network is and how its pictures are
scaled, and the tensors are taken from safetensors alone, since a pickle can run code when it is read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dfe.base.errors import ModelError
from dfe.base.json_objects import read_object

CONFIG, PREPROCESSOR, WEIGHTS = "config.json", "preprocessor_config.json", "model.safetensors"
KINDS = ("vit", "vit_mae")
ACTIVATIONS = ("gelu", "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "relu")
_PICKLES = ("pytorch_model.bin", "model.pt", "model.pth", "pytorch_model.pth")
_AWAY = ("decoder.", "classifier.", "pooler.", "embeddings.mask_token")
_NAMED = 3
_LARGEST = 100_000


@dataclass(frozen=True)
class VitConfig:
    """Sizes of the network and scale of its pictures."""

    image_size: int = 64
    """Side of the picture in pixels."""
    patch_size: int = 8
    channels: int = 1
    """3: RGB; 1: grey."""
    width: int = 192
    """Numbers of a token."""
    depth: int = 6
    heads: int = 3
    hidden: int = 768
    """Units between the two layers of each perceptron."""
    activation: str = "gelu"
    eps: float = 1e-12
    """Of the layer norms."""
    qkv_bias: bool = True
    mean: tuple[float, ...] = (0.5,)
    """By channel, of pixels from 0 to 1; taken away before the network sees them."""
    std: tuple[float, ...] = (0.5,)
    """By channel; divided by."""

    @property
    def patches(self) -> int:
        """Number of patches of a picture."""
        return (self.image_size // self.patch_size) ** 2

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of every tensor by its name in ``ViTModel``, without the pooler."""
        d, h = self.width, self.hidden
        found: dict[str, tuple[int, ...]] = {
            "embeddings.cls_token": (1, 1, d),
            "embeddings.position_embeddings": (1, self.patches + 1, d),
            "embeddings.patch_embeddings.projection.weight": (d, self.channels, self.patch_size, self.patch_size),
            "embeddings.patch_embeddings.projection.bias": (d,),
            "layernorm.weight": (d,),
            "layernorm.bias": (d,),
        }
        dense = {"attention.output.dense": (d, d), "intermediate.dense": (h, d), "output.dense": (d, h)}
        for layer in range(self.depth):
            head = f"encoder.layer.{layer}"
            for part in ("query", "key", "value"):
                found[f"{head}.attention.attention.{part}.weight"] = (d, d)
                if self.qkv_bias:
                    found[f"{head}.attention.attention.{part}.bias"] = (d,)
            for name, shape in dense.items():
                found |= {f"{head}.{name}.weight": shape, f"{head}.{name}.bias": shape[:1]}
            for name in ("layernorm_before", "layernorm_after"):
                found |= {f"{head}.{name}.weight": (d,), f"{head}.{name}.bias": (d,)}
        return found


def read_config(folder: Path) -> VitConfig:
    """What the two JSON files of a folder say.

    Raises:
        ModelError: a file is missing or damaged, or the network is of a kind that is not read here.
    """
    if not folder.is_dir():
        raise ModelError("there is no such folder", where=folder, advice=f"give one with {CONFIG} and {WEIGHTS}")
    if (folder / "snapshots").is_dir() and not (folder / CONFIG).is_file():
        raise ModelError("is a cache of a model", where=folder, advice="give the folder of one of its snapshots")
    path = folder / CONFIG
    content = _json(path)
    kind = content.get("model_type")
    if kind not in KINDS:
        advice = "give a ViTMAE or ViT, or the features of another network as an npz file"
        raise ModelError(f"describes a network of type {kind!r}, not vit_mae or vit", where=path, advice=advice)
    channels = _whole(content, "num_channels", path)
    mean, std = _scale(_json(folder / PREPROCESSOR), channels, folder / PREPROCESSOR)
    activation = content.get("hidden_act", "gelu")
    if activation not in ACTIVATIONS:
        raise ModelError(f"has the activation {activation!r}, which is not known here", where=path)
    eps, bias = content.get("layer_norm_eps", 1e-12), content.get("qkv_bias", True)
    if not isinstance(eps, int | float) or not 0 < eps < 1 or not isinstance(bias, bool):
        raise ModelError("layer_norm_eps or qkv_bias is not what it should be", where=path)
    config = VitConfig(
        image_size=_side(content, "image_size", path),
        patch_size=_side(content, "patch_size", path),
        channels=channels,
        width=_whole(content, "hidden_size", path),
        depth=_whole(content, "num_hidden_layers", path),
        heads=_whole(content, "num_attention_heads", path),
        hidden=_whole(content, "intermediate_size", path),
        activation=activation,
        eps=float(eps),
        qkv_bias=bias,
        mean=mean,
        std=std,
    )
    if channels not in (1, 3):
        raise ModelError(f"num_channels is {channels}, not 1 (grey) or 3 (RGB)", where=path)
    if config.patch_size > config.image_size or config.width % config.heads:
        what = "sizes do not fit: patches larger than pictures, or a width that its heads do not divide"
        raise ModelError(what, where=path)
    return config


def find_weights(folder: Path) -> Path:
    """The safetensors file of a folder.

    Raises:
        ModelError: there is none, only a pickle, or weights in several files.
    """
    path = folder / WEIGHTS
    if path.is_file():
        return path
    pickled = next((name for name in _PICKLES if (folder / name).is_file()), None)
    if pickled:
        advice = f"where it was made, save it again with save_pretrained(folder), which writes {WEIGHTS}"
        raise ModelError("is a pickle, which can run code when it is read", where=folder / pickled, advice=advice)
    if (folder / f"{WEIGHTS}.index.json").is_file():
        advice = "save it again with save_pretrained(folder, max_shard_size='10GB')"
        raise ModelError("has its weights in several files", where=folder, advice=advice)
    raise ModelError(f"holds no {WEIGHTS}", where=folder, advice="give the folder that save_pretrained wrote")


def names_in_file(shapes: Mapping[str, tuple[int, ...]], config: VitConfig, where: Path) -> dict[str, str]:
    """By name in ``ViTModel`` the name in a file, which may have ``vit.`` before it.

    Heads, poolers and decoders are left aside.

    Args:
        shapes: of all tensors in the file.
        config: of the folder.
        where: the file, for errors.

    Raises:
        ModelError: tensors are missing, not known, or of another shape; names the first few.
    """
    before = "vit." if any(name.startswith("vit.embeddings.") for name in shapes) else ""
    wanted = config.shapes()
    own = {name[len(before) :] for name in shapes if name.startswith(before)}
    unknown = sorted(name for name in own if name not in wanted and not name.startswith(_AWAY))
    missing = [name for name in wanted if name not in own]
    other = [
        f"{name} {_sizes(tuple(shapes[before + name]))}, not {_sizes(shape)}"
        for name, shape in wanted.items()
        if name in own and tuple(shapes[before + name]) != shape
    ]
    for problem, names in (("lacks", missing), ("has another shape of", other), ("holds unknown", unknown)):
        if names:
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            what = f"{problem} {', '.join(names[:_NAMED])}{more}"
            raise ModelError(what, where=where, advice=f"the weights and {CONFIG} must be of the same ViT or ViTMAE")
    return {name: before + name for name in wanted}


def folder_files(config: VitConfig, more: Mapping[str, Any]) -> dict[str, str]:
    """Text of the two JSON files, by name, as Hugging Face's ``ViTMAEForPreTraining`` wants them.

    Args:
        config: of the encoder.
        more: further entries of ``config.json`` (the decoder's sizes).
    """
    described = {
        "architectures": ["ViTMAEForPreTraining"],
        "model_type": "vit_mae",
        "image_size": config.image_size,
        "patch_size": config.patch_size,
        "num_channels": config.channels,
        "hidden_size": config.width,
        "num_hidden_layers": config.depth,
        "num_attention_heads": config.heads,
        "intermediate_size": config.hidden,
        "hidden_act": config.activation,
        "layer_norm_eps": config.eps,
        "qkv_bias": config.qkv_bias,
        "attention_probs_dropout_prob": 0.0,
        "hidden_dropout_prob": 0.0,
    }
    scale = {
        "image_processor_type": "ViTImageProcessor",
        "do_resize": True,
        "do_rescale": True,
        "do_normalize": True,
        "rescale_factor": 1 / 255,
        "size": {"height": config.image_size, "width": config.image_size},
        "image_mean": list(config.mean),
        "image_std": list(config.std),
    }
    texts = {CONFIG: described | dict(more), PREPROCESSOR: scale}
    return {name: json.dumps(content, indent=2, sort_keys=True) + "\n" for name, content in texts.items()}


def _json(path: Path) -> dict[str, Any]:
    absent = "there is no such file; give all that save_pretrained wrote (of the model, and of its image processor)"
    return read_object(path, "configuration", absent=absent, advice="download it again")


def _whole(content: Mapping[str, Any], name: str, path: Path) -> int:
    value = content.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < _LARGEST:
        raise ModelError(f"{name} is {value!r}, not a whole number above 0", where=path)
    return value


def _side(content: Mapping[str, Any], name: str, path: Path) -> int:
    value = content.get(name)
    if isinstance(value, list) and len(value) == 2 and value[0] == value[1]:
        value = value[0]
    return _whole({name: value}, name, path)


def _scale(content: Mapping[str, Any], channels: int, path: Path) -> tuple[tuple[float, ...], tuple[float, ...]]:
    factor = content.get("rescale_factor", 1 / 255)
    if not content.get("do_rescale", True) or not isinstance(factor, int | float) or not abs(factor * 255 - 1) <= 1e-3:
        raise ModelError("wants pixels on another scale than 0 to 1", where=path, advice="this is not read here")
    if not content.get("do_normalize", True):
        return (0.0,) * channels, (1.0,) * channels
    scale = []
    for name in ("image_mean", "image_std"):
        values = content.get(name)
        values = [values] * channels if isinstance(values, int | float) else values
        good = isinstance(values, list) and len(values) == channels
        if not good or not all(isinstance(v, int | float) and -10 < v < 10 for v in values or ()):
            raise ModelError(f"{name} is {values!r}, not {channels} numbers", where=path)
        scale.append(tuple(float(value) for value in values or ()))
    if min(scale[1]) <= 0:
        raise ModelError("image_std holds a number that is not above 0", where=path)
    return scale[0], scale[1]


def _sizes(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
