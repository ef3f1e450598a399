"""Waiting for what a page shows a moment later."""

import time
from collections.abc import Callable


def eventually(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until something is so that is seen only by looking again, such as pixels or another row on top."""
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(0.05)
    assert holds()
