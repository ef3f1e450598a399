"""From what a user names (files, folders, patterns, a list) to the recordings to be made, each with its own name."""

from __future__ import annotations

import glob
import os
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path, PurePath
from typing import Literal, NamedTuple

from dfe.base.errors import DfeError, MediaError, TableError, UsageError
from dfe.base.suffixes import FOREIGN_SUFFIXES, PICTURE_SUFFIXES, TABLE_SUFFIXES, VIDEO_SUFFIXES, foreign_words
from dfe.media.header import DamagedHeader, is_animation, open_media, picture_header, still_header

_MAY_MOVE = frozenset({".apng", ".gif", ".png", ".webp"})
_DEVICE_NAMES = frozenset({"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))})
_LONGEST_PART = 200
"""Bytes of a name's part; leaves room for suffixes below the 255 of most file systems."""

_ZIPPED = ".gz"

Kind = Literal["video", "stills", "table"]

Recogniser = Callable[[Path], str | None]
"""Names the front end that reads a file, or a folder as a whole, as a table; None where there is none."""


@dataclass(frozen=True)
class Source:
    """One recording to be made: a video, numbered pictures that are one, or the still pictures of a folder."""

    name: str
    """Stem of the output, ``/`` between folders. It depends on the source alone, never on what else is named; no other
    source has it, even where case does not count."""
    kind: Kind
    paths: tuple[Path, ...]
    """One video or table, or pictures in the order of their names, ``2.jpg`` before ``10.jpg``."""
    reader: str | None = None
    """Name of the front end that reads a table."""
    folder: str = ""
    """Folders between the one that was named and the source, ``/`` between them."""
    shown: tuple[str, ...] = ()
    """What the files are called in results, where these are to hold no names; empty: as they are."""
    secret: str = field(default="", repr=False)
    """Goes into what stands for the files in results then, so that nobody can try whether a guessed name is right."""

    @property
    def called(self) -> dict[str, str]:
        """What a file of this name is called in results, where that is not its own name."""
        return {path.name: shown for path, shown in zip(self.paths, self.shown, strict=False)}

    @property
    def place(self) -> Path:
        """The file, or of several the folder that they lie in."""
        return self.paths[0] if len(self.paths) == 1 else self.paths[0].parent


@dataclass(frozen=True)
class Discovery:
    """What was found, and what could not be."""

    sources: tuple[Source, ...]
    problems: tuple[DfeError, ...]
    rivals: tuple[Source, ...] = ()
    """Sources that are left out, since each would get the name of another."""
    passed_over: Mapping[str, int] = field(default_factory=dict)
    """Files in folders that are called like pictures or films of kinds that are not looked for: how many of each
    suffix, in the order of the suffixes."""
    linked: tuple[tuple[Path, Path], ...] = ()
    """Links that are left out, each with the file that it leads to by the name under which that is found."""


class _Noted(NamedTuple):
    """What is noted on the way through the folders."""

    problems: list[DfeError]
    passed_over: Counter[str]


class _Found(NamedTuple):
    path: Path
    root: Path
    """The folder below which the path's own folders are kept in the name."""
    kind: Kind
    reader: str | None = None


@dataclass(frozen=True)
class TableSearch:
    """How tables are looked for."""

    recognise: Recogniser
    explain: Callable[[Path], str] = lambda _: "no front end knows this as a table of faces"
    """Says why a file is none."""
    only: bool = False
    """True: nothing but tables is wanted, and what is named itself is one. False: in a folder tables are taken only
    where it holds no video or picture at all, since data sets keep tables of many kinds beside their videos."""


def discover(
    paths: Sequence[str | PathLike[str]], *, stdin: Iterable[str] = (), tables: TableSearch | None = None
) -> Discovery:
    """Find videos and pictures, and tables of faces where they are looked for.

    A folder is searched with all folders in it; hidden files and files of other kinds are passed over. A pattern
    (``*``, ``?``, ``[...]``, ``**``) is expanded where no file has that very name. ``-`` stands for the lines of
    ``stdin``, a path each. A file that is named itself is taken by its content, whatever its suffix. A file that is
    reached twice counts once. Nothing is decoded.

    Args:
        paths: what the user named.
        stdin: lines that ``-`` stands for.
        tables: how to find tables; None leaves them out.

    Returns:
        Sources in the order in which they were named, folders in the order of names; and an error for each thing
        named that leads to nothing, and for each source that would get the name of another.
    """
    found: dict[str, _Found] = {}
    noted = _Noted([], Counter())
    doubles: dict[Path, str] = {}
    for named in _lines(paths, stdin):
        try:
            for item in _expand(named, noted, tables):
                key = os.path.normcase(os.path.realpath(item.path))
                first = found.get(key, item)
                found[key] = _outermost(first, item)
                if first is not item:
                    doubles |= {first.path: key, item.path: key}
        except DfeError as error:
            noted.problems.append(error)
    sources, rivals, shared = _named(_grouped(list(found.values())))
    kept = ((path, found[key].path) for path, key in doubles.items())
    linked = tuple((path, other) for path, other in kept if _absolute(path) != _absolute(other))
    passed_over = dict(sorted(noted.passed_over.items()))
    return Discovery(sources, (*noted.problems, *shared), rivals, passed_over, linked)


def _absolute(path: Path) -> str:
    return os.path.normcase(os.path.abspath(path))  # noqa: PTH100 (links stay links)


def _outermost(first: _Found, second: _Found) -> _Found:
    """Of a file reached twice, the way with more folders in its name, so that the order of naming plays no part."""
    return second if len(_below(*second[:2])) > len(_below(*first[:2])) else first


def _lines(paths: Sequence[str | PathLike[str]], stdin: Iterable[str]) -> Iterator[str]:
    for path in paths:
        if os.fspath(path) == "-":
            yield from (line.rstrip("\r\n") for line in stdin if line.strip())
        else:
            yield os.fspath(path)


def _expand(named: str, noted: _Noted, tables: TableSearch | None) -> Iterator[_Found]:
    path = Path(os.path.expanduser(named))  # noqa: PTH111 (Path's own raises for a file called ~x)
    if not named.strip():
        raise UsageError("an empty path names nothing", advice="name a video, a picture or a folder")
    if not os.path.lexists(path) and glob.has_magic(named):
        yield from _expand_pattern(str(path), noted, tables)
    elif _is_folder(path):
        known, passed = len(noted.problems), noted.passed_over.total()
        found = list(_in_folder(path, path, noted, tables))
        if not found and len(noted.problems) == known:
            what = "no video, picture or table of faces" if tables else "no video or picture"
            near = _first_table(path) if tables else None
            why = f"; {near.name} {tables.explain(near)}" if tables and near is not None else ""
            if noted.passed_over.total() > passed:
                why += f"; {foreign_words(noted.passed_over)}"
            raise UsageError(f"{what} in this folder{why}", where=named, advice="name another folder")
        yield from found
    else:
        yield _named_file(path, tables)


def _named_file(path: Path, tables: TableSearch | None) -> _Found:
    """A file that was named itself: a table if a front end for tables knows it, else by what it holds."""
    if tables is not None and (tables.only or is_table_name(path)):
        reader = tables.recognise(path) if path.is_file() else None
        if reader is not None:
            return _Found(path, path.parent, "table", reader)
        if path.is_file():
            advice = "name its front end with --frontend (`dfe doctor` lists them), or convert it"
            raise TableError(tables.explain(path), where=path, advice=advice)
    return _Found(path, path.parent, _kind_of_file(path))


def _first_table(folder: Path) -> Path | None:
    """The first file of a folder that is called like a table, to say why it is none of faces."""
    names = (path for path in sorted(folder.iterdir(), key=_order) if not path.name.startswith("."))
    return next((path for path in names if is_table_name(path) and path.is_file()), None)


def is_table_name(path: Path) -> bool:
    """Whether the suffix is one of :data:`TABLE_SUFFIXES`, zipped or not."""
    return Path(_unzipped(path.name)).suffix.lower() in TABLE_SUFFIXES


def _unzipped(name: str) -> str:
    return name[: -len(_ZIPPED)] if name.lower().endswith(_ZIPPED) else name


def _in_folder(folder: Path, root: Path, noted: _Noted, tables: TableSearch | None) -> Iterator[_Found]:
    media = [] if tables is not None and tables.only else list(_walk(folder, root, noted))
    if media or tables is None:
        yield from media
    else:
        yield from _walk_tables(folder, root, tables.recognise)


def _walk_tables(folder: Path, root: Path, recognise: Recogniser) -> Iterator[_Found]:
    """Tables in a folder and below it; a folder that is one table, such as a mesh a frame, is not entered."""
    if (reader := recognise(folder)) is not None:
        yield _Found(folder, root if folder != root else root.parent, "table", reader)
        return
    for path in sorted(folder.iterdir(), key=_order):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _walk_tables(path, root, recognise)
        elif is_table_name(path) and (reader := recognise(path)) is not None:
            yield _Found(path, root, "table", reader)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _expand_pattern(pattern: str, noted: _Noted, tables: TableSearch | None) -> Iterator[_Found]:
    parts = PurePath(pattern).parts
    fixed = next(i for i, part in enumerate(parts) if glob.has_magic(part))
    root = Path(*parts[:fixed])
    matches = sorted(map(Path, glob.iglob(pattern, recursive=True)), key=_order)  # noqa: PTH207 (skips hidden files)
    if not matches:
        raise UsageError("the pattern matches no file", where=pattern, advice="check the path, or quote it")
    found: list[_Found] = []
    for match in matches:
        if _is_folder(match):
            found.extend(_in_folder(match, root, noted, tables))
        elif _suffix_kind(match) and not (tables and tables.only):
            found.append(_Found(match, root, _kind_by_suffix(match)))
        elif tables and is_table_name(match) and (reader := tables.recognise(match)) is not None:
            found.append(_Found(match, root, "table", reader))
        elif (suffix := match.suffix.lower()) in FOREIGN_SUFFIXES:
            noted.passed_over[suffix] += 1
    if not found:
        what = "no video, picture or table of faces" if tables else "no video or picture"
        raise UsageError(f"the pattern matches {what}", where=pattern, advice="name one file to force it")
    yield from found


def _walk(folder: Path, root: Path, noted: _Noted) -> Iterator[_Found]:
    def refused(error: OSError) -> None:
        what = f"the folder cannot be listed ({error.strerror or error})"
        noted.problems.append(MediaError(what, where=error.filename, advice="change its permissions"))

    seen: set[str] = set()
    for where, folders, files in os.walk(folder, onerror=refused, followlinks=True):
        # A link may lead to a folder that was searched already, or that holds the link itself.
        real = os.path.realpath(where)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted((name for name in folders if not name.startswith(".")), key=_natural)
        for name in sorted(files, key=_natural):
            path = Path(where, name)
            if name.startswith("."):
                continue
            if _suffix_kind(path):
                yield _Found(path, root, _kind_by_suffix(path))
            elif (suffix := path.suffix.lower()) in FOREIGN_SUFFIXES:
                noted.passed_over[suffix] += 1


def _suffix_kind(path: Path) -> Kind | None:
    suffix = path.suffix.lower()
    return "stills" if suffix in PICTURE_SUFFIXES else "video" if suffix in VIDEO_SUFFIXES else None


def _kind_by_suffix(path: Path) -> Kind:
    """Of a file with a known suffix; a damaged one keeps the kind of its suffix and is reported where it is read."""
    if path.suffix.lower() not in _MAY_MOVE:
        return "video" if path.suffix.lower() in VIDEO_SUFFIXES else "stills"
    try:
        with open_media(path) as stream:
            header = picture_header(stream)
    except (MediaError, DamagedHeader):
        return "stills"
    return "video" if header and header.animated else "stills"


def _kind_of_file(path: Path) -> Kind:
    """Of a file that was named itself: by content; a known suffix decides only where the content says nothing."""
    if still_header(path):
        return "stills"
    if is_animation(path):
        return "video"
    kind = _suffix_kind(path)
    if kind == "video":
        return kind
    from dfe.media.container import open_video

    try:
        with open_video(path):
            return "video"
    except MediaError as error:
        if kind is None:
            raise
        raise MediaError("not a picture", where=path, advice="export it again, or leave it out") from error


def _order(path: Path) -> tuple[tuple[object, ...], ...]:
    return tuple(map(_natural, path.parts))


def _natural(name: str) -> tuple[object, ...]:
    """A key that sorts numbers in names by their value, as people count."""
    parts = re.split(r"([0-9]+)", name)
    return tuple(int(part) if at % 2 else part for at, part in enumerate(parts)), name


def _grouped(found: list[_Found]) -> list[Source]:
    """Videos by themselves, pictures by their folder, in the order of first mention."""
    folders: dict[str, list[_Found]] = defaultdict(list)
    slots: dict[str, list[_Found]] = {}
    for item in found:
        if item.kind == "stills":
            key = os.path.realpath(item.path.parent)
            folders[key].append(item)
            slots[f"folder {key}"] = folders[key]
        else:
            slots[f"file {item.path}"] = [item]
    return [_candidate(items) for items in slots.values()]


def _candidate(items: list[_Found]) -> Source:
    first = max(items, key=lambda item: len(_below(item.path, item.root)))
    parts = _below(first.path.parent, first.root)
    if first.kind != "stills" or len(items) == 1:
        plain = Path(_unzipped(first.path.name)) if first.kind == "table" else first.path
        parts = (*parts, plain.stem)
    else:
        parts = parts or (Path(os.path.realpath(first.path.parent)).name,)
    paths = sorted((item.path for item in items), key=_order)
    return Source("/".join(map(_safe, parts)), first.kind, tuple(paths), first.reader, "/".join(parts[:-1]))


def _below(path: Path, root: Path) -> tuple[str, ...]:
    return path.relative_to(root).parts if path.is_relative_to(root) else ()


def _safe(part: str) -> str:
    """A name that every common file system takes."""
    part = unicodedata.normalize("NFC", part.encode("utf-8", "replace").decode())
    part = re.sub(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]', "_", part)
    part = part.encode()[:_LONGEST_PART].decode(errors="ignore").rstrip(". ")
    if part.split(".")[0].rstrip().lower() in _DEVICE_NAMES:
        part = f"_{part}"
    return part or "_"


def _named(candidates: list[Source]) -> tuple[tuple[Source, ...], tuple[Source, ...], list[DfeError]]:
    """Sources without doubles, those that would share a name, and an error for each of these.

    None of them gets another name or goes first: what a result is called must not depend on what else was named.
    """
    rivals: dict[str, list[Source]] = defaultdict(list)
    for candidate in candidates:
        rivals[_key(candidate.name)].append(candidate)
    problems: list[DfeError] = []
    doubles: list[Source] = []
    for candidate in candidates:
        others = [other for other in rivals[_key(candidate.name)] if other is not candidate]
        if others:
            what = f"its result would be called {candidate.name}, as that of {others[0].place}"
            advice = "encode them into different folders, rename one, or name the folder above both"
            problems.append(UsageError(what, where=candidate.place, advice=advice))
            doubles.append(candidate)
    return tuple(c for c in candidates if len(rivals[_key(c.name)]) == 1), tuple(doubles), problems


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())
