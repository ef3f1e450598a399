"""The packaged networks in batches, on CUDA or on the CPU: does a batch change a face, and how fast is all of it?

    pip install onnxruntime-gpu        # in place of onnxruntime
    python benchmarks/gpu.py film.mp4 [--batches 1 8 32 128] [--workers 16 32] [--device cuda] [--tflops 67]

Takes a few minutes, in three parts. With --device cpu all of it but the speed of a GPU can be tried.

1. Each network alone, with what it is given while the first frames of the film are looked at. For every size of batch:
   faces a second, the arithmetic in them and, with --tflops, its share of what the card can do; and four distances
   (mean and most), in pixels of the 256 px crop for landmarks and else as shares: from a batch of one on the same
   device; from the CPU; of a face whose batch is filled up with nothing from the same among others; and of a face at
   another place in its batch. Only where the last two are 0 do results not depend on what else is processed.
2. The gathering alone: workers that do nothing but ask a server whose networks do nothing. What one server can take.
3. `dfe encode` of copies of the film: frames a second by workers on the CPU, and by workers whose faces are gathered
   for the device, with how full the batches were, and how far landmarks are from those of the CPU.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, cast

import numpy as np

from dfe.base.errors import DfeError
from dfe.frontends.landmarks.gathering.client import Gathered
from dfe.frontends.landmarks.gathering.config import GatheringConfig
from dfe.frontends.landmarks.gathering.place import Place
from dfe.frontends.landmarks.gathering.server import Server
from dfe.frontends.landmarks.graph import LandmarkFrontEnd
from dfe.frontends.landmarks.networks import BATCH_ON_CUDA, FACE_NETWORKS, Networks
from dfe.frontends.landmarks.sessions import Device, Session
from dfe.media.film import open_film
from dfe.recording.recording import Recording

OPERATIONS = {"landmarks": 2 * 141e6}
"""Multiplications and additions for one face, where they were counted."""
FRAMES = 64
TOGETHER = {"landmarks": 1, "coefficients": 2, "covering": 1}
"""Faces that a worker hands over at once."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cores = os.cpu_count() or 1
    parser.add_argument("film", type=Path, help="film of a face")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8, BATCH_ON_CUDA, 128], help="of part 1")
    parser.add_argument("--batch", type=int, default=BATCH_ON_CUDA, help="of parts 2 and 3")
    parser.add_argument("--workers", type=int, nargs="+", default=[cores, 2 * cores, 4 * cores])
    parser.add_argument("--films", type=int, help="copies of the film; by default two for each worker")
    parser.add_argument("--end", type=float, help="seconds of each that are encoded; by default all")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each speed of parts 1 and 2")
    parser.add_argument("--tflops", type=float, help="of the card in float32 without TF32")
    options = parser.parse_args()
    try:
        for name, values in inputs_of(options.film).items():
            report_network(name, values, options)
        report_gathering(options)
        report_encoding(options)
    except DfeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def inputs_of(film: Path) -> dict[str, np.ndarray]:
    """What the networks are given while the first frames of a film are looked at."""
    front_end = LandmarkFrontEnd()
    given: dict[str, list[np.ndarray]] = {name: [] for name in FACE_NETWORKS}
    whole = front_end.networks.run

    def noted(name: str, values: np.ndarray) -> list[np.ndarray]:
        if name in given:
            given[name].extend(value.copy() for value in values)
        return whole(name, values)

    front_end.networks.run = noted  # type: ignore[method-assign]
    for _ in front_end.observe(open_film([film]).frames(last=FRAMES), still=False):
        pass
    if not all(given.values()):
        raise DfeError("no face in its first frames", where=film)
    return {name: np.stack(values[:FRAMES]) for name, values in given.items()}


