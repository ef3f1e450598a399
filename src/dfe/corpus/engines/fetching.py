"""An engine whose workers fetch media from an object store, each for as long as it looks at them."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from dfe.base.errors import DfeError
from dfe.base.stamps import stamps
from dfe.base.types import Progress
from dfe.corpus.engines.scratch import own_folder
from dfe.corpus.probing import Probe
from dfe.corpus.sample import ToMeasure
from dfe.corpus.stand_ins import fetch_original, stands_for
from dfe.encoding.engine import Engine
from dfe.encoding.finish import Done
from dfe.encoding.going_on import size_and_state
from dfe.encoding.observing import Work
from dfe.encoding.pseudonyms import redacted
from dfe.encoding.row import Row
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
    with own_folder(scratch) as folder:
        fetched: dict[Path, Path] = {}
        try:
            result = work(_ready(task, folder, fetched), *progress)
        except DfeError as error:
            where = None if error.where is None else _told(error.where, fetched)
            raise type(error)(_told(error.what, fetched), where=where, advice=error.advice) from None
        return _as_if_here(result, task, fetched)


def _as_if_here(result: Any, task: Any, fetched: dict[Path, Path]) -> Any:
    """The result as it would be if the media lay where the stand-ins do."""
    if isinstance(task, Probe):
        return [replace(one, problem=_told(one.problem, fetched)) for one in result]
    if not isinstance(result, Done) or result.result.problem is None:
        return result if not isinstance(result, Done) else result._replace(row=_known_again(result.row, task))
    problem = redacted(_told(result.result.problem, fetched), task.task.source)
    row = _known_again(result.row, task)._replace(reason=problem)
    return result._replace(result=replace(result.result, problem=problem), row=row)


def _known_again(row: Row, task: Work) -> Row:
    """The row with what the next run knows the source by: the stand-ins, which may have other names."""
    if not row.state:
        return row
    size, state = size_and_state(task.task.source, stamps(task.task.source.paths))
    return row._replace(bytes=size, state=state)


def _ready(task: Any, folder: Path, fetched: dict[Path, Path]) -> Any:
    """The task with the media that its sources' paths stand for."""
    if isinstance(task, Probe | ToMeasure):
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
    for at, path in enumerate(source.paths):
        original = stands_for(path)
        if original is None:
            paths.append(path)
            continue
        target = folder / _called(source, at)
        fetched[target] = path
        try:
            fetch_original(path, original, target)
        except DfeError as error:
            where = None if error.where is None else error.where.replace(original.url, str(path))
            # What the store's own words are, may hold the names that stand there.
            what = error.what.partition(" (")[0] if source.shown else error.what
            raise type(error)(what, where=where, advice=error.advice) from None
        paths.append(target)
    if any(path.parent == folder for path in paths):
        fetched[folder] = source.place if len(source.paths) > 1 else source.paths[0].parent
    return replace(source, paths=tuple(paths))


def _called(source: Source, at: int) -> str:
    """Name of what is fetched: as it is called in results, since a worker that dies leaves it behind.

    Numbered pictures are a film by their numbers, so these stay.
    """
    name = source.paths[at].name
    if not source.shown:
        return name
    if source.kind == "video" and len(source.paths) > 1:
        return re.sub(r"[^\W\d_]", "x", Path(name).stem) + Path(name).suffix
    return f"{at}-{source.shown[at]}"


def _told(text: str, fetched: dict[Path, Path]) -> str:
    """A message that names the user's file, not the place that it was fetched to."""
    for target, path in fetched.items():
        text = text.replace(str(target), str(path))
    return text
