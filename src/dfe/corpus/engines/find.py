"""The engine of a name."""

from __future__ import annotations

from typing import Literal

from dfe.base.errors import UsageError
from dfe.encoding.engine import Engine, LocalEngine

EngineName = Literal["local", "ray"]


def find_engine(
    name: EngineName,
    workers: int,
    *,
    apart: bool = False,
    address: str | None = None,
    cpus: float | None = None,
    gpus: float | None = None,
    fetch: bool = False,
    memory: float | None = None,
) -> Engine:
    """What does the tasks.

    Args:
        name: ``local``, processes of this machine, or ``ray``, actors on a Ray cluster.
        workers: tasks at the same time.
        apart: as of :class:`~dfe.encoding.engine.LocalEngine`.
        address: of a Ray cluster; None for Ray on this machine alone.
        cpus: processors of each of Ray's actors, 1 by default.
        gpus: GPUs of each of Ray's actors, none by default.
        memory: as of :class:`~dfe.encoding.engine.LocalEngine`.
        fetch: workers fetch what stand-ins stand for (:mod:`dfe.corpus.stand_ins`).

    Raises:
        UsageError: a number that makes no sense, or a choice that does nothing for this engine.
    """
    if fetch:
        from dfe.corpus.engines.fetching import FetchingEngine

        inner = find_engine(name, workers, apart=True, address=address, cpus=cpus, gpus=gpus, memory=memory)
        return FetchingEngine(inner)
    match name:
        case "local":
            given = {"--ray-address": address, "--worker-cpus": cpus, "--worker-gpus": gpus}
            for option, value in given.items():
                if value is not None:
                    raise UsageError(f"{option} does nothing for processes of this machine", advice="add --engine ray")
            return LocalEngine(workers, apart, memory=memory)
        case "ray":
            from dfe.corpus.engines.ray import RayEngine

            if memory is not None:
                what = "--memory does nothing for workers on a Ray cluster, whose nodes mind their own memory"
                raise UsageError(what, advice="leave it out")
            return RayEngine(workers, address, 1.0 if cpus is None else cpus, gpus or 0.0)
