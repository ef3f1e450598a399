"""Faults and attacks: of each kind how many were tried, and in how many the promise held.

    python benchmarks/faults.py [--tries 200] [--runs 5] [--kills 50] [--films 1000] [--only PART]      (`make faults`)

``--tries`` damaged files of each kind are read: each must be read or be refused in one line, by a process that goes on.
``--runs`` times a worker is killed at a random moment, and a run is ended by each signal: the others go on, nobody is
alive two seconds later, and the next run makes the same bytes. Every open, sync and rename of a run fails in turn, and
every small file that unfolds to much is refused in two seconds and 500 MB. ``--kills`` times a run over a corpus is
killed and gone on with, and ``--films`` damaged films are planned and run in one corpus; sources are removed, cut short
and replaced after planning, a disk gets full. ``--runs`` times each, a film is removed, replaced or written over while
it is looked at, its worker is killed, and a node of a Ray cluster on this machine is killed in the middle of a film.
What fails is listed with what makes it again. The helpers and the promises are those of ``tests/faults``.
"""

from __future__ import annotations

import argparse
import errno
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("made", "faults")]

import numpy as np  # noqa: E402
import pytest  # noqa: E402

from dfe.base.errors import DfeError  # noqa: E402
from dfe.base.workers import run_tasks  # noqa: E402

BLOCK = 50
"""Damaged files that one task reads."""


def damaged_files(task: tuple[str, int, int, int]) -> list[str]:
    """What goes wrong with so many damaged files of a kind, from a number on."""
    from made_faults import KINDS, bears, damaged, drawn_edits

    name, first, count, seed = task
    kind, failed = KINDS[name], []
    whole = kind.content()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for number in range(first, first + count):
            edits = drawn_edits(np.random.default_rng([seed, number, *name.encode()]))
            began = time.monotonic()
            said = bears(kind, damaged(whole, edits), Path(folder))
            took = time.monotonic() - began
            if said or took > 10:
                failed.append(f"{name}, seed {seed}, number {number}: {said or f'{took:.1f} s'}")
        os.chdir(ROOT)
    return failed


def mutations(tries: int, seed: int) -> Iterator[tuple[str, int, list[str]]]:
    """Each kind of file, how many were tried, and what failed."""
    from made_faults import KINDS

    for name in KINDS:
        tasks = [(name, first, min(BLOCK, tries - first), seed) for first in range(0, tries, BLOCK)]
        failed = []
        for task, said in run_tasks(damaged_files, tasks, 1, apart=True):
            failed += [f"{task}: {said}"] if isinstance(said, DfeError) else said
        yield f"damaged {name}", tries, failed


def tables_of(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.glob("*.parquet")}


def kills(clips: Path, well: dict[str, bytes], out: Path, rng: np.random.Generator, how: str) -> str:
    """Disturb a run at a random moment; empty where all promises held."""
    from made_processes import begin, runs, until, workers

    count = 1 if how == "only worker killed" else 2
    run = begin(clips, out, count)
    until(lambda: bool(workers(run.pid)) or run.poll() is not None, 60)
    time.sleep(float(rng.uniform(0, 3)))
    at_work = workers(run.pid)
    if how.endswith("killed"):
        for pid in at_work[:1]:
            os.kill(pid, signal.SIGKILL if rng.integers(2) else signal.SIGSEGV)
        _, said = run.communicate(timeout=300)
        if run.returncode or tables_of(out) != well:
            return f"exit code {run.returncode}, {said[-300:]}"
        return ""
    run.send_signal(getattr(signal, how))
    _, said = run.communicate(timeout=60)
    try:
        until(lambda: not any(map(runs, at_work)), 2)
    except AssertionError:
        return "workers are alive two seconds later"
    if "Traceback" in said:
        return said[-300:]
    again = begin(clips, out, count)
    _, said = again.communicate(timeout=300)
    if again.returncode or tables_of(out) != well or list(out.rglob("*.tmp")):
        return f"the next run: exit code {again.returncode}, {said[-300:]}"
    return ""


