"""The encoders once more, in numpy and float64, from the published descriptions: what the torch modules are held to."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Weights = Mapping[str, np.ndarray]


def convolved(x: np.ndarray, weight: np.ndarray, stride: int, before: int, after: int) -> np.ndarray:
    """``(c, h, w)`` to ``(o, h', w')``; a weight with one input channel for each of many is depthwise."""
    padded = np.pad(x, ((0, 0), (before, after), (before, after)))
    windows = sliding_window_view(padded, weight.shape[2:], axis=(1, 2))[:, ::stride, ::stride]
    if weight.shape[1] == 1 and len(x) > 1:
        return np.einsum("chwij,cij->chw", windows, weight[:, 0])
    return np.tensordot(weight, windows, axes=((1, 2, 3), (0, 3, 4)))


def same(x: np.ndarray, weight: np.ndarray, stride: int) -> np.ndarray:
    """TensorFlow's SAME: ceil(side / stride) outputs, the padding's smaller half before."""
    side, kernel = x.shape[1], weight.shape[2]
    total = max((int(np.ceil(side / stride)) - 1) * stride + kernel - side, 0)
    return convolved(x, weight, stride, total // 2, total - total // 2)


def normalised(x: np.ndarray, w: Weights, name: str, epsilon: float) -> np.ndarray:
    column = {part: w[f"{name}.{part}"][:, None, None] for part in ("weight", "bias", "running_mean", "running_var")}
    return (x - column["running_mean"]) / np.sqrt(column["running_var"] + epsilon) * column["weight"] + column["bias"]


def relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


def regressor(w: Weights, picture: np.ndarray) -> np.ndarray:
    """ResNet-50 as He et al. describe it (stride in the 3 x 3 convolution), then two layers."""

    def unit(x: np.ndarray, conv: str, norm: str, stride: int = 1) -> np.ndarray:
        weight = w[f"encoder.{conv}.weight"]
        pad = weight.shape[2] // 2
        return normalised(convolved(x, weight, stride, pad, pad), w, f"encoder.{norm}", 1e-5)

    x = relu(unit(picture.astype(np.float64), "conv1", "bn1", 2))
    framed = np.pad(x, ((0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    x = sliding_window_view(framed, (3, 3), axis=(1, 2))[:, ::2, ::2].max(axis=(3, 4))
    for stage, blocks in enumerate((3, 4, 6, 3), 1):
        for block in range(blocks):
            name, stride = f"layer{stage}.{block}", 2 if block == 0 and stage > 1 else 1
            y = relu(unit(x, f"{name}.conv1", f"{name}.bn1"))
            y = relu(unit(y, f"{name}.conv2", f"{name}.bn2", stride))
            y = unit(y, f"{name}.conv3", f"{name}.bn3")
            x = relu(y + (unit(x, f"{name}.downsample.0", f"{name}.downsample.1", stride) if block == 0 else x))
    features = x.mean(axis=(1, 2))
    hidden = relu(w["layers.0.weight"] @ features + w["layers.0.bias"])
    return w["layers.2.weight"] @ hidden + w["layers.2.bias"]


LARGE_STRIDES = (1, 2, 2, 2, 1, 2)
SMALL_STRIDES = (2, 2, 2, 1, 2)


def mobilenet(w: Weights, picture: np.ndarray, strides: tuple[int, ...]) -> np.ndarray:
    """Minimal MobileNetV3, block by block as the names of the weights tell; strides by stage."""

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        return normalised(x, w, f"encoder.{name}", 1e-3)

    def conv(x: np.ndarray, name: str, stride: int = 1) -> np.ndarray:
        return same(x, w[f"encoder.{name}.weight"], stride)

    x = relu(norm(conv(picture.astype(np.float64), "conv_stem", 2), "bn1"))
    for stage, stride in enumerate(strides):
        block = 0
        while f"encoder.blocks.{stage}.{block}.conv_dw.weight" in w:
            b, step = f"blocks.{stage}.{block}", stride if block == 0 else 1
            if stage == 0:
                y = relu(norm(conv(x, f"{b}.conv_dw", step), f"{b}.bn1"))
                y = norm(conv(y, f"{b}.conv_pw"), f"{b}.bn2")
            else:
                y = relu(norm(conv(x, f"{b}.conv_pw"), f"{b}.bn1"))
                y = relu(norm(conv(y, f"{b}.conv_dw", step), f"{b}.bn2"))
                y = norm(conv(y, f"{b}.conv_pwl"), f"{b}.bn3")
            x = y + x if y.shape == x.shape else y
            block += 1
    last = f"blocks.{len(strides)}.0"
    return relu(norm(conv(x, f"{last}.conv"), f"{last}.bn1")).mean(axis=(1, 2))


def part(weights: Mapping[str, object], head: str, to_numpy: Callable[[object], np.ndarray]) -> dict[str, np.ndarray]:
    """The weights behind a prefix, as float64."""
    return {n[len(head) :]: to_numpy(v).astype(np.float64) for n, v in weights.items() if n.startswith(head)}


def deca(w: Weights, picture: np.ndarray) -> np.ndarray:
    """Shape 100, texture 50, expression 50, head's turn 3, jaw 3, camera 3, light 27."""
    code = regressor(w, picture)
    return np.concatenate([code[150:200], code[203:206]])


def smirk(w: Weights, picture: np.ndarray) -> np.ndarray:
    """Expression, jaw, eyelids, out of the expression encoder's expression, eyelids, jaw."""
    code = w["expression_layers.0.weight"] @ mobilenet(w, picture, LARGE_STRIDES) + w["expression_layers.0.bias"]
    eyelids, jaw = np.clip(code[50:52], 0, 1), code[52:55]
    return np.concatenate([code[:50], [max(jaw[0], 0)], np.clip(jaw[1:], -0.2, 0.2), eyelids])
