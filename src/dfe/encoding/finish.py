"""From what was seen in a source to its files: done in the worker that saw it, or here where several did."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from dfe.base.stamps import stamps
from dfe.displays.names import Names
from dfe.encoding.assemble import assemble
from dfe.encoding.coders import Coders
from dfe.encoding.going_on import ToDo, size_and_state, stamp_of_results
from dfe.encoding.options import EncodeOptions
from dfe.encoding.pseudonyms import redacted
from dfe.encoding.row import Row, settled
from dfe.encoding.seen import Seen, files_of
from dfe.encoding.summary import InputResult
from dfe.encoding.tables import ReadTable, assemble_table
from dfe.facs.recordings import with_au_proxy
from dfe.media.probe import file_hash
from dfe.recording.recording import Recording
from dfe.report.build import write_report

Format = Literal["parquet", "csv"]


class Done(NamedTuple):
    """A source whose files are there."""

    result: InputResult
    row: Row
    frames: int
    """Looked at."""


@dataclass(frozen=True)
class Finish:
    """How files are made; all of it can be handed to workers.

    Pickled, it takes the tokenizers' names with it and not the tokenizers: each process opens its own.
    """

    options: EncodeOptions
    format: Format = "parquet"
    thumbnails: bool = False
    names: Mapping[str, Names] = field(default_factory=dict)
    """The user's names of displays, by the hash of their tokenizer."""

    def files(self, one: ToDo, seen: Seen, began: float) -> Done:
        """Assemble one source's recording and write its files.

        Args:
            one: the source, and where its results go.
            seen: what was seen in it.
            began: when, on the monotonic clock of this machine.

        Raises:
            DfeError: the recording cannot be assembled, coded or written.
        """
        source, targets = one.source, one.targets
        recording = assembled(seen, self.options, coders_for(self.options))
        recording.write(targets.table, overwrite=one.replaces, format=self.format)
        self._report(recording, one, overwrite=one.replaces)
        result = InputResult.success(source, recording, targets)
        if result.problem is not None:
            result = replace(result, problem=redacted(result.problem, source))
        size, state = size_and_state(source, files_of(seen))
        row = settled(one.row, "done" if result.problem is None else "damaged", seconds=time.monotonic() - began)
        row = row._replace(
            reason=result.problem or "",
            frames=str(result.frames),
            bytes=size,
            state="" if result.changed else state,
            sha256="" if result.changed else recording.provenance.source.sha256 or "",
            tries="",
            made=stamp_of_results(targets),
            table_sha256=file_hash(targets.table),
        )
        return Done(result, row, result.frames)

    def page(self, one: ToDo) -> InputResult:
        """Make the page of a table that is there."""
        recording = Recording.read(one.targets.table, landmarks=False)
        self._report(recording, one, overwrite=True)
        return InputResult.paged(one.source.name, one.targets, one.row)

    def _report(self, recording: Recording, one: ToDo, *, overwrite: bool) -> None:
        if one.targets.report is None:
            return
        made = recording.provenance
        tokenizer = coders_for(self.options).fitting(made.space, made.neutral)
        called = None if tokenizer is None else self.names.get(tokenizer.hash)
        pictured = one.source if self.thumbnails and one.source.kind != "table" else None
        write_report(recording, one.targets.report, tokenizer, pictured, names=called, overwrite=overwrite)


def failed_row(one: ToDo, reason: str, seconds: float) -> Row:
    """The row of a source that has failed once more."""
    size, state = size_and_state(one.source, stamps(one.source.paths))
    row = settled(one.row, "failed", seconds=seconds, reason=reason)
    return row._replace(bytes=size, state=state, tries=str(one.row.times_failed + 1))


def assembled(seen: Seen, options: EncodeOptions, coders: Coders) -> Recording:
    """The recording of a source, with tokens."""
    recording = assemble_table(seen, options) if isinstance(seen, ReadTable) else assemble(seen, options)
    return coders.code(with_au_proxy(recording) if options.aus else recording)


@functools.lru_cache(maxsize=2)
def coders_for(options: EncodeOptions) -> Coders:
    """The tokenizers under these options, opened once in a process.

    Raises:
        ModelError: the tokenizer that was named cannot be opened.
    """
    return Coders(options)
