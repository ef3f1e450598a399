"""Small Ray clusters on this machine, work for their workers, and nodes that are killed in the middle of a film."""

from __future__ import annotations

import functools
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dfe.base.errors import DfeError
from dfe.corpus.engines.ray import RayEngine

KILLED = "killed"
"""File that says which node was killed."""
_NOTICED_S = 120
"""Within this a worker has noticed that its node is dead, and has ended."""
_MIDDLE = 5
"""Frames of a task after which its worker is in the middle of it."""


def squared(task: tuple[int, str], progress: Callable[[int, object], None] | None = None) -> tuple[int, str]:
    """The square of a number, and who found it; what the task says happens on the way."""
    number, what = task
    if what == "refuse":
        raise DfeError("is refused", where=str(number))
    if what == "break":
        raise RuntimeError("a fault of ours")
    if what.startswith("tell") and progress is not None:
        # Until it was heard, however long that takes.
        heard, until = Path(what.partition(":")[2]), time.monotonic() + 120
        while not heard.exists() and time.monotonic() < until:
            progress(7, None)
            time.sleep(0.05)
    if what == "unsendable":
        return number, threading.Lock()  # type: ignore[return-value]
    if what.startswith("die"):
        # The first time in one folder, then done; or every time.
        seen = Path(what.partition(":")[2])
        if not seen.name or not seen.exists():
            if seen.name:
                seen.touch()
            os._exit(9)
    if what.startswith("wait"):
        stop = Path(what.partition(":")[2])
        while not stop.exists():
            time.sleep(0.05)
    import ray

    return number * number, ray.get_runtime_context().get_node_id()


@contextmanager
def small_cluster() -> Iterator[Any]:
    """A head that works, too, and two more nodes; their workers find what stands in this folder."""
    from ray.cluster_utils import Cluster

    small: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 80_000_000}
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), *filter(None, [before])])
    try:
        made = Cluster(initialize_head=True, head_node_args={**small, "include_dashboard": False})
        made.nodes = [made.add_node(**small), made.add_node(**small)]
        try:
            yield made
        finally:
            made.shutdown()
    finally:
        os.environ.pop("PYTHONPATH")
        if before is not None:
            os.environ["PYTHONPATH"] = before


@dataclass(frozen=True)
class LosingANode:
    """Ray's engine on a cluster one of whose nodes is killed while its worker is in the middle of a task."""

    inner: RayEngine
    cluster: Any
    folder: Path
    """For files that say what has happened: a task was begun, a node was reached, a node was killed."""
    name: str = "ray"
    cuts: bool = True

    @property
    def workers(self) -> int:
        return self.inner.workers

    def run(self, work: Callable[..., Any], tasks: Iterable[Any], heard: Any = None) -> Iterator[tuple[Any, Any]]:
        killer = threading.Thread(target=self._kill, daemon=True)
        killer.start()
        yield from self.inner.run(functools.partial(_held_up, self.folder, work), tasks, heard)

    def begun(self) -> list[str]:
        """The tasks that were begun, as often as they were."""
        return sorted(path.name.split("-")[1] for path in self.folder.glob("begun-*"))

    def _kill(self) -> None:
        import ray

        while True:
            time.sleep(0.05)
            here = ray.get_runtime_context().get_node_id() if ray.is_initialized() else ""
            for node in self.cluster.nodes if here else ():
                if node.node_id != here and (self.folder / f"at-{node.node_id}").exists():
                    self.cluster.remove_node(node, allow_graceful=False)
                    mark = self.folder / f".{KILLED}"
                    mark.write_text(node.node_id)
                    mark.rename(self.folder / KILLED)
                    return


def _held_up(folder: Path, work: Callable[..., Any], task: Any, progress: Callable[[int, object], None]) -> Any:
    """A task that stops in the middle until a node has been killed; for good if that is its own."""
    import ray

    here = ray.get_runtime_context().get_node_id()
    (folder / f"begun-{task.task.part}-{os.getpid()}").touch()

    def told(done: int, total: object) -> None:
        if done >= _MIDDLE and not (folder / KILLED).exists():
            (folder / f"at-{here}").touch()
            while not (folder / KILLED).exists():
                time.sleep(0.05)
            # A worker outlives its node for as long as it takes to notice, in which it could finish a short task.
            until = time.monotonic() + _NOTICED_S
            while (folder / KILLED).read_text() == here and time.monotonic() < until:
                time.sleep(0.05)
        progress(done, total)

    return work(task, told)


def node_killed_in_a_film(cluster: Any, film: Path, folder: Path) -> list[str]:
    """A film is cut for three workers on a cluster, and a node dies in the middle of a piece: the table of one pass.

    Gives what went wrong, nothing where all promises held.
    """
    from dfe.corpus.making import PlanOptions, make_plan
    from dfe.corpus.run import RunOptions, run_corpus
    from dfe.encoding import tasks
    from dfe.encoding.engine import LocalEngine
    from dfe.encoding.options import EncodeOptions

    plan = make_plan([film], folder / "plan.parquet", PlanOptions(sample_s=0), LocalEngine())
    how = RunOptions(EncodeOptions(every=4, max_faces=1))
    well = run_corpus(plan, folder / "well", how, LocalEngine())
    marks = folder / "marks"
    marks.mkdir()
    engine = LosingANode(RayEngine(3, cluster.address, cpus=0.5), cluster, marks)
    least, tasks.PIECE_FRAMES = tasks.PIECE_FRAMES, 96
    try:
        lost = run_corpus(plan, folder / "lost", how, engine)
    finally:
        tasks.PIECE_FRAMES = least
    begun = engine.begun()
    wrong = []
    if (well.states["done"], lost.states["done"]) != (1, 1):
        wrong.append(f"not done: {well.problems}, {lost.problems}")
    elif (folder / "well" / f"{film.stem}.parquet").read_bytes() != (
        folder / "lost" / f"{film.stem}.parquet"
    ).read_bytes():
        wrong.append("the tables differ")
    if not (marks / KILLED).exists() or len(set(begun)) < 3 or len(begun) == len(set(begun)):
        wrong.append(f"no node was lost in the middle of a piece: {begun} were begun")
    return wrong
