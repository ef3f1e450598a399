"""An input for which there is too little memory: not tried in vain, and done as soon as there is more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dfe.base.errors import OutOfMemory
from dfe.corpus.config import PlanOptions
from dfe.corpus.making import make_plan
from dfe.corpus.run import RunOptions, run_corpus
from dfe.encoding.engine import LocalEngine
from made_films import study_of_films


@dataclass(frozen=True)
class _Small(LocalEngine):
    """An engine on a machine that has memory for no task of the first film."""

    tried: list[str] = field(default_factory=list)

    def run(self, work: Callable[..., Any], tasks: Iterable[Any], heard: Any = None) -> Iterator[tuple[Any, Any]]:
        for task in tasks:
            self.tried.append(task.task.source.name)
            if task.task.source.name == "s1/s1_rest":
                yield task, OutOfMemory("it takes too much", advice="allow more with --memory, and start the run again")
            else:
                yield task, work(task)


def test_it_is_tried_once_a_run_and_then_set_aside(tmp_path: Path) -> None:
    media = study_of_films(tmp_path / "media", subjects=2, tasks=("rest",))
    plan = make_plan([media], tmp_path / "plan.parquet", PlanOptions(sample_s=0), LocalEngine())
    engine = _Small()
    told = [run_corpus(plan, tmp_path / "out", RunOptions(), engine) for _ in range(3)]
    assert engine.tried == ["s1/s1_rest", "s2/s2_rest", "s1/s1_rest"], "nothing is different within a run"
    assert [one.exit_code for one in told] == [1, 1, 1]
    assert [one.states["failed"] for one in told] == [1, 1, 0]
    assert "1 set aside after failing before (--tries 3 tries them again)" in told[2].lines()[0]
    assert all("s1_rest.mp4: it takes too much; allow more with --memory" in one.problems[0] for one in told)
    assert run_corpus(plan, tmp_path / "out", RunOptions(tries=3), LocalEngine()).exit_code == 0
