"""A node dies while one of its workers has nothing to do: its tasks are done elsewhere, and none is blamed for it."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from dfe.base.version import __version__
from dfe.corpus.engines.ray import RayEngine, _Crew


class _Lost(Exception):
    """As Ray's error of an actor that has died."""


class _TaskError(_Lost):
    """As Ray's error of a task that has failed."""


@dataclass
class _Actor:
    cluster: _Cluster
    node: int

    def __hash__(self) -> int:
        return id(self)

    def _answer(self, value: Any) -> Any:
        return SimpleNamespace(remote=lambda *words: _Reference(self, value, words))

    @property
    def about(self) -> Any:
        return self._answer((__version__, platform.python_version_tuple()[:2]))

    @property
    def do(self) -> Any:
        return self._answer("done")


@dataclass(eq=False)
class _Reference:
    actor: _Actor
    value: Any
    words: tuple[Any, ...]


@dataclass
class _Cluster:
    """As much of Ray as a crew uses: nodes of two workers each, the first of which dies with its first task."""

    made: list[_Actor] = field(default_factory=list)
    dead: set[int] = field(default_factory=set)
    exceptions: Any = field(default_factory=lambda: SimpleNamespace(RayError=_Lost, RayTaskError=_TaskError))

    def remote(self, _: type) -> Any:
        def begin(*_: Any) -> _Actor:
            self.made.append(_Actor(self, len(self.made) // 2))
            return self.made[-1]

        return SimpleNamespace(options=lambda **_: SimpleNamespace(remote=begin))

    def wait(self, references: list[_Reference], **_: Any) -> tuple[list[_Reference], list[_Reference]]:
        # Greetings come first, so that one worker is idle when the other's task is lost.
        greeted = [one for one in references if not one.words]
        return greeted or references[:1], []

    def get(self, reference: _Reference) -> Any:
        if reference.words and reference.actor.node == 0:
            self.dead.add(0)
        if reference.actor.node in self.dead:
            raise _Lost
        return reference.value

    def kill(self, _: _Actor) -> None:
        return


def test_a_task_is_not_blamed_for_a_worker_that_died_idle():
    cluster = _Cluster()
    crew = _Crew(cluster, RayEngine(2), str, iter(["a"]), tells=False)
    assert list(crew.results(None)) == [("a", "done")]
    assert [actor.node for actor in cluster.made][:3] == [0, 0, 1]
