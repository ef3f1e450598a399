"""A planned corpus encoded into a folder, whole or one share of it; it goes on where it stopped."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import pyarrow as pa
import pyarrow.compute as pc

from dfe.base.errors import DiskFull, UsageError
from dfe.base.printable import printable_line
from dfe.base.types import Progress
from dfe.corpus.config import STOPPED, TRIES
from dfe.corpus.engines.fetching import FetchingEngine
from dfe.corpus.plan import Plan
from dfe.corpus.shard import Shard
from dfe.corpus.stand_ins import is_stand_in, stands_for
from dfe.corpus.subjects import write_subjects
from dfe.encoding.engine import Engine
from dfe.encoding.finish import Finish
from dfe.encoding.folder import FolderChoices, FolderRun
from dfe.encoding.idle import refuse_idle
from dfe.encoding.limits import Limits
from dfe.encoding.manifest import Manifest
from dfe.encoding.one_naming import pseudonyms_for
from dfe.encoding.options import EncodeOptions
from dfe.encoding.pseudonyms import Pseudonyms, redacted, refuse_named_neutral, under_pseudonyms
from dfe.encoding.row import Row
from dfe.encoding.run import make_folder, prepared
from dfe.encoding.summary import InputResult
from dfe.encoding.tasks import frames_asked_for
from dfe.media.inputs import Source
from dfe.pages.formats import count, seconds


def exit_code(*, unfinished: bool, problems: bool) -> int:
    """What scripts are told of a corpus, by a run and afterwards alike, as often as they ask.

    Args:
        unfinished: anything is still to be done; starting the run again does it.
        problems: anything cannot be read, has failed, or is damaged; starting the run again does not mend it.

    Returns:
        75 if it is not finished, else 1 if there are problems, else 0.
    """
    return STOPPED if unfinished else 1 if problems else 0


@dataclass(frozen=True)
class RunOptions:
    """How a plan is run."""

    encoding: EncodeOptions = field(default_factory=EncodeOptions)
    report: bool = False
    thumbnails: bool = False
    overwrite: bool = False
    tries: int = TRIES
    """An input that fails is tried so often in all and then set aside."""
    shard: Shard | None = None
    limits: Limits = field(default_factory=Limits)
    pseudonyms: Path | None = None
    """File of a key by which results hold pseudonyms in place of names (:mod:`dfe.encoding.pseudonyms`)."""

    def __post_init__(self) -> None:
        if self.tries < 1:
            raise UsageError(f"--tries must be 1 or more, not {self.tries}")


@dataclass
class CorpusSummary:
    """What became of a run."""

    recordings: int
    """In this share of the plan, whether they can be read or not."""
    states: Counter[str] = field(default_factory=Counter)
    """How many inputs are done, damaged, failed, aside, there, paged or unreadable."""
    frames: int = 0
    faces: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)
    stopped: str | None = None
    """Why the run ended early, if it did."""
    most_tries: int = 0
    """How often any of those that are set aside has failed."""
    changed: list[str] = field(default_factory=list)
    """Recordings that were made in this run of something else than was planned: their media have changed since."""
    altered: list[str] = field(default_factory=list)
    """Recordings whose tables something else had changed since they were written, so that they were made anew."""

    def add(self, result: InputResult) -> None:
        """Count what became of a recording."""
        self.states[result.status] += 1
        self.frames += result.frames
        self.faces += result.faces
        self.most_tries = max(self.most_tries, result.tries)
        if result.problem is not None:
            self.problems.append(result.problem)
        if result.altered:
            self.altered.append(result.name)

    @property
    def waiting(self) -> int:
        """Recordings that a stopped run has not come to."""
        return max(0, self.recordings - sum(self.states.values()))

    @property
    def exit_code(self) -> int:
        """As :func:`exit_code` of this share."""
        return exit_code(unfinished=self.stopped is not None, problems=bool(self.problems))

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        rate = self.frames / self.seconds if self.seconds > 0 else 0.0
        counts = {state: self.states[state] for state in STATES}
        return {
            "recordings": self.recordings, **counts, "waiting": self.waiting,
            "changed_since_planned": len(self.changed), "altered": len(self.altered), "frames": self.frames,
            "faces": self.faces, "seconds": round(self.seconds, 3), "frames_per_second": round(rate, 2),
            "stopped": self.stopped, "exit_code": self.exit_code,
        }  # fmt: skip

    @property
    def notes(self) -> list[str]:
        """What is no problem, and should be known."""
        return [
            f"{count(len(names), what)} {how}: {', '.join(names[:_NAMED])}{', ...' if len(names) > _NAMED else ''}"
            for names, what, how in (
                (self.changed, "recording", "of media that have changed since the plan"),
                (self.altered, "table", "made anew, since the earlier one was changed after it was written"),
            )
            if names
        ]

    def lines(self) -> list[str]:
        """A few lines for people."""
        told = [f"{self.states[state]} {words}" for state, words in STATES.items() if self.states[state]]
        again = f" (--tries {self.most_tries + 1} tries them again)" if self.states["aside"] else ""
        lines = [f"{count(self.recordings, 'recording')}: {', '.join(told) or 'nothing done'}{again}"]
        if self.frames and self.seconds > 0:
            took = f"{seconds(self.seconds)} ({self.frames / self.seconds:.0f} frames/s)"
            lines.append(f"{count(self.frames, 'frame')} in {took}; a face was found {count(self.faces, 'time')}")
        if self.stopped is not None:
            lines.append(f"stopped, {count(self.waiting, 'recording')} to go: {self.stopped}; start it again to go on")
        return lines


_NAMED = 3
_LOOKED_AT = 20
"""Sources in which stand-ins are looked for."""
STATES = {
    "done": "done",
    "damaged": "done but for damaged parts",
    "there": "there already, unchanged",
    "paged": "there already, with new reports",
    "failed": "failed",
    "aside": "set aside after failing before",
    "unreadable": "known to be unreadable",
}
"""What may become of a recording, and how a run tells it."""


def run_corpus(
    plan: Plan,
    out: Path,
    options: RunOptions,
    engine: Engine,
    *,
    progress: Progress | None = None,
    heard: Callable[[InputResult], None] = lambda _: None,
) -> CorpusSummary:
    """Encode a plan's recordings, or a share of them, into a folder.

    Args:
        plan: what to encode. What it knows to be unreadable is not tried.
        out: the folder, made if it is not there.
        options: of the run.
        engine: does the work.
        progress: told of frames done and to do.
        heard: told what becomes of each recording.

    Raises:
        UsageError: an option that does nothing for what is planned.
        ModelError: the tokenizer cannot be used.
        TableError: ``subjects.csv`` in ``out`` cannot be read, so that what people have added to it would be lost.
        OutputError: ``out`` is not a folder that can be written.
    """
    began = time.monotonic()
    shard = options.shard
    places = range(len(plan)) if shard is None else plan.shard(shard)
    readable, unreadable = plan.split(places)
    how, named = checked(plan, out, options, engine)
    sources: Sequence[Source] = plan.sources(readable)
    if named is not None:
        sources = under_pseudonyms(sources, named)
    choices = FolderChoices(
        options.report, options.overwrite, options.tries, None if shard is None else shard.name, options.limits
    )
    summary = CorpusSummary(len(places))
    try:
        make_folder(out)
        write_subjects(plan, out, named)
        run = FolderRun(out, options.encoding, choices, how, engine)
        for result in _unreadable(plan, unreadable, named, run.manifest):
            summary.add(result)
            heard(result)
        expected = _Expected(plan, readable, options.encoding)
        hashes = plan.table["sha256"]
        for result in run.results(sources, expected, progress=progress):
            summary.add(result)
            if result.status in ("done", "damaged") and _is_changed(run.manifest, result.name, hashes):
                summary.changed.append(result.name)
            heard(result)
        summary.stopped = run.stopped
    except DiskFull as error:  # before anything could be begun
        summary.stopped = str(error)
    summary.seconds = time.monotonic() - began
    return summary


def _unreadable(plan: Plan, places: Sequence[int], named: Pseudonyms | None, manifest: Manifest) -> list[InputResult]:
    """The sources that the plan knows to be unreadable; the list says so, too, where it does not yet."""
    problems, rows, results = plan.column("problem"), list[Row](), list[InputResult]()
    for at, source in zip(places, under_pseudonyms(plan.sources(places), named), strict=True):
        output = printable_line(f"{source.name}.parquet")
        row = Row(manifest.input(source), output, status="failed", reason=redacted(problems[at], source))
        results.append(InputResult.unreadable(source.name, row.reason))
        if not _is_told(row, manifest):
            rows.append(row)
    if rows:
        manifest.note(*rows)
    return results


def _is_changed(manifest: Manifest, name: str, planned: pa.ChunkedArray) -> bool:
    """Whether what was encoded under a name is nothing that was planned; a quick plan has no hashes."""
    row = manifest.named(f"{name}.parquet")
    if row is None or not row.sha256 or pc.index(planned, row.sha256).as_py() >= 0:
        return False
    return bool(pc.any(pc.not_equal(planned, "")).as_py())


def _is_told(row: Row, manifest: Manifest) -> bool:
    told = manifest.named(row.output)
    return told is not None and (told.status, told.reason) == (row.status, row.reason)


def checked(plan: Plan, out: Path, options: RunOptions, engine: Engine) -> tuple[Finish, Pseudonyms | None]:
    """How files are made under these options, and by which names; whatever is wrong with them is found here.

    The key of pseudonyms is made if it is not there.

    Raises:
        UsageError: an option that does nothing for what is planned, a key that is none, or stand-ins that this engine
            does not fetch.
        ModelError: the tokenizer cannot be used.
    """
    if not isinstance(engine, FetchingEngine):
        _refuse_stand_ins(plan)
    if options.pseudonyms is not None:
        refuse_named_neutral(options.encoding.neutral)
    named = pseudonyms_for(out, options.pseudonyms)
    kinds = kinds_in(plan)
    refuse_idle(options.encoding, kinds, thumbnails=options.thumbnails)
    return prepared(kinds, options.encoding, report=options.report, thumbnails=options.thumbnails), named


def _refuse_stand_ins(plan: Plan) -> None:
    """A few are looked at, as there may be a million; others are told of one by one."""
    sources = plan.sources()
    for at in range(0, len(sources), max(1, len(sources) // _LOOKED_AT)):
        path = sources[at].paths[0]
        if stands_for(path) is not None:
            error = is_stand_in(path)
            raise UsageError(error.what, where=error.where, advice=error.advice)


class _Expected(Sequence[int | None]):
    """Frames that will be looked at of some rows; None where the plan does not know. Worked out when asked for, since
    most may be done already.
    """

    def __init__(self, plan: Plan, places: Sequence[int], options: EncodeOptions) -> None:
        self._plan, self._places, self._options = plan, places, options

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, at: int) -> int | None: ...
    @overload
    def __getitem__(self, at: slice) -> list[int | None]: ...
    def __getitem__(self, at: int | slice) -> int | list[int | None] | None:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        frames, seconds = (column[self._places[at]] for column in self._columns)
        return frames_asked_for(frames, seconds, self._options) if frames and seconds else frames

    @cached_property
    def _columns(self) -> tuple[list[Any], list[Any]]:
        return self._plan.column("frames"), self._plan.column("duration_s")


def kinds_in(plan: Plan) -> list[Source]:
    """One source of each kind and reader in a plan, which is all that options are checked against."""
    return list(plan.sources(plan.kinds()))
