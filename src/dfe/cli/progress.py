"""Progress on standard error, with an honest remaining time: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from dfe.base.types import Progress
from dfe.cli.show import tell

QUIET_S = 2.0
LINE_EVERY_S = 15.0
MEASURED_S = 2.0
"""So long something must have moved before a remaining time is told."""


class Pace:
    """How fast the work goes, counted from its first result on: loading and opening are no measure of the rest."""

    def __init__(self) -> None:
        self._first: tuple[float, int] | None = None

    def left_s(self, done: int, total: int | None, now: float) -> float | None:
        """Seconds that the rest will take at the pace so far; None as long as that is not known."""
        if done and self._first is None:
            self._first = now, done
        if self._first is None or total is None:
            return None
        began, before = self._first
        if now - began < MEASURED_S or done <= before:
            return None
        return (now - began) / (done - before) * (total - done)


@contextmanager
def show_progress(what: str, unit: str) -> Iterator[Progress]:
    """Give a callback ``progress(done, total)`` that shows itself once the work has taken over two seconds."""
    if sys.stderr.isatty():
        yield from _bar(what, unit)
    else:
        yield _lines(what, unit)


def _bar(what: str, unit: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit + ", elapsed"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(what, total=None, visible=False, left="")
        began, pace = time.monotonic(), Pace()

        def show(done: int, total: int | None) -> None:
            now = time.monotonic()
            left = _left(pace.left_s(done, total, now))
            bars.update(task, completed=done, total=total, visible=now - began > QUIET_S, left=left)

        yield show


def _lines(what: str, unit: str) -> Progress:
    pace = Pace()
    told = time.monotonic() - LINE_EVERY_S + QUIET_S

    def show(done: int, total: int | None) -> None:
        nonlocal told
        now = time.monotonic()
        left = pace.left_s(done, total, now)
        if now - told < LINE_EVERY_S or not done:
            return
        told = now
        so_far = f"{what}: {done} of {total} {unit}" if total else f"{what}: {done} {unit}"
        tell(", ".join(filter(None, (so_far, _left(left)))))

    return show


def _left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"about {seconds:.0f} s left"
    return f"about {minutes} min left" if minutes < 100 else f"about {minutes / 60:.1f} h left"
