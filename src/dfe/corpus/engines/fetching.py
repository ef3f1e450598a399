"""An engine whose workers fetch media from an object store, each for as long as it looks at them."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from dfe.base.errors import DfeError
from dfe.base.types import Progress
from dfe.corpus.probing import Probe
from dfe.corpus.stand_ins import fetch_original, stands_for
from dfe.encoding.engine import Engine
from dfe.encoding.observing import Work
from dfe.media.inputs import Source

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class FetchingEngine:
    """Another engine, to whose workers stand-ins are the media that they stand for.

    A recording is always one task, however long it is: what is cut up would be fetched for each piece.
    """

    inner: Engine
    scratch: Path | None = None
    """Folder on each machine for what is fetched; None for the usual one."""

    @property
    def name(self) -> str:
        """Of the other engine."""
        return self.inner.name

    @property
    def workers(self) -> int:
        """Of the other engine."""
        return self.inner.workers

    @property
    def cuts(self) -> bool:
        """False: each piece would be fetched with the whole film."""
        return False

    def run(
        self, work: Callable[..., R], tasks: Iterable[T], heard: Callable[[T, int], None] | None = None
    ) -> Iterator[tuple[T, R | DfeError]]:
        """As :meth:`dfe.encoding.engine.Engine.run`."""
        return self.inner.run(functools.partial(_with_media, work, self.scratch), tasks, heard)


def _with_media(work: Callable[..., Any], scratch: Path | None, task: Any, *progress: Progress) -> Any:
    """What a worker does: fetch, work, and forget what was fetched."""
    with tempfile.TemporaryDirectory(prefix="dfe-", dir=scratch) as folder:
        fetched: dict[Path, Path] = {}
        try:
            result = work(_ready(task, Path(folder), fetched), *progress)
        except DfeError as error:
            where = None if error.where is None else _told(error.where, fetched)
            raise type(error)(_told(error.what, fetched), where=where, advice=error.advice) from None
        if isinstance(task, Probe):
            return [replace(one, problem=_told(one.problem, fetched)) for one in result]
        return result


def _ready(task: Any, folder: Path, fetched: dict[Path, Path]) -> Any:
    """The task with the media that its sources' paths stand for."""
    if isinstance(task, Probe):
        places = (folder / str(at) for at in range(len(task.sources)))
        sources = (_fetched(source, place, fetched) for source, place in zip(task.sources, places, strict=True))
        return task._replace(sources=tuple(sources))
    if isinstance(task, Work):
        source = _fetched(task.task.source, folder, fetched)
        one = None if task.one is None else task.one._replace(source=source)
        return task._replace(task=replace(task.task, source=source), one=one)
    raise TypeError(f"a task of kind {type(task).__name__} names no media")


def _fetched(source: Source, folder: Path, fetched: dict[Path, Path]) -> Source:
    paths = []
    for path in source.paths:
        url = stands_for(path)
        if url is None:
            paths.append(path)
            continue
        target = folder / path.name
        fetched[target] = path
        fetch_original(path, url, target)
        paths.append(target)
    return replace(source, paths=tuple(paths))


def _told(text: str, fetched: dict[Path, Path]) -> str:
    """A message that names the user's file, not the place that it was fetched to."""
    for target, path in fetched.items():
        text = text.replace(str(target), str(path))
    return text
