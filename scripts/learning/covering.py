"""A small net that says how much of the upper and the lower face is covered: taught by torch, kept as ONNX."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional as F

from dfe.frontends.landmarks.covering import SIDE
from dfe.frontends.landmarks.sessions import FREE


@dataclass(frozen=True)
class CoveringConfig:
    """How it is taught."""

    channels: tuple[int, ...] = (16, 24, 32, 48, 64)
    strides: tuple[int, ...] = (2, 2, 1, 2, 2)
    hidden: int = 32
    epochs: int = 12
    batch: int = 64
    rate: float = 2e-3
    decay: float = 1e-3
    doubtful: float = 0.4
    """Pictures with nothing pasted on them whose score is above this after a first teaching are left out of the second:
    real hands, microphones and dark glasses that nobody has marked."""
    seed: int = 0


CARD = {
    "what": "shares of the upper and the lower face that something hides, 0 to 1, from a standardised grey crop",
    "taught on": "LFW, training people only, with things drawn over the faces (scripts/learning/covers.py)",
    "tried on": "LFW's testing people, Yale, films and one real hand (docs/decisions/0013-something-over-the-face.md)",
    "misses": "cups at the lips, thin things, skin on skin; wrong on full beards and mouths wide open",
    "made by": "scripts/make_covering.py",
    "licence": "Apache-2.0",
}
"""What the file itself says of the network (``onnx.load(path).metadata_props``)."""


class CoveringNet(nn.Module):
    """Standardised grey crops ``(n, 1, SIDE, SIDE)`` to log odds ``(n, 2)``."""

    def __init__(self, config: CoveringConfig) -> None:
        super().__init__()
        into, layers, side = 1, [], SIDE
        for out, stride in zip(config.channels, config.strides, strict=True):
            layers += [nn.Conv2d(into, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU()]
            into, side = out, side // stride
        self.body = nn.Sequential(*layers)
        self.dropout = nn.Dropout(0.3)
        self.first = nn.Linear(into * side * side, config.hidden)
        self.last = nn.Linear(config.hidden, 2)

    def forward(self, crops: Tensor) -> Tensor:
        hidden = F.relu(self.first(self.dropout(self.body(crops).flatten(1))))
        return self.last(hidden)


def changed(crops: Tensor, rng: torch.Generator) -> Tensor:
    """Crops ``(n, 1, side, side)`` shifted, turned, mirrored, lit and blurred by chance: ``(n, 1, SIDE, SIDE)``."""
    n = len(crops)

    def chance(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand((n, *shape), generator=rng)

    turn, scale = chance(-0.1, 0.1), chance(0.94, 1.06) * SIDE / crops.shape[-1]
    mirror = torch.where(torch.rand(n, generator=rng) < 0.5, -1.0, 1.0)
    affine = torch.stack([
        torch.stack([mirror * scale * turn.cos(), -scale * turn.sin(), chance(-0.06, 0.06)], 1),
        torch.stack([mirror * scale * turn.sin(), scale * turn.cos(), chance(-0.06, 0.06)], 1),
    ], 1)  # fmt: skip
    grid = F.affine_grid(affine, [n, 1, SIDE, SIDE], align_corners=False)
    out = F.grid_sample(crops, grid, padding_mode="border", align_corners=False) / 255
    for kernel in (2, 3):
        coarse = F.interpolate(F.avg_pool2d(out, kernel), SIDE, mode="bilinear", align_corners=False)
        out = torch.where(chance(0, 1, 1, 1, 1) < 0.15, coarse, out)
    out = out.clamp(1e-3, 1) ** chance(0.6, 1.7, 1, 1, 1)
    side = torch.linspace(-1, 1, SIDE)
    light = chance(-0.6, 0.6, 1, 1, 1) * side + chance(-0.4, 0.4, 1, 1, 1) * side[:, None]
    out = out * torch.where(chance(0, 1, 1, 1, 1) < 0.5, light, torch.zeros(())).exp()
    return (out * 255 + torch.randn(out.shape, generator=rng) * chance(0, 6, 1, 1, 1)).clamp(0, 255)


def standardised(crops: Tensor) -> Tensor:
    """As :func:`dfe.frontends.landmarks.covering.standardised`, of a batch."""
    mean = crops.mean((2, 3), keepdim=True)
    return (crops - mean) / (crops.std((2, 3), keepdim=True, correction=0) + 8.0)


def teach(crops: np.ndarray, shares: np.ndarray, config: CoveringConfig) -> CoveringNet:
    """A net for crops ``(n, side, side)`` of which these shares ``(n, 2)`` are covered.

    It is taught twice: the second time without pictures that the first net finds covered though nothing was pasted.
    """
    first = _taught(crops, shares, config)
    doubtful = (shares.max(1) == 0) & (predicted(first, crops).max(1) > config.doubtful)
    print(f"left out as covered already: {doubtful.sum()} of {(shares.max(1) == 0).sum()}")
    return _taught(crops[~doubtful], shares[~doubtful], config)


def _taught(crops: np.ndarray, shares: np.ndarray, config: CoveringConfig) -> CoveringNet:
    torch.manual_seed(config.seed)
    rng = torch.Generator().manual_seed(config.seed)
    x, y = torch.from_numpy(crops)[:, None], torch.from_numpy(shares)
    net = CoveringNet(config).train()
    optimiser = torch.optim.AdamW(net.parameters(), config.rate, weight_decay=config.decay)
    steps = config.epochs * (len(x) // config.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, config.rate, total_steps=steps)
    for epoch in range(config.epochs):
        order, total = torch.randperm(len(x), generator=rng), 0.0
        for start in range(0, len(x) - config.batch + 1, config.batch):
            rows = order[start : start + config.batch]
            logits = net(standardised(changed(x[rows].float(), rng)))
            loss = F.binary_cross_entropy_with_logits(logits, y[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        print(f"epoch {epoch + 1}: {total / (len(x) // config.batch):.4f}", flush=True)
    return net.eval()


@torch.no_grad()
def predicted(net: CoveringNet, crops: np.ndarray) -> np.ndarray:
    """Shares ``(n, 2)`` of the middle of crops ``(n, side, side)``."""
    edge = (crops.shape[1] - SIDE) // 2
    middle = torch.from_numpy(crops[:, edge : edge + SIDE, edge : edge + SIDE])[:, None].float()
    parts = [net(standardised(part)).sigmoid() for part in middle.split(256)]
    return np.asarray(torch.cat(parts))


def to_onnx(net: CoveringNet) -> bytes:
    """The net as ONNX with its normalisation folded in: ``crop (faces, 1, SIDE, SIDE)`` to ``covered (faces, 2)``."""
    nodes, weights, name = [], [], "crop"
    for number, (kernel, bias, stride) in enumerate(_folded(net)):
        weights += [numpy_helper.from_array(kernel, f"k{number}"), numpy_helper.from_array(bias, f"b{number}")]
        inputs = [name, f"k{number}", f"b{number}"]
        nodes.append(helper.make_node("Conv", inputs, [f"c{number}"], pads=[1, 1, 1, 1], strides=[stride, stride]))
        nodes.append(helper.make_node("Relu", [f"c{number}"], [f"r{number}"]))
        name = f"r{number}"
    nodes.append(helper.make_node("Flatten", [name], ["flat"]))
    for layer, source, target in ((net.first, "flat", "hidden"), (net.last, "used", "odds")):
        weights.append(numpy_helper.from_array(layer.weight.detach().numpy(), f"{target}_w"))
        weights.append(numpy_helper.from_array(layer.bias.detach().numpy(), f"{target}_b"))
        nodes.append(helper.make_node("Gemm", [source, f"{target}_w", f"{target}_b"], [target], transB=1))
        if target == "hidden":
            nodes.append(helper.make_node("Relu", ["hidden"], ["used"]))
    nodes.append(helper.make_node("Sigmoid", ["odds"], ["covered"]))
    crop = helper.make_tensor_value_info("crop", TensorProto.FLOAT, (FREE, 1, SIDE, SIDE))
    covered = helper.make_tensor_value_info("covered", TensorProto.FLOAT, (FREE, 2))
    graph = helper.make_graph(nodes, "covering", [crop], [covered], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="dfe")
    helper.set_model_props(model, CARD)
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def _folded(net: CoveringNet) -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
    """Kernel, bias and stride of each convolution, with the normalisation that follows it."""
    for convolution, norm in zip(net.body[::3], net.body[1::3], strict=True):
        gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        kernel = (convolution.weight * gain[:, None, None, None]).detach().numpy()
        yield kernel, (norm.bias - norm.running_mean * gain).detach().numpy(), int(convolution.stride[0])
