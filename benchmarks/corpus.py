"""What a large corpus costs beside the looking: planning, going on, the journal, memory; and what a million hours take.

    python benchmarks/corpus.py [--entries 1000000] [--films 60] [--part plan|going-on|journal|memory|pace|all]

``plan``: so many entries with made-up probes, written and read back. ``going-on``: a run into a folder where all of
them are done, so that every source and every table is asked for on the disk (empty files, made for it and removed).
``journal``: the share of a run over short films that goes into bookkeeping. ``memory``: what a worker holds at most.
``pace``: frames per second of one worker and of two, on the demo's clip. Each part runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "made")]
CLIP = ROOT / ".demo" / "media" / "WolfgangLanger_Pexels.mp4"
PARTS = ("plan", "going-on", "journal", "memory", "pace")


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def source_name(at: int) -> str:
    return f"s{at // 1000:04d}/s{at // 1000:04d}_t{at % 1000:03d}"


def write_made_up_plan(path: Path, media: Path, entries: int) -> None:
    """Through the same code as ``dfe corpus plan``, but that nothing is opened."""
    from dfe.corpus.config import PlanOptions
    from dfe.corpus.making import probe_side_by_side
    from dfe.corpus.pattern import Pattern, Whose
    from dfe.corpus.plan import PlanInfo, write_plan
    from dfe.corpus.probing import Probe, Probed
    from dfe.encoding.engine import LocalEngine
    from dfe.media.inputs import Source

    pattern = Pattern("{subject}/{subject}_{task}.mp4")

    class Sources:
        def __len__(self) -> int:
            return entries

        def __getitem__(self, at: slice) -> list[Source]:
            return [
                Source(source_name(one), "video", (media / f"{source_name(one)}.mp4",), None, f"s{one // 1000:04d}")
                for one in range(*at.indices(entries))
            ]

    class MadeUp(LocalEngine):
        def run(self, work, tasks, heard=None):  # noqa: ANN001, ANN202, ARG002
            for task in tasks:
                assert isinstance(task, Probe)
                yield (
                    task,
                    [
                        Probed(10**9, f"{at:016x}", f"{at:064x}", "h264", 1920, 1080, 90_000, 3600.0, 25.0)
                        for at in range(task.first, task.first + len(task.sources))
                    ],
                )

    def rows() -> Iterator[tuple[Source, Whose, Probed]]:
        for source, probed in probe_side_by_side(Sources(), MadeUp(), PlanOptions()):  # type: ignore[arg-type]
            assert not pattern.is_unclear(source.paths[0])
            yield source, pattern.read(source.paths[0]) or Whose(), probed

    write_plan(path, rows(), PlanInfo)


def plan(entries: int) -> dict[str, float]:
    from dfe.corpus.overview import overview_of
    from dfe.corpus.plan import read_plan

    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "plan.parquet")
        began = time.process_time()
        write_made_up_plan(path, Path(scratch, "media"), entries)
        written = time.process_time()
        overview = overview_of(read_plan(path))
        assert (overview.recordings, overview.without_subject) == (entries, 0)
        read = time.process_time()
        return {
            "entries": entries, "write s": written - began, "read s": read - written, "peak MB": peak_mb(),
            "file MB": path.stat().st_size / 1e6,
        }  # fmt: skip


def going_on(entries: int) -> dict[str, float]:
    from dfe.base.stamps import stamps
    from dfe.base.version import __version__
    from dfe.corpus.plan import read_plan
    from dfe.corpus.run import RunOptions, kinds_in, run_corpus
    from dfe.encoding.engine import LocalEngine
    from dfe.encoding.finish import coders_for
    from dfe.encoding.going_on import size_and_state, stamp_of_results, ways
    from dfe.encoding.manifest import Manifest
    from dfe.encoding.options import EncodeOptions
    from dfe.encoding.row import Row
    from dfe.encoding.run import prepared
    from dfe.encoding.summary import Targets

    with tempfile.TemporaryDirectory() as scratch:
        media, out = Path(scratch, "media"), Path(scratch, "out")
        for at in range(entries):
            if at % 1000 == 0:
                (media / f"s{at // 1000:04d}").mkdir(parents=True)
                (out / f"s{at // 1000:04d}").mkdir(parents=True)
            (media / f"{source_name(at)}.mp4").touch()
            (out / f"{source_name(at)}.parquet").touch()
        write_made_up_plan(Path(scratch, "plan.parquet"), media, entries)
        options = EncodeOptions()
        made = read_plan(Path(scratch, "plan.parquet"))
        prepared(kinds_in(made), options)
        key, manifest = ways(options, coders_for(options), format="parquet"), Manifest(out)
        rows = []
        for at, source in enumerate(made.sources()):
            targets = Targets.of(out, source.name, "parquet", False)
            size, state = size_and_state(source, stamps(source.paths))
            rows.append(
                Row(
                    manifest.input(source),
                    manifest.name(targets.table),
                    status="done",
                    seconds="11.25",
                    frames="90000",
                    bytes=size,
                    state=state,
                    sha256=f"{at:064x}",
                    options=key,
                    version=__version__,
                    made=stamp_of_results(targets),
                    table_sha256=f"{at:064x}",
                )
            )
        manifest.note(*rows)
        manifest.keep()
        del rows, manifest
        began, cpu = time.monotonic(), time.process_time()
        summary = run_corpus(read_plan(Path(scratch, "plan.parquet")), out, RunOptions(options), LocalEngine())
        took, cpu = time.monotonic() - began, time.process_time() - cpu
        assert summary.states["there"] == entries, summary.states
        return {"entries": entries, "s": took, "processor s": cpu, "peak MB (making it, too)": peak_mb()}


def journal(films: int) -> dict[str, float]:
    """Short films of no face: the hardest case, since a film takes a tenth of a second and no less bookkeeping."""
    from dfe.encoding import folder, manifest
    from dfe.encoding.options import EncodeOptions
    from dfe.encoding.run import encode_to_folder
    from made_films import grey_film

    spent = 0.0

    def timed(function):  # noqa: ANN001, ANN202
        def run(*words, **named):  # noqa: ANN002, ANN003, ANN202
            nonlocal spent
            began = time.perf_counter()
            try:
                return function(*words, **named)
            finally:
                spent += time.perf_counter() - began

        return run

    manifest.Manifest.note = timed(manifest.Manifest.note)  # type: ignore[method-assign]
    manifest.Manifest.__init__ = timed(manifest.Manifest.__init__)  # type: ignore[method-assign]
    folder.due = timed(folder.due)
    keep = manifest.Manifest.keep
    with tempfile.TemporaryDirectory() as scratch:
        media = Path(scratch, "media")
        media.mkdir()
        for at in range(films):
            (media / f"f{at}.mp4").write_bytes(grey_film(at, frames=25))
        encode_to_folder([media / "f0.mp4"], Path(scratch, "warm"), EncodeOptions())
        spent = 0.0
        began = time.perf_counter()
        encode_to_folder([media], Path(scratch, "out"), EncodeOptions())
        took = time.perf_counter() - began
    assert keep is not None
    return {"films": films, "frames a film": 25, "s": took, "bookkeeping s": spent, "share": spent / took}


def memory(clip: Path) -> dict[str, float]:
    """The most that a worker held, of two, over four copies of the clip."""
    from made_processes import workers

    with tempfile.TemporaryDirectory() as scratch:
        media = Path(scratch, "media")
        media.mkdir()
        for name in "abcd":
            shutil.copy(clip, media / f"{name}.mp4")
        words = [sys.executable, "-m", "dfe", "encode", str(media), "-o", str(Path(scratch, "out")), "--workers", "2"]
        run = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        most: dict[int, float] = {}
        parent = 0.0
        while run.poll() is None:
            for pid in workers(run.pid):
                most[pid] = max(most.get(pid, 0.0), _high_water_mb(pid))
            parent = max(parent, _high_water_mb(run.pid))
            time.sleep(0.1)
        return {"worker MB": max(most.values(), default=0.0), "parent MB": parent}


def _high_water_mb(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    line = next((line for line in text.splitlines() if line.startswith("VmHWM")), "VmHWM: 0 kB")
    return int(line.split()[1]) / 1024


def pace(clip: Path) -> dict[str, float]:
    """Frames per second by one worker and by two, four copies of the clip; processor milliseconds a frame."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        media = Path(scratch, "media")
        media.mkdir()
        for name in "abcd":
            shutil.copy(clip, media / f"{name}.mp4")
        for count in (1, 2):
            out = Path(scratch, f"out{count}")
            words = [
                sys.executable,
                "-m",
                "dfe",
                "encode",
                str(media),
                "-o",
                str(out),
                "--workers",
                str(count),
                "--json",
            ]
            before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
            ran = subprocess.run(
                words, capture_output=True, text=True, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
            )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            frames = json.loads(ran.stdout)["frames"]
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            found[f"frames/s, {count} workers"] = frames / (time.monotonic() - began)
            found[f"processor ms a frame, {count} workers"] = 1000 * cpu / frames
            found["bytes a frame"] = sum(path.stat().st_size for path in out.glob("*.parquet")) / frames
    return found


def main() -> int:
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("--entries", type=int, default=1_000_000)
    told.add_argument("--films", type=int, default=60)
    told.add_argument("--clip", type=Path, default=CLIP)
    told.add_argument("--part", choices=(*PARTS, "all"), default="all")
    asked = told.parse_args()
    if asked.part == "all":
        words = [sys.executable, __file__, "--entries", str(asked.entries), "--films", str(asked.films)]
        return max(subprocess.call([*words, "--clip", str(asked.clip), "--part", part]) for part in PARTS)
    threading.current_thread().name = asked.part
    done = {
        "plan": lambda: plan(asked.entries),
        "going-on": lambda: going_on(asked.entries),
        "journal": lambda: journal(asked.films),
        "memory": lambda: memory(asked.clip),
        "pace": lambda: pace(asked.clip),
    }[asked.part]()
    print(f"{asked.part}: " + ", ".join(f"{name} {value:,.4g}" for name, value in done.items()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
