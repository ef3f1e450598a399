"""An independent reader of binary glTF 2.0: checks what the specification asks, and gives accessors as arrays."""

from __future__ import annotations

import json
import struct
from itertools import pairwise

import numpy as np

COMPONENT = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTH = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class Glb:
    def __init__(self, data: bytes) -> None:
        magic, version, length = struct.unpack_from("<4sII", data)
        assert (magic, version, length) == (b"glTF", 2, len(data))
        text_length, kind = struct.unpack_from("<I4s", data, 12)
        assert kind == b"JSON"
        assert text_length % 4 == 0
        self.json = json.loads(data[20 : 20 + text_length])
        at = 20 + text_length
        bin_length, kind = struct.unpack_from("<I4s", data, at)
        assert kind == b"BIN\0"
        assert bin_length % 4 == 0
        assert at + 8 + bin_length == len(data)
        self.bin = data[at + 8 :]
        (buffer,) = self.json["buffers"]
        assert "uri" not in buffer
        assert 0 <= bin_length - buffer["byteLength"] <= 3
        self._check_views(buffer["byteLength"])
        self.accessors = [self._accessor(one) for one in self.json["accessors"]]
        self._check_meshes()
        self._check_animations()

    def _check_views(self, length: int) -> None:
        spans = []
        for view in self.json["bufferViews"]:
            assert view["buffer"] == 0
            assert view["byteLength"] >= 1
            assert 0 <= view["byteOffset"] <= view["byteOffset"] + view["byteLength"] <= length
            spans.append((view["byteOffset"], view["byteOffset"] + view["byteLength"]))
        spans.sort()
        assert all(a[1] <= b[0] for a, b in pairwise(spans))

    def _raw(self, view: int, component: int, count: int, width: int, offset: int = 0) -> np.ndarray:
        kind = np.dtype(COMPONENT[component])
        described = self.json["bufferViews"][view]
        start = described["byteOffset"] + offset
        assert start % kind.itemsize == 0
        assert offset + count * width * kind.itemsize <= described["byteLength"]
        if described.get("target") == 34962:
            assert width * kind.itemsize % 4 == 0
        return np.frombuffer(self.bin, kind, count * width, start).reshape(count, width)

    def _accessor(self, one: dict) -> np.ndarray:
        width, count = WIDTH[one["type"]], one["count"]
        assert count >= 1
        if "bufferView" in one:
            values = self._raw(one["bufferView"], one["componentType"], count, width, one.get("byteOffset", 0))
        else:
            values = np.zeros((count, width), COMPONENT[one["componentType"]])
        if "sparse" in one:
            sparse = one["sparse"]
            assert 1 <= sparse["count"] <= count
            for part in ("indices", "values"):
                view = self.json["bufferViews"][sparse[part]["bufferView"]]
                assert "target" not in view
                assert "byteStride" not in view
            assert sparse["indices"]["componentType"] in (5121, 5123, 5125)
            where = self._raw(sparse["indices"]["bufferView"], sparse["indices"]["componentType"], sparse["count"], 1)[
                :, 0
            ]
            assert (np.diff(where.astype(np.int64)) > 0).all()
            assert where[-1] < count
            values = values.copy()
            values[where] = self._raw(sparse["values"]["bufferView"], one["componentType"], sparse["count"], width)
        assert np.isfinite(values).all()
        for name, extreme in (("min", values.min(axis=0)), ("max", values.max(axis=0))):
            if name in one:
                assert one[name] == extreme.tolist()
        return values

    def _check_meshes(self) -> None:
        for mesh in self.json["meshes"]:
            counts = set()
            for primitive in mesh["primitives"]:
                position = self.json["accessors"][primitive["attributes"]["POSITION"]]
                assert {"min", "max"} <= set(position)
                vertices = position["count"]
                for name, index in primitive["attributes"].items():
                    accessor = self.json["accessors"][index]
                    assert accessor["count"] == vertices
                    expected = {"POSITION": "VEC3", "NORMAL": "VEC3", "COLOR_0": "VEC4"}[name]
                    assert accessor["type"] == expected
                normals = self.accessors[primitive["attributes"]["NORMAL"]]
                np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-3)
                indices = self.json["accessors"][primitive["indices"]]
                assert indices["count"] % 3 == 0
                assert self.accessors[primitive["indices"]].max() < vertices
                restart = {5123: 65535, 5125: 2**32 - 1}[indices["componentType"]]
                assert self.accessors[primitive["indices"]].max() != restart
                assert primitive["material"] < len(self.json["materials"])
                targets = primitive.get("targets", [])
                for target in targets:
                    assert set(target) <= set(primitive["attributes"])
                    assert all(self.json["accessors"][index]["count"] == vertices for index in target.values())
                    assert {"min", "max"} <= set(self.json["accessors"][target["POSITION"]])
                counts.add(len(targets))
            (count,) = counts
            assert len(mesh.get("weights", [])) == count
            assert len(mesh["extras"]["targetNames"]) == count

    def _check_animations(self) -> None:
        for animation in self.json.get("animations", []):
            for channel in animation["channels"]:
                sampler = animation["samplers"][channel["sampler"]]
                node = self.json["nodes"][channel["target"]["node"]]
                assert channel["target"]["path"] == "weights"
                targets = len(self.json["meshes"][node["mesh"]]["weights"])
                times = self.accessors[sampler["input"]][:, 0]
                assert {"min", "max"} <= set(self.json["accessors"][sampler["input"]])
                assert times[0] >= 0
                assert (np.diff(times) > 0).all()
                assert self.json["accessors"][sampler["output"]]["count"] == len(times) * targets

    def targets(self, name: str = "POSITION") -> np.ndarray:
        (primitive,) = self.json["meshes"][0]["primitives"]
        return np.stack([self.accessors[target[name]] for target in primitive["targets"]])

    def attribute(self, name: str) -> np.ndarray:
        (primitive,) = self.json["meshes"][0]["primitives"]
        return self.accessors[primitive["attributes"][name]]

    def weights(self) -> tuple[np.ndarray, np.ndarray]:
        (animation,) = self.json["animations"]
        (sampler,) = animation["samplers"]
        times = self.accessors[sampler["input"]][:, 0]
        return times, self.accessors[sampler["output"]].reshape(len(times), -1)
