"""Which sources of a folder's list are gone: renamed or removed since the list was written."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from dfe.encoding.pseudonyms import are_pseudonyms
from dfe.encoding.row import Row
from dfe.media.inputs import Source

_MANY = 10
_WITNESSES = 1000
"""So many other sources are looked for, at most, before a missing folder is taken for a disk that is not there."""


def are_away(sources: Sequence[Source]) -> bool:
    """Whether many sources seem to be on a disk that this machine does not see, so that there is no sense in beginning.

    A few were rather renamed or removed, each of which is told of by itself.
    """
    if len(sources) < _MANY:
        return False
    some = sources[:: max(1, len(sources) // _MANY)]
    return not any(_is_there(path) for source in some for path in source.paths[:1])


def source_of(row: Row, folder: Path) -> Path | None:
    """Where the source of a row is, as its list says; None where that does not say it.

    It does not under pseudonyms, nor of a name with characters that are written out, since no terminal shows them.

    Args:
        row: of the list.
        folder: of the list.
    """
    hidden = "\\" in row.input or are_pseudonyms(row.input)
    return None if hidden else folder / row.input


class Whereabouts:
    """Tells of sources whether they are gone, or only cannot be seen from here, as far as their neighbours tell.

    Args:
        folder: of the list.
        rows: all of the list.
    """

    def __init__(self, folder: Path, rows: Sequence[Row]) -> None:
        self._folder, self._rows = folder, rows
        self._seen_below: dict[Path, bool] = {}

    def is_gone(self, row: Row) -> bool:
        """Whether the source is not there any more, though others are that lie beside it."""
        path = source_of(row, self._folder)
        if path is None or _is_there(path):
            return False
        with suppress(OSError):  # of a folder that may not be looked into
            if path.parent.is_dir():  # that of a disk that is not there is empty
                return next(path.parent.iterdir(), None) is not None
            above = next((place for place in path.parents if place.is_dir()), None)
            return above is not None and self._any_below(above)
        return False

    def _any_below(self, place: Path) -> bool:
        if place not in self._seen_below:
            paths = (source_of(row, self._folder) for row in self._rows)
            below = (path for path in paths if path is not None and place in path.parents)
            self._seen_below[place] = any(map(_is_there, islice(below, _WITNESSES)))
        return self._seen_below[place]


def _is_there(path: Path) -> bool:
    with suppress(OSError, ValueError):
        return path.exists()
    return True  # it cannot be told
