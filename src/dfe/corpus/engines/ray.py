"""Workers on a Ray cluster: actors, each of which does one task at a time by the same code as a local process.

A worker is asked for with a share of a processor (and of a GPU, where networks shall run on one); Ray finds the node.
Tasks are given to workers that are ready only, so that none waits for room that does not come. A node that dies costs
the tasks that its workers were at: each is done once more on another. What is sent is the task, a few paths and
options; media and results stay on disks that all nodes see.
"""

from __future__ import annotations

import os
import platform
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from dfe.base.errors import DfeError, UsageError
from dfe.base.installing import how_to_install
from dfe.base.processes import offer_to_be_ended_first
from dfe.base.version import __version__
from dfe.base.workers import TRIES, guarded, now_and_then, use_one_thread

T = TypeVar("T")
R = TypeVar("R")

LONGEST_START_S = 120.0
"""So long a cluster may have no worker ready before that is taken for an error."""
BAD_STARTS = 4
"""So many workers in a row that die before they are ready: there is no sense in more."""
_LISTEN_S = 0.25


@dataclass(frozen=True)
class RayEngine:
    """Actors on a Ray cluster; implements :class:`dfe.encoding.engine.Engine`.

    Args:
        workers: actors.
        address: of the cluster: ``host:port``, ``auto`` for the one that this machine belongs to, ``ray://host:port``
            for a client of one; None starts Ray on this machine alone.
        cpus: processors that an actor takes up, may be a fraction.
        gpus: GPUs that an actor takes up, may be a fraction.

    Raises:
        UsageError: a number that makes no sense.
    """

    workers: int = 1
    address: str | None = None
    cpus: float = 1.0
    gpus: float = 0.0
    name: str = "ray"
    cuts: bool = True

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise UsageError(f"--workers must be 1 or more, not {self.workers}")
        if not 0 < self.cpus < float("inf"):
            raise UsageError(f"--worker-cpus must be more than 0, not {self.cpus:g}")
        if not 0 <= self.gpus < float("inf"):
            raise UsageError(f"--worker-gpus must be 0 or more, not {self.gpus:g}")

    def run(
        self, work: Callable[..., R], tasks: Iterable[T], heard: Callable[[T, int], None] | None = None
    ) -> Iterator[tuple[T, R | DfeError]]:
        """As :meth:`dfe.encoding.engine.Engine.run`.

        Raises:
            DfeError: Ray is not installed, the cluster cannot be reached, has no room for a single worker, or has
                another version of this package.
        """
        with _connected(self.address) as ray:
            crew: _Crew[T] = _Crew(ray, self, work, iter(tasks), tells=heard is not None)
            try:
                yield from crew.results(heard)
            finally:
                crew.end()


@dataclass
class _Job(Generic[T]):
    task: T
    number: int
    deaths: int = 0


