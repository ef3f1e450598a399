"""The packaged networks: checked by their hashes, opened when first used, one thread each, or run by a server."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import ModelError
from dfe.base.types import FloatArray
from dfe.frontends.landmarks.sessions import Device, Session

_IRIS_PARTNER = np.array([473, 476, 475, 474, 477, 468, 471, 470, 469, 472])
"""The irises have no place on the canonical face: centre, then right, top, left and bottom edge in the picture."""

if TYPE_CHECKING:
    from dfe.frontends.landmarks.gathering.client import Gathered

FACE_NETWORKS = ("landmarks", "coefficients", "covering")
"""Networks that look at one face. The others look at one picture; they run on the CPU of whoever asks."""

BATCH_ON_CUDA = 32
"""Faces that they look at together on CUDA, unless another number is asked for."""

ADVICE = "install discrete-facial-encoding again"


class Networks:
    """The networks of one folder. Pickles without what is open, so it may travel to another process.

    Args:
        folder: another folder with the same files; None for the packaged one.
        device: where :data:`FACE_NETWORKS` run; each says so by itself if it cannot run there.
        batch: faces that these look at together, always as many; None: 1 on the CPU and :data:`BATCH_ON_CUDA` on CUDA.
            With more than one they are run by a process that gathers the faces of all workers of this user
            (:mod:`dfe.frontends.landmarks.gathering`).
    """

    def __init__(self, folder: Path | None = None, device: Device = "cpu", batch: int | None = None) -> None:
        self.folder, self.device = folder, device
        self.batch = (BATCH_ON_CUDA if device == "cuda" else 1) if batch is None else batch
        self._sessions: dict[str, Session] = {}

    def __reduce__(self) -> tuple[type[Networks], tuple[Path | None, Device, int]]:
        return Networks, (self.folder, self.device, self.batch)

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

    def run(self, name: str, values: NDArray[Any]) -> list[FloatArray]:
        """Outputs of the network ``name`` (without ``.onnx``) for inputs ``(n, ...)``, each ``(n, ...)``.

        A batch of fixed size makes what is found of one face independent of what else is computed.

        Raises:
            ModelError: the network is missing or damaged.
            DeviceError: there is no such device, or the process that runs batches does not start, or dies again and
                again.
        """
        if self.batch > 1 and name in FACE_NETWORKS:
            return self.gathered.run(name, values)
        session = self._sessions.get(name) or self._opened(name)
        if len(values) == 1:
            return session.run(values)
        found = [session.run(values[at : at + 1]) for at in range(len(values))]
        return [np.concatenate(outputs) for outputs in zip(*found, strict=True)]

    @cached_property
    def gathered(self) -> Gathered:
        """The way to the process that runs batches."""
        from dfe.frontends.landmarks.gathering.client import Gathered  # only who gathers needs it
        from dfe.frontends.landmarks.gathering.config import GatheringConfig

        folder = None if self.folder is None else str(self.folder.resolve())
        hashes = {name: self.hashes.get(f"{name}.onnx", "") for name in FACE_NETWORKS}
        return Gathered(GatheringConfig(self.device, self.batch, folder), hashes)

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

    def _opened(self, name: str) -> Session:
        device = self.device if name in FACE_NETWORKS else "cpu"
        opened = self._sessions[name] = Session(self.read(f"{name}.onnx"), device)
        return opened
