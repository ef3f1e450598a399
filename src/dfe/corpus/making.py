"""From what a user names to a plan: sources found, probed side by side, told whose they are, and a sample measured."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from os import PathLike, fspath
from pathlib import Path

from dfe.base.errors import DfeError, UsageError
from dfe.base.files import refuse_existing
from dfe.base.printable import printable_line
from dfe.base.types import Progress
from dfe.corpus.config import PlanOptions
from dfe.corpus.pattern import Pattern, Whose
from dfe.corpus.plan import Plan, PlanInfo, read_plan, write_plan
from dfe.corpus.probing import Probe, Probed, probe_all
from dfe.corpus.sample import Sample, ToMeasure, measure, some_of
from dfe.encoding.engine import Engine
from dfe.encoding.options import EncodeOptions
from dfe.encoding.run import STDIN
from dfe.encoding.tables import table_search
from dfe.media.inputs import Source, discover

_RENAME = "rename one of them, or plan their folders apart, and run them into different folders"
AT_ONCE = 16
"""Files that a worker probes at a time."""


def make_plan(
    paths: Sequence[str | PathLike[str]],
    out: Path,
    options: PlanOptions,
    engine: Engine,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Plan:
    """Find and probe all media, write the plan, and read it.

    Raises:
        UsageError: nothing was named, or the pattern makes no sense.
        OutputError: the plan exists (without ``overwrite``) or cannot be written.
    """
    pattern = Pattern(options.pattern)
    refuse_existing(out, overwrite=overwrite)
    encoding = EncodeOptions()
    words = [fspath(path) for path in paths]
    found = discover(words, stdin=sys.stdin if STDIN in words else (), tables=table_search(encoding))
    if not found.sources and not found.problems:
        raise UsageError("nothing to plan: no video, picture, table, folder or glob was named")
    nowhere = found.problems[: len(found.problems) - len(found.rivals)]
    linked = tuple(f"{path}: is a link to {other}, which counts once" for path, other in found.linked)
    info = PlanInfo(
        pattern=options.pattern,
        absent=tuple(map(str, nowhere)),
        passed_over=dict(found.passed_over),
        linked=linked,
    )
    films: list[Source] = []
    unclear: list[str] = []

    def whose(path: Path) -> Whose:
        said = pattern.read(path) or Whose()
        if pattern.is_unclear(path):
            fields = ", ".join(f"{name} {value}" for name, value in said._asdict().items() if value)
            unclear.append(f"{path}: {fields}" if not unclear else "")
        return said

    def rows() -> Iterator[tuple[Source, Whose, Probed]]:
        for source, probed in probe_side_by_side(found.sources, engine, options, progress):
            if source.kind == "video" and not probed.problem:
                films.append(source)
            yield source, whose(source.paths[0]), probed
        for source in _apart(found.sources, found.rivals):
            said = DfeError("another file would give a result of the same name", where=source.place, advice=_RENAME)
            yield source, whose(source.paths[0]), Probed(problem=str(said))

    def told() -> PlanInfo:
        sample = _measured(films, encoding, options.sample_s, engine)
        known = replace(info, unclear=len(unclear), unclear_as=printable_line(unclear[0]) if unclear else "")
        if isinstance(sample, str):
            return replace(known, no_estimate=sample)
        return replace(
            known,
            seconds_per_frame=sample.seconds / sample.frames,
            bytes_per_recording=sample.bytes_per_recording,
            bytes_per_frame=sample.bytes_per_frame,
            sampled=sample.frames,
        )

    write_plan(out, rows(), told, overwrite=overwrite)
    return read_plan(out)


def _measured(films: Sequence[Source], encoding: EncodeOptions, seconds: float, engine: Engine) -> Sample | str:
    """What a sample costs, measured by a worker, as a codec may crash; or why that is not known."""
    if seconds <= 0 or not films:
        return ""
    task = ToMeasure(some_of(films), encoding, seconds)
    for _, sample in engine.run(measure, [task]):
        if isinstance(sample, DfeError):
            return str(sample)
        if sample.frames:
            return sample
    return "no frame of the sample could be measured"


def _apart(sources: Sequence[Source], rivals: Sequence[Source]) -> Iterator[Source]:
    """Sources that would share a name, under names of their own, by which a plan and a list can tell of them."""
    taken = {source.name.casefold() for source in sources} if rivals else set()
    for source in rivals:
        called = f"{source.name}{source.paths[0].suffix if len(source.paths) == 1 else ''}"
        names = (called if number == 1 else f"{called} {number}" for number in count(1))
        name = next(name for name in names if name.casefold() not in taken)
        taken.add(name.casefold())
        yield replace(source, name=name)


def probe_side_by_side(
    sources: Sequence[Source], engine: Engine, options: PlanOptions, progress: Progress | None = None
) -> Iterator[tuple[Source, Probed]]:
    """Each source with what it holds, in their order. A file that kills its worker costs itself only."""
    waiting: dict[int, list[tuple[Source, Probed]]] = {}
    due = done = 0
    for probe, result in engine.run(probe_all, _tasks(sources, options, AT_ONCE)):
        found = _alone(probe, engine) if isinstance(result, DfeError) else result
        waiting[probe.first] = list(zip(probe.sources, found, strict=True))
        done += len(probe.sources)
        if progress is not None:
            progress(done, len(sources))
        while due in waiting:
            ready = waiting.pop(due)
            yield from ready
            due += len(ready)


def _tasks(sources: Sequence[Source], options: PlanOptions, count: int) -> Iterator[Probe]:
    for first in range(0, len(sources), count):
        yield Probe(first, tuple(sources[first : first + count]), options.quick, not options.quick)


def _alone(probe: Probe, engine: Engine) -> list[Probed]:
    """The sources of a task that could not be done, one by one."""
    found: dict[int, Probed] = {}
    singles = (Probe(at, (one,), probe.quick, probe.hashed) for at, one in enumerate(probe.sources))
    for single, result in engine.run(probe_all, singles):
        if isinstance(result, DfeError):
            result = [Probed(problem=f"{single.sources[0].place}: {result}")]
        found[single.first] = result[0]
    return [found[at] for at in range(len(probe.sources))]
