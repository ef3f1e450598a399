"""What Ray costs beside processes of this machine: for a task, for the start, and on films, turn by turn.

    python benchmarks/ray_overhead.py [CLIP] [--copies 12] [--workers 2] [--rounds 3]

A task that only waits half a second shows what an engine adds to it, however busy the machine is; a piece of a film
takes about 8 s. With a clip both engines encode copies of it: that ratio needs a machine that does nothing else. Tables
are compared byte by byte.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

WAIT_S, TASKS, PIECE_S = 0.5, 40, 8.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path, nargs="?")
    parser.add_argument("--copies", type=int, default=12)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    from dfe.corpus.engines.ray import RayEngine
    from dfe.encoding.engine import Engine, LocalEngine

    engines: dict[str, Engine] = {
        "local": LocalEngine(options.workers, apart=True),
        "ray": RayEngine(options.workers, cpus=0.9),
    }
    for name, engine in engines.items():
        start, extra = zip(*(waiting(engine) for _ in range(options.rounds)), strict=True)
        added = statistics.median(extra)
        print(f"{name:5s} first result after {statistics.median(start):.1f} s; {1000 * added:.1f} ms added to a task, "
              f"{added / PIECE_S:.2%} of a piece of a film")  # fmt: skip
    if options.clip is not None:
        films(engines, options)


def waiting(engine: object) -> tuple[float, float]:
    """Seconds to the first result beyond its own, and those added to each further task of a worker."""
    began = time.perf_counter()
    results = engine.run(time.sleep, iter([WAIT_S] * TASKS))  # type: ignore[attr-defined]
    next(results)
    first = time.perf_counter()
    rest = sum(1 for _ in results)
    rounds = rest / engine.workers  # type: ignore[attr-defined]
    return first - began - WAIT_S, (time.perf_counter() - first) / rounds - WAIT_S


def films(engines: dict[str, object], options: argparse.Namespace) -> None:
    from dfe.corpus.config import PlanOptions
    from dfe.corpus.making import make_plan
    from dfe.corpus.run import RunOptions, run_corpus
    from dfe.encoding.engine import LocalEngine

    rates: dict[str, list[float]] = {name: [] for name in engines}
    tables = {}
    with tempfile.TemporaryDirectory() as scratch:
        media = Path(scratch) / "media"
        media.mkdir()
        for number in range(options.copies):
            shutil.copy(options.clip, media / f"{number:03d}{options.clip.suffix}")
        plan = make_plan([media], Path(scratch) / "plan.parquet", PlanOptions(sample_s=0), LocalEngine())
        for _ in range(options.rounds):
            for name, engine in engines.items():
                out = Path(scratch) / name
                shutil.rmtree(out, ignore_errors=True)
                began = time.perf_counter()
                summary = run_corpus(plan, out, RunOptions(), engine)  # type: ignore[arg-type]
                rates[name].append(summary.frames / (time.perf_counter() - began))
                tables[name] = [path.read_bytes() for path in sorted(out.rglob("*.parquet"))]
    ratio = statistics.median(a / b for a, b in zip(rates["ray"], rates["local"], strict=True))
    for name, found in rates.items():
        print(f"{name:5s} {statistics.median(found):.1f} frames/s, start included")
    print(f"ray / local: {ratio:.2f} (aim: at least 0.9)")
    print(f"tables are the same, byte by byte: {tables['ray'] == tables['local']}")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
