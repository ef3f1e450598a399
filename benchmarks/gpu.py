"""The packaged landmark network on CUDA, in batches: does the batch change the landmarks, and how fast is it?

    pip install onnxruntime-gpu onnx
    python benchmarks/gpu.py [--crops crops.npy] [--batches 1 8 32 128] [--device cuda]

Takes less than two minutes. The network is exported for one picture; its graph has no shape that depends on the batch,
so the first dimension of its input is opened here. For every batch size it prints faces a second, the share of the
arithmetic (2.8e8 operations a face), and how far landmarks lie, in pixels of the 256 px crop, from those of a batch of
one on the same device and from those of the CPU. A batch is fit for use where the first number is below 0.001 and the
second below 0.05. With --device cpu everything but the speed of a GPU can be tried.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from dfe.base.errors import DfeError
from dfe.frontends.landmarks.networks import Networks

OPERATIONS = 2 * 141e6
"""Multiplications and additions of the landmark network for one face."""
SECONDS = 5.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crops", type=Path, help="(n, 256, 256, 3) uint8 crops of faces; noise by default")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8, 32, 128])
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    options = parser.parse_args()
    crops = noise() if options.crops is None else np.load(options.crops)
    try:
        one = Networks(device=options.device)
        alone = np.concatenate([one.run("landmarks", crop[None])[0].reshape(1, -1, 3) for crop in crops])
    except DfeError as error:
        print(error, file=sys.stderr)
        return 1
    cpu = Networks()
    there = np.concatenate([cpu.run("landmarks", crop[None])[0].reshape(1, -1, 3) for crop in crops])
    session = open_batches(options.device)
    print(f"{len(crops)} crops on {session.get_providers()[0]}; batch of one against the CPU: {apart(alone, there)}")
    print("batch  faces/s  GFLOP/s  from a batch of one (px)    from the CPU (px)")
    for batch in options.batches:
        found = run(session, crops, batch)
        rate = speed(session, crops, batch, options.seconds)
        print(f"{batch:5d} {rate:8.0f} {rate * OPERATIONS / 1e9:8.0f}  {apart(found, alone)}    {apart(found, there)}")
    return 0


def open_batches(device: str) -> Any:
    """The landmark network for any number of pictures."""
    import onnx
    import onnxruntime

    model = onnx.load_from_string(Networks().read("landmarks.onnx"))
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "n"
    del model.graph.value_info[:]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    providers = ["CUDAExecutionProvider"] if device == "cuda" else ["CPUExecutionProvider"]
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=providers)


def run(session: Any, crops: np.ndarray, batch: int) -> np.ndarray:
    """Landmarks ``(n, 478, 3)``."""
    parts = [session.run(None, {"image": crops[i : i + batch]})[0] for i in range(0, len(crops), batch)]
    return np.concatenate([part.reshape(-1, 478, 3) for part in parts])


def speed(session: Any, crops: np.ndarray, batch: int, seconds: float) -> float:
    """Faces a second, pictures handed over and landmarks fetched."""
    some = np.resize(crops, (batch, *crops.shape[1:]))
    session.run(None, {"image": some})
    began, done = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        session.run(None, {"image": some})
        done += batch
    return done / (time.perf_counter() - began)


def apart(a: np.ndarray, b: np.ndarray) -> str:
    distance = np.linalg.norm((a - b)[..., :2], axis=-1)
    return f"mean {distance.mean():.5f}, most {distance.max():.5f}"


def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (64, 256, 256, 3)).astype(np.uint8)


if __name__ == "__main__":
    sys.exit(main())
