"""Paths in, recordings out: in memory for Python, in a folder for the command line."""

from __future__ import annotations

import functools
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Unpack

from dfe.base.errors import DfeError, OutputError, UsageError
from dfe.base.files import refuse_existing
from dfe.base.types import Progress
from dfe.base.workers import guarded, run_tasks
from dfe.displays.names import Names, load_names
from dfe.encoding.assemble import add_tokens, assemble, check_fits, measured_neutral, measured_space
from dfe.encoding.face_model import check_neutral
from dfe.encoding.idle import refuse_idle
from dfe.encoding.options import EncodeChoices, EncodeOptions
from dfe.encoding.summary import InputResult, RunSummary, Targets
from dfe.encoding.tables import ReadTable, assemble_table, read_source, table_search
from dfe.encoding.tasks import Observed, Task, estimate_frames, observe, plan
from dfe.media.inputs import Discovery, Source, discover
from dfe.recording.storage import no_lists_in_csv
from dfe.report.build import write_report

if TYPE_CHECKING:
    from dfe.recording.recording import Recording
    from dfe.tokenizer.tokenizer import Tokenizer

STDIN = "-"
"""In place of a path: one path a line on standard input."""
Seen = list[Observed] | ReadTable
"""What was seen in one source: the parts of a video or set of pictures, or a table."""
Paths = str | PathLike[str] | Sequence[str | PathLike[str]]


def encode(
    paths: Paths,
    *,
    workers: int = 1,
    progress: Progress | None = None,
    options: EncodeOptions | None = None,
    **choices: Unpack[EncodeChoices],
) -> list[Recording]:
    """Turn the faces in videos, pictures and other tools' tables into recordings with tokens.

    Args:
        paths: one or several files, folders or globs. A video or a table makes one recording, the pictures of a folder
            make one.
        workers: processes to share the work among; needs the usual ``if __name__ == "__main__":`` in a script.
        progress: called as ``progress(frames done, None or total)``.
        options: every choice at once.
        choices: single ones by name, as in ``encode(path, largest_only=True)``: the fields of
            :class:`~dfe.encoding.options.EncodeOptions`.

    Returns:
        One :class:`~dfe.recording.recording.Recording` per source, in the order of the inputs.

    Raises:
        DfeError: an input cannot be read, or an option makes no sense.
    """
    if options is not None and choices:
        raise UsageError("give either options or single choices, not both")
    try:
        options = options or EncodeOptions(**choices)
    except TypeError as error:
        known = ", ".join(EncodeOptions.__dataclass_fields__)
        raise UsageError(f"no such option ({error})", advice=f"the options are {known}") from None
    found = _discover([paths] if isinstance(paths, str | PathLike) else paths, options, workers)
    if found.problems:
        raise found.problems[0]
    refuse_idle(options, found.sources)
    check_neutral(options.neutral)
    tokenizer = _tokenizer(options, found.sources)
    made: dict[Source, Recording] = {}
    for source, result in _observed(found.sources, options, workers, _Tally(progress)):
        if isinstance(result, DfeError):
            raise result
        made[source] = _assembled(result, options, tokenizer)
    return [made[source] for source in found.sources]


