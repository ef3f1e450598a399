"""Work for Ray's workers, importable by them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from dfe.base.errors import DfeError


def squared(task: tuple[int, str], progress: Callable[[int, object], None] | None = None) -> tuple[int, str]:
    """The square of a number, and who found it; what the task says happens on the way."""
    number, what = task
    if what == "refuse":
        raise DfeError("is refused", where=str(number))
    if what == "break":
        raise RuntimeError("a fault of ours")
    if what.startswith("tell") and progress is not None:
        # Until it was heard, however long that takes.
        heard, until = Path(what.partition(":")[2]), time.monotonic() + 120
        while not heard.exists() and time.monotonic() < until:
            progress(7, None)
            time.sleep(0.05)
    if what == "unsendable":
        return number, threading.Lock()  # type: ignore[return-value]
    if what.startswith("die"):
        # The first time in one folder, then done; or every time.
        seen = Path(what.partition(":")[2])
        if not seen.name or not seen.exists():
            if seen.name:
                seen.touch()
            os._exit(9)
    if what.startswith("wait"):
        stop = Path(what.partition(":")[2])
        while not stop.exists():
            time.sleep(0.05)
    import ray

    return number * number, ray.get_runtime_context().get_node_id()
