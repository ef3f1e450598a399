"""Runs of `dfe encode` as processes of their own, and their workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path


def begin(clips: Path, out: Path, count: int = 2) -> subprocess.Popen[str]:
    """A run over the clips in a folder, by so many workers."""
    return begin_words([*encoding(clips, out), "--workers", str(count)])


def encoding(clips: Path, out: Path) -> list[str]:
    """What that run is told, but for its workers."""
    return ["encode", str(clips), "-o", str(out), "--end", "0.8", "--max-faces", "1"]


def begin_words(words: list[str]) -> subprocess.Popen[str]:
    """A command of ``dfe`` as a process of its own."""
    pipe = subprocess.PIPE
    heeds = heed_signals if os.name == "posix" else None
    line = [sys.executable, "-m", "dfe", *words]
    return subprocess.Popen(line, stdout=pipe, stderr=pipe, text=True, preexec_fn=heeds)


def heed_signals() -> None:
    """What is started in the background ignores Ctrl-C, below ``nohup`` a hang-up too; so would all that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def workers(parent: int) -> list[int]:
    """Processes that a run has started for its work, found through /proc."""
    found = []
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                state = (path / "stat").read_text().rsplit(")", 1)[1].split()
                words = (path / "cmdline").read_bytes()
            except OSError:
                continue
            if int(state[1]) == parent and state[0] != "Z" and b"spawn_main" in words:
                found.append(int(path.name))
    return found


def runs(pid: int) -> bool:
    """Whether a process is alive."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def until(done: Callable[[], bool], seconds: float) -> None:
    """Wait until something is so; fails where it does not come to pass."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.02)