def report_network(name: str, values: np.ndarray, options: argparse.Namespace) -> None:
    content, device = Networks().read(f"{name}.onnx"), cast(Device, options.device)
    alone, there = (run(name, Session(content, one), values) for one in (device, cast(Device, "cpu")))
    print(f"{name}: {len(values)} inputs on {device}; a batch of one from the CPU: {apart(alone, there)}")
    print("batch  faces/s  GFLOP/s  share  from a batch of one; from the CPU; filled up; at another place")
    for batch in options.batches:
        session = Session(content, device, batch)
        found = run(name, session, values)
        padded = np.concatenate([run(name, session, value[None]) for value in values])
        by = batch // 2 + 1
        moved = np.roll(run(name, session, np.roll(values, by, axis=0)), -by, axis=0)
        rate = speed(session, values, options.seconds)
        work = rate * OPERATIONS.get(name, 0.0)
        told = f"{work / 1e9:8.0f}" if work else f"{'':8}"
        share = f"{work / options.tflops / 1e12:6.1%}" if work and options.tflops else f"{'':6}"
        distances = [apart(found, alone), apart(found, there), apart(padded, found), apart(moved, found)]
        print(f"{batch:5d} {rate:8.0f} {told} {share}  " + "; ".join(distances), flush=True)


def run(name: str, session: Session, values: np.ndarray) -> np.ndarray:
    """The first output as places ``(n, points, 2)`` or shares ``(n, shares, 1)``, in batches that are filled up."""
    batch = session.shape[0]
    whole = np.concatenate([values, np.zeros((-len(values) % batch, *values.shape[1:]), values.dtype)])
    found = np.concatenate([session.run(whole[at : at + batch])[0] for at in range(0, len(whole), batch)])[
        : len(values)
    ]
    if name == "landmarks":
        return found.reshape(len(values), -1, 3)[..., :2]
    return found.reshape(len(values), -1, 1)


def speed(session: Session, values: np.ndarray, seconds: float) -> float:
    """Faces a second, pictures handed over and results fetched."""
    some = np.resize(values, session.shape)
    session.run(some)
    began, done = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        session.run(some)
        done += len(some)
    return done / (time.perf_counter() - began)


def apart(a: np.ndarray, b: np.ndarray) -> str:
    distance = np.linalg.norm(a - b, axis=-1)
    return f"{distance.mean():.1e} (most {distance.max():.1e})" if distance.any() else "0"


