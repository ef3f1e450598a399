"""What `dfe encode` calls the recordings of a data set's media, by the very rules that it follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from dfe.base.errors import TableError
from dfe.media.inputs import discover


class Named(NamedTuple):
    """Where a file's faces are found once it is encoded."""

    recording: str
    """Name of the recording."""
    picture: int
    """Number of the picture in a recording of stills, in the order of names as people count (``2.jpg`` before
    ``10.jpg``); -1 for a video."""


def names_of(root: Path, media: Sequence[Path]) -> dict[str, Named]:
    """Recording and picture of every file below ``media``, by its path below ``root`` with ``/``.

    Args:
        root: the data set's folder.
        media: folders and files below it, as they are given to ``dfe encode``, all at once.

    Raises:
        TableError: a folder cannot be listed or holds no video or picture.
    """
    found = discover(media)
    for problem in found.problems:
        raise TableError(problem.what, where=problem.where, advice=problem.advice)
    return {
        path.relative_to(root).as_posix(): Named(source.name, -1 if source.kind == "video" else place)
        for source in found.sources
        for place, path in enumerate(source.paths)
    }


def by_stem(names: Mapping[str, Named]) -> dict[str, str]:
    """Names of recordings by the stem of their video's file.

    Raises:
        TableError: two videos of one stem, so that a label would not say which.
    """
    out: dict[str, str] = {}
    first: dict[str, str] = {}
    for path, named in names.items():
        stem = Path(path).stem
        if stem in first:
            raise TableError(f"the same video is there twice, the other is {first[stem]}", where=path)
        first[stem] = path
        out[stem] = named.recording
    return out


def told(items: Iterable[str], what: str) -> list[str]:
    """One line for things that are missing or odd: how many, and the first of them."""
    shown = list(items)
    if not shown:
        return []
    return [f"{len(shown)} {what}; the first is {shown[0]}"]
