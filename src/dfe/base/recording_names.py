"""Which recording a table means: one rule for groups, windows, labels, roles and files of speech.

A name is a recording's way below the folder of results, with ``/`` between folders, or the path of its film. A table
may give fewer folders than a recording has here, or more, but not others. What may mean several recordings is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike

from dfe.base.cells import plain_word
from dfe.base.errors import TableError
from dfe.base.suffixes import FOREIGN_SUFFIXES, PICTURE_SUFFIXES, TABLE_SUFFIXES, VIDEO_SUFFIXES

_SUFFIXES = VIDEO_SUFFIXES | PICTURE_SUFFIXES | TABLE_SUFFIXES | FOREIGN_SUFFIXES | {".parquet"}
_SHOWN = 3


def plain_path(name: str) -> str:
    r"""A path as tables are compared by it: with ``/`` between folders (``C:\data\a.mp4``), in one form of Unicode."""
    return plain_word(name).replace("\\", "/").removeprefix("./")


def plain_recording(name: str) -> str:
    """A recording as tables name it: its path in one form, without the suffix of a film, a picture or a table."""
    plain = plain_path(name)
    stem, dot, suffix = plain.removesuffix(".gz").rpartition(".")
    return stem if dot and f".{suffix}".lower() in _SUFFIXES else plain


def few(names: Iterable[str]) -> str:
    """The first of some names, for errors."""
    shown = list(dict.fromkeys(names))
    return ", ".join(shown[:_SHOWN]) + (", ..." if len(shown) > _SHOWN else "") if shown else "none"


class RecordingNames:
    """Names of the recordings that are at hand.

    Args:
        known: their ways below a folder, without suffix, with ``/`` between folders.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self.known = tuple(dict.fromkeys(known))
        self._by_last: dict[str, list[str]] = {}
        for one in self.known:
            self._by_last.setdefault(_last(plain_recording(one)), []).append(one)

    def meant(self, name: str, where: str) -> str | None:
        """The recording that a name means; None where it means none of them.

        Args:
            name: as a table has it.
            where: it stands, for errors.

        Raises:
            TableError: it may mean several.
        """
        near = [one for one in self._alike(name) if _may_be(plain_recording(one), plain_recording(name))]
        exact = [one for one in near if plain_path(one) == plain_path(name)]
        whole = [one for one in near if plain_recording(one) == plain_recording(name)]
        meant = exact or whole or near
        if len(meant) > 1:
            raise TableError(f"{name} may be {few(meant)}", where=where, advice="name the folder, too")
        return meant[0] if meant else None

    def all_meant(self, named: Iterable[tuple[str, str]]) -> list[str | None]:
        """The recording that each name of a table means; None for those that mean none.

        Args:
            named: names, and where each stands.

        Raises:
            TableError: a name may mean several recordings, or names of different folders one.
        """
        found: list[str | None] = []
        first: dict[str, str] = {}
        for name, where in named:
            one = self.meant(name, where)
            found.append(one)
            if one is None:
                continue
            other = first.setdefault(one, name)
            if not _may_be(plain_recording(other), plain_recording(name)):
                raise TableError(f"{one} may be {other} and {name}", where=where, advice="name the folder above both")
            first[one] = max(other, name, key=lambda said: plain_recording(said).count("/"))
        return found

    def all_found(self, named: Iterable[tuple[str, str]], folder: str | PathLike[str]) -> list[str]:
        """The recording that each name of a table means, where each must mean one.

        Args:
            named: names, and where each stands.
            folder: of the recordings, for errors.

        Raises:
            TableError: as of :meth:`all_meant`, or a name means none; it says which recordings are at hand.
        """
        said = list(named)
        found: list[str] = []
        for (name, where), one in zip(said, self.all_meant(said), strict=True):
            if one is None:
                what = f"there is no recording {name!r} in {folder}, but {self.at_hand(name)}"
                raise TableError(what, where=where, advice="encode it, or leave it out")
            found.append(one)
        return found

    def at_hand(self, name: str = "") -> str:
        """Some of the recordings, for errors: first those that a name has the last part of."""
        return f"{few([*self._alike(name), *self.known])} at hand"

    def _alike(self, name: str) -> list[str]:
        return self._by_last.get(_last(plain_recording(name)), [])


def _last(plain: str) -> str:
    return plain.rpartition("/")[2]


def _may_be(one: str, other: str) -> bool:
    """Whether two names may be of one recording: the shorter is the end of the longer, folder by folder."""
    return f"/{one}".endswith(f"/{other}") or f"/{other}".endswith(f"/{one}")
