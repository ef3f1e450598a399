"""Hugging Face folders of tiny random ViTs, and their sums written out in float64."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from dfe.predict.vit.layout import VitConfig, folder_files

TINY = VitConfig(
    image_size=12,
    patch_size=4,
    channels=3,
    width=8,
    depth=2,
    heads=2,
    hidden=20,
    eps=1e-6,
    mean=(0.4, 0.5, 0.6),
    std=(0.2, 0.3, 0.4),
)


def tensors(config: VitConfig, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(0, 0.3, shape).astype(np.float32) for name, shape in config.shapes().items()}


def write(folder: Path, config: VitConfig = TINY, weights=None, before: str = "vit.", **changed) -> Path:
    """A folder; entries of config.json may be changed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in folder_files(config, changed).items():
        (folder / name).write_text(text)
    weights = tensors(config) if weights is None else weights
    save_file({f"{before}{name}": value for name, value in weights.items()}, folder / "model.safetensors")
    return folder


def change(folder: Path, file: str, **entries) -> None:
    content = json.loads((folder / file).read_text()) | entries
    (folder / file).write_text(json.dumps({k: v for k, v in content.items() if v is not ...}))


def by_hand(w: dict[str, np.ndarray], config: VitConfig, picture: np.ndarray) -> np.ndarray:
    """Tokens ``(1 + patches, width)`` of one picture ``(side, side, c)`` uint8, patch by patch, head by head."""
    w = {name: value.astype(np.float64) for name, value in w.items()}
    scaled = (picture / 255.0 - np.array(config.mean)) / np.array(config.std)
    p, side = config.patch_size, config.image_size // config.patch_size
    rows = [w["embeddings.cls_token"][0, 0]]
    kernel = w["embeddings.patch_embeddings.projection.weight"]
    for r in range(side):
        for c in range(side):
            patch = scaled[r * p : (r + 1) * p, c * p : (c + 1) * p].transpose(2, 0, 1)
            bias = w["embeddings.patch_embeddings.projection.bias"]
            rows.append(np.array([(kernel[d] * patch).sum() for d in range(config.width)]) + bias)
    x = np.array(rows) + w["embeddings.position_embeddings"][0]

    def linear(name, value):
        return value @ w[f"{name}.weight"].T + w.get(f"{name}.bias", 0.0)

    def norm(name, value):
        centred = value - value.mean(axis=1, keepdims=True)
        scale = np.sqrt((centred**2).mean(axis=1, keepdims=True) + config.eps)
        return centred / scale * w[f"{name}.weight"] + w[f"{name}.bias"]

    def gelu(value):
        erf = np.vectorize(math.erf)
        if config.activation == "gelu":
            return value * 0.5 * (1 + erf(value / math.sqrt(2)))
        return value * 0.5 * (1 + np.tanh(math.sqrt(2 / math.pi) * (value + 0.044715 * value**3)))

    for layer in range(config.depth):
        head = f"encoder.layer.{layer}"
        inner = norm(f"{head}.layernorm_before", x)
        q, k, v = (linear(f"{head}.attention.attention.{part}", inner) for part in ("query", "key", "value"))
        size = config.width // config.heads
        mixed = np.zeros_like(x)
        for h in range(config.heads):
            own = slice(h * size, (h + 1) * size)
            weight = np.exp(q[:, own] @ k[:, own].T / math.sqrt(size))
            mixed[:, own] = weight / weight.sum(axis=1, keepdims=True) @ v[:, own]
        x = x + linear(f"{head}.attention.output.dense", mixed)
        inner = linear(f"{head}.intermediate.dense", norm(f"{head}.layernorm_after", x))
        x = x + linear(f"{head}.output.dense", gelu(inner))
    return norm("layernorm", x)
