"""A user's checkpoint in torch, on the CPU or on CUDA, with results that depend on nothing but each crop."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from dfe.base.errors import DeviceError
from dfe.base.types import FloatArray
from dfe.frontends.encoders.crops import SIZE
from dfe.frontends.encoders.networks.load import load_network
from dfe.frontends.encoders.tools import Tool
from dfe.frontends.encoders.weights import find_weights


class TorchRunner:
    """Runs a checkpoint.

    Every pass has the same shape: one crop on the CPU, where eight at once save a twentieth of the time at best;
    ``batch`` on CUDA, filled up with black ones. Float32 throughout (no TF32).

    Args:
        tool: which encoder it is.
        given: the checkpoint, or its folder.
        device: ``auto`` (CUDA where there is one), ``cpu`` or ``cuda``.
        batch: crops at once on CUDA.

    Raises:
        DeviceError: CUDA is asked for and there is none.
        ModelError: the weights are missing, damaged or another tool's.
    """

    def __init__(self, tool: Tool, given: Path, device: str, batch: int) -> None:
        self.device = _device(device)
        self.weights = find_weights(tool.name, given)
        self.batch = batch if self.device.type == "cuda" else 1
        self.dimension = tool.dimension
        loaded = load_network(tool.name, self.weights)
        self.model = loaded.model.to(self.device)
        self.jaw_from = loaded.jaw_from
        self.digest = self.weights.digest()

    @property
    def together(self) -> int:
        """Crops in one pass."""
        return self.batch

    def provenance(self) -> dict[str, str | int | float | bool]:
        """The file, its hash, which of several it is, where the jaw comes from, device and version of torch."""
        name = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else ""
        return {
            "weights": self.weights.path.name,
            "sha256 weights": self.digest,
            "checkpoints passed over": self.weights.passed_over,
            "settings": self.weights.settings.name if self.weights.settings else "",
            "jaw from": self.jaw_from,
            "device": f"cuda ({name})" if name else "cpu",
            "batch": self.batch,
            "runtime": f"torch {torch.__version__}",
        }

    def __call__(self, crops: FloatArray) -> FloatArray:
        """Coefficients ``(n, D)``."""
        rows = np.empty((len(crops), self.dimension), np.float32)
        before = torch.get_num_threads()
        torch.set_num_threads(1)  # recordings are shared out among processes
        try:
            with (
                torch.inference_mode(),
                torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False),
            ):
                for start in range(0, len(crops), self.batch):
                    some = crops[start : start + self.batch]
                    filled = np.zeros((self.batch, 3, SIZE, SIZE), np.float32)
                    filled[: len(some)] = some
                    found = self.model(torch.from_numpy(filled).to(self.device))
                    rows[start : start + len(some)] = found[: len(some)].cpu().numpy()
        finally:
            torch.set_num_threads(before)
        return rows


def _device(name: str) -> torch.device:
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise DeviceError("there is no CUDA device that this build of torch can use", advice="use --device cpu or auto")
    return torch.device("cuda" if there and name != "cpu" else "cpu")
