"""The packaged networks for crops in batches, on CUDA or on the CPU: does a batch change a face, and how fast is it?

    pip install onnxruntime-gpu onnx
    python benchmarks/gpu.py [--clip film.mp4] [--batches 1 8 32 128] [--device cuda]

Takes a few minutes. The networks are exported for one face; here their graphs are made anew for each size of batch.
Inputs are those of the first frames of a film, or noise. For every size it prints faces a second, the share of the
arithmetic, and four distances (mean and most), in pixels of the 256 px crop for landmarks and else as shares: from a
batch of one on the same device; from the CPU; of a face whose batch is filled up with nothing from the same among
others; and of a face at another place in its batch. Where the last two are 0, a batch of fixed size, filled up, gives
results that do not depend on what else is processed. With --device cpu everything but the speed of a GPU can be tried.
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

OPERATIONS = {"landmarks": 2 * 141e6}
"""Multiplications and additions for one face, where they were counted."""
SHAPES = {"landmarks": (256, 256, 3), "coefficients": (146, 2), "covering": (1, 64, 64)}
TOKEN = "t23"
"""What the coefficient network puts before the points of each face: the same for all."""
SECONDS = 5.0
FRAMES = 64


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", type=Path, help="film of a face; noise by default")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8, 32, 128])
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    options = parser.parse_args()
    inputs = noise() if options.clip is None else of_film(options.clip)
    try:
        for name, values in inputs.items():
            report(name, values, options)
    except DfeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def report(name: str, values: np.ndarray, options: argparse.Namespace) -> None:
    one, cpu = Networks(device=options.device), Networks()
    alone = np.concatenate([places(name, one.run(name, value[None])[0]) for value in values])
    there = np.concatenate([places(name, cpu.run(name, value[None])[0]) for value in values])
    print(f"{name}: {len(values)} inputs on {options.device}; a batch of one from the CPU: {apart(alone, there)}")
    print("batch  faces/s  GFLOP/s  from a batch of one; from the CPU; filled up; at another place")
    for batch in options.batches:
        session = open_batch(name, batch, options.device)
        found = run(name, session, values, batch)
        padded = np.concatenate([run(name, session, filled(value, batch), batch)[:1] for value in values])
        moved = np.roll(run(name, session, np.roll(values, batch // 2 + 1, axis=0), batch), -(batch // 2 + 1), axis=0)
        rate = speed(session, values, batch, options.seconds)
        share = f"{rate * OPERATIONS[name] / 1e9:8.0f}" if name in OPERATIONS else f"{'':8}"
        told = [apart(found, alone), apart(found, there), apart(padded, found), apart(moved, found)]
        print(f"{batch:5d} {rate:8.0f} {share}  " + "; ".join(told), flush=True)


def for_batch(content: bytes, batch: int) -> bytes:
    """A network for a batch of so many: its first dimension, and the shapes in it that begin with 1 face."""
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load_from_string(content)
    graph = model.graph
    for value in (*graph.input, *graph.output):
        first = value.type.tensor_type.shape.dim[0]
        first.dim_value = batch * first.dim_value if len(value.type.tensor_type.shape.dim) == 1 else batch
    del graph.value_info[:]
    shapes = {node.input[1] for node in graph.node if node.op_type == "Reshape"}
    shapes |= {node.input[2] for node in graph.node if node.op_type == "Slice"}  # where they end
    for at, known in enumerate(graph.initializer):
        if known.name in shapes:
            shape = numpy_helper.to_array(known).copy()
            shape[0] *= batch
            graph.initializer[at].CopyFrom(numpy_helper.from_array(shape, known.name))
    if any(TOKEN in node.input for node in graph.node if node.op_type == "Concat"):
        graph.initializer.append(numpy_helper.from_array(np.array([batch, 1, 1, 1]), "batch"))
        (at,) = (at for at, node in enumerate(graph.node) if node.op_type == "Concat")
        joined = list(graph.node[at].input)
        graph.node[at].input[joined.index(TOKEN)] = "tokens"
        graph.node.insert(at, helper.make_node("Expand", [TOKEN, "batch"], ["tokens"]))
    return bytes(model.SerializeToString())


def open_batch(name: str, batch: int, device: str) -> Any:
    """A network for so many faces at a time."""
    import onnxruntime

    content = for_batch(Networks().read(f"{name}.onnx"), batch)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    # No search for the fastest way: which one it is depends on the clock, and so would the last bits.
    cuda = ("CUDAExecutionProvider", {"cudnn_conv_algo_search": "HEURISTIC", "use_tf32": "0"})
    providers = [cuda] if device == "cuda" else ["CPUExecutionProvider"]
    return onnxruntime.InferenceSession(content, options, providers=providers)


def run(name: str, session: Any, values: np.ndarray, batch: int) -> np.ndarray:
    """Outputs ``(n, ...)``, in batches of one size: the last is filled up."""
    count = len(values)
    whole = np.concatenate([values, np.zeros((-count % batch, *values.shape[1:]), values.dtype)])
    entry = session.get_inputs()[0].name
    parts = [session.run(None, {entry: whole[at : at + batch]})[0] for at in range(0, len(whole), batch)]
    return np.concatenate([places(name, part) for part in parts])[:count]


def places(name: str, found: np.ndarray) -> np.ndarray:
    """Landmarks as ``(n, 478, 2)`` in pixels of the crop; shares as ``(n, 2 or 52, 1)``."""
    if name == "landmarks":
        return found.reshape(-1, 478, 3)[..., :2]
    return found.reshape(-1, 2 if name == "covering" else 52, 1)


def filled(value: np.ndarray, batch: int) -> np.ndarray:
    return np.concatenate([value[None], np.zeros((batch - 1, *value.shape), value.dtype)])


def speed(session: Any, values: np.ndarray, batch: int, seconds: float) -> float:
    """Faces a second, pictures handed over and results fetched."""
    some = np.resize(values, (batch, *values.shape[1:]))
    entry = session.get_inputs()[0].name
    session.run(None, {entry: some})
    began, done = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        session.run(None, {entry: some})
        done += batch
    return done / (time.perf_counter() - began)


def apart(a: np.ndarray, b: np.ndarray) -> str:
    distance = np.linalg.norm(a - b, axis=-1)
    return f"{distance.mean():.1e} (most {distance.max():.1e})" if distance.any() else "0"


def noise() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    drawn = {name: rng.integers(0, 256, (FRAMES, *shape)) for name, shape in SHAPES.items()}
    return {name: value.astype(np.uint8 if name == "landmarks" else np.float32) for name, value in drawn.items()}


def of_film(clip: Path) -> dict[str, np.ndarray]:
    """What the networks are given while the first frames of a film are looked at."""
    from dfe.frontends.landmarks.graph import LandmarkFrontEnd
    from dfe.media.film import open_film

    front_end = LandmarkFrontEnd()
    given: dict[str, list[np.ndarray]] = {name: [] for name in SHAPES}
    whole = front_end.networks.run

    def noted(name: str, value: np.ndarray) -> list[np.ndarray]:
        if name in given:
            given[name].append(value[0].copy())
        return whole(name, value)

    front_end.networks.run = noted  # type: ignore[method-assign]
    for _ in front_end.observe(open_film([clip]).frames(last=FRAMES), still=False):
        pass
    return {name: np.stack(values[:FRAMES]) for name, values in given.items()}


if __name__ == "__main__":
    sys.exit(main())
