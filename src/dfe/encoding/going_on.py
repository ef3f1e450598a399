"""What a run into a folder has to do: skip what is there and unchanged, redo what is not, leave others' files alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Literal, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from dfe.base.errors import DfeError, OutputError
from dfe.base.files import refuse_existing
from dfe.base.stamps import FileState, one_stamp, stamp_of_file, stamps
from dfe.base.version import __version__
from dfe.encoding.coders import Coders
from dfe.encoding.manifest import Manifest
from dfe.encoding.neutral import NeutralChoice
from dfe.encoding.options import EncodeOptions
from dfe.encoding.row import Row
from dfe.encoding.summary import Targets
from dfe.media.inputs import Source
from dfe.media.probe import file_hash, hash_of_hashes


class ToDo(NamedTuple):
    """One source, and where its results go."""

    source: Source
    targets: Targets
    row: Row
    """What the manifest says of it until it is done."""
    replaces: bool
    """Whether results that are there already are to be replaced."""
    page_only: bool = False
    """Whether the table is there, whole and of the same source and options, and only its page is to be made."""
    altered: bool = False
    """Whether something else has changed the table since it was written, so that it is made anew."""


def ways(options: EncodeOptions, coders: Coders, **more: object) -> str:
    """A short text that is the same as long as the options, the files they name and the tokenizers are the same.

    Args:
        options: of the run.
        coders: the tokenizers of the run.
        more: whatever else decides what a table holds.

    Raises:
        MediaError: the recording that is named as the neutral cannot be read.
    """
    files = [path for path in (options.weights, options.front_end_options().flame, options.space) if path is not None]
    neutral = None if options.neutral is None else NeutralChoice.parse(options.neutral)
    said = {
        "options": asdict(options) | dict.fromkeys(("tokenizer", "weights", "flame", "space", "neutral")),
        "space": (options.must_fit, options.coefficients_only),
        "files": one_stamp(stamps(files)),
        "neutral": None if neutral is None else (str(neutral), [file_hash(path) for path in neutral.files]),
        "tokenizer": coders.identity(),
        "more": more,
    }
    return mark_of(said)


def mark_of(said: object) -> str:
    """A short text that is the same for the same plain values."""
    text = json.dumps(said, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]


def due(
    source: Source,
    targets: Targets,
    manifest: Manifest,
    options: str,
    page: str = "",
    *,
    overwrite: bool,
    tries: int | None = None,
) -> ToDo | Row | Literal["aside"]:
    """What is to be done for a source, if anything.

    Args:
        source: to be encoded.
        targets: where its results go; without a page, one that is there stays as it is.
        manifest: of the folder.
        options: what :func:`ways` says of the run.
        page: the same of what its page shows beside the table.
        overwrite: do all again.
        tries: so many failures in the same circumstances set a source aside; None: never.

    Returns:
        The row of its results where these are there, whole and of the same source and options, with the stamps that the
        source and they have now; ``aside`` where it has failed too often.

    Raises:
        OutputError: results of the same name are there that are not known to be of this source.
    """
    told = manifest.get(targets.table)
    report = "" if targets.report is None else manifest.name(targets.report)
    mine = manifest.input(source)
    known = None if told is None else _known_again(told, source, mine)
    same, told = known is not None, known or told
    like_now = told is not None and same and (told.options, told.version) == (options, __version__)
    ready = told is not None and like_now and told.status in ("done", "damaged") and are_whole(told, targets)
    if told is not None and ready:
        told = told._replace(made=stamp_of_results(targets))
    if told is not None and ready and not overwrite:
        shown = targets.report is None or ((told.report, told.page) == (report, page) and _is_whole(targets.report))
        if shown:
            return told
    row = Row(mine, manifest.name(targets.table), report, options=options, page=page, version=__version__)
    if overwrite or told is None:
        refuse_existing(*targets.files, overwrite=overwrite)
        return ToDo(source, targets, row, overwrite)
    if told.input != mine and not same:
        for target in targets.files:
            if target.exists():
                what = f"exists already, and was made of {told.input}"
                raise OutputError(what, where=target, advice="choose another folder, or add --overwrite")
    if targets.report is not None and not told.report:
        refuse_existing(targets.report, overwrite=False)
    if like_now and told.status == "failed":
        row = row._replace(tries=told.tries)
        if tries is not None and told.times_failed >= tries:
            return "aside"
    if not ready:
        altered = like_now and told.table_sha256 != "" and targets.table.exists()
        return ToDo(source, targets, row, True, altered=altered)
    return ToDo(source, targets, told._replace(input=mine, report=report, page=page), True, page_only=True)


class Glance(NamedTuple):
    """As much of a source of one file as tells whether it is done."""

    name: str
    kind: str
    path: str


def is_done(glance: Glance, table: str, told: Row, options: str) -> bool:
    """Whether :func:`due` would say ``there`` of a source without a page, by stamps alone; no, where these do not tell.

    Args:
        glance: the source.
        table: its table.
        told: what the manifest says of that.
        options: what :func:`ways` says of the run.
    """
    return (
        told.status in ("done", "damaged")
        and (told.options, told.version) == (options, __version__)
        and told.state == stamp_of_file(glance.path, [glance.kind])
        and told.made == stamp_of_file(table)
        and told.table_sha256 != ""
    )


def stamp_of_results(targets: Targets) -> str:
    """The cell ``made``: stands for the table, and what lies beside it, as they are."""
    return one_stamp(stamps(_tables(targets)))


def are_whole(told: Row, targets: Targets) -> bool:
    """Whether the tables that a row tells of are there as they were written; what nobody has touched is not opened."""
    if not told.table_sha256:
        return False
    if told.made == stamp_of_results(targets) != "":
        return True
    try:
        return file_hash(targets.table) == told.table_sha256 and all(map(_is_whole, _tables(targets)))
    except DfeError:
        return False


def _tables(targets: Targets) -> list[Path]:
    return [target for target in targets.files if target != targets.report]


def size_and_state(source: Source, files: Mapping[Path, FileState | None]) -> tuple[str, str]:
    """The cells ``bytes`` and ``state`` of a source whose files are like this."""
    size = sum(state.size for state in files.values() if state is not None)
    return str(size), one_stamp(files, [source.kind], source.secret)


def _known_again(told: Row, source: Source, named: str) -> Row | None:
    """The row, if the results that it tells of were made of this source, as it is now, or was when it was there.

    It has the stamp of now, so that what was copied or touched is read once to be known again, and not in every run.

    Args:
        told: the row.
        source: that may be the same.
        named: what the list calls it.
    """
    if not told.state and not told.sha256:
        return None
    files = stamps(source.paths)
    if told.status in ("done", "damaged") and not any(files.values()):
        return told if told.input == named else None  # put away since, and not to be looked at again
    size, state = size_and_state(source, files)
    if told.state == state:
        return told
    if told.bytes != size or not told.sha256 or len(source.paths) > 1 or not source.paths[0].is_file():
        return None
    try:  # copied, or touched: the same bytes at another time
        found = file_hash(source.paths[0])
    except DfeError:
        return None
    is_same = told.sha256 in (found, hash_of_hashes([found]))  # of a video, of a picture
    return told._replace(state=state) if is_same else None


def _is_whole(path: Path) -> bool:
    try:
        if path.suffix == ".parquet":
            with path.open("rb") as file:
                pq.read_metadata(file)
        return path.is_file() and path.stat().st_size > 0
    except (OSError, pa.ArrowException):
        return False
