"""ResNet-50 with the names of torchvision's state dict, and the regressor that DECA and EMOCA put on it.

He et al., "Deep residual learning for image recognition", CVPR 2016; the stride sits in the 3 x 3 convolution.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

FEATURES = 2048
_HIDDEN = 1024
_STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))
"""Width, blocks and stride of each stage."""
_WIDENING = 4


class Bottleneck(nn.Module):
    """1 x 1, 3 x 3, 1 x 1 convolutions beside a shortcut: ``inputs`` channels to 4 times ``width``."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = width * _WIDENING
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample: nn.Module | None = None
        if stride > 1 or inputs != outputs:
            shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """The block's output after its last ReLU."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        return F.relu(self.bn3(self.conv3(x)) + shortcut)


class ResNet50(nn.Module):
    """RGB pictures ``(n, 3, h, w)`` to features ``(n, 2048)``, the mean over the last map."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        inputs = 64
        for number, (width, blocks, stride) in enumerate(_STAGES, 1):
            stage = [
                Bottleneck(inputs if b == 0 else width * _WIDENING, width, stride if b == 0 else 1)
                for b in range(blocks)
            ]
            self.add_module(f"layer{number}", nn.Sequential(*stage))
            inputs = width * _WIDENING

    def forward(self, x: Tensor) -> Tensor:
        """Features."""
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, padding=1)
        for number in range(1, len(_STAGES) + 1):
            x = self.get_submodule(f"layer{number}")(x)
        return torch.mean(x, dim=(2, 3))


class Regressor(nn.Module):
    """ResNet-50 and two linear layers: pictures ``(n, 3, h, w)`` to ``(n, outputs)``."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.encoder = ResNet50()
        self.layers = nn.Sequential(nn.Linear(FEATURES, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, outputs))

    def forward(self, x: Tensor) -> Tensor:
        """The coefficients, unbounded."""
        out: Tensor = self.layers(self.encoder(x))
        return out
