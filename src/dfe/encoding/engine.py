"""What does the tasks of an encoding: processes of this machine, or whatever else fills the same small interface."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from dfe.base.errors import DfeError, UsageError
from dfe.base.memory import check_memory_limit
from dfe.base.workers import run_tasks

T = TypeVar("T")
R = TypeVar("R")


class Engine(Protocol):
    """Does tasks side by side. The same tasks give the same results whatever does them, and in whatever order.

    What an engine promises, so that runs can rest on it:

    - It draws tasks one at a time, as workers get free, and stops drawing while more than a few results a worker wait
      to be fetched: memory stays flat, and a run stops by handing out no more tasks.
    - It gives back every task that it drew, once, with its result or with the error that stopped it.
    - A task whose worker dies is done once more; if its worker dies again, that is its error.
    - When the iterator is closed, all workers end and what is under way is given up.
    """

    @property
    def name(self) -> str:
        """As in ``--engine``."""
        ...

    @property
    def workers(self) -> int:
        """Tasks that are done at the same time."""
        ...

    @property
    def cuts(self) -> bool:
        """Whether it is to be given pieces of long films; no, where each worker would have to fetch the whole film."""
        ...

    def run(
        self, work: Callable[..., R], tasks: Iterable[T], heard: Callable[[T, int], None] | None = None
    ) -> Iterator[tuple[T, R | DfeError]]:
        """Do each task and give it back with its result, as they get ready.

        Args:
            work: a function of a module, called as ``work(task)`` in a worker; as ``work(task, progress)`` where
                ``heard`` is given, with ``progress(frames done, None or total)``. Tasks and results can be pickled.
                An error of ours (:func:`dfe.base.workers.guarded`) is a result, too.
            tasks: drawn one at a time.
            heard: called as ``heard(task, frames done)`` now and then while a task is under way, in the thread that
                draws the results.
        """
        ...


@dataclass(frozen=True)
class LocalEngine:
    """Processes of this machine.

    Raises:
        UsageError: a number of workers or a limit that makes no sense.
    """

    workers: int = 1
    apart: bool = False
    """One worker is a process of its own, too, so that a crash in a codec costs its task and not the run."""
    name: str = "local"
    cuts: bool = True
    memory: float | None = None
    """Bytes that the run and its workers may hold together, as of :func:`~dfe.base.workers.run_tasks`."""

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise UsageError(f"--workers must be 1 or more, not {self.workers}")
        if self.memory is not None:
            check_memory_limit(self.memory)

    def run(
        self, work: Callable[..., R], tasks: Iterable[T], heard: Callable[[T, int], None] | None = None
    ) -> Iterator[tuple[T, R | DfeError]]:
        """As :meth:`Engine.run`."""
        return run_tasks(work, tasks, self.workers, heard, apart=self.apart, memory=self.memory)
