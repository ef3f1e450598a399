"""PLY, in text or binary of either byte order: the vertices and faces of one frame.

Source: G. Turk, "The PLY Polygon File Format" (Stanford, 1994). Elements may come in any order and hold any properties;
of ``vertex`` x, y and z are read, of ``face`` the list ``vertex_indices`` (or ``vertex_index``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import TableError
from dfe.frontends.meshes.obj import Mesh
from dfe.frontends.meshes.sequence import check_triangles, fans, regular_fans

_TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2", "ushort": "u2",
    "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4", "float": "f4", "float32": "f4",
    "double": "f8", "float64": "f8",
}  # fmt: skip
_ORDERS = {"binary_little_endian": "<", "binary_big_endian": ">", "ascii": ""}
_END = b"end_header"
_HEADER_BYTES = 65536
_INDICES = ("vertex_indices", "vertex_index")

Column = tuple[str, str, str | None]
"""Name, type, and of a list the type of its count."""


@dataclass
class _Element:
    name: str
    count: int
    columns: list[Column] = field(default_factory=list)

    @property
    def lists(self) -> bool:
        return any(count is not None for _, _, count in self.columns)


def read_ply(data: bytes, where: str) -> Mesh:
    """The mesh in a PLY file's bytes.

    Raises:
        TableError: no PLY file, one that ends too early, or one without vertices.
    """
    order, elements, body = _header(data, where)
    reader = _Text(body, where) if order == "" else _Binary(body, order, where)
    points, triangles = None, np.zeros((0, 3), np.int32)
    for element in elements:
        if element.name == "vertex":
            points = _points(reader, element, where)
        elif element.name == "face" and (names := [c[0] for c in element.columns if c[0] in _INDICES and c[2]]):
            triangles = reader.polygons(element, names[0])
        else:
            reader.skip(element)
        if points is not None and (element.name == "face" or not any(e.name == "face" for e in elements)):
            break
    if points is None or not len(points):
        raise TableError("holds no vertices", where=where)
    check_triangles(triangles, len(points), where)
    return Mesh(points, triangles)


def _points(reader: _Text | _Binary, element: _Element, where: str) -> NDArray[np.float64]:
    names = [name for name, _, _ in element.columns]
    if element.lists or any(names.count(axis) != 1 for axis in "xyz"):
        raise TableError("its vertices have no x, y and z, or lists beside them", where=where)
    return reader.scalars(element, [names.index(axis) for axis in "xyz"])


def _header(data: bytes, where: str) -> tuple[str, list[_Element], bytes]:
    end = data.find(_END, 0, _HEADER_BYTES)
    stop = data.find(b"\n", end) if end >= 0 else -1
    if not data.startswith(b"ply") or stop < 0:
        raise TableError("is no PLY file (no header from ply to end_header)", where=where)
    order: str | None = None
    elements: list[_Element] = []
    for number, line in enumerate(data[:end].decode("ascii", "replace").splitlines()[1:], 2):
        words = line.split()
        try:
            match words:
                case [] | ["comment" | "obj_info", *_]:
                    pass
                case ["format", kind, "1.0"]:
                    order = _ORDERS[kind]
                case ["element", name, count]:
                    elements.append(_Element(name, int(count)))
                case ["property", "list", count, kind, name]:
                    elements[-1].columns.append((name, _TYPES[kind], _TYPES[count]))
                case ["property", kind, name]:
                    elements[-1].columns.append((name, _TYPES[kind], None))
                case _:
                    raise KeyError(line)
        except (KeyError, ValueError, IndexError):
            raise TableError(f"cannot be understood: {line[:60]!r}", where=f"{where}, line {number}") from None
    if order is None or any(element.count < 0 for element in elements):
        raise TableError("its header names no format, or elements less than none", where=where)
    return order, elements, data[stop + 1 :]


class _Text:
    """Elements of a text file, one a line."""

    def __init__(self, body: bytes, where: str) -> None:
        self._lines, self._at, self._where = [line for line in body.splitlines() if line.strip()], 0, where

    def scalars(self, element: _Element, wanted: list[int]) -> NDArray[np.float64]:
        rows = np.empty((self._left(element), len(wanted)))
        for row in range(len(rows)):
            words = self._lines[self._at + row].split()
            try:
                rows[row] = [float(words[i]) for i in wanted]
            except (ValueError, IndexError):
                raise TableError("has no x, y and z", where=f"{self._where}, vertex {row}") from None
        self._at += len(rows)
        return rows

    def polygons(self, element: _Element, name: str) -> NDArray[np.int32]:
        polygons = []
        for row in range(self._left(element)):
            words = self._lines[self._at + row].split()
            try:
                at = 0
                for column, _, count in element.columns:
                    length = int(words[at]) if count else 0
                    if column == name:
                        corners = [int(word) for word in words[at + 1 : at + 1 + length]]
                        if length < 0 or len(corners) < length:
                            raise IndexError
                        polygons.append(np.array(corners, np.int64))
                    at += 1 + max(length, 0)
            except (ValueError, IndexError, OverflowError):
                raise TableError("has no list of vertices", where=f"{self._where}, face {row}") from None
        self._at += element.count
        return _triangles(polygons, self._where)

    def skip(self, element: _Element) -> None:
        self._at += self._left(element)

    def _left(self, element: _Element) -> int:
        if self._at + element.count > len(self._lines):
            raise TableError(f"ends before its {element.count} elements {element.name}", where=self._where)
        return element.count


class _Binary:
    """Elements of a binary file."""

    def __init__(self, body: bytes, order: str, where: str) -> None:
        self._body, self._at, self._order, self._where = body, 0, order, where

    def scalars(self, element: _Element, wanted: list[int]) -> NDArray[np.float64]:
        row = np.dtype([(f"f{i}", self._order + kind) for i, (_, kind, _) in enumerate(element.columns)])
        rows = np.frombuffer(self._take(row.itemsize * element.count), row)
        return np.stack([rows[f"f{i}"].astype(np.float64) for i in wanted], axis=1)

    def polygons(self, element: _Element, name: str) -> NDArray[np.int32]:
        """Quickly where all lists are as long as those of the first row, else row by row."""
        if not element.count:
            return np.zeros((0, 3), np.int32)
        which = next(i for i, column in enumerate(element.columns) if column[0] == name)
        start, fields = self._at, []
        for i, (values, (_, kind, count)) in enumerate(zip(self._row(element), element.columns, strict=True)):
            if count:
                fields.append((f"n{i}", self._order + count, 1))
            fields.append((f"f{i}", self._order + kind, len(values)))
        self._at = start
        row = np.dtype([(name, kind, (size,)) for name, kind, size in fields])
        if row.itemsize * element.count <= len(self._body) - start:
            rows = np.frombuffer(self._body, row, element.count, start)
            if all((rows[f"n{i}"] == rows[f"f{i}"].shape[1]).all() for i, c in enumerate(element.columns) if c[2]):
                self._at += rows.nbytes
                return regular_fans(_integers(rows[f"f{which}"], self._where))
        return _triangles(
            [_integers(self._row(element)[which], self._where) for _ in range(element.count)], self._where
        )

    def skip(self, element: _Element) -> None:
        if element.lists:
            for _ in range(element.count):
                self._row(element)
        else:
            self._take(element.count * sum(np.dtype(kind).itemsize for _, kind, _ in element.columns))

    def _row(self, element: _Element) -> list[NDArray[Any]]:
        row = []
        for _, kind, count in element.columns:
            length = 1
            if count:
                value = np.frombuffer(self._take(np.dtype(count).itemsize), self._order + count)[0]
                if not 0 <= value <= len(self._body):
                    raise TableError("a list longer than the file", where=self._where)
                length = int(value)
            row.append(np.frombuffer(self._take(length * np.dtype(kind).itemsize), self._order + kind))
        return row

    def _take(self, size: int) -> bytes:
        if self._at + size > len(self._body):
            raise TableError("ends too early: truncated?", where=self._where)
        self._at += size
        return self._body[self._at - size : self._at]


def _integers(values: NDArray[Any], where: str) -> NDArray[np.int64]:
    """Numbers of vertices; some programs write them as floats."""
    if not (np.isfinite(values).all() and (np.abs(values.astype(np.float64)) < 2**31).all()):
        raise TableError("a list of what are no numbers of vertices", where=where)
    return values.astype(np.int64)


def _triangles(polygons: list[NDArray[np.int64]], where: str) -> NDArray[np.int32]:
    # Before they become 32-bit numbers; whether the vertices are there is checked with all of them.
    if any(len(p) and not (p.min() >= 0 and p.max() < 2**31) for p in polygons):
        raise TableError("a face of vertices that cannot be", where=where)
    return fans(polygons)
