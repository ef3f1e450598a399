"""Running tasks in order in this process, or side by side in several; the results are the same.

Workers are spawned, not forked, on every system: that is the one way that is the same on Linux, macOS and Windows. Each
has a pipe of its own, so that the death of one costs the task it was at and nothing else. A worker ends when the
process that started it ends, however that ends (:mod:`dfe.base.processes`).
"""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

from dfe.base.errors import DfeError, OutOfMemory
from dfe.base.memory import MemoryLimit
from dfe.base.processes import end_with_parent, offer_to_be_ended_first
from dfe.base.sparing import spare_pandas

T = TypeVar("T")
R = TypeVar("R")

TRIES = 2
"""How often a task is begun whose worker dies."""
RESULTS_AHEAD = 2
"""Results per worker that may wait for the caller; keeps memory flat when there are thousands."""
TELL_EVERY_S = 0.2
"""A worker tells how far it is no more often than this."""
_BAD_STARTS = 6
"""So many workers in a row that die before they are ready, and none that ever was: there is no sense in more."""
_LOOK_S = 0.25
"""Memory is looked at so often where there is a limit."""
_INTERRUPTIBLE_S = 0.5
"""Longest wait that an interruption has to wait for, on systems where it does."""
_READY, _FAR, _DONE, _RAISED, _DIED, _END = "ready", "far", "done", "raised", "died", "end"


def run_tasks(
    work: Callable[..., R],
    tasks: Iterable[T],
    workers: int,
    heard: Callable[[T, int], None] | None = None,
    *,
    apart: bool = False,
    memory: float | None = None,
) -> Iterator[tuple[T, R | DfeError]]:
    """Do each task and give it back with its result, or with the error that stopped it; the others go on.

    With one worker the tasks are done here, in order; with more, in the order in which they get ready. A task whose
    worker dies (killed, out of memory, a crash in a codec), or that finds too little memory, is done once more, at the
    end and with nothing beside it; if that happens again, it is its error.

    Args:
        work: called as ``work(task)``; as ``work(task, progress)`` where ``heard`` is given.
        tasks: drawn one at a time, as workers get free.
        workers: processes.
        heard: called as ``heard(task, done)`` while a task is under way.
        apart: one worker is a process of its own, too, and may use all cores.
        memory: bytes that this process and its workers may hold together. Fewer tasks are then done at a time where
            more would need too much; a worker with which it becomes too much is ended as if it had died, and a task
            that needs too much by itself has that for its error.
    """
    if workers <= 1 and not apart and memory is None:
        for task in tasks:
            yield task, guarded(work, task, *_told(task, heard))
    else:
        limit = None if memory is None else MemoryLimit(memory)
        yield from _pooled(work, iter(tasks), max(workers, 1), heard, limit)


def guarded(work: Callable[..., R], *task: object) -> R | DfeError:
    """The result of ``work(*task)``, or the error that stopped it as one that a user can read."""
    try:
        return work(*task)
    except DfeError as error:
        return error
    except MemoryError:
        return OutOfMemory("not enough memory", advice="close other programs, or use a machine with more")
    except Exception as error:  # one input that meets a fault of ours must not take the others with it
        if "DFE_DEBUG" in os.environ:
            raise
        fault = f"stopped by an internal error ({type(error).__name__}: {error})"
        return DfeError(fault, advice="please report it; with DFE_DEBUG=1 the traceback is shown")


def _told(task: T, heard: Callable[[T, int], None] | None) -> tuple[Callable[[int, object], None], ...]:
    return () if heard is None else (lambda done, _total: heard(task, done),)


@dataclass
class _Job(Generic[T]):
    task: T
    deaths: int = 0
    started: bool = False
    """Whether a worker was ever ready for it."""


def _pooled(
    work: Callable[..., R],
    tasks: Iterator[T],
    workers: int,
    heard: Callable[[T, int], None] | None,
    limit: MemoryLimit | None,
) -> Iterator[tuple[T, R | DfeError]]:
    foreman = _Foreman(work, tasks, workers, limit, tells=heard is not None)
    foreman.start()
    try:
        while True:
            kind, task, value = foreman.news()
            if kind == _FAR and heard is not None:
                heard(task, value)
            elif kind == _DONE:
                yield task, value
            elif kind == _RAISED:
                raise value
            elif kind == _END:
                return
    finally:
        # Interrupted, or the caller wants no more: what is under way would go on for the rest of a long video.
        foreman.stop()


