"""What happens to a run while it is in the middle of a film: sources, workers and disks that change under it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from dfe.encoding.kept import FOLDER
from dfe.encoding.manifest import Manifest
from made_corpus_faults import EVERY, LONG, dfe, gone_on, small_disk, tables, with_a_long_film
from made_films import grey_film
from made_processes import begin_words, until, workers

SOURCES = ("removed", "replaced", "written over")
CHANGES = {how: f"film {how} while it is looked at" for how in SOURCES} | {
    "its worker killed": "worker killed in the middle of a film"
}


def in_the_middle(folder: Path, how: str, after_s: float, count: int = 1) -> list[str]:
    """Change something as soon as a piece of a film is kept: all is accounted for, and going on makes what is right.

    Args:
        folder: to work in.
        how: one of :data:`CHANGES`.
        after_s: further wait.
        count: workers of the run that goes on.
    """
    plan, well = with_a_long_film(folder)
    film, out, words = folder / "media" / "film1.mp4", folder / "out", ("corpus", "run", plan, *EVERY)
    before, expected = film.read_bytes(), well
    other = film.with_name("other")
    other.write_bytes(grey_film(99, LONG))
    run = begin_words([str(word) for word in (*words, "-o", out, "--workers", 2)])
    until(lambda: bool(list(out.glob(f"{FOLDER}/*/*.piece"))) or run.poll() is not None, 300)
    time.sleep(after_s)
    if how == "removed":
        film.unlink()
    elif how == "replaced":
        other.replace(film)
    elif how == "written over":
        film.write_bytes(other.read_bytes())
    else:
        for pid in workers(run.pid)[:1]:
            os.kill(pid, signal.SIGKILL)
    _, said = run.communicate(timeout=600)
    wrong = _told(run.returncode, said, out, well, how)
    if how == "removed":
        film.write_bytes(before)
    elif how in SOURCES:
        code, told = dfe(*words, "-o", folder / "fresh")
        wrong += [] if code == 0 else [f"the other film: {told[-300:]}"]
        expected = tables(folder / "fresh")
    wrong += [f"going on: {one}" for one in gone_on(words, out, expected, count)]
    return [f"a film {how} in the middle, after {after_s:.2f} s: {one}" for one in wrong]


def _told(code: int | None, said: str, out: Path, well: dict[str, bytes], how: str) -> list[str]:
    """What is wrong about a run under which something has changed."""
    made, row = tables(out), {row.output: row for row in Manifest(out)}["film1.parquet"]
    wrong = [f"{name} is another" for name in ("film0.parquet", "film2.parquet") if made.get(name) != well[name]]
    if code not in (0, 1) or "Traceback" in said or (code == 0) != (row.status == "done"):
        wrong.append(f"exit code {code}, {said[-300:]}")
    if how not in SOURCES and row.status != "done":
        wrong.append(f"it is {row.status}: {row.reason}")
    if ("film1.parquet" in made) != (row.status in ("done", "damaged")) or (row.status == "done") == bool(row.reason):
        wrong.append(f"it is {row.status}, reason {row.reason!r}, table there: {'film1.parquet' in made}")
    return wrong


def read_only(folder: Path) -> list[str]:
    """The disk of the results may not be written any more in the middle of a run, and later it may."""
    plan, well = with_a_long_film(folder / "work")
    words = ("corpus", "run", plan, *EVERY, "--min-free", 0)
    with small_disk(folder / "disk", "20m") as disk:
        if disk is None:
            return []
        out = disk / "out"
        run = begin_words([str(word) for word in (*words, "-o", out)])
        until(lambda: bool(list(out.glob("*.parquet"))) or run.poll() is not None, 300)
        # Not while a file is open for writing.
        until(lambda: _mounted(disk, "ro") or run.poll() is not None, 60)
        _, said = run.communicate(timeout=600)
        wrong = [] if run.returncode in (0, 1, 75) and "Traceback" not in said else [f"{run.returncode}, {said[-300:]}"]
        if any(well.get(name) != content for name, content in tables(out).items()):
            wrong.append("something half-written is left")
        _mounted(disk, "rw")
        wrong += [f"going on: {one}" for one in gone_on(words, out, well, 1)]
    return [f"the disk read-only in the middle: {one}" for one in wrong]


def _mounted(disk: Path, how: str) -> bool:
    words: Sequence[str] = ("mount", "-o", f"remount,{how}", str(disk))
    return subprocess.run(words, capture_output=True, check=False).returncode == 0