@dataclass
class _Crew(Generic[T]):
    """The actors of one run, and what each is at."""

    ray: Any
    engine: RayEngine
    work: Callable[..., Any]
    tasks: Iterator[T]
    tells: bool
    _starting: dict[Any, Any] = field(default_factory=dict)
    """Actors by the reference that tells when they are ready; those, too, of which it is not sure that they still are.
    """
    _proven: set[Any] = field(default_factory=set)
    """Actors that were ready once."""
    _idle: list[Any] = field(default_factory=list)
    _busy: dict[Any, tuple[Any, _Job[T]]] = field(default_factory=dict)
    """Actors and their jobs by the reference of the result."""
    _again: deque[_Job[T]] = field(default_factory=deque)
    _exhausted: bool = False
    _drawn: int = 0
    _bad_starts: int = 0
    _board: Any = None
    _waiting_since: float | None = None
    _listened: float = 0.0

    def results(self, heard: Callable[[T, int], None] | None) -> Iterator[tuple[T, Any]]:
        """Each task with its result, as they get ready."""
        if self.tells:
            here = self.ray.get_runtime_context().get_node_id()
            beside = self.ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(here, soft=True)
            self._board = self.ray.remote(_Board).options(num_cpus=0, scheduling_strategy=beside).remote()
        while True:
            self._hand_out()
            if not self._busy and self._exhausted and not self._again:
                return
            done, _ = self.ray.wait([*self._busy, *self._starting], timeout=_LISTEN_S, fetch_local=False)
            for reference in done:
                if reference in self._starting:
                    self._greet(reference)
                else:
                    yield from self._fetch(reference)
            self._listen(heard)
            self._lose_patience()

    def end(self) -> None:
        """End all actors, whatever they are at."""
        for actor in [*self._starting.values(), *self._idle, *(actor for actor, _ in self._busy.values()), self._board]:
            if actor is not None:
                with suppress(Exception):
                    self.ray.kill(actor)

    def _hand_out(self) -> None:
        while self._idle and (job := self._next()) is not None:
            actor = self._idle.pop()
            self._busy[actor.do.remote(job.number, job.task)] = actor, job
        wanted = self.engine.workers - len(self._busy) - len(self._idle) - len(self._starting)
        if not self._exhausted or self._again:
            for _ in range(wanted):
                self._start()

    def _next(self) -> _Job[T] | None:
        """New tasks first; those whose worker died come at the end."""
        if not self._exhausted:
            try:
                self._drawn += 1
                return _Job(next(self.tasks), self._drawn)
            except StopIteration:
                self._exhausted = True
        return self._again.popleft() if self._again else None

    def _start(self) -> None:
        wanted = {"num_cpus": self.engine.cpus, "num_gpus": self.engine.gpus, "max_restarts": 0}
        actor = self.ray.remote(_Worker).options(**wanted).remote(self.work, Path.cwd(), self._board)
        self._starting[actor.about.remote()] = actor

    def _greet(self, reference: Any) -> None:
        """An actor is ready, or has died before it was."""
        actor = self._starting.pop(reference)
        try:
            about = self.ray.get(reference)
        except self.ray.exceptions.RayError as error:
            if actor in self._proven:  # it had nothing to do when its node died
                self._proven.discard(actor)
                return
            self._bad_starts += 1
            if self._bad_starts >= BAD_STARTS:
                raise DfeError(f"workers do not start on the cluster ({_last_line(error)})",
                               advice="install the same packages on every node") from None  # fmt: skip
            return
        self._bad_starts = 0
        ours = (__version__, platform.python_version_tuple()[:2])
        if about != ours:
            there, here = (f"{version} on Python {'.'.join(python)}" for version, python in (about, ours))
            raise DfeError(f"a node of the cluster has discrete-facial-encoding {there}, and this one has {here}",
                           advice="install the same everywhere")  # fmt: skip
        self._proven.add(actor)
        self._idle.append(actor)

    def _doubt(self) -> None:
        """Ask all idle actors whether they are there: one may have died with its node, and be found out by a task only,
        which would then count as one that kills its workers.
        """
        while self._idle:
            actor = self._idle.pop()
            self._starting[actor.about.remote()] = actor

    def _fetch(self, reference: Any) -> Iterator[tuple[T, Any]]:
        actor, job = self._busy.pop(reference)
        try:
            result = self.ray.get(reference)
        except self.ray.exceptions.RayTaskError as error:
            # Only where errors are to be shown whole, and where a result cannot be sent.
            if "DFE_DEBUG" in os.environ:
                raise
            result = DfeError(f"its result cannot be handed over ({_first_line(error.cause or error)})")
            self._idle.append(actor)
        except self.ray.exceptions.RayError as error:  # its node or process is gone, for whatever reason
            with suppress(Exception):
                self.ray.kill(actor)
            self._proven.discard(actor)
            self._doubt()
            job.deaths += 1
            if job.deaths < TRIES:
                self._again.append(job)
                return
            result = DfeError(f"its worker died twice on the cluster ({_first_line(error)})",
                              advice="give workers more memory, or encode this file alone")  # fmt: skip
        else:
            self._idle.append(actor)
        yield job.task, result

    def _listen(self, heard: Callable[[T, int], None] | None) -> None:
        now = time.monotonic()
        if heard is None or self._board is None or now - self._listened < _LISTEN_S:
            return
        self._listened = now
        try:
            told = self.ray.get(self._board.take.remote(), timeout=_LISTEN_S)
        except (self.ray.exceptions.RayError, TimeoutError):
            return
        under_way = {job.number: job.task for _, job in self._busy.values()}
        for number, done in told.items():
            if number in under_way:
                heard(under_way[number], done)

    def _lose_patience(self) -> None:
        """Without a single worker that is ready, nothing will ever be done."""
        if self._busy or self._idle or not self._starting:
            self._waiting_since = None
            return
        self._waiting_since = self._waiting_since or time.monotonic()
        if time.monotonic() - self._waiting_since > LONGEST_START_S:
            gpus = f" and {self.engine.gpus:g} GPUs" if self.engine.gpus else ""
            what = f"the cluster has had no room for a worker with {self.engine.cpus:g} processors{gpus}"
            raise DfeError(f"{what} for {LONGEST_START_S:.0f} s", advice="ask for less, or look at `ray status`")


