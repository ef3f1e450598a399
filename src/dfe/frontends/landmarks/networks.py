"""The packaged networks: checked by their hashes, opened when first used, one thread each."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import ModelError, UsageError
from dfe.base.types import FloatArray

_IRIS_PARTNER = np.array([473, 476, 475, 474, 477, 468, 471, 470, 469, 472])
"""The irises have no place on the canonical face: centre, then right, top, left and bottom edge in the picture."""

Device = Literal["cpu", "cuda"]
"""Where the networks run."""

_PROVIDERS = {"cpu": ["CPUExecutionProvider"], "cuda": ["CUDAExecutionProvider", "CPUExecutionProvider"]}

ADVICE = "install discrete-facial-encoding again"


class Networks:
    """The networks of one folder. Pickles without its open sessions, so it may travel to another process.

    Args:
        folder: another folder with the same files; None for the packaged one.
        device: where they run; each network says so by itself if it cannot run there.
    """

    def __init__(self, folder: Path | None = None, device: Device = "cpu") -> None:
        self.folder, self.device = folder, device
        self._sessions: dict[str, tuple[Any, str]] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {"folder": self.folder, "device": self.device, "_sessions": {}}

    @cached_property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of each file, as recorded when it was made.

        Raises:
            ModelError: the list is missing or damaged.
        """
        path = self._root / "networks.json"
        try:
            return dict(json.loads(path.read_text(encoding="utf-8"))["files"])
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise ModelError("cannot read the list of networks", where=str(path), advice=ADVICE) from problem

    def read(self, name: str) -> bytes:
        """Content of a file whose hash is as it should be.

        Raises:
            ModelError: the file is missing, unknown or damaged.
        """
        path = self._root / name
        try:
            content = path.read_bytes()
        except OSError as problem:
            raise ModelError("cannot read the network", where=str(path), advice=ADVICE) from problem
        if hashlib.sha256(content).hexdigest() != self.hashes.get(name):
            raise ModelError("the file is damaged: its SHA-256 is another", where=str(path), advice=ADVICE)
        return content

    def run(self, name: str, value: NDArray[Any]) -> list[FloatArray]:
        """Outputs of the network ``name`` (without ``.onnx``) for one input; always a batch of one.

        A fixed batch makes the result independent of what else is computed.

        Raises:
            ModelError: the network is missing or damaged.
            UsageError: there is no such device.
        """
        session, entry = self._sessions.get(name) or self._open(name)
        return cast(list[FloatArray], session.run(None, {entry: value}))

    @cached_property
    def partner(self) -> NDArray[np.intp]:
        """``(478,)``: the landmark that each becomes in a mirror image; the canonical face is symmetric to the bit."""
        vertices = self.arrays("geometry.npz")["vertices_cm"].astype(np.float64)
        apart = np.square(vertices[:, None] * [-1.0, 1.0, 1.0] - vertices[None]).sum(axis=2)
        return np.concatenate([apart.argmin(axis=1), _IRIS_PARTNER])

    def arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """Arrays of an ``.npz`` file of the folder."""
        with np.load(BytesIO(self.read(name)), allow_pickle=False) as content:
            return {key: content[key] for key in content.files}

    @property
    def _root(self) -> Traversable:
        return self.folder or files("dfe") / "assets" / "networks"

    def _open(self, name: str) -> tuple[Any, str]:
        import onnxruntime  # takes 0.1 s, and only who runs a network needs it

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        content = self.read(f"{name}.onnx")
        providers = _PROVIDERS[self.device]
        if providers[0] not in onnxruntime.get_available_providers():
            raise _no_device("this build of onnxruntime knows no CUDA")
        session = onnxruntime.InferenceSession(content, options, providers=providers)
        if session.get_providers()[0] != providers[0]:  # it falls back to the CPU and says so in its log only
            raise _no_device("onnxruntime finds no CUDA device that it can use")
        opened = session, str(session.get_inputs()[0].name)
        self._sessions[name] = opened
        return opened


def _no_device(what: str) -> UsageError:
    advice = "install onnxruntime-gpu in place of onnxruntime, or leave --device out"
    return UsageError(f"{what}, so --device cuda is not possible", advice=advice)