class _Foreman(threading.Thread, Generic[T]):
    """Keeps the workers busy while the caller is busy with what they have done."""

    def __init__(
        self,
        work: Callable[..., object],
        tasks: Iterator[T],
        workers: int,
        limit: MemoryLimit | None = None,
        *,
        tells: bool,
    ) -> None:
        super().__init__(name="foreman", daemon=True)
        self._limit = limit
        self._work, self._tasks, self._workers, self._tells = work, tasks, workers, tells
        self._news: queue.SimpleQueue[tuple[str, Any, Any]] = queue.SimpleQueue()
        """Simple, since a signal that comes while another queue is read may leave that one locked."""
        self._told = self._fetched = 0
        """Results, each counted by one thread only."""
        self._bell, self._ring = get_context("spawn").Pipe(duplex=False)
        self._idle: list[_Worker[T]] = []
        self._busy: list[_Worker[T]] = []
        self._again: deque[_Job[T]] = deque()
        self._exhausted = self._stopped = self._any_ready = False
        self._bad_starts = 0

    def news(self) -> tuple[str, Any, Any]:
        """The next thing that a worker said, waiting for it."""
        while True:
            try:
                kind, task, value = self._news.get(timeout=_INTERRUPTIBLE_S)
            except queue.Empty:
                continue
            if kind == _DONE:
                self._fetched += 1
                self._ring.send_bytes(b"1")
            return kind, task, value

    def stop(self) -> None:
        """End all workers at once, and this thread."""
        self._stopped = True
        self._ring.send_bytes(b"1")
        self.join()
        self._ring.close()
        self._bell.close()

    def run(self) -> None:
        """Hand out tasks and listen, until there are no more or nobody wants more."""
        try:
            while not self._stopped:
                self._hand_out()
                if not self._busy and self._exhausted and not self._again:
                    break
                patience = None if self._limit is None else _LOOK_S
                stirring = wait([self._bell, *(worker.pipe for worker in self._busy)], patience)
                if self._bell in stirring:
                    self._bell.recv_bytes()
                for worker in [worker for worker in self._busy if worker.pipe in stirring]:
                    self._listen(worker)
                self._mind_memory()
            self._news.put((_END, None, None))
        except BaseException as error:
            self._news.put((_RAISED, None, error))
        finally:
            for worker in (*self._idle, *self._busy):
                worker.end()

    @property
    def _unfetched(self) -> int:
        return self._told - self._fetched

    def _hand_out(self) -> None:
        while (
            not self._exhausted
            and len(self._busy) < self._workers
            and self._unfetched < RESULTS_AHEAD * self._workers
            and (self._limit is None or self._limit.has_room(len(self._busy)))
        ):
            try:
                self._begin(_Job(next(self._tasks)))
            except StopIteration:
                self._exhausted = True
        if self._exhausted and not self._busy and self._again:
            self._begin(self._again.popleft())

    def _begin(self, job: _Job[T]) -> None:
        worker = self._idle.pop() if self._idle else _Worker(self._work, self._tells, self._workers == 1)
        self._busy.append(worker)
        job.started = worker.ready
        worker.give(job)

    def _listen(self, worker: _Worker[T]) -> None:
        kind, value = worker.hear()
        job = worker.job
        if kind == _READY:
            self._any_ready = worker.ready = job.started = True
        elif kind == _DIED:
            self._busy.remove(worker)
            how = worker.end()
            job.deaths += 1
            self._bad_starts = 0 if self._any_ready else self._bad_starts + 1
            if self._bad_starts >= _BAD_STARTS:
                raise _never_started(how)
            if job.deaths < TRIES:
                self._again.append(job)
            elif worker.beyond:
                self._tell(_DONE, job.task, _too_large(0.0 if self._limit is None else self._limit.bytes))
            else:
                self._tell(_DONE, job.task, _died(how) if job.started else _never_started(how))
        elif isinstance(value, OutOfMemory) and self._workers > 1 and not job.deaths:
            # There may be enough for it alone; the worker ends, since it keeps what it has taken.
            self._busy.remove(worker)
            worker.end()
            job.deaths += 1
            self._again.append(job)
        else:
            if kind == _DONE:
                self._busy.remove(worker)
                if worker.beyond:  # it was done before it was ended
                    worker.end()
                else:
                    self._idle.append(worker)
            self._tell(kind, job.task, value)

    def _mind_memory(self) -> None:
        """Where there is too much, end a worker that does nothing, or else the largest; its death is heard next."""
        if self._limit is None:
            return
        largest = self._limit.beyond([worker.pid for worker in (*self._idle, *self._busy)])
        if largest is None:
            return
        if self._idle:
            self._idle.pop().end()
            return
        for worker in self._busy:
            if worker.pid == largest:
                worker.end_as_too_large()

    def _tell(self, kind: str, task: T, value: object) -> None:
        self._told += kind == _DONE
        self._news.put((kind, task, value))


