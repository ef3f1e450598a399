"""An exported encoder in onnxruntime, on one thread of the CPU; torch is not needed."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import numpy as np

from dfe.base.errors import ModelError
from dfe.base.types import FloatArray
from dfe.frontends.encoders.crops import SIZE
from dfe.frontends.encoders.tools import Tool
from dfe.frontends.encoders.weights import Weights

PREFIX = "dfe."
"""Of the keys of the file's metadata that are ours: tool, space, and the provenance of the checkpoint."""
_ADVICE = "export it again with dfe export-encoder"


class OnnxRunner:
    """Runs a file that ``dfe export-encoder`` wrote.

    Args:
        tool: which encoder it must be.
        path: the file.

    Raises:
        ModelError: the file is missing, damaged, or another tool's.
    """

    def __init__(self, tool: Tool, path: Path) -> None:
        import onnxruntime

        self.path = path
        self.digest = Weights(path).digest()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime has classes of its own for each way a file can be broken
            raise ModelError("cannot be read as an ONNX network", where=path, advice=_ADVICE) from error
        said = self.session.get_modelmeta().custom_metadata_map
        self.said = {key[len(PREFIX) :]: value for key, value in said.items() if key.startswith(PREFIX)}
        entry, out = self.session.get_inputs(), self.session.get_outputs()
        if self.said.get("tool") != tool.name:
            whose = self.said.get("tool")
            what = f"is a network of {whose}, not of {tool.name}" if whose else "is no network that dfe exported"
            raise ModelError(what, where=path, advice=f"use --frontend {whose}" if whose else _ADVICE)
        if self.said.get("space") != tool.space or [list(one.shape) for one in (*entry, *out)] != [
            [1, 3, SIZE, SIZE],
            [1, tool.dimension],
        ]:
            raise ModelError(f"is another version's network of {tool.name}", where=path, advice=_ADVICE)
        self.entry = str(entry[0].name)

    @property
    def together(self) -> int:
        """One: a fixed batch makes a face's row independent of what else is computed."""
        return 1

    def provenance(self) -> dict[str, str | int | float | bool]:
        """The file, its hash, the device, and what the file says of the checkpoint it was made from."""
        own = {"weights": self.path.name, "sha256 weights": self.digest}
        computing = {"device": "cpu", "runtime": f"onnxruntime {version('onnxruntime')}"}
        return own | computing | {f"exported {key}": value for key, value in sorted(self.said.items())}

    def __call__(self, crops: FloatArray) -> FloatArray:
        """Coefficients ``(n, D)``."""
        rows = [self.session.run(None, {self.entry: crop[None]})[0] for crop in crops]
        return np.concatenate(rows).astype(np.float32, copy=False)