def runs_disturbed(runs: int, seed: int, media: Path) -> Iterator[tuple[str, int, list[str]]]:
    from made_processes import begin

    with tempfile.TemporaryDirectory() as scratch:
        clips = Path(scratch, "clips")
        clips.mkdir()
        for name in ("a", "b", "c"):
            shutil.copy(media, clips / f"{name}.mp4")
        begin(clips, Path(scratch, "well")).communicate(timeout=300)
        well = tables_of(Path(scratch, "well"))
        for how in ("one of two workers killed", "only worker killed", "SIGTERM", "SIGHUP", "SIGINT", "SIGKILL"):
            failed = []
            for number in range(runs):
                rng = np.random.default_rng([seed, number, *how.encode()])
                if said := kills(clips, well, Path(scratch, f"{how}{number}"), rng, how):
                    failed.append(f"{how}, seed {seed}, number {number}: {said}")
            yield how if "kill" in how else f"run ended by {how}", runs, failed


def steps_that_fail() -> Iterator[tuple[str, int, list[str]]]:
    """Every open, sync and rename of a run fails in turn; then the next run mends it."""
    from test_each_step import _is_whole

    from dfe.cli import main
    from made_steps import Fault

    def dfe(*words: object) -> int:
        said = io.StringIO()
        with pytest.raises(SystemExit) as stop, redirect_stdout(said), redirect_stderr(said):
            main([str(word) for word in words])
        return int(stop.value.code or 0)

    import cv2

    with tempfile.TemporaryDirectory() as scratch:
        picture = Path(scratch, "grey.png")
        picture.write_bytes(cv2.imencode(".png", np.full((48, 64, 3), 90, np.uint8))[1].tobytes())
        for kind in ("open", "sync", "rename"):
            failed, tried = [], 0
            for code in (errno.ENOSPC, errno.EIO, errno.EACCES):
                for step in range(1, 40):
                    out = Path(scratch, f"{kind}{code}{step}")
                    words = ("encode", picture, "--report", "-o", out)
                    with pytest.MonkeyPatch.context() as patch:
                        fault = Fault(patch, kind, Path(scratch), step, code)
                        dfe(*words)
                    if fault.calls < step:
                        break
                    tried += 1
                    try:
                        _is_whole(out)
                        assert dfe(*words) == 0
                        _is_whole(out)
                    except Exception as error:
                        failed.append(f"{kind} {step} ({os.strerror(code)}): {type(error).__name__} {error}")
            yield f"a failing {kind}", tried, failed


def budgets() -> Iterator[tuple[str, int, list[str]]]:
    from test_table_budgets import CRASHERS, reading_apart, test_it_is_refused_in_time_and_memory

    failed = []
    for name in CRASHERS:
        with tempfile.TemporaryDirectory() as folder:
            try:
                with reading_apart() as measured:
                    test_it_is_refused_in_time_and_memory(Path(folder), measured, name)
            except (AssertionError, OSError) as error:
                failed.append(f"{name}: {str(error)[:200]}")
    yield "a small file that unfolds to much", len(CRASHERS), failed


def corpora(kills: int, films: int, seed: int) -> Iterator[tuple[str, int, list[str]]]:
    """`dfe corpus`: runs killed, films damaged in hundreds, sources and disks that change under a run."""
    import made_corpus_faults as faults

    def tried(name: str, count: int, what: Callable[[Path], list[str]]) -> tuple[str, int, list[str]]:
        with tempfile.TemporaryDirectory() as folder:
            try:
                return name, count, what(Path(folder))
            except (AssertionError, subprocess.SubprocessError) as error:
                return name, count, [f"{name}, seed {seed}: {str(error)[-300:]}"]

    rng = np.random.default_rng([seed, 19])
    yield tried("corpus run killed (kill -9), then gone on with", kills, lambda f: faults.killed(f, kills, rng))
    yield tried("films damaged, in one corpus", films, lambda f: faults.mutated(f, films, seed))
    yield tried("1, 2, 4 workers and 3 shares: the same tables", 4, faults.counted)
    for how in ("removed", "cut short", "replaced"):
        yield tried(f"source {how} after planning", 1, lambda f, how=how: faults.disturbed(f, how))
    with tempfile.TemporaryDirectory() as place, faults.small_disk(Path(place, "disk")) as disk:
        if disk is None:
            print("| disk full: no small disk can be mounted here, see the failing syncs | 0 | 0 |")
        else:
            yield tried("disk full in a run, then room again", 1, lambda f: faults.filled(f, disk))


