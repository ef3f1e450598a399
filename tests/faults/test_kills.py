"""Runs that are killed, or whose workers are: the others go on, nobody is left, and the next run does the rest."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dfe.recording.recording import Recording

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="workers are found through /proc")


@pytest.fixture(scope="module")
def clips(carphone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    for name in ("a", "b", "c"):
        shutil.copy(carphone, folder / f"{name}.mp4")
    return folder


def _begin(clips: Path, out: Path, workers: int = 2) -> subprocess.Popen[str]:
    words = ["encode", str(clips), "-o", str(out), "--workers", str(workers), "--end", "0.8", "--max-faces", "1"]
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-m", "dfe", *words], stdout=pipe, stderr=pipe, text=True)


def _workers(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                state = (path / "stat").read_text().rsplit(")", 1)[1].split()
                words = (path / "cmdline").read_bytes()
            except OSError:
                continue
            if int(state[1]) == parent and state[0] != "Z" and b"spawn_main" in words:
                found.append(int(path.name))
    return found


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _until(done: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def well(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The tables of a run that nobody disturbed."""
    out = tmp_path_factory.mktemp("well")
    assert _begin(clips, out).wait(300) == 0
    return {path.name: path.read_bytes() for path in out.glob("*.parquet")}


@pytest.mark.parametrize("after_s", [0.0, 0.5, 1.5])
def test_a_killed_worker_changes_nothing_in_the_results(clips, well, tmp_path, after_s):
    run = _begin(clips, tmp_path)
    _until(lambda: bool(_workers(run.pid)), 60)
    time.sleep(after_s)
    for pid in _workers(run.pid)[:1]:
        os.kill(pid, signal.SIGKILL)
    _, said = run.communicate(timeout=300)
    assert run.returncode == 0, said
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.parquet")} == well


def test_a_worker_that_is_killed_where_there_is_one_costs_nothing_either(clips, well, tmp_path):
    run = _begin(clips, tmp_path, workers=1)
    _until(lambda: bool(_workers(run.pid)), 60)
    time.sleep(1.0)
    for pid in _workers(run.pid):
        os.kill(pid, signal.SIGSEGV)
    _, said = run.communicate(timeout=300)
    assert run.returncode == 0, said
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.parquet")} == well


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGKILL", "SIGINT"])
def test_a_killed_run_leaves_nobody_and_the_next_one_does_the_rest(clips, well, tmp_path, name):
    run = _begin(clips, tmp_path)
    _until(lambda: len(_workers(run.pid)) == 2, 60)
    time.sleep(0.5)
    workers = _workers(run.pid)
    run.send_signal(getattr(signal, name))
    _, said = run.communicate(timeout=20)
    _until(lambda: not any(map(_runs, workers)), 2)
    number = int(getattr(signal, name))
    assert run.returncode == (-number if name == "SIGKILL" else 128 + number)
    if name != "SIGKILL":
        assert "what was finished before stays" in said
        assert "Traceback" not in said
        assert not list(tmp_path.rglob("*.tmp"))
    again = _begin(clips, tmp_path)
    _, said = again.communicate(timeout=300)
    assert again.returncode == 0, said
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.parquet")} == well
    assert not list(tmp_path.rglob("*.tmp"))
    for path in tmp_path.glob("*.parquet"):
        assert len(Recording.read(path)) > 0
