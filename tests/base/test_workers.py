"""Workers: the same results as without, whatever dies, and nobody is left when the parent has gone."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dfe.base import workers
from dfe.base.errors import DfeError
from dfe.base.processes import is_alive
from made_processes import heed_signals

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")


def _work(number: int) -> int:
    if number == 2:
        os._exit(9)
    if number == 3:
        raise ValueError("a fault")
    if number == 4:
        raise DfeError("a clear word")
    return number * number


def test_a_worker_that_dies_takes_no_other_task_with_it() -> None:
    results = dict(workers.run_tasks(_work, range(8), 2))
    assert {n: r for n, r in results.items() if n not in (2, 3, 4)} == {0: 0, 1: 1, 5: 25, 6: 36, 7: 49}
    assert "died twice (exit code 9)" in str(results[2])
    assert "ValueError: a fault" in str(results[3])
    assert str(results[4]) == "a clear word"


def test_one_process_gives_the_same_in_order() -> None:
    results = list(workers.run_tasks(_work, [0, 3, 4, 5], 1))
    assert [number for number, _ in results] == [0, 3, 4, 5]
    assert [str(result) for _, result in results][2:] == ["a clear word", "25"]


def _killed_once(task: tuple[Path, int]) -> int:
    """Some tasks are killed at their first try, and one finds no memory; each leaves a mark that it was there."""
    folder, number = task
    mark = folder / str(number)
    if number in (0, 3, 6, 7) and not mark.exists():
        mark.touch()
        if number == 7:
            raise MemoryError
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@posix
def test_a_task_whose_worker_was_killed_is_done_once_more(tmp_path: Path) -> None:
    results = dict(workers.run_tasks(_killed_once, [(tmp_path, n) for n in range(9)], 3))
    assert results == {(tmp_path, n): n for n in range(9)}


def _crash(kind: str) -> str:
    if kind == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if kind == "abort":
        os.abort()
    if kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "term":
        os.kill(os.getpid(), signal.SIGTERM)
    return kind


@posix
def test_every_way_to_die_is_one_line_and_the_others_go_on() -> None:
    kinds = ["segfault", "well", "abort", "kill", "fine", "term"]
    results = dict(workers.run_tasks(_crash, kinds, 2))
    assert (results["well"], results["fine"]) == ("well", "fine")
    assert "signal SIGSEGV" in str(results["segfault"])
    assert "signal SIGABRT" in str(results["abort"])
    assert "memory was short" in str(results["kill"])
    assert "signal SIGTERM" in str(results["term"])
    assert all("\n" not in str(result) for result in results.values())


def _huge(size: int) -> bytes:
    return bytes(size)


def test_results_larger_than_a_pipe() -> None:
    results = dict(workers.run_tasks(_huge, [10, 30_000_000, 5], 2))
    assert {size: len(result) for size, result in results.items()} == {10: 10, 30_000_000: 30_000_000, 5: 5}  # type: ignore[arg-type]


def _unfit(_: int) -> object:
    return lambda: None


def test_a_result_that_cannot_be_sent_is_an_error_of_its_task() -> None:
    ((_, result),) = workers.run_tasks(_unfit, [1], 2)
    assert "cannot be handed over" in str(result)


def _counted(number: int, progress) -> int:
    for done in range(1, 11):
        time.sleep(0.06)
        progress(done, 10)
    return number


@pytest.mark.parametrize("count", [1, 2])
def test_what_is_under_way_is_heard(count: int) -> None:
    heard: list[tuple[int, int]] = []
    results = dict(workers.run_tasks(_counted, [1, 2, 3], count, lambda task, done: heard.append((task, done))))
    assert results == {1: 1, 2: 2, 3: 3}
    for task in (1, 2, 3):
        own = [done for one, done in heard if one == task]
        assert own
        assert own == sorted(own)


def _slow(end: str) -> str:
    if end:
        time.sleep(300)
        Path(end).touch()
    return end


def test_workers_stop_when_no_more_is_wanted(tmp_path: Path) -> None:
    before = set(multiprocessing.active_children())
    ends = [str(tmp_path / name) for name in ("one", "two")]
    results = workers.run_tasks(_slow, ["", *ends], 2)
    assert next(iter(results)) == ("", "")
    results.close()  # type: ignore[attr-defined]
    assert not list(tmp_path.iterdir()), "they were waited for"
    assert not set(multiprocessing.active_children()) - before


def test_an_error_in_drawing_tasks_reaches_the_caller() -> None:
    def tasks():
        yield 0
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        list(workers.run_tasks(_work, tasks(), 2))


_PARENT = """
import os, sys, time
from pathlib import Path
from dfe.base.workers import run_tasks

def work(folder):
    (folder / str(os.getpid())).touch()
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        if folder.name == "asleep":
            time.sleep(60)
        sum(range(10_000_000))

if __name__ == "__main__":
    list(run_tasks(work, [Path(sys.argv[1])] * 2, 2))
"""


@posix
@pytest.mark.parametrize("kind", ["asleep", "busy"])
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGKILL"])
def test_no_worker_outlives_its_parent(tmp_path: Path, name: str, kind: str) -> None:
    script, folder = tmp_path / "parent.py", tmp_path / kind
    script.write_text(_PARENT)
    folder.mkdir()
    line = [sys.executable, str(script), str(folder)]
    parent = subprocess.Popen(line, stderr=subprocess.DEVNULL, preexec_fn=heed_signals)
    try:
        _until(lambda: len(list(folder.iterdir())) == 2, 300)
        found = [int(path.name) for path in folder.iterdir()]
        assert all(map(_runs, found))
        parent.send_signal(getattr(signal, name))
        parent.wait(120)
        _until(lambda: not any(map(_runs, found)), 60)
    finally:
        parent.kill()
        parent.wait()


_GUARDLESS = """
from dfe.base.workers import run_tasks
def work(number): return number
print(dict(run_tasks(work, [1, 2], 2)))
"""


def test_a_script_that_cannot_start_workers_is_told_why(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(_GUARDLESS)
    ran = subprocess.run([sys.executable, str(tmp_path / "script.py")], capture_output=True, text=True, timeout=600)
    assert "worker processes do not start" in ran.stdout + ran.stderr
    assert "__main__" in ran.stdout + ran.stderr


def test_which_processes_are_alive() -> None:
    assert is_alive(os.getpid())
    assert not is_alive(0)
    assert not is_alive(2**40)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    if Path("/proc/self/stat").exists():
        _until(lambda: not is_alive(ended.pid), 60)  # before anybody has asked after it
    ended.wait()
    assert not is_alive(ended.pid)


def _runs(pid: int) -> bool:
    """Alive, and no zombie that nobody has asked after."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return is_alive(pid) and not Path("/proc").exists()


def _until(done, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.02)
