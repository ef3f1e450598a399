"""Paths in, recordings out: in memory for Python, in a folder for the command line."""

from __future__ import annotations

import functools
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Literal, Unpack

from dfe.base.errors import DfeError, ModelError, OutputError, UsageError
from dfe.base.files import remove_leftovers
from dfe.base.types import Progress
from dfe.base.workers import guarded
from dfe.displays.names import Names, load_names
from dfe.encoding.assemble import assemble, measured_neutral, measured_space
from dfe.encoding.coders import Coders
from dfe.encoding.engine import LocalEngine
from dfe.encoding.face_model import check_neutral
from dfe.encoding.going_on import ToDo, due, mark_of, size_and_state, ways
from dfe.encoding.idle import refuse_idle
from dfe.encoding.manifest import MANIFEST, Manifest, Row, settled
from dfe.encoding.observing import Seen, files_of, look_at
from dfe.encoding.options import EncodeChoices, EncodeOptions
from dfe.encoding.summary import InputResult, RunSummary, Targets
from dfe.encoding.tables import ReadTable, assemble_table, table_search
from dfe.facs.recordings import with_au_proxy
from dfe.media.inputs import Discovery, Source, discover
from dfe.recording.recording import Recording
from dfe.recording.storage import no_lists_in_csv
from dfe.report.build import write_report

STDIN = "-"
"""In place of a path: one path a line on standard input."""
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
    coders = _coders(options, found.sources)
    made: dict[Source, Recording] = {}
    for looked in look_at(found.sources, options, LocalEngine(workers), progress):
        if isinstance(looked.seen, DfeError):
            raise looked.seen
        made[looked.source] = _assembled(looked.seen, options, coders)
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
    apart: bool = False,
) -> RunSummary:
    """Encode every input and write ``out/<name>.parquet`` (or CSV), and reports if asked.

    An input that fails is told in the summary and the others go on; nothing is left half-written. What is there
    already, made of the same source with the same options and version, is skipped; what is not is done again.
    ``overwrite`` does all again. ``out/manifest.csv`` tells what became of every input
    (:mod:`dfe.encoding.manifest`). A page that is asked for later is made of the table. With ``apart`` one worker is a
    process of its own too, so that a crash in a codec costs its input and not the run.

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
    coders = _coders(options, found.sources)
    names = _names(coders, options, found.sources) if report else {}
    missing = [InputResult.failure(problem.where or "", str(problem)) for problem in found.problems]
    if not found.sources:
        return RunSummary(tuple(missing), time.perf_counter() - began)
    _make_folder(out)
    remove_leftovers(out)
    manifest = Manifest(out)
    called = [sorted((key, str(name)) for key, name in given.entries.items()) for given in names.values()]
    key = ways(options, coders, format=format)
    page = mark_of({"thumbnails": thumbnails, "names": called}) if report else ""
    results: dict[Source, InputResult] = {}
    todo: dict[Source, ToDo] = {}
    for source in found.sources:
        targets = Targets.of(out, source.name, format, report)
        try:
            one = due(source, targets, manifest, key, page, overwrite=overwrite)
        except OutputError as error:
            results[source] = InputResult.failure(source.name, str(error))
            continue
        if one is None:
            results[source] = InputResult.there(source.name, targets)
        else:
            todo[source] = one
    absent = [Row(manifest.name(Path(p.where)), status="failed", reason=str(p)) for p in found.problems if p.where]
    if absent or todo:
        waiting = [one.row for one in todo.values() if not one.page_only]
        manifest.note(*absent, *waiting)  # before any result, so that it is known as ours
    unkept: OutputError | None = None
    finish = functools.partial(
        _finish, options=options, coders=coders, names=names, format=format, thumbnails=thumbnails
    )
    for source in [source for source, one in todo.items() if one.page_only]:
        paged = guarded(_page, todo[source], coders, names, thumbnails)
        failed = isinstance(paged, DfeError)
        results[source] = InputResult.failure(source.name, str(paged)) if isinstance(paged, DfeError) else paged
        with suppress(OutputError):
            manifest.note(replace(todo[source].row, report="", page="") if failed else todo[source].row)
    looking = look_at(
        [source for source, one in todo.items() if not one.page_only], options, LocalEngine(workers, apart), progress
    )
    try:
        for looked in looking:
            started, one = time.monotonic(), todo[looked.source]
            done = looked.seen if isinstance(looked.seen, DfeError) else guarded(finish, one, looked.seen)
            seconds = looked.seconds + time.monotonic() - started
            if isinstance(done, DfeError):
                result = InputResult.failure(looked.source.name, str(done))
                row = settled(one.row, "failed", seconds=seconds, reason=str(done))
            else:
                result, row = done
                row = replace(row, seconds=f"{seconds:.2f}")
            results[looked.source] = result
            with suppress(OutputError):  # what is done stays done; the list is written once more at the end
                manifest.note(row)
    finally:
        looking.close()
        if todo:
            try:
                manifest.keep()
            except OutputError as error:
                unkept = error
    last = () if unkept is None else (InputResult.failure(MANIFEST, str(unkept)),)
    inputs = (*missing, *(results[source] for source in found.sources), *last)
    return RunSummary(inputs, time.perf_counter() - began)


def _finish(
    one: ToDo,
    seen: Seen,
    *,
    options: EncodeOptions,
    coders: Coders,
    names: Mapping[str, Names],
    format: Literal["parquet", "csv"],
    thumbnails: bool,
) -> tuple[InputResult, Row]:
    """Assemble one source's recording and write its files."""
    source, targets = one.source, one.targets
    recording = _assembled(seen, options, coders)
    recording.write(targets.table, overwrite=one.replaces, format=format)
    _report(recording, one, coders, names, thumbnails, overwrite=one.replaces)
    result = InputResult.success(source, recording, targets)
    size, state = size_and_state(source, files_of(seen))
    row = replace(
        one.row,
        status="done" if result.problem is None else "damaged",
        reason=result.problem or "",
        frames=str(result.frames),
        bytes=size,
        state="" if result.changed else state,
        sha256="" if result.changed else recording.provenance.source.sha256 or "",
    )
    return result, row


