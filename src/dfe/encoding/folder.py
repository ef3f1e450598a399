"""A run into a folder: what is there is left, what is to do is done and noted, and the next run goes on.

`dfe encode` and `dfe corpus run` are this with different choices.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Protocol, TypeVar, overload, runtime_checkable

from dfe.base.errors import DeviceError, DfeError, DiskFull, MediaError, OutOfMemory, OutputError
from dfe.base.files import remove_leftovers
from dfe.base.types import Progress
from dfe.base.workers import guarded
from dfe.encoding.coders import Coders
from dfe.encoding.engine import Engine
from dfe.encoding.finish import Done, Finish, coders_for, failed_row
from dfe.encoding.going_on import Glance, ToDo, due, is_done, mark_of, ways
from dfe.encoding.kept import ROOM_BYTES, Kept, piece_mark, piece_marks
from dfe.encoding.limits import Limits, LimitWatch
from dfe.encoding.manifest import MANIFEST, Manifest, is_list
from dfe.encoding.observing import look_at
from dfe.encoding.options import EncodeOptions
from dfe.encoding.pseudonyms import redacted
from dfe.encoding.row import Row
from dfe.encoding.summary import InputResult, Targets
from dfe.encoding.whereabouts import Whereabouts, are_away
from dfe.media.inputs import Source

T = TypeVar("T")
_ROWS_AT_ONCE = 10_000


@dataclass(frozen=True)
class FolderChoices:
    """How a folder is filled."""

    report: bool = False
    """Write a page beside each table."""
    overwrite: bool = False
    """Do all again."""
    tries: int | None = None
    """An input that fails is tried so often, in this run and in later ones, and then set aside until it, the options or
    the version change. None: once in each run."""
    share: str | None = None
    """Of a run over many machines, as in ``3of100``."""
    limits: Limits = field(default_factory=Limits)


@runtime_checkable
class Glanced(Protocol):
    """Sources of which it can be told at little cost that they are done, as there may be a million."""

    def glance(self, at: int) -> Glance | None:
        """What tells whether a source is done; None where it takes more."""
        ...


class FolderRun:
    """Encodes sources into a folder.

    Args:
        out: the folder, which is there.
        options: of the encoding.
        choices: of the run.
        how: how files are made.
        engine: does the work.
    """

    def __init__(self, out: Path, options: EncodeOptions, choices: FolderChoices, how: Finish, engine: Engine) -> None:
        self._out, self._options, self._choices, self._how, self._engine = out, options, choices, how, engine
        self.stopped: str | None = None
        """Why the run ended before all was done, if it did; it goes on when it is started again."""
        remove_leftovers(out)
        self._begun = piece_marks(out)  # before the list is read, which tells of a source before a piece of it is there
        self.manifest = Manifest(out, choices.share)
        coders: Coders = coders_for(options)
        self._key = ways(options, coders, format=how.format)
        self._kept = Kept(out, self._key, max(ROOM_BYTES, choices.limits.free_bytes or 0.0))
        called = [sorted((key, str(name)) for key, name in given.entries.items()) for given in how.names.values()]
        self._page = mark_of({"thumbnails": how.thumbnails, "names": called}) if choices.report else ""

    def results(
        self,
        sources: Sequence[Source],
        expected: Sequence[int | None],
        absent: Sequence[DfeError] = (),
        progress: Progress | None = None,
    ) -> Iterator[InputResult]:
        """What becomes of each source, as it is known; the last may be about the list of results itself.

        Args:
            sources: to be encoded, each with a name of its own.
            expected: frames of each, None where they are not known.
            absent: errors about inputs that cannot be encoded at all.
            progress: told of frames done and to do.

        Raises:
            DeviceError: the networks cannot run where they shall; nothing is said against any input.
        """
        watch = self._choices.limits.watch(self._out)
        todo, pages, altered = array("q"), array("q"), set[str]()
        lost = [Row(self.manifest.name(Path(p.where)), status="failed", reason=str(p)) for p in absent if p.where]
        waiting: list[Row] = lost
        glances = (
            sources if isinstance(sources, Glanced) and not (self._choices.report or self._choices.overwrite) else None
        )
        for at in range(len(sources)):
            glance = None if glances is None else glances.glance(at)
            told = None if glance is None else self._done(glance)
            if glance is not None and told is not None:
                self._forget(glance.name)
                yield InputResult.glanced(glance.name, f"{self._out}/{glance.name}.{self._how.format}", told)
                continue
            source = sources[at]
            targets = self._targets(source)
            try:
                one = self._due(source, targets)
            except OutputError as error:
                yield InputResult.failure(source.name, str(error))
                continue
            if not isinstance(one, ToDo):
                self._forget(source.name)
                row = self.manifest.get(targets.table) or Row(source.name)
                if isinstance(one, Row):
                    if one != row:
                        waiting.append(one)
                    yield InputResult.there(source.name, targets, one)
                else:
                    yield InputResult.aside(source.name, row)
            else:
                if self._choices.overwrite:
                    self._forget(source.name)
                (pages if one.page_only else todo).append(at)
                if not one.page_only:
                    waiting.append(one.row)
                if one.altered:
                    altered.add(source.name)
            if len(waiting) >= _ROWS_AT_ONCE:
                self.manifest.note(*waiting)  # before any result, so that it is known as ours
                waiting = []
        if waiting:
            self.manifest.note(*waiting)
        self._forget_strangers()
        try:
            yield from self._paged([sources[at] for at in pages])
            if self._choices.tries is not None and are_away(_Some(sources, todo)) and are_away(sources):
                self.stopped = "none of the inputs is there; mount the disk that they are on, or plan them anew"
            while todo and self.stopped is None and watch.go_on():
                again, aside = array("q"), list[str]()
                for at, result, row in self._looked(_Some(sources, todo), _Some(expected, todo), progress, watch):
                    tries = self._choices.tries
                    left = result.status == "failed" and tries is not None and row.times_failed < tries
                    if left and not result.needs_more:
                        again.append(todo[at])
                    else:
                        if result.status == "failed" and tries is not None and not left:
                            aside.append(result.name)
                        yield replace(result, altered=result.name in altered)
                for name in aside:  # now that no piece of theirs is under way
                    self._kept.forget(piece_mark(name))
                todo = again
        finally:
            self.stopped = self.stopped or watch.reached
            unkept = self._keep() if self.manifest.is_behind else None
        if unkept is not None:
            yield unkept

    def _looked(
        self, sources: Sequence[Source], expected: Sequence[int | None], progress: Progress | None, watch: LimitWatch
    ) -> Iterator[tuple[int, InputResult, Row]]:
        """Place, result and row of each source that was done or has failed."""
        looking = look_at(
            sources, self._options, self._engine, progress,
            expected=expected, finish=self._again, how=self._how, kept=self._kept, go_on=watch.go_on,
        )  # fmt: skip
        try:
            for looked in looking:
                began, one, seen = time.monotonic() - looked.seconds, self._again(looked.source), looked.seen
                done = seen if isinstance(seen, Done | DfeError) else guarded(self._how.files, one, seen, began)
                if isinstance(done, DeviceError):
                    raise done
                if isinstance(done, DiskFull) and watch.is_full(str(done)):
                    continue
                if isinstance(done, DfeError):
                    why = redacted(_said_of(one.source, done), one.source)
                    result = InputResult.failure(one.source.name, why, needs_more=isinstance(done, OutOfMemory))
                    row = failed_row(one, why, time.monotonic() - began)
                else:
                    result, row = done.result, done.row
                with suppress(OutputError):  # what is done stays done; the list is written once more at the end
                    self.manifest.note(row)
                if not isinstance(done, DfeError):  # not before the list says so, or a kill would cost the whole film
                    self._kept.forget(piece_mark(looked.source.name))
                yield looked.at, result, row
        finally:
            looking.close()  # ends all workers
            remove_leftovers(self._out)  # of those that were ended while they wrote

    def _forget(self, name: str) -> None:
        """Remove what a run that was killed has left of a source."""
        if self._begun and (mark := piece_mark(name)) in self._begun:
            self._kept.forget(mark)

    def _forget_strangers(self) -> None:
        """Remove pieces that no run will ask for: of sources that no list tells of as waiting, or that are gone.

        Those of other runs into this folder stay, since they note in the list what they begin before they begin it.
        """
        if not self._begun:
            return
        rows = list(self.manifest)
        whereabouts = Whereabouts(self._out, rows)
        wanted = {
            mark
            for row in rows
            if row.status in ("waiting", "failed")
            and (mark := piece_mark(row.output.rpartition(".")[0])) in self._begun
            and not whereabouts.is_gone(row)
        }
        for mark in self._begun - wanted:
            self._kept.forget(mark)

    def _done(self, glance: Glance) -> Row | None:
        """The row of a source that is done; None where that takes more than a glance to say."""
        output = f"{glance.name}.{self._how.format}"
        is_alone = self._how.format == "parquet"  # a CSV table has its provenance beside it
        told = self.manifest.named(output) if is_alone else None
        return told if told is not None and is_done(glance, f"{self._out}/{output}", told, self._key) else None

    def _due(self, source: Source, targets: Targets) -> ToDo | Row | Literal["aside"]:
        choices = self._choices
        if is_list(targets.table, self._out):
            what, advice = "its table would be called as the list of results is", "rename it, or write Parquet"
            raise OutputError(what, where=self.manifest.input(source), advice=advice)
        return due(
            source, targets, self.manifest, self._key, self._page,
            overwrite=choices.overwrite, tries=choices.tries,
        )  # fmt: skip

    def _again(self, source: Source) -> ToDo:
        """What is to do for a source of which it is known that something is."""
        targets = self._targets(source)
        row = self.manifest.get(targets.table)
        if row is None:
            raise OutputError("is not known any more", where=targets.table, advice="start the run again")
        return ToDo(source, targets, row, True)

    def _targets(self, source: Source) -> Targets:
        return Targets.of(self._out, source.name, self._how.format, self._choices.report)

    def _paged(self, sources: Sequence[Source]) -> Iterator[InputResult]:
        for source in sources:
            one = self._due(source, self._targets(source))
            if not isinstance(one, ToDo):
                continue
            paged = guarded(self._how.page, one)
            failed = isinstance(paged, DfeError)
            yield InputResult.failure(source.name, str(paged)) if isinstance(paged, DfeError) else paged
            with suppress(OutputError):
                self.manifest.note(one.row._replace(report="", page="") if failed else one.row)

    def _keep(self) -> InputResult | None:
        try:
            self.manifest.keep()
        except OutputError as error:
            return InputResult.failure(MANIFEST, str(error))
        return None


def _said_of(source: Source, error: DfeError) -> str:
    """The line about a source that failed, which names it, too, where what stopped it came from outside (a kill)."""
    if not any(path.exists() for path in source.paths):
        what, advice = "cannot be found any more", "bring it back; if it was renamed, name or plan it anew"
        return str(MediaError(what, where=source.place, advice=advice))
    return str(error if error.where else DfeError(error.what, where=source.place, advice=error.advice))


class _Some(Sequence[T]):
    """Members of a sequence at some places, drawn when they are asked for."""

    def __init__(self, whole: Sequence[T], places: Sequence[int]) -> None:
        self._whole, self._places = whole, places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...
    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        return _Some(self._whole, self._places[at]) if isinstance(at, slice) else self._whole[self._places[at]]
