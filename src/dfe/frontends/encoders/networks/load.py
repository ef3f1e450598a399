"""From a user's checkpoint to the network of a tool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from torch import Tensor, nn

from dfe.base.errors import ModelError
from dfe.frontends.encoders.networks.checkpoint import fill, part_of, read_checkpoint
from dfe.frontends.encoders.networks.models import EXPRESSIONS, JAW, Deca, Emoca, Smirk
from dfe.frontends.encoders.weights import Weights, pose_settings

_BEFORE = ("", "state_dict.")
_BEFORE_EMOCA = ("deca.", "state_dict.deca.")
_WITH_POSE = EXPRESSIONS + JAW
_WITH_BOTH = EXPRESSIONS + 2 * JAW
_LAST_LAYER = "layers.2.weight"


class Loaded(NamedTuple):
    """A network with its weights, ready to compute."""

    model: nn.Module
    jaw_from: str
    """Name of the encoder that the jaw comes from."""


def load_network(tool: str, weights: Weights) -> Loaded:
    """The network of ``deca``, ``emoca`` or ``smirk``.

    Raises:
        ModelError: the file is no checkpoint, is another tool's, or its tensors are not what the network wants.
    """
    tensors = read_checkpoint(weights.path)
    loaded = {"deca": _deca, "emoca": _emoca, "smirk": _smirk}[tool](tensors, weights)
    loaded.model.eval().requires_grad_(False)
    return loaded


def _deca(tensors: Mapping[str, Tensor], weights: Weights) -> Loaded:
    part = part_of(tensors, "E_flame", _BEFORE)
    if not part:
        raise _other("deca", "E_flame", tensors, weights)
    model = Deca()
    fill(model.E_flame, part, "E_flame", weights.path)
    return Loaded(model, "E_flame")


def _emoca(tensors: Mapping[str, Tensor], weights: Weights) -> Loaded:
    part = part_of(tensors, "E_expression", _BEFORE_EMOCA)
    if not part:
        raise _other("emoca", "E_expression", tensors, weights)
    if _LAST_LAYER not in part or any(name.startswith("resnet.") for name in part):
        what = "its expression encoder is of a kind that is not supported (only a ResNet-50 of its own is)"
        raise ModelError(what, where=weights.path, advice="use one of EMOCA's released models")
    outputs = part[_LAST_LAYER].shape[0]
    jaw_at = _jaw_at(outputs, weights)
    model = Emoca(outputs, jaw_at)
    fill(model.E_expression, part, "E_expression", weights.path)
    if jaw_at is not None:
        return Loaded(model, "E_expression")
    flame = part_of(tensors, "E_flame", _BEFORE_EMOCA)
    fill(model.E_flame, flame, "E_flame", weights.path)
    return Loaded(model, "E_flame")


def _jaw_at(outputs: int, weights: Weights) -> int | None:
    """Where the jaw begins in the expression encoder's outputs; None where it comes from DECA's encoder.

    Of 53 outputs the last three are the jaw or the head's turn. The settings say which; without them they are taken for
    the jaw, as in the released models.
    """
    said = None if weights.settings is None else pose_settings(weights.settings)
    likely = {EXPRESSIONS: (False, False), _WITH_POSE: (False, True), _WITH_BOTH: (True, True)}.get(outputs)
    if likely is None:
        what = f"its expression encoder gives {outputs} numbers, not {EXPRESSIONS}, {_WITH_POSE} or {_WITH_BOTH}"
        raise ModelError(what, where=weights.path, advice="only EMOCA with 50 expression components is supported")
    turn, jaw = said or likely
    if EXPRESSIONS + JAW * (turn + jaw) != outputs:
        what = f"the settings do not fit the {outputs} numbers of the expression encoder in {weights.path.name}"
        raise ModelError(what, where=weights.settings, advice="give the checkpoint with its own cfg.yaml")
    return EXPRESSIONS + JAW * turn if jaw else None


def _smirk(tensors: Mapping[str, Tensor], weights: Weights) -> Loaded:
    part = part_of(tensors, "smirk_encoder", _BEFORE)
    if not part:
        raise _other("smirk", "smirk_encoder", tensors, weights)
    model = Smirk()
    fill(model, part, "smirk_encoder", weights.path)
    return Loaded(model, "expression_encoder")


def _other(tool: str, part: str, tensors: Mapping[str, Tensor], weights: Weights) -> ModelError:
    """The error for a checkpoint that lacks a tool's encoder; it says whose the checkpoint is, if that can be told."""
    marks = {
        "emoca": ("E_expression", _BEFORE_EMOCA),
        "deca": ("E_flame", _BEFORE),
        "smirk": ("smirk_encoder", _BEFORE),
    }
    whose = next((name for name, (mark, before) in marks.items() if part_of(tensors, mark, before)), None)
    advice = f"it looks like one of {whose}: use --frontend {whose}" if whose else "check --frontend and --weights"
    return ModelError(f"is no checkpoint of {tool}: it holds no {part}", where=weights.path, advice=advice)
