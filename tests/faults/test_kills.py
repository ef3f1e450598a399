"""Runs that are killed, or whose workers are: the others go on, nobody is left, and the next run does the rest."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from dfe.recording.recording import Recording
from made_corpus_faults import dfe
from made_processes import begin, encoding, runs, until, workers

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="workers are found through /proc")


@pytest.fixture(scope="module")
def clips(carphone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    for name in ("a", "b", "c"):
        shutil.copy(carphone, folder / f"{name}.mp4")
    return folder


@pytest.fixture(scope="module")
def well(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The tables of a run that nobody disturbed."""
    out = tmp_path_factory.mktemp("well")
    code, said = dfe(*encoding(clips, out))
    assert code == 0, said
    return {path.name: path.read_bytes() for path in out.glob("*.parquet")}


@pytest.mark.parametrize("after_s", [0.0, 1.0])
def test_a_killed_worker_changes_nothing_in_the_results(clips, well, tmp_path, after_s):
    run = begin(clips, tmp_path)
    until(lambda: bool(workers(run.pid)), 300)
    time.sleep(after_s)
    for pid in workers(run.pid)[:1]:
        os.kill(pid, signal.SIGKILL)
    _, said = run.communicate(timeout=300)
    assert run.returncode == 0, said
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.parquet")} == well


def test_a_worker_that_is_killed_where_there_is_one_costs_nothing_either(clips, well, tmp_path):
    run = begin(clips, tmp_path, count=1)
    until(lambda: bool(workers(run.pid)), 300)
    time.sleep(1.0)
    for pid in workers(run.pid):
        os.kill(pid, signal.SIGSEGV)
    _, said = run.communicate(timeout=300)
    assert run.returncode == 0, said
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.parquet")} == well


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGKILL", "SIGINT"])
def test_a_killed_run_leaves_nobody_and_the_next_one_does_the_rest(clips, well, tmp_path, name):
    run = begin(clips, tmp_path)
    until(lambda: len(workers(run.pid)) == 2, 300)
    at_work = workers(run.pid)
    for pid in at_work:  # so that they are not done, however late the signal comes
        os.kill(pid, signal.SIGSTOP)
    run.send_signal(getattr(signal, name))
    if name == "SIGKILL":  # nobody ends them: they do, where they can
        for pid in at_work:
            os.kill(pid, signal.SIGCONT)
    _, said = run.communicate(timeout=300)
    until(lambda: not any(map(runs, at_work)), 60)
    number = int(getattr(signal, name))
    assert run.returncode == (-number if name == "SIGKILL" else 128 + number), said
    if name != "SIGKILL":
        assert "what was finished before stays" in said
        assert "Traceback" not in said
        assert not list(tmp_path.rglob("*.tmp"))
    code, said = dfe(*encoding(clips, tmp_path))
    assert code == 0, said
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.parquet")} == well
    assert not list(tmp_path.rglob("*.tmp"))
    for path in tmp_path.glob("*.parquet"):
        assert len(Recording.read(path)) > 0