@dataclass
class Idle:
    """In place of an open network: gives nothing, at once."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    outputs: list[tuple[int, ...]]

    def run(self, _: np.ndarray) -> list[np.ndarray]:
        return [np.zeros(shape, np.float32) for shape in self.outputs]


def report_gathering(options: argparse.Namespace) -> None:
    print(f"\nthe gathering alone, batches of {options.batch}; processor time of the server and of a worker")
    print("network       workers  calls/s  faces  server us/call  worker us/call")
    context = get_context("spawn")
    for name in FACE_NETWORKS:
        session = Session(Networks().read(f"{name}.onnx"), "cpu", options.batch)
        idle = Idle(session.shape, session.dtype, session.outputs)
        for workers in (1, *options.workers):
            with tempfile.TemporaryDirectory(prefix="dfe") as folder:
                place, answers = Place(Path(folder), "key"), context.Queue()
                server = context.Process(target=serve, args=(place, name, idle, answers))
                server.start()
                first = Asking(place)  # keeps it there until all have begun and ended
                first.count()
                asking = (place, name, idle, options.seconds, answers)
                there = [context.Process(target=ask, args=asking) for _ in range(workers)]
                for worker in there:
                    worker.start()
                of_workers = [answers.get() for _ in there]
                first.close()
                of_server = answers.get()
                for process in (server, *there):
                    process.join()
            calls = sum(one["calls"] for one in of_workers)
            rate = sum(one["calls"] / one["seconds"] for one in of_workers)
            print(
                f"{name:13} {workers:7d} {rate:8.0f} {of_server['faces'] / of_server['batches']:6.1f} "
                f"{of_server['processor'] / calls * 1e6:15.0f} "
                f"{sum(one['processor'] for one in of_workers) / calls * 1e6:15.0f}",
                flush=True,
            )


def serve(place: Place, name: str, idle: Idle, answers: Any) -> None:
    sys.setswitchinterval(0.0005)
    listener, secret = place.listen()
    sessions = cast(dict[str, Session], {name: idle})
    server = Server(listener, secret, sessions, idle.shape[0], patience_s=GatheringConfig.patience_s, linger_s=0.5)
    began = time.process_time()
    server.serve()
    answers.put({"processor": time.process_time() - began, **server.count[name]})


def ask(place: Place, name: str, idle: Idle, seconds: float, answers: Any) -> None:
    worker = Asking(place)
    values = np.zeros((TOGETHER[name], *idle.shape[1:]), idle.dtype)
    worker.run(name, values)
    began, used, calls = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - began < seconds:
        worker.run(name, values)
        calls += 1
    answers.put({"calls": calls, "seconds": time.perf_counter() - began, "processor": time.process_time() - used})


class Asking(Gathered):
    """A worker that asks the server at a place, and waits until it is there."""

    def __init__(self, place: Place) -> None:
        super().__init__(GatheringConfig("cpu", 1), {}, place)

    def _start(self, place: Place) -> None:
        while place.read() is None:
            time.sleep(0.05)


def report_encoding(options: argparse.Namespace) -> None:
    cores = os.cpu_count() or 1
    count = options.films or 2 * max(options.workers)
    with tempfile.TemporaryDirectory(prefix="dfe") as folder:
        films = Path(folder) / "films"
        films.mkdir()
        for number in range(count):  # each another file, or it would be encoded once
            copy = films / f"{number:04d}{options.film.suffix}"
            shutil.copyfile(options.film, copy)
            with copy.open("ab") as file:
                file.write(number.to_bytes(4, "big"))
        print(f"\ndfe encode, {count} films, start included; {cores} processors")
        print("device  batch  workers  frames/s  faces in a batch  landmarks from the CPU's, px of the picture")
        there = encoded(films, Path(folder) / "cpu", cores, [], options.end)
        rate, known = there
        print(f"cpu         1 {cores:8d} {rate:9.1f}", flush=True)
        for workers in options.workers:
            networks = Networks(device=options.device, batch=options.batch)
            before = networks.gathered.count() if options.batch > 1 else {}
            words = ["--device", options.device, "--batch", str(options.batch)]
            rate, found = encoded(films, Path(folder) / f"{workers}", workers, words, options.end)
            filled = ""
            if options.batch > 1:
                after = networks.gathered.count()
                filled = ", ".join(f"{name} {fill(before[name], after[name]):.1f}" for name in FACE_NETWORKS)
                networks.gathered.close()
            distance = apart(found, known) if found.shape == known.shape else "other faces"
            print(f"{options.device:6} {options.batch:6d} {workers:8d} {rate:9.1f}  {filled}  {distance}", flush=True)


def fill(before: dict[str, int], after: dict[str, int]) -> float:
    return (after["faces"] - before["faces"]) / max(after["batches"] - before["batches"], 1)


def encoded(films: Path, out: Path, workers: int, words: list[str], end: float | None) -> tuple[float, np.ndarray]:
    """Frames a second, and the landmarks of the first film."""
    cut = [] if end is None else ["--end", str(end)]
    line = [sys.executable, "-m", "dfe", "encode", str(films), "-o", str(out), "--workers", str(workers), "--landmarks"]
    began = time.perf_counter()
    ran = subprocess.run([*line, *cut, *words], capture_output=True, text=True)
    seconds = time.perf_counter() - began
    if ran.returncode:
        raise DfeError(ran.stderr.strip().splitlines()[-1])
    tables = sorted(out.glob("*.parquet"))
    first = Recording.read(tables[0])
    return len(tables) * len(first) / seconds, np.asarray(first.landmarks()[..., :2], np.float64)


if __name__ == "__main__":
    sys.exit(main())
