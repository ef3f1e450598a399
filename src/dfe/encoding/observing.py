"""Looking at sources: shared out among workers as tasks, put together again source by source."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import NamedTuple

from dfe.base.errors import DfeError
from dfe.base.types import Progress
from dfe.encoding.engine import Engine
from dfe.encoding.finish import Done, Finish
from dfe.encoding.going_on import ToDo
from dfe.encoding.kept import Kept
from dfe.encoding.options import EncodeOptions
from dfe.encoding.seen import Seen
from dfe.encoding.tables import ReadTable, read_source
from dfe.encoding.tally import Tally
from dfe.encoding.tasks import Observed, Task, is_long, observe, plan
from dfe.media.inputs import Source


class Looked(NamedTuple):
    """A source that was looked at."""

    at: int
    """Its place among the sources."""
    source: Source
    seen: Seen | Done | DfeError
    """Or what was made of it, or the error that stopped it."""
    seconds: float
    """From the time at which it was begun."""


class Work(NamedTuple):
    """What an engine does at a time."""

    at: int
    task: Task
    one: ToDo | None = None
    """Where the results of a task that is a whole source go; None: what was seen is the result."""
    finish: Finish | None = None
    kept: Kept | None = None
    """Where pieces are kept until the whole source has been looked at."""


def look_at(
    sources: Sequence[Source],
    options: EncodeOptions,
    engine: Engine,
    progress: Progress | None,
    *,
    expected: Sequence[int | None],
    finish: Callable[[Source], ToDo] | None = None,
    how: Finish | None = None,
    kept: Kept | None = None,
    go_on: Callable[[], bool] = lambda: True,
) -> Generator[Looked, None, None]:
    """Each source with what was seen in it, or with the error that stopped it, as they get ready.

    Args:
        sources: drawn in their order.
        options: of the run.
        engine: does the tasks.
        progress: told of frames done and to do.
        expected: frames of each source, None where they are not known.
        finish: says where the files of a source go; with it, whoever sees a whole source makes them at once, as
            ``how`` says.
        how: see ``finish``.
        kept: what was seen in pieces is found there, and put there.
        go_on: asked before each source is begun, and before each piece that is kept; as soon as it says no, no more
            are. A source of which pieces are missing then is not given back.
    """
    tally = Tally(progress, expected)
    failed: list[Looked] = []
    parts: dict[int, dict[int, Observed]] = {}
    began: dict[int, float] = {}
    stopped: set[int] = set()
    several = engine.workers > 1
    few = several and len(sources) < 2 * engine.workers
    gains = several or kept is not None

    def tasks() -> Iterator[Work]:
        for at, source in enumerate(sources):
            if not go_on():
                return
            began[at] = time.monotonic()
            cut = few or (several and source.kind == "stills") or (gains and is_long(expected[at]))
            try:
                planned = plan(source, options, cut=cut and engine.cuts)
                one = None if finish is None or len(planned) > 1 else finish(source)
                pieces = kept if len(planned) > 1 else None
                if pieces is not None:
                    pieces.forget_others(planned)
                for task in planned:
                    if at in stopped:
                        break
                    if pieces is not None and not go_on():
                        return
                    yield Work(at, task, one, None if one is None else how, pieces)
            except DfeError as error:
                failed.append(Looked(at, source, error, 0.0))

    def looked(at: int, source: Source, seen: Seen | Done | DfeError) -> Looked:
        tally.settle(at)
        return Looked(at, source, seen, time.monotonic() - began.pop(at))

    def lost() -> Iterator[Looked]:
        while failed:
            one = failed.pop()
            yield looked(one.at, one.source, one.seen)

    for work, result in engine.run(_look, tasks(), _heard(tally)) if len(sources) else ():
        yield from lost()
        at, task = work.at, work.task
        if at in stopped:
            continue
        if isinstance(result, DfeError):
            if task.parts > 1:
                stopped.add(at)
                parts.pop(at, None)
            yield looked(at, task.source, result)
            continue
        tally.finish(at, task.part, result.frames)
        if not isinstance(result, Observed):
            yield looked(at, task.source, result)
            continue
        seen = parts.setdefault(at, {})
        seen[task.part] = result
        if len(seen) == task.parts:
            del parts[at]
            yield looked(at, task.source, [seen[part] for part in range(task.parts)])
    yield from lost()


def _heard(tally: Tally) -> Callable[[Work, int], None]:
    return lambda work, done: tally.within(work.at, work.task.part, done)


def _look(work: Work, progress: Progress | None = None) -> Observed | ReadTable | Done:
    """What a worker does: see, and where it sees a whole source, make its files."""
    began, task = time.monotonic(), work.task
    if work.kept is not None:
        return work.kept.seen(task, progress)
    is_table = task.source.kind == "table"
    seen = read_source(task.source, task.options, progress) if is_table else observe(task, progress)
    if work.one is None or work.finish is None:
        return seen
    return work.finish.files(work.one, [seen] if isinstance(seen, Observed) else seen, began)
