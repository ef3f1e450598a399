"""When a run hands out no more work: it ends cleanly and goes on another time, rather than fail at every file."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dfe.base.errors import UsageError


@dataclass(frozen=True)
class Limits:
    """What a run leaves alone.

    Raises:
        UsageError: a limit that makes no sense.
    """

    free_bytes: float | None = None
    """So much of the disk that the results are on stays free; None: the run goes on as long as something succeeds."""
    seconds: float | None = None
    """Nothing is begun later than this; what is under way is finished."""

    def __post_init__(self) -> None:
        if self.free_bytes is not None and not self.free_bytes >= 0:
            raise UsageError(f"--min-free must be 0 or more, not {self.free_bytes / 1e9:g}")
        if self.seconds is not None and not self.seconds > 0:
            raise UsageError(f"--stop-after must be more than 0, not {self.seconds / 60:g}")

    def watch(self, out: Path) -> LimitWatch:
        """A watch over results in a folder; its clock starts now."""
        return LimitWatch(self, out)


class LimitWatch:
    """Says whether there is room and time for more."""

    def __init__(self, limits: Limits, out: Path) -> None:
        self._limits, self._out = limits, out
        self._began = time.monotonic()
        self.reached: str | None = None
        """Which limit was reached, in words."""

    def go_on(self) -> bool:
        """Whether more may be begun."""
        limits = self._limits
        if self.reached is None and limits.seconds is not None and time.monotonic() - self._began >= limits.seconds:
            self.reached = f"the time is up ({limits.seconds / 60:.3g} minutes)"
        if self.reached is None and limits.free_bytes is not None:
            with suppress(OSError):
                free = shutil.disk_usage(self._out).free
                if free < limits.free_bytes:
                    least = f"--min-free is {limits.free_bytes / 1e9:g}"
                    self.reached = f"too little of the disk is free ({free / 1e9:.2f} GB; {least})"
        return self.reached is None

    def is_full(self, why: str) -> bool:
        """A result could not be written for want of room; whether that is a reason to stop."""
        if self._limits.free_bytes is None:
            return False
        self.reached = self.reached or why
        return True
