"""Peak memory of a training on many rows: made up, in Parquet shards, in the default space.

    python benchmarks/training_memory.py [--rows 10000000] [--shards 20] [--steps 60] [--processes 1] [--folder DIR]

Writes shards of faces (60 coefficients in mm beside all other columns of a recording), trains on them in a process of
its own (with --processes more than one by torchrun), and prints the highest resident memory of any process, as the
system counts it, and what a step takes. The shards are removed afterwards unless --folder names where they shall stay.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

PART = 50_000
TRAIN = """
import json, resource, sys, time
from dataclasses import replace
from pathlib import Path
from dfe.recording.storage import table_files
from dfe.training.config import preset
from dfe.training.distributed import first_process
from dfe.training.loop import train
tables, out, steps, rank = sys.argv[1], sys.argv[2], int(sys.argv[3]), 0
began, moments = time.perf_counter(), []
config = replace(preset(sys.argv[4]), steps=steps, validate_every=steps, checkpoint_every=steps)
train(table_files([tables]), out, config, lambda done, _: moments.append(time.perf_counter()), overwrite=True)
if first_process():
    figures = {"reading_s": moments[0] - began, "step_ms": 1000 * (moments[-1] - moments[0]) / max(steps - 1, 1)}
    print(json.dumps(figures))
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--shards", type=int, default=20)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--preset", default="displays")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        shards = folder / "shards"
        if not shards.is_dir():
            for number, count in enumerate(np.diff(np.linspace(0, options.rows, options.shards + 1).astype(int))):
                write_shard(shards / f"{number:04d}.parquet", int(count), number)
        figures = measure(shards, folder / "out", options)
        size = sum(path.stat().st_size for path in shards.iterdir())
    print(f"rows                       {options.rows:,} in {options.shards} files of {size / 1e9:.1f} GB together")
    print(f"processes                  {options.processes}")
    print(f"peak memory of a process   {figures['peak_mb']:.0f} MB (target: at most 2,000)")
    print(f"reading, split, first step {figures['reading_s']:.0f} s")
    print(f"a step                     {figures['step_ms']:.0f} ms")


def measure(shards: Path, out: Path, options: argparse.Namespace) -> dict[str, float]:
    words = ["-c", TRAIN, str(shards), str(out), str(options.steps), options.preset]
    if options.processes > 1:
        script = out.with_name("train.py")
        script.write_text(TRAIN, encoding="utf-8")
        torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(options.processes)]
        words = [*torchrun, str(script), *words[2:]]
    env = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, *words], check=True, capture_output=True, text=True, env=env)
    peaks = [int(line.split()[-1]) for line in done.stderr.splitlines() if line.startswith("peak ")]
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures | {"peak_mb": max(peaks) / (1e6 if sys.platform == "darwin" else 1e3)}


def write_shard(path: Path, rows: int, number: int) -> None:
    """A recording of pictures of people, a hundred each."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from dfe.recording.build import build_recording
    from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
    from dfe.recording.rows import RowBuffer
    from dfe.recording.schema import Layout, expression_columns
    from dfe.recording.storage import METADATA_KEY
    from dfe.space.registry import FACE_MODEL_ID, load_space

    space, rng = load_space(FACE_MODEL_ID), np.random.default_rng(number)
    shapes = np.random.default_rng(0).normal(0, 0.6, (12, space.dimension))
    source = SourceInfo("faces", "stills", "ab" * 32, 640, 480, rows, None, None)
    reference = SpaceRef(space.id, space.version, space.hash)
    provenance = Provenance(source=source, space=reference, package_version="0", frontend={})
    names = expression_columns(space.names)
    buffer = RowBuffer(layout=Layout(expression=names, gaze=False, blink=False))
    one = np.zeros(space.dimension, np.float32)
    count = min(PART, rows)
    for i in range(count):
        box = (0.0, 0.0, 120.0, 120.0)
        buffer.add_face(i, float("nan"), "x", 0.9, box, (0.0, 0.0, 0.0), one, None, None, 0)
    pattern = build_recording(buffer, provenance).table
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = pattern.schema.with_metadata({METADATA_KEY: provenance.to_json().encode()})
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for first in range(0, rows, count):
            n = min(count, rows - first)
            x = (rng.gamma(0.3, 0.5, (n, 12)) @ shapes + rng.normal(0, 0.05, (n, space.dimension))).astype(np.float32)
            part = pattern.slice(0, n)
            columns = {name: x[:, i] for i, name in enumerate(names)}
            columns["frame"] = np.arange(first, first + n, dtype=np.int32)
            for name, values in columns.items():
                place = part.schema.get_field_index(name)
                part = part.set_column(place, part.schema.field(place), pa.array(values))
            people = [f"{number:04d}-{i // 100:07d}.jpg" for i in range(first, first + n)]
            place = part.schema.get_field_index("source")
            part = part.set_column(place, part.schema.field(place), pa.array(people).dictionary_encode())
            writer.write_table(part.replace_schema_metadata(schema.metadata))


if __name__ == "__main__":
    began = time.perf_counter()
    main()
    print(f"altogether                 {time.perf_counter() - began:.0f} s")
