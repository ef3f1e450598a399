"""Speed and memory of the whole way from a video to rows, against the floor and against MediaPipe, in one run.

    python benchmarks/encode.py CLIP [--peer-python PYTHON --task face_landmarker.task] [--minutes 30]

Prints a table of ratios. The floor is what the networks alone take on the same inputs, plus decoding. The peer runs in
an environment of its own (`python -m venv peer; peer/bin/pip install mediapipe==1.2.2 av`), with the same bundle, on
the same clip, bound to the same core, turn by turn with ours. Both are timed by the processor time that they take,
which other programs disturb less than the clock does. Workers and memory are measured on whole `dfe.encode` runs in
fresh processes, start-up included, by the clock: they need a machine that does nothing else. Beside them stands what
two processes reach that share nothing but the machine: no number of workers can do better.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import av

HERE = Path(__file__).resolve().parent


class Timed(NamedTuple):
    """Milliseconds of a processor for a frame."""

    graph: float
    same_outputs: float
    encode: float
    networks: float
    decode: float
    with_decode: float
    still: float
    still_twice: float
    still_both_ways: float
    faces: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peer-python", type=Path)
    parser.add_argument("--task", type=Path)
    parser.add_argument("--copies", type=int, default=40, help="copies of the clip for the two workers")
    parser.add_argument("--minutes", type=float, default=30.0, help="length of the long video; 0 leaves it out")
    parser.add_argument("--part", choices=["graph", "encode", "alone"], help=argparse.SUPPRESS)
    parser.add_argument("--workers", type=int, default=1, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part == "graph":
        print(json.dumps(measure_graph(options.clip)._asdict()))
    elif options.part == "alone":
        print(json.dumps(measure_alone(options.workers)))
    elif options.part == "encode":
        print(json.dumps(measure_encode(options.clip, options.workers)))
    else:
        report(options)


def report(options: argparse.Namespace) -> None:
    ours, peers = [], []
    for _ in range(options.rounds):
        ours.append(Timed(**child("graph", options.clip)))
        if options.peer_python:
            words = [options.peer_python, HERE / "peer_mediapipe.py", options.task, options.clip]
            peers.append(json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout))
    graph, same, encode, networks, decode, whole, still, twice, both_ways, _ = (
        statistics.median(getattr(one, name) for one in ours) for name in Timed._fields
    )
    rows = [
        ("whole graph, tracking, one face, one thread", f"{graph:.2f} ms a frame"),
        ("the networks alone, on the same inputs", f"{networks:.2f} ms a frame"),
        ("decoding", f"{decode:.2f} ms a frame"),
        ("graph and decoding / floor (target: at most 1.25)", f"{whole / (networks + decode):.2f}"),
    ]
    rows.append(("the same outputs as MediaPipe's alone", f"{same:.2f} ms a frame"))
    rows.append(("dfe encode with its defaults: decoding, face model, tokens", f"{encode:.2f} ms a frame"))
    rows.append(("each frame as a still picture, one landmark pass", f"{still:.2f} ms a frame"))
    rows.append(("each frame as a still picture, two passes", f"{twice:.2f} ms a frame"))
    rows.append(("two passes and the mirror image (our default for stills)", f"{both_ways:.2f} ms a frame"))
    kinds = (
        ("VIDEO", "the same outputs", lambda one: one.same_outputs),
        ("VIDEO", "the whole graph", lambda one: one.graph),
        ("VIDEO and decoding", "dfe encode with its defaults", lambda one: one.encode),
        ("IMAGE", "a still picture, one pass", lambda one: one.still),
    )
    for mode, what, own in kinds if peers else ():
        name = mode.split()[0]
        pairs = [
            (peer[name]["cpu_ms_per_frame"] + one.decode * (name != mode), own(one))
            for peer, one in zip(peers, ours, strict=True)
        ]
        peer_ms = statistics.median(peer for peer, _ in pairs)
        ratio = statistics.median(peer / mine for peer, mine in pairs)
        rows.append((f"MediaPipe 1.2.2, mode {mode}", f"{peer_ms:.2f} ms a frame"))
        rows.append((f"MediaPipe {mode} / ours: {what}", f"{ratio:.2f}"))
    with tempfile.TemporaryDirectory() as scratch:
        rows += workers_rows(options.clip, Path(scratch), options.copies)
        if options.minutes:
            rows += memory_rows(options.clip, Path(scratch), options.minutes)
    width = max(len(name) for name, _ in rows)
    print("\n".join(f"{name:<{width}}  {value}" for name, value in rows))


def workers_rows(clip: Path, scratch: Path, copies: int) -> list[tuple[str, str]]:
    folder = scratch / "copies"
    folder.mkdir()
    for number in range(copies):
        (folder / f"{number:03d}{clip.suffix}").write_bytes(clip.read_bytes())
    one, two = (child("encode", folder, "--workers", str(n)) for n in (1, 2))
    alone = child("alone", clip)["seconds"]
    with ThreadPoolExecutor(2) as both:
        beside = max(done["seconds"] for done in both.map(lambda n: child("alone", clip, "--workers", n), (1, 2)))
    return [
        ("two processes that share nothing / one: what the machine gives", f"{2 * alone / beside:.2f}"),
        (f"{copies} clips, one worker", f"{one['frames'] / one['seconds']:.0f} frames/s"),
        (f"{copies} clips, two workers", f"{two['frames'] / two['seconds']:.0f} frames/s"),
        ("two workers / one (target: at least 1.8)", f"{one['seconds'] / two['seconds']:.2f}"),
    ]


def memory_rows(clip: Path, scratch: Path, minutes: float) -> list[tuple[str, str]]:
    short, long = scratch / "short.mp4", scratch / "long.mp4"
    short_run, long_run = (child("encode", repeat(clip, path, m)) for path, m in ((short, 1.0), (long, minutes)))
    first, last = long_run["rate_first"], long_run["rate_last"]
    return [
        ("peak memory, 1 minute of video", f"{short_run['peak_mb']:.0f} MB"),
        (f"peak memory, {minutes:g} minutes (target: at most 500)", f"{long_run['peak_mb']:.0f} MB"),
        ("of that, reading, after the first minute", f"{long_run['peak_first']:.0f} MB"),
        ("of that, reading, after the last minute", f"{long_run['peak_last']:.0f} MB"),
        ("rate in the last minute / in the first (target: 1)", f"{last / first:.2f}"),
    ]


def child(part: str, *words: object) -> dict[str, Any]:
    """Run a part of this script in a fresh process."""
    command = [sys.executable, __file__, *map(str, words), "--part", part]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    result: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, env=env).stdout)
    return result


def measure_alone(core: int) -> dict[str, float]:
    """Seconds for the landmark network's work on one crop, again and again, on a core of its own."""
    import numpy as np

    from dfe.frontends.landmarks.networks import Networks

    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[core - 1]})
    networks, crop = Networks(), np.zeros((1, 256, 256, 3), np.uint8)
    networks.run("landmarks", crop)
    began = time.perf_counter()
    for _ in range(1000):
        networks.run("landmarks", crop)
    return {"seconds": time.perf_counter() - began}