def _died(how: str) -> DfeError:
    advice = "close other programs, use fewer workers, or encode this file alone"
    return DfeError(f"its worker process died twice ({how})", advice=advice)


def _too_large(bytes: float) -> DfeError:
    what = f"it takes more than the {bytes / 1e9:.3g} GB of memory that the run may use"
    return OutOfMemory(what, advice="allow more with --memory, and start the run again")


def _never_started(how: str) -> DfeError:
    advice = "in a script, call it below `if __name__ == '__main__':`, or use one worker"
    return DfeError(f"worker processes do not start ({how})", advice=advice)


class _Worker(Generic[T]):
    """One process, and the pipe to it."""

    job: _Job[T]
    ready = False
    beyond = False
    """Whether it was ended since there was too little memory for it."""

    def __init__(self, work: Callable[..., object], tells: bool, alone: bool) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, os.getpid(), alone), daemon=True)
        self._process.start()
        theirs.close()
        self._send((work, tells))

    def give(self, job: _Job[T]) -> None:
        """Let it do a task; if it is dead, that is heard next."""
        self.job = job
        self._send(job.task)

    @property
    def pid(self) -> int:
        """Number of its process."""
        return self._process.pid or 0

    def end_as_too_large(self) -> None:
        """Kill it; :meth:`hear` then says that it has died."""
        self.beyond = True
        self._process.kill()

    def hear(self) -> tuple[str, Any]:
        """The next of what it says, or that it has died."""
        try:
            said: tuple[str, Any] = self.pipe.recv()
            return said
        except (EOFError, OSError):
            return _DIED, None

    def end(self) -> str:
        """End it, if it is not dead, and say how it died."""
        self._process.kill()
        self._process.join()
        self.pipe.close()
        code = self._process.exitcode
        self._process.close()
        if code is None or code >= 0:
            return f"exit code {code}"
        if -code == getattr(signal, "SIGKILL", 0):
            return "killed, perhaps since memory was short"
        return f"signal {signal.Signals(-code).name}" if -code in set(signal.Signals) else f"signal {-code}"

    def _send(self, what: object) -> None:
        with suppress(ConnectionError):  # It has died then, which is heard when it is listened to.
            self.pipe.send(what)


def _serve(pipe: Connection, parent: int, alone: bool) -> None:
    """What a worker does: tasks, one after the other, until the pipe closes."""
    end_with_parent(parent)
    offer_to_be_ended_first()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent minds interruptions
    if not alone:
        use_one_thread()
    spare_pandas()
    try:
        work, tells = pipe.recv()
        pipe.send((_READY, None))
        while True:
            task = pipe.recv()
            try:
                result = guarded(work, task, *((now_and_then(lambda done: pipe.send((_FAR, done))),) if tells else ()))
            except Exception as error:  # only where errors are to be shown whole
                pipe.send((_RAISED, error))
                continue
            try:
                pipe.send((_DONE, result))
            except (TypeError, ValueError, AttributeError, MemoryError) as error:
                what = f"its result cannot be handed over ({type(error).__name__}: {error})"
                pipe.send((_DONE, DfeError(what, advice="use one worker")))
    except (EOFError, ConnectionError):
        return


def now_and_then(tell: Callable[[int], object]) -> Callable[[int, object], None]:
    """What a worker calls as it goes on, to tell how far it is every :data:`TELL_EVERY_S` seconds at most."""
    told = time.monotonic()

    def progress(done: int, _total: object) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= TELL_EVERY_S:
            told = now
            tell(done)

    return progress


def use_one_thread() -> None:
    """Keep libraries from using several threads each, which would fight over the cores; before they are loaded."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"
    import cv2

    cv2.setNumThreads(1)
