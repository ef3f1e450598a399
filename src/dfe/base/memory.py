"""How much memory processes hold, and a limit on what a run and its workers may hold together."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from dfe.base.errors import UsageError

WORKER_BYTES = 400_000_000
"""A worker is counted as no less than this: its networks, and a film of usual size."""
LEAST_BYTES = 600_000_000
"""The run itself, and one worker."""
_EVERY_S = 0.25
"""Processes are looked at no more often than this."""


class MemoryLimit:
    """Says how many workers there is memory for, and which of them is to be ended where they hold too much.

    Args:
        bytes: that the run itself and its workers may hold together.
    """

    def __init__(self, bytes: float) -> None:
        self.bytes = bytes
        self._looked = -_EVERY_S
        self._held: dict[int, int] = {}
        self._own = 0

    def has_room(self, at_work: int) -> bool:
        """Whether one more worker may be at work beside so many, each as large as the largest is now; one always may.

        So fewer work at a time while films are large, and more again when they are not.
        """
        each = max([WORKER_BYTES, *self._held.values()])
        return at_work == 0 or self._own + (at_work + 1) * each <= self.bytes

    def beyond(self, workers: Collection[int]) -> int | None:
        """The largest of these processes where all of them together hold too much, else None.

        A single one of usual size is never told: then it is the run itself that holds much, as while it puts the pieces
        of a long film together, and to end those who work would help nobody.

        Args:
            workers: their numbers.
        """
        now = time.monotonic()
        if now - self._looked < _EVERY_S:
            return None
        self._looked = now
        self._own = memory_of(os.getpid())
        self._held = {pid: memory_of(pid) for pid in workers}
        if not self._held or self._own + sum(self._held.values()) <= self.bytes:
            return None
        largest = max(self._held, key=lambda pid: self._held[pid])
        return largest if len(self._held) > 1 or self._held[largest] > WORKER_BYTES else None


def check_memory_limit(bytes: float) -> None:
    """Refuse a limit under which nothing can be done, or that cannot be minded on this system.

    Raises:
        UsageError: it is one.
    """
    if not LEAST_BYTES <= bytes < float("inf"):
        least = f"{LEAST_BYTES / 1e9:g} or more, for this run and one worker"
        raise UsageError(f"--memory must be {least}, not {bytes / 1e9:g}")
    if sys.platform == "win32":
        raise UsageError("--memory cannot be minded on Windows", advice="use fewer workers")


def memory_of(pid: int) -> int:
    """Bytes that a process holds in memory by itself, files that it shares with others left out; 0 once it is gone.

    On systems without ``/proc`` what is shared counts, too.
    """
    if not sys.platform.startswith("linux"):
        return _by_ps(pid)
    with suppress(OSError, ValueError, IndexError):
        lines = Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines()
        return sum(1024 * int(line.split()[1]) for line in lines if line.startswith(("RssAnon:", "RssShmem:")))
    return 0


def _by_ps(pid: int) -> int:
    with suppress(OSError, ValueError):
        told = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return 1024 * int(told.stdout)
    return 0
