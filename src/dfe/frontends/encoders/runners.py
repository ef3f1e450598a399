"""What computes: torch with a user's checkpoint, or onnxruntime with a network exported from one."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from dfe.base.errors import ModelError, UsageError
from dfe.base.installing import how_to_install
from dfe.base.types import FloatArray
from dfe.frontends.encoders.tools import EXTRA, Tool

DEVICES = ("auto", "cpu", "cuda")


class Runner(Protocol):
    """Looks at crops."""

    @property
    def together(self) -> int:
        """Crops that are best handed over at once."""
        ...

    def provenance(self) -> dict[str, str | int | float | bool]:
        """File, its hash, device and versions."""
        ...

    def __call__(self, crops: FloatArray) -> FloatArray:
        """Coefficients ``(n, D)`` of crops ``(n, 3, 224, 224)``; each row depends on its own crop alone."""
        ...


def open_runner(tool: Tool, given: Path | None, device: str, batch: int) -> Runner:
    """What runs the weights at ``given``: a checkpoint, the folder of one, or an exported ``.onnx`` file.

    Args:
        tool: which encoder it is.
        given: as the user named it.
        device: ``auto``, ``cpu`` or ``cuda``.
        batch: crops at once on CUDA.

    Raises:
        UsageError: no weights are named, there is no such device, or torch is not installed.
        ModelError: the weights are missing, damaged or another tool's.
    """
    if given is None:
        what = f"front end {tool.name!r} needs the weights of {tool.title}, which cannot come with this package"
        raise UsageError(what, advice="give --weights; docs/encoders.md says where they are from")
    if device not in DEVICES:
        raise UsageError(f"device is {', '.join(DEVICES)}, not {device!r}")
    if batch < 1:
        raise UsageError(f"batch must be at least 1, not {batch}")
    if given.suffix == ".onnx":
        from dfe.frontends.encoders.onnx_run import OnnxRunner

        if device == "cuda":
            raise UsageError(
                "an exported network runs on the CPU", advice="give the checkpoint itself for --device cuda"
            )
        return OnnxRunner(tool, given)
    if not given.exists():
        raise ModelError("there is no such file or folder", where=given, advice="check --weights")
    require_torch(tool.name)
    from dfe.frontends.encoders.networks.run import TorchRunner

    return TorchRunner(tool, given, device, batch)


def require_torch(name: str) -> None:
    """Stop before anything imports torch where it is not installed.

    Raises:
        UsageError: it is not.
    """
    if find_spec("torch") is None:
        advice = f"{how_to_install(EXTRA)}, or give --weights a network exported to .onnx"
        raise UsageError(f"front end {name!r} needs torch to read a checkpoint", advice=advice)
