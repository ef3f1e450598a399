"""The engine of a name."""

from __future__ import annotations

from typing import Literal

from dfe.encoding.engine import Engine, LocalEngine

EngineName = Literal["local"]


def find_engine(name: EngineName, workers: int, *, apart: bool = False) -> Engine:
    """What does the tasks.

    Args:
        name: ``local``, processes of this machine.
        workers: tasks at the same time.
        apart: as of :class:`~dfe.encoding.engine.LocalEngine`.

    Raises:
        UsageError: a number of workers that makes no sense.
    """
    match name:
        case "local":
            return LocalEngine(workers, apart)
