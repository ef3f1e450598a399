"""Progress on standard error, with an honest remaining time: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from dfe.base.types import Progress

QUIET_S = 2.0
LINE_EVERY_S = 15.0


@contextmanager
def show_progress(what: str, unit: str) -> Iterator[Progress]:
    """Give a callback ``progress(done, total)`` that shows itself once the work has taken over two seconds."""
    if sys.stderr.isatty():
        yield from _bar(what, unit)
    else:
        yield _lines(what, unit)


def _bar(what: str, unit: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit + ", elapsed"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(what, total=None, visible=False)
        began = time.monotonic()

        def show(done: int, total: int | None) -> None:
            bars.update(task, completed=done, total=total, visible=time.monotonic() - began > QUIET_S)

        yield show


def _lines(what: str, unit: str) -> Progress:
    began = time.monotonic()
    told = began - LINE_EVERY_S + QUIET_S

    def show(done: int, total: int | None) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told < LINE_EVERY_S or not done:
            return
        told = now
        if total:
            left = (now - began) / done * (total - done)
            print(f"{what}: {done} of {total} {unit}, about {left:.0f} s left", file=sys.stderr)
        else:
            print(f"{what}: {done} {unit}", file=sys.stderr)

    return show
