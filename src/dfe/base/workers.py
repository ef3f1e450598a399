"""Running tasks in order in this process, or side by side in several; the results are the same.

Workers are spawned, not forked, on every system: that is the one way that is the same on Linux, macOS and Windows.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TypeVar

from dfe.base.errors import DfeError

T = TypeVar("T")
R = TypeVar("R")

TASKS_AHEAD = 2
"""Tasks handed out per worker beyond the one it works on; keeps memory flat when there are thousands."""


def run_tasks(work: Callable[[T], R], tasks: Iterable[T], workers: int) -> Iterator[tuple[T, R | DfeError]]:
    """Do each task and give it back with its result, or with the error that stopped it; the others go on.

    With one worker the tasks are done here, in order; with more, in the order in which they get ready. A worker
    process that dies (out of memory, say) fails the tasks that were under way, and a new pool takes the rest.
    """
    if workers <= 1:
        for task in tasks:
            yield task, guarded(work, task)
    else:
        yield from _pooled(work, iter(tasks), workers)


def guarded(work: Callable[[T], R], task: T) -> R | DfeError:
    """The result of ``work(task)``, or the error that stopped it as one that a user can read."""
    try:
        return work(task)
    except DfeError as error:
        return error
    except MemoryError:
        return DfeError("not enough memory", advice="close other programs or use fewer workers")
    except Exception as error:  # one input that meets a fault of ours must not take the others with it
        if "DFE_DEBUG" in os.environ:
            raise
        fault = f"stopped by an internal error ({type(error).__name__}: {error})"
        return DfeError(fault, advice="please report it; with DFE_DEBUG=1 the traceback is shown")


def _pooled(work: Callable[[T], R], tasks: Iterator[T], workers: int) -> Iterator[tuple[T, R | DfeError]]:
    pool = _new_pool(workers)
    waiting: dict[Future[R | DfeError], T] = {}
    exhausted = False
    try:
        while True:
            while not exhausted and len(waiting) < workers * (1 + TASKS_AHEAD):
                task = next(tasks, None)
                if task is None:
                    exhausted = True
                    break
                waiting[pool.submit(guarded, work, task)] = task
            if not waiting:
                return
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            broken = False
            for future in done:
                task = waiting.pop(future)
                try:
                    yield task, future.result()
                except BrokenProcessPool:
                    broken = True
                    waiting[future] = task
            if broken:
                lost = list(waiting.values())
                waiting.clear()
                pool.shutdown(wait=False, cancel_futures=True)
                yield from _one_by_one(work, lost)
                pool = _new_pool(workers)
    except BaseException:
        # Interrupted, or the caller wants no more: what is under way would go on for the rest of a long video.
        for process in list((getattr(pool, "_processes", None) or {}).values()):
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _one_by_one(work: Callable[[T], R], lost: list[T]) -> Iterator[tuple[T, R | DfeError]]:
    """Each lost task alone in a process of its own, so that the one that kills its worker takes no other with it."""
    for task in lost:
        with _new_pool(1) as alone:
            try:
                yield task, alone.submit(guarded, work, task).result()
            except BrokenProcessPool:
                advice = "close other programs, use fewer workers, or encode this file alone"
                yield task, DfeError("its worker process died, perhaps out of memory", advice=advice)


def _new_pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start_worker)


def _start_worker() -> None:
    """One thread per worker, since threads inside them would fight over the cores; the parent minds interruptions."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"
    import cv2

    cv2.setNumThreads(1)
