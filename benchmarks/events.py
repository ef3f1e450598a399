"""Do events depend on the camera's frame rate, does a still face have any, and how long does an hour take?

    python benchmarks/events.py [--data ../shared/data] [--still FOLDER]

Tracks of ARKit coefficients are put straight into the default tokenizer; frames are then left out to make 30 and 15
frames a second and a rate that varies between 12 and 50. Still faces: photographs of ``london/`` as videos of 12 s at
60 frames a second with noise of the sensor, H.264, flicker of the light and a sway of less than a pixel, measured by
the front end; --still keeps them. What more noise does: ``events_in_noise.py``. Prints tables in Markdown.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import tempfile
import time
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa

import dfe
from dfe.displays.vocabulary import Vocabulary, vocabulary_of
from dfe.events.config import EventConfig
from dfe.events.finding import detect
from dfe.events.rates import rates
from dfe.recording.build import RowBuffer, build_recording
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
from dfe.recording.recording import Recording
from dfe.space.arkit import BLINK_NAMES, FACE_NAMES, GAZE_NAMES

EVERY_ROW = EventConfig(all_rows=True)
"""Faces of clips are small."""

STILL = ("001_03", "002_03", "003_03", "004_03", "007_03", "008_08", "009_08", "011_08")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--still", type=Path)
    options = parser.parse_args()
    tokenizer = dfe.load_tokenizer("dfe-face41@3")
    vocabulary = vocabulary_of(tokenizer)
    tracks = {path.name.removesuffix(".csv.gz"): arkit(path) for path in sorted(options.data.glob("arkit/*.csv.gz"))}

    print("\nEvents a minute of tracks of ARKit coefficients at their own rate, thinned out and at uneven times\n")
    print("| track | own rate | kind | own | 30/s | 15/s | uneven | largest difference |")
    print("|---|---:|---|---:|---:|---:|---:|---:|")
    sums: dict[tuple[int, str, str], list[float]] = {}
    for name, (t, x, gaze, lids) in tracks.items():
        own = round(1 / float(np.median(np.diff(t))))
        found = {}
        for rate, rows in versions(t, own).items():
            found[rate] = per_minute(recorded(name, t[rows], x[rows], gaze[rows], lids[rows], tokenizer), tokenizer)
        for kind in ("display", "group", "blink", "gaze"):
            values = {rate: by_kind[kind] for rate, by_kind in found.items()}
            for rate, (count, minutes) in values.items():
                total = sums.setdefault((own, kind, rate), [0.0, 0.0])
                total[0], total[1] = total[0] + count, total[1] + minutes
            print(f"| {name} | {own} | {kind} {line(values)}")
    for own in (60, 30):
        for kind in ("display", "group", "blink", "gaze"):
            values = {rate: (c, m) for (o, k, rate), (c, m) in sums.items() if (o, k) == (own, kind)}
            print(f"| **all at {own}/s** | {own} | {kind} {line(values)}")

    print("\nThe same without any of it: onsets a second of displays in raw rows\n")
    print("| material | own | 30/s | 15/s |\n|---|---:|---:|---:|")
    for name in ("neurosync_idle_default", "llf_S07-001"):
        t, x, *_ = tracks[name]
        own = round(1 / float(np.median(np.diff(t))))
        cells = [naive(tokenizer, t[rows], x[rows]) for rate, rows in versions(t, own).items() if rate != "uneven"]
        print(f"| {name} ({own}/s) | " + " | ".join(f"{cell:.1f}" for cell in ([*cells, cells[-1]])[:3]) + " |")

    print("\nVideos of people who speak (GRID), 3 s each at 25/s, and every second frame of them\n")
    videos(options.data, dfe.load_tokenizer())

    print("\nStill faces: displays and groups that begin, a minute\n")
    still(options.data, options.still, dfe.load_tokenizer())

    print("\nAn hour at 60 frames a second (216,000 rows)\n")
    hour(tracks, tokenizer, vocabulary)


def arkit(path: Path) -> tuple[np.ndarray, ...]:
    """Seconds, 41 coefficients, 8 of gaze, 2 of lids."""
    with gzip.open(path, "rt") as file:
        head, *rows = [row for row in csv.reader(file) if row and row[0]]
    names = [name[:1].lower() + name[1:] for name in head]
    rows = [row for row in rows if len(row) >= len(head)]
    clock = np.array([[float(part) for part in row[0].split(":")] for row in rows])
    t = clock @ np.array([3600, 60, 1, 1 / 60])
    x = np.array([[float(cell) for cell in row[2:54]] for row in rows], np.float32).clip(0, 1)
    pick = [x[:, [names[2:54].index(name) for name in wanted]] for wanted in (FACE_NAMES, GAZE_NAMES, BLINK_NAMES)]
    return (t - t[0], *pick)


def versions(t: np.ndarray, own: int) -> dict[str, np.ndarray]:
    """Rows that are kept, by what the camera would then be."""
    out = {"own": np.arange(len(t))}
    for rate in (30, 15):
        if rate < own:
            out[f"{rate}/s"] = np.arange(0, len(t), own // rate)
    rng = np.random.default_rng(0)
    kept = [0]
    while (after := int(np.searchsorted(t, t[kept[-1]] + rng.uniform(1 / 50, 1 / 12)))) < len(t):
        kept.append(max(after, kept[-1] + 1))
    return out | {"uneven": np.array(kept)}


def recorded(
    name: str, t: np.ndarray, x: np.ndarray, gaze: np.ndarray, lids: np.ndarray, tokenizer: dfe.Tokenizer
) -> Recording:
    rows, space = RowBuffer(), tokenizer.space
    for i in range(len(t)):
        rows.add_face(i, float(t[i]), name, 1.0, (0, 0, 200, 200), (0, 0, 0), x[i], gaze[i], lids[i], face_id=0)
    source = Provenance(SourceInfo(name), SpaceRef(space.id, space.version, space.hash), dfe.__version__)
    return build_recording(rows, source).with_tokens(tokenizer.encode(x), tokenizer.provenance())


def per_minute(recording: Recording, tokenizer: dfe.Tokenizer) -> dict[str, tuple[float, float]]:
    """Count and minutes, by kind."""
    found = detect(recording, tokenizer, EVERY_ROW, vocabulary=vocabulary_of(tokenizer))
    minutes = sum(face.exposure_s for face in found.faces) / 60
    counts = dict.fromkeys(("display", "group", "blink", "gaze"), 0.0)
    for rate in rates(found):
        if rate.speech == "all" and rate.unit in counts:
            counts[rate.unit] += rate.count
    return {kind: (count, minutes) for kind, count in counts.items()}


def line(values: dict[str, tuple[float, float]]) -> str:
    per_min = {rate: count / minutes for rate, (count, minutes) in values.items()}
    own = per_min["own"]
    off = max(abs(value - own) for value in per_min.values()) / own if own else float("nan")
    cells = [f"{per_min[rate]:.1f}" if rate in per_min else "" for rate in ("own", "30/s", "15/s", "uneven")]
    few = " (few)" if values["own"][0] < 20 else ""
    return "| " + " | ".join(cells) + (f" | {off:.0%}{few} |" if own else " | |")


def naive(tokenizer: dfe.Tokenizer, t: np.ndarray, x: np.ndarray) -> float:
    said = tokenizer.encode(x).display
    on = (said[:, :, None] == np.arange(1, tokenizer.size)).any(axis=1)
    return float((on[1:] & ~on[:-1]).sum() / (t[-1] - t[0]))


def videos(data: Path, tokenizer: dfe.Tokenizer) -> None:
    total = {"25/s": dict.fromkeys(("display", "group", "blink", "gaze"), 0.0)}
    total["12.5/s"] = dict(total["25/s"])
    minutes = dict.fromkeys(total, 0.0)
    for recording in dfe.encode(sorted(data.glob("video/grid_*.mpg"))):
        for rate, every in (("25/s", 1), ("12.5/s", 2)):
            part = Recording(recording.table.take(np.arange(0, len(recording), every)), recording.provenance)
            counts = per_minute(part, tokenizer)
            for kind, (count, _) in counts.items():
                total[rate][kind] += count
            minutes[rate] += counts["display"][1]
    print("| events a minute | 25/s | 12.5/s |\n|---|---:|---:|")
    for kind in total["25/s"]:
        print(f"| {kind} | " + " | ".join(f"{total[rate][kind] / minutes[rate]:.1f}" for rate in total) + " |")


def still(data: Path, kept: Path | None, tokenizer: dfe.Tokenizer) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = kept or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for seed, name in enumerate(STILL):
            if not (folder / f"{name}.mp4").exists():
                film(data / "london" / f"{name}.jpg", folder / f"{name}.mp4", seed)
        recordings = dfe.encode([folder / f"{name}.mp4" for name in STILL])
    print("| face | raw onsets a second | 60/s | 30/s | 15/s | uneven |\n|---|---:|---:|---:|---:|---:|")
    total: dict[str, list[float]] = {}
    for name, recording in zip(STILL, recordings, strict=True):
        said = recording.tokens().display
        on = (said[:, :, None] == np.arange(1, tokenizer.size)).any(axis=1)
        raw = float((on[1:] & ~on[:-1]).sum() / np.ptp(recording.times))
        cells = []
        for rate, rows in versions(recording.times, 60).items():
            counts = per_minute(thinned(recording, rows), tokenizer)
            (displays, minutes), (groups, _) = counts["display"], counts["group"]
            one = total.setdefault(rate, [0.0, 0.0, 0.0])
            one[:] = one[0] + displays, one[1] + groups, one[2] + minutes
            cells.append(f"{displays / minutes:.1f}, {groups / minutes:.1f}")
        print(f"| {name} | {raw:.1f} | " + " | ".join(cells) + " |")
    print("| **all** | | " + " | ".join(f"{d / m:.1f}, {g / m:.1f}" for d, g, m in total.values()) + " |")


def thinned(recording: Recording, rows: np.ndarray) -> Recording:
    """Some rows, as a camera that is so slow would number them."""
    table = recording.table.take(rows)
    place = table.column_names.index("frame")
    numbers = pa.array(np.arange(len(rows)), table.schema.field(place).type)
    return Recording(table.set_column(place, table.schema.field(place), numbers), recording.provenance)


def film(
    picture: Path, target: Path, seed: int, seconds: float = 12.0, rate: int = 60, size: int = 320, noise: float = 4.0
) -> None:
    """A photograph as a video that shows nothing but what a camera adds."""
    import cv2

    rng = np.random.default_rng(seed)
    image = cv2.imread(str(picture)).astype(np.float32)
    scale = size / image.shape[0]

    def frames() -> Iterator[np.ndarray]:
        sway = np.zeros(2)
        for i in range(round(seconds * rate)):
            sway = 0.98 * sway + rng.normal(0, 0.1, 2)
            move = np.array([[scale, 0, sway[0]], [0, scale, sway[1]]], np.float32)
            frame = cv2.warpAffine(image, move, (size, size), flags=cv2.INTER_AREA)
            yield frame * (1 + 0.01 * np.sin(i / 9)) + rng.normal(0, noise, frame.shape)

    write(target, rate, (size, size), frames())


def write(target: Path, rate: Fraction | int, size: tuple[int, int], frames: Iterable[np.ndarray]) -> None:
    """Frames as H.264."""
    import av

    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        (stream.width, stream.height), stream.pix_fmt, stream.options = size, "yuv420p", {"crf": "20"}
        for frame in frames:
            picture_of = av.VideoFrame.from_ndarray(frame.clip(0, 255).astype(np.uint8), format="bgr24")
            for packet in stream.encode(picture_of):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


def hour(tracks: dict[str, tuple[np.ndarray, ...]], tokenizer: dfe.Tokenizer, vocabulary: Vocabulary) -> None:
    parts = [tracks[name] for name in tracks if name.startswith("neurosync") and "idle" not in name]
    x, gaze, lids = (np.concatenate([part[k] for part in parts]) for k in (1, 2, 3))
    rows = np.arange(216_000) % len(x)
    recording = recorded("hour", np.arange(216_000) / 60, x[rows], gaze[rows], lids[rows], tokenizer)
    wall, work = [], []
    for _ in range(5):
        began, before = time.perf_counter(), time.process_time()
        found = detect(recording, tokenizer, EVERY_ROW, vocabulary=vocabulary)
        wall.append(time.perf_counter() - began)
        work.append(time.process_time() - before)
    before = time.process_time()
    rates(found)
    rates_s = time.process_time() - before
    print(
        f"{len(found)} events of {len(found.names)} displays: {np.median(wall):.2f} s ({min(wall):.2f} to "
        f"{max(wall):.2f} in 5 runs), {np.median(work):.2f} s of one processor; rates {rates_s:.2f} s more"
    )


if __name__ == "__main__":
    main()
