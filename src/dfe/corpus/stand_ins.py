"""Stand-ins: files that say where a medium really is, with its name, size and time of change, and take no room.

A plan and a list of results know a source by these, so they need not tell a stand-in from what it stands for. A worker
fetches the medium for as long as it looks at it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NamedTuple

from dfe.base.errors import MediaError
from dfe.base.files import replacing
from dfe.corpus.stores import Entry, Store, file_url

_MARK = b"dfe stand-in 1\n"
_LONGEST = 4096


class Original(NamedTuple):
    """Where a medium really is."""

    store: str
    """URL of the folder, as the user wrote it."""
    name: str
    """Of the file, seen from there."""

    @property
    def url(self) -> str:
        """What messages call it."""
        return file_url(self.store, self.name)


def write_stand_in(target: Path, store: Store, entry: Entry) -> bool:
    """Write what stands for a file of a store; False where it is so small that it must be fetched.

    Raises:
        OutputError: it cannot be written.
    """
    text = _MARK + json.dumps(Original(store.url, entry.name)).encode("ascii") + b"\n"
    if entry.size <= max(len(text), _LONGEST):
        return False
    with replacing(target, overwrite=True) as (file,):
        file.write(text)
        file.truncate(entry.size)
    os.utime(target, ns=(entry.time_ns, entry.time_ns))
    return True


def stands_for(path: Path) -> Original | None:
    """What a file stands for; None of any other file."""
    try:
        with path.open("rb") as file:
            begin = file.read(_LONGEST)
    except OSError:
        return None
    if not begin.startswith(_MARK):
        return None
    try:
        store, name = json.loads(begin[len(_MARK) :].partition(b"\n")[0])
    except (ValueError, TypeError):
        return None
    return Original(str(store), str(name))


def is_stand_in(path: Path) -> MediaError:
    """The error about a file that only stands for a medium, where nothing fetches that."""
    return MediaError("only stands for a file in a store", where=path, advice="add --fetch")


def fetch_original(stand_in: Path, original: Original, target: Path) -> None:
    """Fetch what a file stands for, if it is still what it was.

    Raises:
        MediaError: it has changed, or cannot be read.
        DfeError: the store cannot be asked.
        OutputError: there is no room for it.
    """
    store = Store.open(original.store)
    found, known = store.about(original.name), stand_in.stat()
    if found is None:
        raise MediaError("is not in the store any more", where=original.url, advice="list the store again")
    if (found.size, found.time_ns) != (known.st_size, known.st_mtime_ns):
        raise MediaError(
            "has changed in the store since it was listed", where=original.url, advice="list the store again"
        )
    store.fetch(found, target)
