"""What each tool makes of its networks: pictures of faces to FLAME coefficients.

Every model maps RGB crops ``(n, 3, 224, 224)``, 0 to 1, to ``(n, D)``: 50 expression components, then the jaw's
axis-angle vector in radians, then, of SMIRK, the two eyelids.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dfe.frontends.encoders.networks.mobilenet import LARGE, SMALL, MobileNetV3
from dfe.frontends.encoders.networks.resnet import Regressor

EXPRESSIONS, JAW, EYELIDS = 50, 3, 2
DECA_PARTS = {"shape": 100, "texture": 50, "expression": EXPRESSIONS, "pose": 6, "camera": 3, "light": 27}
"""DECA's coefficients in the order of its outputs; pose is the head's turn and the jaw's."""
DECA_OUTPUTS = sum(DECA_PARTS.values())
_EXPRESSION_AT = DECA_PARTS["shape"] + DECA_PARTS["texture"]
_JAW_AT = _EXPRESSION_AT + EXPRESSIONS + JAW
_JAW_SIDEWAYS = 0.2
"""SMIRK's jaw turns at most so far about the other two axes, in radians."""


class Deca(nn.Module):
    """Expression and jaw of DECA (Feng et al., SIGGRAPH 2021)."""

    def __init__(self) -> None:
        super().__init__()
        self.E_flame = Regressor(DECA_OUTPUTS)

    def forward(self, x: Tensor) -> Tensor:
        """``(n, 53)``."""
        code = self.E_flame(x)
        return torch.cat([code[:, _EXPRESSION_AT : _EXPRESSION_AT + EXPRESSIONS], _jaw(code)], dim=1)


class Emoca(nn.Module):
    """Expression by EMOCA's own encoder (Daněček et al., CVPR 2022), jaw from it or from DECA's.

    Args:
        outputs: of the expression encoder: 50, or 53 or 56 where it gives pose too.
        jaw_at: where the jaw begins among them; None where it comes from DECA's encoder.
    """

    def __init__(self, outputs: int, jaw_at: int | None) -> None:
        super().__init__()
        self.E_expression = Regressor(outputs)
        self.jaw_at = jaw_at
        if jaw_at is None:
            self.E_flame = Regressor(DECA_OUTPUTS)

    def forward(self, x: Tensor) -> Tensor:
        """``(n, 53)``."""
        code = self.E_expression(x)
        jaw = _jaw(self.E_flame(x)) if self.jaw_at is None else code[:, self.jaw_at : self.jaw_at + JAW]
        return torch.cat([code[:, :EXPRESSIONS], jaw], dim=1)


def _jaw(code: Tensor) -> Tensor:
    return code[:, _JAW_AT : _JAW_AT + JAW]


class _Head(nn.Module):
    """One of SMIRK's encoders; the name of its linear layer is its own.

    Args:
        backbone: the network before it.
        features: of the backbone.
        layer: the linear layer's name in the state dict.
        outputs: its size.
    """

    def __init__(self, backbone: MobileNetV3, features: int, layer: str, outputs: int) -> None:
        super().__init__()
        self.encoder = backbone
        self.layer = layer
        self.add_module(layer, nn.Sequential(nn.Linear(features, outputs)))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.get_submodule(self.layer)(self.encoder(x))
        return out


class Smirk(nn.Module):
    """Expression, jaw and eyelids of SMIRK (Retsinas et al., CVPR 2024); only its expression encoder computes.

    Pose and shape are there so that the whole file is known to be what it should be.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pose_encoder = _Head(MobileNetV3(SMALL), SMALL.features, "pose_cam_layers", 6)
        self.shape_encoder = _Head(MobileNetV3(LARGE), LARGE.features, "shape_layers", 300)
        outputs = EXPRESSIONS + EYELIDS + JAW
        self.expression_encoder = _Head(MobileNetV3(LARGE), LARGE.features, "expression_layers", outputs)

    def forward(self, x: Tensor) -> Tensor:
        """``(n, 55)``; the jaw only opens, the eyelids lie between 0 and 1."""
        code = self.expression_encoder(x)
        eyelids = code[:, EXPRESSIONS : EXPRESSIONS + EYELIDS].clamp(0, 1)
        jaw = code[:, EXPRESSIONS + EYELIDS :]
        opening, sideways = jaw[:, :1].relu(), jaw[:, 1:].clamp(-_JAW_SIDEWAYS, _JAW_SIDEWAYS)
        return torch.cat([code[:, :EXPRESSIONS], opening, sideways, eyelids], dim=1)