class _Worker:
    """What runs on a node: tasks, one after the other.

    Args:
        work: does a task.
        folder: from which relative paths are seen, if it is there.
        board: where to tell how far a task is.
    """

    def __init__(self, work: Callable[..., Any], folder: Path, board: Any) -> None:
        offer_to_be_ended_first()
        use_one_thread()
        with suppress(OSError):
            os.chdir(folder)
        self._work, self._board = work, board

    def about(self) -> tuple[str, tuple[str, ...]]:
        """Versions of this package and of Python."""
        return __version__, platform.python_version_tuple()[:2]

    def do(self, number: int, task: Any) -> Any:
        """The result of a task, or the error that stopped it."""
        if self._board is None:
            return guarded(self._work, task)
        return guarded(self._work, task, now_and_then(lambda done: self._board.tell.remote(number, done)))


class _Board:
    """Where workers note how far they are."""

    def __init__(self) -> None:
        self._far: dict[int, int] = {}

    def tell(self, number: int, done: int) -> None:
        """So many frames of a job are done."""
        self._far[number] = done

    def take(self) -> dict[int, int]:
        """What was told since the last time."""
        far, self._far = self._far, {}
        return far


@contextmanager
def _connected(address: str | None) -> Iterator[Any]:
    """Ray, connected; disconnected afterwards unless it was before."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        import ray.util.scheduling_strategies
    except ImportError:
        what = "the engine ray needs Ray"
        raise DfeError(what, advice=how_to_install("distributed")) from None
    if ray.is_initialized():
        yield ray
        return
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR", "configure_logging": False}
    if address is None:
        quiet |= {"include_dashboard": False}
    with _silent(ray):  # until it is shut down: only then the thread ends that tells of dead nodes
        try:
            ray.init(address=address or "local", **quiet)
        except (ConnectionError, ValueError, RuntimeError, OSError) as error:
            what = (
                f"no Ray cluster answers at {address} ({_first_line(error)})"
                if address
                else f"Ray does not start ({error})"
            )
            token = "; where it asks for a token, set RAY_AUTH_MODE=token" if address else ""
            raise DfeError(what, advice=f"start one with `ray start --head`, or name its address{token}") from None
        try:
            yield ray
        finally:
            ray.shutdown()


@contextmanager
def _silent(ray: Any) -> Iterator[None]:
    """Without what Ray says of nodes that died: pages, on standard output, where programs read ours."""
    worker = getattr(ray._private, "worker", None)
    name = "print_to_stdstream"
    before = getattr(worker, name, None)
    if worker is None or before is None:
        yield
        return
    setattr(worker, name, lambda *_, **__: None)
    try:
        yield
    finally:
        setattr(worker, name, before)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200]


def _last_line(error: BaseException) -> str:
    """Of an error in another process, which ends with what went wrong there."""
    lines = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return lines[-1].strip()[:200]
