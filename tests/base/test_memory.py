"""A limit on memory: fewer workers at a time, and what needs too much by itself is told so; the others go on."""

from __future__ import annotations

import os
import sys
import time
from types import SimpleNamespace

import pytest

from dfe.base import memory, workers
from dfe.base.errors import DfeError, UsageError
from dfe.base.memory import MemoryLimit, check_memory_limit, memory_of
from dfe.encoding.engine import LocalEngine

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the limit is refused there")
HOG = 500_000_000


def _hold(size: int) -> int:
    held = b"\1" * size
    if size:
        time.sleep(60)
    return len(held)


def test_a_task_that_needs_too_much_costs_itself_only() -> None:
    allowed = memory_of(os.getpid()) + 300_000_000
    results = dict(workers.run_tasks(_hold, [0, HOG, 0], 2, memory=allowed))
    assert isinstance(results[HOG], DfeError)
    assert "takes more than the" in str(results[HOG])
    assert results[0] == 0


def test_as_many_work_at_a_time_as_there_is_memory_for(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {os.getpid(): 100, 1: 200, 2: 300}
    monkeypatch.setattr(memory, "memory_of", held.get)
    monkeypatch.setattr(memory, "WORKER_BYTES", 250)
    monkeypatch.setattr(memory, "_EVERY_S", 0.0)
    limit = MemoryLimit(1000)
    assert limit.beyond([1, 2]) is None
    assert [limit.has_room(at_work) for at_work in range(4)] == [True, True, True, False], "three of 300"
    held[2] = 500
    assert limit.beyond([1, 2]) is None
    assert [limit.has_room(at_work) for at_work in range(3)] == [True, False, False], "one of 500"
    held[2] = 800
    assert limit.beyond([1, 2]) == 2
    assert limit.has_room(0), "one always may"
    held[os.getpid()], held[1] = 900, 240
    assert limit.beyond([1]) is None, "it is no larger than others, the run itself is"
    held |= {os.getpid(): 100, 1: 200, 2: 0}
    limit.beyond([1, 2])
    assert limit.has_room(2), "no less than what a worker takes"


def test_a_worker_that_was_done_when_it_was_ended_is_given_no_more_tasks() -> None:
    ended = []
    foreman = workers._Foreman(_hold, iter([]), 2, MemoryLimit(1e9), tells=False)
    worker = SimpleNamespace(
        hear=lambda: ("done", 5), job=workers._Job(0), beyond=True, end=lambda: ended.append(1), ready=True
    )
    foreman._busy.append(worker)  # type: ignore[arg-type]
    foreman._listen(worker)  # type: ignore[arg-type]
    assert (foreman._idle, foreman._busy, ended) == ([], [], [1])
    assert foreman.news() == ("done", 0, 5)


def test_memory_is_that_of_the_process() -> None:
    before = memory_of(os.getpid())
    held = b"\1" * 100_000_000
    assert 80_000_000 < memory_of(os.getpid()) - before < 200_000_000
    assert memory._by_ps(os.getpid()) > len(held)
    assert memory_of(2**30) == memory._by_ps(2**30) == 0


@pytest.mark.parametrize("gb", [0.0, 0.5, float("nan"), float("inf")])
def test_limits_under_which_nothing_can_be_done_are_refused(gb: float) -> None:
    with pytest.raises(UsageError, match=r"--memory must be 0\.6 or more"):
        check_memory_limit(gb * 1e9)
    with pytest.raises(UsageError):
        LocalEngine(memory=gb * 1e9)