def measure_graph(clip: Path) -> Timed:
    import dfe
    from dfe.frontends.landmarks.coefficients import find_coefficients
    from dfe.frontends.landmarks.config import LandmarkConfig
    from dfe.frontends.landmarks.crops import roi_from_detection, roi_from_landmarks
    from dfe.frontends.landmarks.graph import LandmarkFrontEnd
    from dfe.frontends.landmarks.mesh import find_mesh
    from dfe.media.video import Video

    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    front_end = LandmarkFrontEnd(LandmarkConfig(max_faces=1))
    video = Video(clip)
    frames = list(video.frames())
    calls: list[tuple[str, Any]] = []
    run = front_end.networks.run

    def recorded(name: str, value: Any) -> Any:
        calls.append((name, value))
        return run(name, value)

    front_end.networks.run = recorded  # type: ignore[method-assign]
    faces = sum(len(seen.faces) for seen in front_end.observe(frames, still=False))
    front_end.networks.run = run  # type: ignore[method-assign]

    def per_frame(work: Callable[[], object]) -> float:
        times = []
        for _ in range(3):
            began = time.process_time()
            work()
            times.append(time.process_time() - began)
        return 1000 * statistics.median(times) / len(frames)

    twice = LandmarkFrontEnd(LandmarkConfig(max_faces=1, second_pass=True), front_end.networks)
    both_ways = LandmarkFrontEnd(LandmarkConfig(max_faces=1, second_pass=True, both_ways=True), front_end.networks)

    def same_outputs() -> None:
        roi = None
        for frame in frames:
            image = frame.image
            if roi is None:
                found = front_end.detector(image, 1)[0]
                roi = roi_from_detection(found.box, found.points[:2])
            points = find_mesh(front_end.networks, image, roi).points
            find_coefficients(front_end.networks, points)
            front_end.geometry(points, image.shape[1], image.shape[0])
            roi = roi_from_landmarks(points)

    return Timed(
        same_outputs=per_frame(same_outputs),
        encode=per_frame(lambda: dfe.encode(clip, max_faces=1)),
        graph=per_frame(lambda: list(front_end.observe(frames, still=False))),
        networks=per_frame(lambda: [run(name, value) for name, value in calls]),
        decode=per_frame(lambda: [None for _ in video.frames()]),
        with_decode=per_frame(lambda: list(front_end.observe(video.frames(), still=False))),
        still=per_frame(lambda: list(front_end.observe(frames, still=True))),
        still_twice=per_frame(lambda: list(twice.observe(frames, still=True))),
        still_both_ways=per_frame(lambda: list(both_ways.observe(frames, still=True))),
        faces=faces,
    )


