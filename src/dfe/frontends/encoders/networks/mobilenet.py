"""MobileNetV3 in its "minimal" form, as far as the last 1 x 1 convolution, with the names of timm's state dict.

Howard et al., "Searching for MobileNetV3", ICCV 2019. Minimal means: 3 x 3 convolutions only, ReLU only, no
squeeze-and-excitation. ``tf_`` weights were trained in TensorFlow: padding "SAME" (uneven where the stride is 2) and
epsilon 0.001 in the batch normalisations.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

EPSILON = 1e-3


@dataclass(frozen=True)
class Plan:
    """Widths of a minimal MobileNetV3; its stem has 16 channels."""

    first_stride: int
    """Of the first, depthwise separable block of 16 channels."""
    stages: tuple[tuple[int, int, tuple[int, ...]], ...]
    """Output channels, stride, and the inner channels of each block."""
    features: int
    """Output channels."""


SMALL = Plan(2, ((24, 2, (72, 88)), (40, 2, (96, 240, 240)), (48, 1, (120, 144)), (96, 2, (288, 576, 576))), 576)
LARGE = Plan(
    1,
    (
        (24, 2, (64, 72)),
        (40, 2, (72, 120, 120)),
        (80, 2, (240, 200, 184, 184)),
        (112, 1, (480, 672)),
        (160, 2, (672, 960, 960)),
    ),
    960,
)
_STEM = 16


class SameConv2d(nn.Conv2d):
    """3 x 3 convolution with TensorFlow's "SAME" padding: the odd pixel is added after, not before."""

    def __init__(self, inputs: int, outputs: int, stride: int, groups: int = 1) -> None:
        super().__init__(inputs, outputs, 3, stride, padding=0 if stride > 1 else 1, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """``(n, inputs, h, w)`` to ``(n, outputs, ceil(h / stride), ceil(w / stride))``."""
        stride = self.stride[0]
        if stride > 1:
            down, right = (max((-(-side // stride) - 1) * stride + 3 - side, 0) for side in x.shape[-2:])
            x = F.pad(x, (right // 2, right - right // 2, down // 2, down - down // 2))
        return super().forward(x)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=EPSILON)


class Separable(nn.Module):
    """Depthwise, then pointwise convolution; beside a shortcut where the stride is 1."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.conv_dw = SameConv2d(channels, channels, stride, groups=channels)
        self.bn1 = _norm(channels)
        self.conv_pw = nn.Conv2d(channels, channels, 1, bias=False)
        self.bn2 = _norm(channels)
        self.shortcut = stride == 1

    def forward(self, x: Tensor) -> Tensor:
        """The last normalisation has no ReLU after it."""
        out: Tensor = self.bn2(self.conv_pw(F.relu(self.bn1(self.conv_dw(x)))))
        return out + x if self.shortcut else out


class Inverted(nn.Module):
    """Widening, depthwise and narrowing convolution; beside a shortcut where the shape stays."""

    def __init__(self, inputs: int, inner: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv_pw = nn.Conv2d(inputs, inner, 1, bias=False)
        self.bn1 = _norm(inner)
        self.conv_dw = SameConv2d(inner, inner, stride, groups=inner)
        self.bn2 = _norm(inner)
        self.conv_pwl = nn.Conv2d(inner, outputs, 1, bias=False)
        self.bn3 = _norm(outputs)
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """The last normalisation has no ReLU after it."""
        wide = F.relu(self.bn1(self.conv_pw(x)))
        out: Tensor = self.bn3(self.conv_pwl(F.relu(self.bn2(self.conv_dw(wide)))))
        return out + x if self.shortcut else out


class Pointwise(nn.Module):
    """1 x 1 convolution, normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.bn1 = _norm(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """The features' map."""
        out: Tensor = F.relu(self.bn1(self.conv(x)))
        return out


class MobileNetV3(nn.Module):
    """RGB pictures ``(n, 3, h, w)`` to features ``(n, plan.features)``, the mean over the last map."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.conv_stem = SameConv2d(3, _STEM, 2)
        self.bn1 = _norm(_STEM)
        stages: list[nn.Module] = [nn.Sequential(Separable(_STEM, plan.first_stride))]
        channels = _STEM
        for outputs, stride, inner in plan.stages:
            blocks = [
                Inverted(channels if b == 0 else outputs, width, outputs, stride if b == 0 else 1)
                for b, width in enumerate(inner)
            ]
            stages.append(nn.Sequential(*blocks))
            channels = outputs
        stages.append(nn.Sequential(Pointwise(channels, plan.features)))
        self.blocks = nn.Sequential(*stages)

    def forward(self, x: Tensor) -> Tensor:
        """Features."""
        return torch.mean(self.blocks(F.relu(self.bn1(self.conv_stem(x)))), dim=(2, 3))
