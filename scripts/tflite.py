"""A small reader of TensorFlow Lite files: the flatbuffer's tables, without the TensorFlow Lite libraries.

Field numbers are those of `schema.fbs` (version 3) in the TensorFlow repository.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

DTYPES = {0: "<f4", 1: "<f2", 2: "<i4"}
OPS = {
    0: "ADD",
    2: "CONCATENATION",
    3: "CONV_2D",
    4: "DEPTHWISE_CONV_2D",
    6: "DEQUANTIZE",
    14: "LOGISTIC",
    17: "MAX_POOL_2D",
    18: "MUL",
    19: "RELU",
    22: "RESHAPE",
    34: "PAD",
    39: "TRANSPOSE",
    40: "MEAN",
    41: "SUB",
    42: "DIV",
    45: "STRIDED_SLICE",
    54: "PRELU",
    59: "NEG",
    74: "SUM",
    75: "SQRT",
    76: "RSQRT",
    99: "SQUARED_DIFFERENCE",
}


class Table:
    """One flatbuffer table; fields are read by their number in the schema."""

    def __init__(self, buffer: bytes, position: int) -> None:
        self.buffer = buffer
        self.position = position
        self.vtable = position - struct.unpack_from("<i", buffer, position)[0]
        self.vtable_size = struct.unpack_from("<H", buffer, self.vtable)[0]

    @classmethod
    def root(cls, buffer: bytes) -> Table:
        return cls(buffer, struct.unpack_from("<I", buffer, 0)[0])

    def _field(self, number: int) -> int:
        entry = 4 + 2 * number
        if entry >= self.vtable_size:
            return 0
        offset = struct.unpack_from("<H", self.buffer, self.vtable + entry)[0]
        return self.position + offset if offset else 0

    def _target(self, number: int) -> int:
        field = self._field(number)
        return field + struct.unpack_from("<I", self.buffer, field)[0] if field else 0

    def scalar(self, number: int, kind: str, default: int = 0) -> int:
        """A number of `struct` kind b (int8), i (int32) or I (uint32)."""
        field = self._field(number)
        return int(struct.unpack_from("<" + kind, self.buffer, field)[0]) if field else default

    def table(self, number: int) -> Table | None:
        target = self._target(number)
        return Table(self.buffer, target) if target else None

    def vector(self, number: int, dtype: str) -> NDArray[Any]:
        target = self._target(number)
        if not target:
            return np.zeros(0, dtype)
        return np.frombuffer(self.buffer, dtype, struct.unpack_from("<I", self.buffer, target)[0], target + 4)

    def tables(self, number: int) -> list[Table]:
        start = self._target(number) + 4
        count = len(self.vector(number, "<u4"))
        return [
            Table(self.buffer, p + struct.unpack_from("<I", self.buffer, p)[0])
            for p in range(start, start + 4 * count, 4)
        ]


@dataclass(frozen=True)
class Tensor:
    """Shape, and the values where the tensor is a constant."""

    shape: tuple[int, ...]
    value: NDArray[Any] | None


@dataclass(frozen=True)
class Operator:
    """Kind, tensor numbers in and out (-1 = left out) and the options' table."""

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Table | None

    def option(self, number: int, kind: str, default: int = 0) -> int:
        return self.options.scalar(number, kind, default) if self.options else default


@dataclass(frozen=True)
class Graph:
    """The only sub-graph of a model."""

    tensors: list[Tensor]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    operators: list[Operator]


def read_graph(buffer: bytes) -> Graph:
    """The graph of a `.tflite` file; its float16 constants stay float16."""
    model = Table.root(buffer)
    codes = [max(c.scalar(0, "b"), c.scalar(3, "i")) for c in model.tables(1)]
    buffers = model.tables(4)
    graph = model.tables(2)[0]
    tensors = []
    for t in graph.tables(0):
        shape = tuple(int(n) for n in t.vector(0, "<i4"))
        data = buffers[t.scalar(2, "I")].vector(0, "u1")
        tensors.append(Tensor(shape, data.view(DTYPES[t.scalar(1, "b")]).reshape(shape) if len(data) else None))
    operators = [
        Operator(OPS[codes[o.scalar(0, "I")]], _numbers(o, 1), _numbers(o, 2), o.table(4)) for o in graph.tables(3)
    ]
    return Graph(tensors, _numbers(graph, 1), _numbers(graph, 2), operators)


def _numbers(table: Table, field: int) -> tuple[int, ...]:
    return tuple(int(n) for n in table.vector(field, "<i4"))