def in_the_middle(runs: int, seed: int) -> Iterator[tuple[str, int, list[str]]]:
    """Sources, workers and a disk that change while a film is looked at."""
    import made_mid_run as middle

    rng = np.random.default_rng([seed, 20])
    for how, name in middle.CHANGES.items():
        failed: list[str] = []
        for _ in range(runs):
            with tempfile.TemporaryDirectory() as folder:
                after_s, count = float(rng.uniform(0, 0.3)), int(rng.integers(1, 3))
                failed += middle.in_the_middle(Path(folder), how, after_s, count)
        yield name, runs, failed
    with tempfile.TemporaryDirectory() as folder:
        yield "disk read-only in the middle of a run, then not", 1, middle.read_only(Path(folder))


def nodes_killed(runs: int, film: Path) -> Iterator[tuple[str, int, list[str]]]:
    """A node of a Ray cluster dies while its worker is in the middle of a film."""
    try:
        import ray.cluster_utils  # noqa: F401
    except ImportError:
        print("| Ray node killed: Ray is not installed | 0 | 0 |")
        return
    from made_ray import node_killed_in_a_film, small_cluster

    failed: list[str] = []
    for number in range(runs):
        with tempfile.TemporaryDirectory() as folder, small_cluster() as cluster:
            failed += [f"node {number}: {one}" for one in node_killed_in_a_film(cluster, film, Path(folder))]
    yield "Ray node killed in the middle of a film", runs, failed


def main() -> int:
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("--tries", type=int, default=200, help="damaged files of each kind")
    told.add_argument("--runs", type=int, default=5, help="runs disturbed in each way")
    told.add_argument("--kills", type=int, default=50, help="times that a run over a corpus is killed")
    told.add_argument("--films", type=int, default=1000, help="damaged films in one corpus")
    told.add_argument(
        "--only", choices=("files", "runs", "steps", "budgets", "corpora", "middle", "ray"), help="a part"
    )
    told.add_argument("--seed", type=int, default=int(time.time()), help="of all that is drawn")
    told.add_argument("--clip", type=Path, default=ROOT / ".demo" / "media" / "carphone_pristine.mp4")
    told.add_argument("--film", type=Path, default=ROOT / ".demo" / "media" / "WolfgangLanger_Pexels.mp4")
    asked = told.parse_args()
    print(f"seed {asked.seed}\n\n| fault | tried | survived |\n|---|---:|---:|")
    wrong: list[str] = []
    parts: dict[str, Callable[[], Iterator[tuple[str, int, list[str]]]]] = {
        "files": lambda: mutations(asked.tries, asked.seed),
        "runs": lambda: runs_disturbed(asked.runs, asked.seed, asked.clip),
        "steps": steps_that_fail,
        "budgets": budgets,
        "corpora": lambda: corpora(asked.kills, asked.films, asked.seed),
        "middle": lambda: in_the_middle(asked.runs, asked.seed),
        "ray": lambda: nodes_killed(asked.runs, asked.film),
    }
    for part in [asked.only] if asked.only else parts:
        for name, tried, failed in parts[part]():
            print(f"| {name} | {tried} | {max(0, tried - len(failed))} |", flush=True)
            wrong += failed
    print("", *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
