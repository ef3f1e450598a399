"""Paths in, recordings out: in memory for Python, in a folder for the command line."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Unpack

from dfe.base.errors import DfeError, ModelError, OutputError, UsageError
from dfe.base.files import make_folders
from dfe.base.types import Progress
from dfe.displays.names import Names, load_names
from dfe.encoding.assemble import measured_neutral, measured_space
from dfe.encoding.coders import Coders
from dfe.encoding.engine import LocalEngine
from dfe.encoding.face_model import check_neutral
from dfe.encoding.finish import Done, Finish, Format, assembled, coders_for
from dfe.encoding.folder import FolderChoices, FolderRun
from dfe.encoding.idle import refuse_idle
from dfe.encoding.observing import look_at
from dfe.encoding.one_naming import pseudonyms_for
from dfe.encoding.options import EncodeChoices, EncodeOptions
from dfe.encoding.pseudonyms import Pseudonyms, redacted_problem, refuse_named_neutral, under_pseudonyms
from dfe.encoding.summary import InputResult, RunSummary
from dfe.encoding.tables import table_search
from dfe.encoding.tasks import estimate_frames
from dfe.media.inputs import Discovery, Source, discover
from dfe.recording.recording import Recording
from dfe.recording.storage import no_lists_in_csv

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
    engine = LocalEngine(workers)
    found = _discover([paths] if isinstance(paths, str | PathLike) else paths, options)
    if found.problems:
        raise found.problems[0]
    refuse_idle(options, found.sources)
    check_neutral(options.neutral)
    coders = _coders(options, found.sources)
    made: dict[int, Recording] = {}
    expected = [estimate_frames([source], options) for source in found.sources]
    for looked in look_at(found.sources, options, engine, progress, expected=expected):
        if isinstance(looked.seen, DfeError):
            raise looked.seen
        if not isinstance(looked.seen, Done):  # files were not asked for
            made[looked.at] = assembled(looked.seen, options, coders)
    return [made[at] for at in range(len(found.sources))]


def encode_to_folder(
    paths: Sequence[str | PathLike[str]],
    out: Path,
    options: EncodeOptions,
    *,
    workers: int = 1,
    format: Format = "parquet",
    report: bool = False,
    thumbnails: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
    apart: bool = False,
    pseudonyms: Path | None = None,
) -> RunSummary:
    """Encode every input and write ``out/<name>.parquet`` (or CSV), and reports if asked.

    An input that fails is told in the summary and the others go on; nothing is left half-written. What is there
    already, made of the same source with the same options and version, is skipped; what is not is done again.
    ``overwrite`` does all again. ``out/manifest.csv`` tells what became of every input
    (:mod:`dfe.encoding.manifest`). A page that is asked for later is made of the table. With ``apart`` one worker is a
    process of its own too, so that a crash in a codec costs its input and not the run. ``pseudonyms`` is the file of a
    key by which results hold pseudonyms in place of names (:mod:`dfe.encoding.pseudonyms`).

    Raises:
        UsageError: no input at all, a number of workers that makes no sense, or landmarks and CSV.
        ModelError: the tokenizer, or the user's file of names for its displays, cannot be used.
        OutputError: ``out`` is not a folder that can be written.
    """
    began = time.perf_counter()
    if options.landmarks and format == "csv":
        raise no_lists_in_csv()
    engine = LocalEngine(workers, apart)
    found = _discover(paths, options)
    refuse_idle(options, found.sources, thumbnails=thumbnails)
    if pseudonyms is not None:
        refuse_named_neutral(options.neutral)
    named = pseudonyms_for(out, pseudonyms)
    how = prepared(found.sources, options, format=format, report=report, thumbnails=thumbnails)
    missing = [_missing(problem, found.rivals, named) for problem in found.problems]
    if named is not None and missing:
        named.keep()
    if not found.sources:
        return RunSummary(tuple(missing), time.perf_counter() - began, found.passed_over)
    make_folder(out)
    run = FolderRun(out, options, FolderChoices(report, overwrite), how, engine)
    sources = under_pseudonyms(found.sources, named)
    expected = [estimate_frames([source], options) for source in sources]
    told = list(run.results(sources, expected, found.problems if named is None else (), progress))
    order = {source.name: at for at, source in enumerate(sources)}
    told.sort(key=lambda result: order.get(result.name, len(order)))
    return RunSummary((*missing, *told), time.perf_counter() - began, found.passed_over)


def _missing(problem: DfeError, rivals: Sequence[Source], named: Pseudonyms | None) -> InputResult:
    if named is None:
        return InputResult.failure(problem.where or "", str(problem))
    text = redacted_problem(problem, rivals, named)
    return InputResult.failure(text.partition(": ")[0] if problem.where else "", text)


def prepared(
    sources: Sequence[Source],
    options: EncodeOptions,
    *,
    format: Format = "parquet",
    report: bool = False,
    thumbnails: bool = False,
) -> Finish:
    """How files are made under these options; what is wrong with them is found before hours are spent on looking.

    Raises:
        ModelError: the tokenizer, or the user's file of names for its displays, cannot be used.
        TableError: the recording that is named as the neutral holds no resting face.
    """
    check_neutral(options.neutral)
    coders = _coders(options, sources)
    names = _names(coders, options, sources) if report else {}
    return Finish(options, format, thumbnails, names)


def _discover(paths: Sequence[str | PathLike[str]], options: EncodeOptions) -> Discovery:
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


def make_folder(out: Path) -> None:
    """Make the folder of the results.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        make_folders(out)
    except OSError as error:
        raise OutputError(f"cannot be made a folder ({error.strerror})", where=out, advice="choose another") from None


def _coders(options: EncodeOptions, sources: Sequence[Source]) -> Coders:
    """The tokenizers, if any are asked for.

    Whether one fits what pictures are measured in is known before they are looked at; of a table only once it is read.
    """
    coders_for.cache_clear()  # a tokenizer may have been made anew since
    coders = coders_for(options)
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