def measure_encode(path: Path, workers: int) -> dict[str, float]:
    import dfe

    began = time.perf_counter()
    moments: list[tuple[int, float]] = []
    peaks: list[float] = []

    def note(done: int, _total: int | None) -> None:
        moments.append((done, time.perf_counter()))
        if done and done % 1800 == 0:
            peaks.append(peak_mb())

    recordings = dfe.encode(path, workers=workers, max_faces=1, progress=note)
    seconds = time.perf_counter() - began
    frames = sum(recording.summary().frames for recording in recordings)
    reading = {"peak_first": peaks[0], "peak_last": peaks[-1]} if peaks else {}
    return {"frames": frames, "seconds": seconds, "peak_mb": peak_mb(), **reading, **rates(moments)}


def rates(moments: list[tuple[int, float]]) -> dict[str, float]:
    """Frames a second in the first and the last minute's worth of frames (1,800), or half of what there is."""
    span = min(1800, len(moments) // 2)
    if span < 2:
        return {"rate_first": 1.0, "rate_last": 1.0}
    (a, ta), (b, tb), (c, tc), (d, td) = (moments[i] for i in (1, span, -span, -1))
    return {"rate_first": (b - a) / (tb - ta), "rate_last": (d - c) / (td - tc)}


def peak_mb() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def repeat(clip: Path, target: Path, minutes: float) -> Path:
    """A video of so many minutes, the clip again and again."""
    with av.open(str(clip)) as source:
        pictures = [frame.to_ndarray(format="yuv420p") for frame in source.decode(video=0)]
        size = (source.streams.video[0].width, source.streams.video[0].height)
    with av.open(str(target), "w") as container:
        stream = container.add_stream("mpeg4", rate=30)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for number in range(round(minutes * 60 * 30)):
            picture = av.VideoFrame.from_ndarray(pictures[number % len(pictures)], format="yuv420p")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return target


if __name__ == "__main__":
    main()
