"""The engine ray on a real cluster of three nodes on this machine: same results, every task once, a node killed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dfe.base.errors import DfeError, UsageError

pytest.importorskip("ray", reason="needs the extra distributed")

import ray
from ray.cluster_utils import Cluster

import made_ray
from dfe.corpus.engines import ray as ray_engine
from dfe.corpus.engines.find import find_engine
from dfe.corpus.engines.ray import RayEngine
from dfe.corpus.making import PlanOptions, make_plan
from dfe.corpus.run import RunOptions, run_corpus
from dfe.encoding.engine import LocalEngine
from made_ray import squared

_SMALL: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 80_000_000}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A head that works, too, and two more nodes; their workers find what this test runs."""
    paths = [str(Path(made_ray.__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(paths))
        yield from _cluster()


def _cluster() -> Iterator[Cluster]:
    made = Cluster(initialize_head=True, head_node_args={**_SMALL, "include_dashboard": False})
    made.nodes = [made.add_node(**_SMALL), made.add_node(**_SMALL)]
    yield made
    made.shutdown()


def _plan(folder: Path, photograph: Path) -> Path:
    for number in range(4):
        (folder / f"p{number}").mkdir(parents=True)
        shutil.copy(photograph, folder / f"p{number}" / f"{number}.png")
    (folder / "p3" / "torn.png").write_bytes(photograph.read_bytes()[:20_000])
    return folder


@pytest.mark.slow
def test_tasks_on_a_cluster(cluster: Cluster, demo_media: Path, tmp_path: Path) -> None:
    """One test for all, since workers take long to start; the node is killed last."""
    engine = RayEngine(3, cluster.address, cpus=0.5)
    heard: list[tuple[tuple[int, str], int]] = []
    once, stop, told = tmp_path / "once", tmp_path / "stop", tmp_path / "told"
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

    _same_tables(engine, demo_media, tmp_path)

    running = engine.run(squared, [(n, f"wait:{stop}" if n > 2 else "") for n in range(9)])
    for _ in range(3):
        assert not isinstance(next(running)[1], DfeError)
    here = ray.get_runtime_context().get_node_id()
    cluster.remove_node(next(node for node in cluster.nodes if node.node_id != here), allow_graceful=False)
    stop.touch()
    rest: dict[tuple[int, str], Any] = dict(running)
    assert sorted(number for number, _ in rest) == list(range(3, 9))
    assert all(not isinstance(result, DfeError) for result in rest.values())


def _same_tables(engine: RayEngine, demo_media: Path, tmp_path: Path) -> None:
    media = _plan(tmp_path / "media", demo_media / "astronaut.png")
    plan = make_plan([media], tmp_path / "plan.parquet", PlanOptions(sample_s=0), LocalEngine())
    outs = {}
    for name, one in (("local", LocalEngine()), ("ray", engine)):
        summary = run_corpus(plan, tmp_path / name, RunOptions(), one)
        assert summary.recordings == 4
        outs[name] = {path.name: path.read_bytes() for path in sorted((tmp_path / name).rglob("*.parquet"))}
    assert len(outs["local"]) == 4
    assert outs["local"] == outs["ray"]


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
    assert find_engine("ray", 4, cpus=0.5) == RayEngine(4, None, 0.5)
