"""What happens to corpora: runs killed at any moment, films damaged, removed or changed, disks full.

Each function gives what went wrong, nothing where all promises held. ``tests/faults`` takes a sample,
``benchmarks/faults.py`` does them at length.
"""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np

from dfe.corpus.plan import read_plan
from dfe.encoding.kept import FOLDER
from dfe.encoding.manifest import Manifest
from dfe.encoding.tasks import PIECE_FRAMES
from made_faults import KINDS, damaged, drawn_edits
from made_films import grey_film
from made_processes import begin_words, runs, until, workers

FRAMES = 12
LONG = 3 * PIECE_FRAMES
"""Frames of a film that is looked at in three pieces, of which few frames are looked at."""
EVERY = ("--every", 48)


def dfe(*words: object, apart: bool = False, seconds: float = 600) -> tuple[int, str]:
    """Exit code and messages of a command, here or in a process of its own, which must end by itself."""
    if apart:
        made = begin_words([str(word) for word in words])
        _, said = made.communicate(timeout=seconds)
        return made.returncode, said
    from dfe.cli import main

    heard = io.StringIO()
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(heard):
            main([str(word) for word in words])
    except SystemExit as left:
        return int(left.code or 0), heard.getvalue()
    raise AssertionError("the command line did not leave")


def tables(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*.parquet")}


def planned(folder: Path, films: int = 6) -> tuple[Path, dict[str, bytes]]:
    """A plan of short films, and the tables of a run that nobody disturbed."""
    media = folder / "media"
    media.mkdir(parents=True)
    for at in range(films):
        (media / f"film{at}.mp4").write_bytes(grey_film(at, FRAMES))
    plan = folder / "plan.parquet"
    code, said = dfe("corpus", "plan", media, "-o", plan, "--sample", 0)
    assert code == 0, said
    code, said = dfe("corpus", "run", plan, "-o", folder / "well")
    assert code == 0, said
    return plan, tables(folder / "well")


def with_a_long_film(folder: Path) -> tuple[Path, dict[str, bytes]]:
    """A plan of short films and one that several workers cut, and the tables of one worker that nobody disturbed."""
    media = folder / "media"
    media.mkdir(parents=True)
    for at, frames in enumerate((FRAMES, LONG, FRAMES)):
        (media / f"film{at}.mp4").write_bytes(grey_film(at, frames))
    plan = folder / "plan.parquet"
    for words in (("plan", media, "-o", plan, "--sample", 0), ("run", plan, "-o", folder / "well", *EVERY)):
        code, said = dfe("corpus", *words)
        assert code == 0, said
    return plan, tables(folder / "well")


def killed(folder: Path, kills: int, rng: np.random.Generator) -> list[str]:
    """Kill a run at random moments, so many times in all, going on each time; every finished folder is the same."""
    plan, well = with_a_long_film(folder)
    wrong: list[str] = []
    done, rounds = 0, 0
    words = ("corpus", "run", plan, *EVERY)
    began = time.monotonic()
    dfe(*words, "-o", folder / "once", "--workers", 2, apart=True)
    longest_s = time.monotonic() - began
    while done < kills:
        out = folder / f"out{rounds}"
        rounds += 1
        for _ in range(int(rng.integers(1, 6))):
            count = int(rng.integers(1, 3))
            run = begin_words([str(word) for word in (*words, "-o", out, "--workers", count)])
            time.sleep(float(rng.uniform(0.1, longest_s)))
            at_work = workers(run.pid)
            if run.poll() is not None:
                run.communicate()
                longest_s *= 0.9  # the machine has less else to do by now
                break
            run.send_signal(signal.SIGKILL)
            run.communicate()
            done += 1
            try:
                until(lambda: not any(map(runs, at_work)), 10)  # noqa: B023
            except AssertionError:
                wrong.append(f"round {rounds}: workers are alive ten seconds later")
        wrong += [f"round {rounds}: {one}" for one in gone_on(words, out, well, int(rng.integers(1, 3)))]
        if {row.status for row in Manifest(out)} != {"done"}:
            wrong.append(f"round {rounds}: the list does not say that all is done")
        shutil.rmtree(out)
    return wrong


def gone_on(words: Sequence[object], out: Path, well: dict[str, bytes], workers: int) -> list[str]:
    """The run again, to its end: the same bytes, and nothing beside them."""
    code, said = dfe(*words, "-o", out, "--workers", workers, apart=workers > 1)
    left = [path.name for path in out.rglob("*") if path.suffix in (".tmp", ".journal", ".piece")]
    left += [FOLDER] * (out / FOLDER).exists()
    if code or tables(out) != well or left:
        return [f"exit code {code}, left over {left}, {said[-300:]}"]
    return []


def killed_at_a_piece(folder: Path) -> list[str]:
    """Kill a run of two workers as soon as a piece of its long film is kept, and go on: the tables of one worker."""
    plan, well = with_a_long_film(folder)
    out = folder / "out"
    words = ("corpus", "run", plan, *EVERY)
    run = begin_words([str(word) for word in (*words, "-o", out, "--workers", 2)])
    until(lambda: bool(list(out.glob(f"{FOLDER}/*/*.piece"))) or run.poll() is not None, 300)
    at_work = workers(run.pid)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    until(lambda: not any(map(runs, at_work)), 30)
    wrong = [] if (out / FOLDER).exists() else ["no piece was kept"]
    return wrong + gone_on(words, out, well, 2)


def counted(folder: Path, counts: Sequence[int] = (1, 2, 4)) -> list[str]:
    """The same tables by any number of workers, and in shares."""
    plan, well = planned(folder)
    wrong = []
    for count in counts:
        code, said = dfe("corpus", "run", plan, "-o", folder / f"by{count}", "--workers", count, apart=True)
        if code or tables(folder / f"by{count}") != well:
            wrong.append(f"{count} workers: exit code {code}, {said[-300:]}")
    for index in (1, 2, 3):
        code, said = dfe("corpus", "run", plan, "-o", folder / "shares", "--shard", f"{index}/3")
        wrong += [f"share {index}: exit code {code}, {said[-300:]}"] if code else []
    if tables(folder / "shares") != well:
        wrong.append("three shares make other tables")
    return wrong


def mutated(folder: Path, files: int, seed: int) -> list[str]:
    """Damaged films: planned and run without a hang or a crash, and every file is accounted for."""
    media = folder / "media"
    media.mkdir(parents=True)
    kinds = ("MP4", "AVI", "Matroska")
    for number in range(files):
        kind = KINDS[kinds[number % 3]]
        edits = drawn_edits(np.random.default_rng([seed, number]))
        (media / f"f{number}{Path(kind.name).suffix}").write_bytes(damaged(kind.content(), edits))
    whole = grey_film(1, FRAMES)
    (media / "whole.mp4").write_bytes(whole)
    plan, out = folder / "plan.parquet", folder / "out"
    # Where there are many, a codec may crash, which must not end the one who counts.
    how = {"apart": files >= 100, "seconds": 60 + 2.0 * files}
    more = ("--workers", 2) if files >= 100 else ()
    code, said = dfe("corpus", "plan", media, "-o", plan, "--sample", 0, *more, **how)
    if code not in (0, 1) or "Traceback" in said:
        return [f"seed {seed}, the plan: exit code {code}, {said[-300:]}"]
    made = read_plan(plan)
    wrong = [] if len(made) == files + 1 else [f"seed {seed}: {len(made)} of {files + 1} files are in the plan"]
    code, said = dfe("corpus", "run", plan, "-o", out, *more, **how)
    if code not in (0, 1) or "Traceback" in said or "internal error" in said:
        wrong.append(f"seed {seed}, the run: exit code {code}, {said[-300:]}")
    rows = list(Manifest(out))
    if len(rows) != files + 1 or any(row.status == "waiting" for row in rows):
        wrong.append(f"seed {seed}: {len(rows)} results, {len(made.problems)} of them unreadable, of {files + 1}")
    for row in rows:
        there = (out / row.output).is_file()
        if there != (row.status in ("done", "damaged")) or (row.status == "failed") != bool(row.reason and not there):
            wrong.append(f"seed {seed}: {row.output} is {row.status}, reason {row.reason!r}, table there: {there}")
    if not (out / "whole.parquet").is_file():
        wrong.append(f"seed {seed}: the film that is whole was not done")
    return wrong


def disturbed(folder: Path, how: str) -> list[str]:
    """A source is removed, cut short or replaced after planning, a folder loses a table: the rest is done, all told."""
    plan, well = planned(folder)
    film, out = folder / "media" / "film3.mp4", folder / "out"
    if how == "removed":
        film.unlink()
    elif how == "cut short":
        film.write_bytes(film.read_bytes()[:200])
    elif how == "replaced":
        film.write_bytes(grey_film(99, FRAMES))
    code, said = dfe("corpus", "run", plan, "-o", out)
    made = tables(out)
    rows = {row.output: row for row in Manifest(out)}
    others = {name: content for name, content in well.items() if name != "film3.parquet"}
    wrong = [] if {n: c for n, c in made.items() if n != "film3.parquet"} == others else ["the others are not the same"]
    expected = 0 if how == "replaced" else 1
    if code != expected or "Traceback" in said:
        wrong.append(f"exit code {code}, {said[-300:]}")
    if how == "replaced" and "have changed since the plan: film3" not in said:
        wrong.append(f"what replaced it is not told: {said[-300:]}")
    row = rows.get("film3.parquet")
    if row is None or (row.status == "done") != (how == "replaced") or (not row.reason) != (how == "replaced"):
        wrong.append(f"film3 is told as {row}")
    return [f"a source {how}: {one}" for one in wrong]


def filled(folder: Path, disk: Path) -> list[str]:
    """A disk that gets full: the run stops, says so with exit code 75, leaves nothing broken, and goes on elsewhen."""
    plan, well = planned(folder)
    out = disk / "out"
    ballast = disk / "ballast"
    free = shutil.disk_usage(disk).free
    ballast.write_bytes(b"\0" * max(0, free - 100_000))
    code, said = dfe("corpus", "run", plan, "-o", out, "--min-free", 0)
    wrong = [] if code == 75 and "Traceback" not in said else [f"exit code {code}, {said[-300:]}"]
    if any(well.get(name) != content for name, content in tables(out).items()) or list(out.rglob("*.tmp")):
        wrong.append("something half-written is left")
    ballast.unlink()
    code, said = dfe("corpus", "run", plan, "-o", out, "--min-free", 0)
    if code or tables(out) != well:
        wrong.append(f"going on: exit code {code}, {said[-300:]}")
    return [f"disk full: {one}" for one in wrong]


@contextmanager
def small_disk(folder: Path, size: str = "1m") -> Iterator[Path | None]:
    """A disk of its own in memory, where the system lets one be mounted; else None."""
    folder.mkdir(parents=True, exist_ok=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if (
        not sys.platform.startswith("linux")
        or os.geteuid() != 0
        or subprocess.run(words, capture_output=True).returncode
    ):
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], capture_output=True, check=False)