def encode_to_folder(
    paths: Sequence[str | PathLike[str]],
    out: Path,
    options: EncodeOptions,
    *,
    workers: int = 1,
    format: Literal["parquet", "csv"] = "parquet",
    report: bool = False,
    thumbnails: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> RunSummary:
    """Encode every input and write ``out/<name>.parquet`` (or CSV), and reports if asked.

    An input that fails is told in the summary and the others go on; nothing is left half-written.

    Raises:
        UsageError: no input at all, a number of workers that makes no sense, or landmarks and CSV.
        ModelError: the tokenizer, or the user's file of names for its displays, cannot be used.
        OutputError: ``out`` is not a folder that can be written.
    """
    began = time.perf_counter()
    if options.landmarks and format == "csv":
        raise no_lists_in_csv()
    found = _discover(paths, options, workers)
    refuse_idle(options, found.sources, thumbnails=thumbnails)
    check_neutral(options.neutral)
    tokenizer = _tokenizer(options, found.sources)
    names = load_names(tokenizer) if report and tokenizer is not None else None
    if found.sources:
        _make_folder(out)

    results: dict[Source, InputResult] = {}
    wanted: list[Source] = []
    for source in found.sources:
        try:
            for target in Targets.of(out, source.name, format, report).files:
                refuse_existing(target, overwrite=overwrite)
            wanted.append(source)
        except OutputError as error:
            results[source] = InputResult.failure(source.name, str(error))
    finish = functools.partial(
        _finish, out=out, options=options, tokenizer=tokenizer, names=names, format=format, report=report,
        thumbnails=thumbnails, overwrite=overwrite,
    )  # fmt: skip
    for source, observed in _observed(wanted, options, workers, _Tally(progress)):
        result = observed if isinstance(observed, DfeError) else guarded(finish, (source, observed))
        results[source] = InputResult.failure(source.name, str(result)) if isinstance(result, DfeError) else result
    absent = [InputResult.failure(problem.where or "", str(problem)) for problem in found.problems]
    return RunSummary((*absent, *(results[s] for s in found.sources)), time.perf_counter() - began)


def _finish(
    seen: tuple[Source, Seen],
    *,
    out: Path,
    options: EncodeOptions,
    tokenizer: Tokenizer | None,
    names: Names | None,
    format: Literal["parquet", "csv"],
    report: bool,
    thumbnails: bool,
    overwrite: bool,
) -> InputResult:
    """Assemble one source's recording and write its files."""
    source, parts = seen
    targets = Targets.of(out, source.name, format, report)
    recording = _assembled(parts, options, tokenizer)
    recording.write(targets.table, overwrite=overwrite, format=format)
    if targets.report is not None:
        pictured = source if thumbnails else None
        write_report(recording, targets.report, tokenizer, pictured, names=names, overwrite=overwrite)
    return InputResult.success(source, recording, targets)


def _assembled(seen: Seen, options: EncodeOptions, tokenizer: Tokenizer | None) -> Recording:
    if isinstance(seen, ReadTable):
        recording = assemble_table(seen, options)
        return recording if tokenizer is None else add_tokens(recording, tokenizer)
    return assemble(seen, options, tokenizer)


def _discover(paths: Sequence[str | PathLike[str]], options: EncodeOptions, workers: int) -> Discovery:
    if workers < 1:
        raise UsageError(f"--workers must be 1 or more, not {workers}")
    words = [os.fspath(path) for path in paths]
    found = discover(words, stdin=sys.stdin if STDIN in words else (), tables=table_search(options))
    if not found.sources and not found.problems:
        raise UsageError("nothing to do: no video, picture, table, folder or glob was named")
    if options.rate is None:
        return found
    return replace(found, sources=tuple(_as_film(source) for source in found.sources))


def _as_film(source: Source) -> Source:
    """With a rate, the pictures of a folder are the frames of one film, which is refused if they are not numbered."""
    return replace(source, kind="video") if source.kind == "stills" and len(source.paths) > 1 else source


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot be made a folder ({error.strerror})", where=out, advice="choose another") from None


def _tokenizer(options: EncodeOptions, sources: Sequence[Source]) -> Tokenizer | None:
    """The tokenizer, if one is asked for.

    Whether it fits what pictures are measured in is known before they are looked at; of a table only once it is read.
    """
    if options.tokenizer is None:
        return None
    from dfe.tokenizer.file import load_tokenizer

    tokenizer = load_tokenizer(options.tokenizer, flame=options.flame)
    if any(source.kind != "table" for source in sources):
        check_fits(tokenizer, measured_space(options), measured_neutral(options))
    return tokenizer


class _Tally:
    """Frames done over all tasks, whether they report as they go or only when they are done."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._done = 0
        self._total: int | None = None

    def expect(self, total: int | None) -> None:
        self._total = total
        self._tell(self._done)

    def within(self, done: int, _total: int | None) -> None:
        self._tell(self._done + done)

    def finish(self, frames: int) -> None:
        self._done += frames
        self._tell(self._done)

    def _tell(self, done: int) -> None:
        if self._progress is not None:
            total = None if self._total is None else max(self._total, done)
            self._progress(done, total)


def _look(task: Task, progress: Progress | None = None) -> Observed | ReadTable:
    if task.source.kind == "table":
        return read_source(task.source, task.options, progress)
    return observe(task, progress)


def _observed(
    sources: Sequence[Source], options: EncodeOptions, workers: int, tally: _Tally
) -> Iterator[tuple[Source, Seen | DfeError]]:
    """Each source with what was seen in it, or with the error that stopped it, as they get ready."""
    failed: list[tuple[Source, DfeError]] = []
    parts: dict[Source, dict[int, Observed]] = {source: {} for source in sources}
    stopped: set[Source] = set()
    share = workers if len(sources) < 2 * workers else 1
    tally.expect(estimate_frames(sources, options))

    def tasks() -> Iterator[Task]:
        for source in sources:
            try:
                yield from plan(source, options, workers if source.kind == "stills" else share)
            except DfeError as error:
                failed.append((source, error))

    work = functools.partial(_look, progress=tally.within) if workers == 1 else _look
    for task, result in run_tasks(work, tasks(), workers):
        while failed:
            yield failed.pop()
        if task.source in stopped:
            continue
        if isinstance(result, DfeError):
            stopped.add(task.source)
            yield task.source, result
            continue
        tally.finish(result.frames)
        if isinstance(result, ReadTable):
            yield task.source, result
            continue
        seen = parts[task.source]
        seen[task.part] = result
        if len(seen) == task.parts:
            yield task.source, [seen[part] for part in range(task.parts)]
            del parts[task.source]
    yield from failed