def _page(one: ToDo, coders: Coders, names: Mapping[str, Names], thumbnails: bool) -> InputResult:
    """Make the page of a table that is there."""
    recording = Recording.read(one.targets.table, landmarks=False)
    _report(recording, one, coders, names, thumbnails, overwrite=True)
    return InputResult.paged(one.source.name, one.targets)


def _report(
    recording: Recording, one: ToDo, coders: Coders, names: Mapping[str, Names], thumbnails: bool, *, overwrite: bool
) -> None:
    if one.targets.report is None:
        return
    made = recording.provenance
    tokenizer = coders.fitting(made.space, made.neutral)
    called = None if tokenizer is None else names.get(tokenizer.hash)
    pictured = one.source if thumbnails else None
    write_report(recording, one.targets.report, tokenizer, pictured, names=called, overwrite=overwrite)


def _assembled(seen: Seen, options: EncodeOptions, coders: Coders) -> Recording:
    recording = assemble_table(seen, options) if isinstance(seen, ReadTable) else assemble(seen, options)
    return coders.code(with_au_proxy(recording) if options.aus else recording)


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


def _coders(options: EncodeOptions, sources: Sequence[Source]) -> Coders:
    """The tokenizers, if any are asked for.

    Whether one fits what pictures are measured in is known before they are looked at; of a table only once it is read.
    """
    coders = Coders(options)
    if any(source.kind != "table" for source in sources):
        coders.fitting(measured_space(options), measured_neutral(options))
    return coders


def _names(coders: Coders, options: EncodeOptions, sources: Sequence[Source]) -> dict[str, Names]:
    """The user's names of displays by the hash of their tokenizer, read before hours are spent on looking.

    A file may name the displays of one space's default only; a table in the other space then fails by itself.
    """
    found: dict[str, Names] = {}
    if any(source.kind != "table" for source in sources):
        tokenizer = coders.fitting(measured_space(options), measured_neutral(options))
        found |= {} if tokenizer is None else {tokenizer.hash: load_names(tokenizer)}
    several = len(coders.possible()) > 1
    for tokenizer in coders.possible():
        with suppress(*([ModelError] if several else [])):
            found.setdefault(tokenizer.hash, load_names(tokenizer))
    return found
