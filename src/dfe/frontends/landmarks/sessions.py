"""A packaged network, opened for batches of one size: on one thread of a CPU, or on CUDA."""

from __future__ import annotations

from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import DeviceError
from dfe.base.types import FloatArray

FREE = "faces"
"""Name of the first dimension of networks that look at one face; it is fixed when they are opened."""

Device = Literal["cpu", "cuda"]
"""Where networks run."""

_CUDA = {"cudnn_conv_algo_search": "HEURISTIC", "use_tf32": "0"}
"""No race against the clock for the fastest way: which one wins differs, and so would the last bits."""


class Session:
    """An open network.

    Args:
        content: of the ONNX file.
        device: where it runs.
        batch: faces that it looks at together, always as many; networks without a dimension :data:`FREE` ignore it.

    Raises:
        DeviceError: there is no such device.
    """

    def __init__(self, content: bytes, device: Device = "cpu", batch: int = 1) -> None:
        import onnxruntime  # takes 0.1 s, and only who runs a network needs it

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_free_dimension_override_by_name(FREE, batch)
        providers: list[Any] = ["CPUExecutionProvider"]
        if device == "cuda":
            if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
                raise _no_cuda("this build of onnxruntime knows no CUDA")
            providers.insert(0, ("CUDAExecutionProvider", _CUDA))
        self._session = onnxruntime.InferenceSession(content, options, providers=providers)
        if device == "cuda" and self._session.get_providers()[0] != "CUDAExecutionProvider":
            # It falls back to the CPU and says so in its log only.
            raise _no_cuda("onnxruntime finds no CUDA device that it can use")
        (entry,) = self._session.get_inputs()
        self._entry = str(entry.name)
        self.shape = tuple(int(side) for side in entry.shape)
        """Of its input."""
        self.dtype: np.dtype[Any] = np.dtype(np.uint8 if entry.type == "tensor(uint8)" else np.float32)
        """Of its input; outputs are float32."""
        self.outputs = [tuple(int(side) for side in output.shape) for output in self._session.get_outputs()]
        """Shapes of its outputs."""

    def run(self, value: NDArray[Any]) -> list[FloatArray]:
        """The outputs for an input of :attr:`shape`."""
        return cast(list[FloatArray], self._session.run(None, {self._entry: value}))


def _no_cuda(what: str) -> DeviceError:
    advice = "install onnxruntime-gpu in place of onnxruntime, or leave --device out"
    return DeviceError(f"{what}, so --device cuda is not possible", advice=advice)
