"""What a worker and the server of batches say to each other: numbers of fixed size and bare arrays, never pickles.

A worker greets with :data:`MAGIC` and the secret of the server's card, and is told what the networks take and give.
Then it asks, one call at a time, with :data:`REQUEST` and the faces' values, and is answered with :data:`REPLY` and the
outputs, each whole after the other.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfe.base.types import FloatArray

MAGIC = b"dfe-faces-1\n"
REQUEST = struct.Struct("<BI")
"""Number of the network, and of faces."""
COUNT = 255
"""In place of a network: what was run so far is asked for."""
REPLY = struct.Struct("<BI")
"""Whether it went well, and so many bytes that follow: outputs, or words."""
MOST_FACES = 16
"""In one request."""


@dataclass(frozen=True)
class Shape:
    """What a network takes and gives for one face."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    outputs: tuple[tuple[int, ...], ...]

    @property
    def size(self) -> int:
        """Bytes of one face."""
        return int(np.prod(self.shape)) * np.dtype(self.dtype).itemsize

    def empty(self, faces: int) -> list[FloatArray]:
        """Room for the outputs of so many faces."""
        return [np.empty((faces, *shape), np.float32) for shape in self.outputs]

    def read(self, content: bytes | bytearray, faces: int) -> list[FloatArray]:
        """The outputs of so many faces, as they were written one after the other.

        Raises:
            ConnectionError: there are more or fewer bytes.
        """
        counts = [faces * int(np.prod(shape)) for shape in self.outputs]
        if len(content) != 4 * sum(counts):
            raise ConnectionError("an answer of another length")
        values = np.frombuffer(content, np.float32)
        parts = np.split(values, np.cumsum(counts)[:-1])
        return [part.reshape(faces, *shape) for part, shape in zip(parts, self.outputs, strict=True)]


def told(shapes: Sequence[Shape]) -> bytes:
    """The server's greeting."""
    return reply(json.dumps([asdict(shape) for shape in shapes]).encode("ascii"))


def understood(content: bytes | bytearray) -> dict[str, tuple[int, Shape]]:
    """Networks by name, each with its number, from the server's greeting.

    Raises:
        ConnectionError: it is none.
    """
    try:
        shapes = [
            Shape(one["name"], one["dtype"], tuple(one["shape"]), tuple(map(tuple, one["outputs"])))
            for one in json.loads(content)
        ]
    except (ValueError, TypeError, KeyError) as problem:
        raise ConnectionError("a greeting that makes no sense") from problem
    return {shape.name: (number, shape) for number, shape in enumerate(shapes)}


def reply(*content: bytes | memoryview, well: bool = True) -> bytes:
    """A reply, ready to be sent."""
    whole = b"".join(content)
    return REPLY.pack(well, len(whole)) + whole


def counts(of: Mapping[str, Any]) -> bytes:
    """A reply that says what was run."""
    return reply(json.dumps(of).encode("ascii"))


def receive(line: socket.socket, size: int) -> bytearray:
    """So many bytes.

    Raises:
        ConnectionError: the other end is gone before.
    """
    content = bytearray(size)
    view, at = memoryview(content), 0
    while at < size:
        got = line.recv_into(view[at:])
        if not got:
            raise ConnectionError("the connection was closed")
        at += got
    return content


def receive_reply(line: socket.socket) -> tuple[bool, bytearray]:
    """Whether a request went well, and what came back.

    Raises:
        ConnectionError: the other end is gone.
    """
    well, size = REPLY.unpack(receive(line, REPLY.size))
    return bool(well), receive(line, size)


def flat(values: NDArray[Any]) -> memoryview:
    """The bytes of an array."""
    return np.ascontiguousarray(values).reshape(-1).view(np.uint8).data
