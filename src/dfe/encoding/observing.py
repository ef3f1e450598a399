"""Looking at sources: shared out among workers as tasks, put together again source by source."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from typing import NamedTuple

from dfe.base.errors import DfeError
from dfe.base.stamps import Stamps
from dfe.base.types import Progress
from dfe.encoding.engine import Engine
from dfe.encoding.options import EncodeOptions
from dfe.encoding.tables import ReadTable, read_source
from dfe.encoding.tasks import Observed, Task, estimate_frames, observe, plan
from dfe.media.inputs import Source

Seen = list[Observed] | ReadTable
"""What was seen in one source: the parts of a video or set of pictures, or a table."""


class Looked(NamedTuple):
    """A source that was looked at."""

    source: Source
    seen: Seen | DfeError
    """Or the error that stopped it."""
    seconds: float
    """From the time at which it was begun."""


def files_of(seen: Seen) -> Stamps:
    """The files of a source as they were before they were read."""
    parts = [seen] if isinstance(seen, ReadTable) else reversed(seen)
    return {path: state for part in parts for path, state in part.files.items()}


def look_at(
    sources: Sequence[Source], options: EncodeOptions, engine: Engine, progress: Progress | None
) -> Generator[Looked, None, None]:
    """Each source with what was seen in it, or with the error that stopped it, as they get ready."""
    tally = _Tally(progress, sources, options)
    failed: list[tuple[Source, DfeError]] = []
    parts: dict[Source, dict[int, Observed]] = {source: {} for source in sources}
    began: dict[Source, float] = {}
    stopped: set[Source] = set()
    workers = engine.workers
    share = workers if len(sources) < 2 * workers else 1

    def tasks() -> Iterator[Task]:
        for source in sources:
            began[source] = time.monotonic()
            try:
                yield from plan(source, options, workers if source.kind == "stills" else share)
            except DfeError as error:
                failed.append((source, error))

    def looked(source: Source, seen: Seen | DfeError) -> Looked:
        tally.settle(source)
        return Looked(source, seen, time.monotonic() - began[source])

    for task, result in engine.run(_look, tasks(), tally.within) if sources else ():
        while failed:
            yield looked(*failed.pop())
        if task.source in stopped:
            continue
        if isinstance(result, DfeError):
            stopped.add(task.source)
            yield looked(task.source, result)
            continue
        tally.finish(task, result.frames)
        if isinstance(result, ReadTable):
            yield looked(task.source, result)
            continue
        seen = parts[task.source]
        seen[task.part] = result
        if len(seen) == task.parts:
            yield looked(task.source, [seen[part] for part in range(task.parts)])
            del parts[task.source]
    while failed:
        yield looked(*failed.pop())


def _look(task: Task, progress: Progress | None = None) -> Observed | ReadTable:
    if task.source.kind == "table":
        return read_source(task.source, task.options, progress)
    return observe(task, progress)


class _Tally:
    """Frames done and to do over all sources; what is to do is put right as sources turn out longer or shorter."""

    def __init__(self, progress: Progress | None, sources: Sequence[Source], options: EncodeOptions) -> None:
        self._progress = progress
        self._expected = {source: estimate_frames([source], options) for source in sources}
        self._unknown = sum(frames is None for frames in self._expected.values())
        self._total = sum(frames or 0 for frames in self._expected.values())
        self._ready: dict[Source, int] = dict.fromkeys(sources, 0)
        self._under_way: dict[tuple[Source, int], int] = {}
        self._done = 0
        """Frames of tasks that are ready or under way, all told."""
        self._tell()

    def within(self, task: Task, done: int) -> None:
        """So many frames of a task that is under way."""
        key = task.source, task.part
        self._done += done - self._under_way.get(key, 0)
        self._under_way[key] = done
        self._tell()

    def finish(self, task: Task, frames: int) -> None:
        """A task is done."""
        self._done += frames - self._under_way.pop((task.source, task.part), 0)
        self._ready[task.source] += frames
        self._tell()

    def settle(self, source: Source) -> None:
        """No more is to come of a source, however much was expected."""
        for key in [key for key in self._under_way if key[0] == source]:
            self._done -= self._under_way.pop(key)
        expected = self._expected[source]
        self._unknown -= expected is None
        self._total += self._ready[source] - (expected or 0)
        self._expected[source] = self._ready[source]
        self._tell()

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self._done, None if self._unknown else max(self._total, self._done))
