"""An encoder as an ONNX file, for machines without torch."""

from __future__ import annotations

import inspect
import io
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import onnx
import torch

from dfe.base.errors import ModelError
from dfe.base.files import refuse_existing, replacing
from dfe.frontends.encoders.crops import SIZE
from dfe.frontends.encoders.networks.load import load_network
from dfe.frontends.encoders.onnx_run import PREFIX
from dfe.frontends.encoders.tools import TOOLS
from dfe.frontends.encoders.weights import find_weights

OPSET = 17


def export_onnx(tool: str, given: Path, out: Path, *, overwrite: bool = False) -> None:
    """Write the network of a checkpoint as ONNX: ``(1, 3, 224, 224)`` to ``(1, D)``, float32, opset 17.

    The licence of the weights holds for the file too.

    Args:
        tool: ``deca``, ``emoca`` or ``smirk``.
        given: the checkpoint or its folder.
        out: the file to write.
        overwrite: replace what is there.

    Raises:
        ModelError: the weights are missing, damaged or another tool's, or torch cannot export.
        OutputError: the file exists or cannot be written.
    """
    refuse_existing(out, overwrite=overwrite)
    weights = find_weights(tool, given)
    loaded = load_network(tool, weights)
    said = {
        "tool": tool,
        "space": TOOLS[tool].space,
        "weights": weights.path.name,
        "sha256 weights": weights.digest(),
        "jaw from": loaded.jaw_from,
        "dfe": version("discrete-facial-encoding"),
        "torch": torch.__version__,
    }
    network = onnx.load_from_string(_exported(loaded.model, weights.path))
    onnx.helper.set_model_props(network, {f"{PREFIX}{key}": value for key, value in said.items()})
    onnx.checker.check_model(network)
    with replacing(out, overwrite=overwrite) as (file,):
        file.write(network.SerializeToString())


def _exported(model: torch.nn.Module, where: Path) -> bytes:
    """The graph by tracing: the newer exporter of torch needs one package more, and these networks have no branches."""
    buffer = io.BytesIO()
    export: Any = torch.onnx.export
    named = {"input_names": ["crop"], "output_names": ["expression"], "opset_version": OPSET}
    older = {"dynamo": False} if "dynamo" in inspect.signature(export).parameters else {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            export(model, (torch.zeros(1, 3, SIZE, SIZE),), buffer, **named, **older)
    except Exception as error:  # whatever an exporter trips over, the user can only change torch
        what = f"torch {torch.__version__} cannot export it ({type(error).__name__}: {error})"
        raise ModelError(what, where=where, advice="try torch 2.13") from error
    return buffer.getvalue()
