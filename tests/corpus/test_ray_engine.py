"""The engine ray on a real cluster of three nodes on this machine: same results, every task once, a node killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dfe.base.errors import DfeError, UsageError

pytest.importorskip("ray", reason="needs the extra distributed")

from ray.cluster_utils import Cluster

from dfe.corpus.engines import ray as ray_engine
from dfe.corpus.engines.find import find_engine
from dfe.corpus.engines.ray import RayEngine
from made_ray import node_killed_in_a_film, small_cluster, squared


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A head that works, too, and two more nodes."""
    with small_cluster() as made:
        yield made


@pytest.mark.slow
def test_tasks_on_a_cluster(
    cluster: Cluster, demo_media: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One test for all, since workers take long to start; the node is killed last."""
    engine = RayEngine(3, cluster.address, cpus=0.5)
    heard: list[tuple[tuple[int, str], int]] = []
    once, told = tmp_path / "once", tmp_path / "told"
    whats = ["", "refuse", "break", f"tell:{told}", f"die:{once}", "die:", "unsendable", ""]
    tasks = list(enumerate(whats))

    def hear(task: tuple[int, str], done: int) -> None:
        heard.append((task, done))
        told.touch()

    found = dict(engine.run(squared, tasks, hear))
    assert sorted(found) == sorted(tasks)
    refused, broken, died, unsendable = (found[tasks[i]] for i in (1, 2, 5, 6))
    assert str(refused) == "1: is refused"
    assert isinstance(broken, DfeError)
    assert "internal error" in str(broken)
    assert isinstance(died, DfeError)
    assert "died twice" in str(died)
    assert isinstance(unsendable, DfeError)
    assert "cannot be handed over" in str(unsendable)
    assert [found[tasks[i]][0] for i in (0, 3, 4, 7)] == [0, 9, 16, 49]
    assert (tasks[3], 7) in heard

    assert node_killed_in_a_film(cluster, demo_media / "WolfgangLanger_Pexels.mp4", tmp_path) == []
    assert "raylet" not in capsys.readouterr().out, "standard output is ours, for programs that read it"


def test_a_cluster_without_room_is_told(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_engine, "LONGEST_START_S", 0.5)
    with pytest.raises(DfeError, match="no room for a worker with 64 processors and 2 GPUs"):
        list(RayEngine(1, cluster.address, cpus=64, gpus=2).run(squared, [(1, "")]))


def test_what_makes_no_sense_is_refused() -> None:
    for words in ({"workers": 0}, {"cpus": 0.0}, {"gpus": -1.0}):
        with pytest.raises(UsageError):
            RayEngine(**words)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="--worker-cpus does nothing"):
        find_engine("local", 1, cpus=0.5)
    with pytest.raises(UsageError, match="--memory does nothing"):
        find_engine("ray", 1, memory=2e9)
    assert find_engine("ray", 4, cpus=0.5) == RayEngine(4, None, 0.5)
