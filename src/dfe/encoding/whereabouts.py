"""Which sources of a folder's list are gone: renamed or removed since the list was written."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from dfe.base.printable import printable_line
from dfe.encoding.pseudonyms import is_pseudonym
from dfe.encoding.row import Row

_WITNESSES = 1000
"""So many other sources are looked for, at most, before a missing folder is taken for a disk that is not there."""


class Whereabouts:
    """Tells of sources whether they are gone, and never of one that only cannot be seen from this machine.

    Args:
        folder: of the list.
        rows: all of the list.
    """

    def __init__(self, folder: Path, rows: Sequence[Row]) -> None:
        self._folder, self._rows = folder, rows
        self._seen_below: dict[Path, bool] = {}

    def is_told(self, row: Row) -> bool:
        """Whether the list says where the source is: not under pseudonyms, nor where its name cannot be written."""
        return not any(map(is_pseudonym, row.input.split("/"))) and "\\" not in printable_line(row.input)

    def is_gone(self, row: Row) -> bool:
        """Whether the source is not there any more, though others are that lie beside it."""
        path = self._folder / row.input
        if not self.is_told(row) or _is_there(path):
            return False
        if path.parent.is_dir():  # the folder of a disk that is not there is empty
            return next(path.parent.iterdir(), None) is not None
        above = next((place for place in path.parents if place.is_dir()), None)
        return above is not None and self._any_below(above)

    def _any_below(self, place: Path) -> bool:
        if place not in self._seen_below:
            paths = (self._folder / row.input for row in self._rows if self.is_told(row))
            below = (path for path in paths if place in path.parents)
            self._seen_below[place] = any(map(_is_there, islice(below, _WITNESSES)))
        return self._seen_below[place]


def _is_there(path: Path) -> bool:
    with suppress(OSError, ValueError):
        return path.exists()
    return True  # it cannot be told
