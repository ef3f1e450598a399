"""Folders in object stores (S3, Google Cloud, Azure, HDFS and what fsspec knows), and folders of this machine alike.

A place is a URL, ``s3://bucket/folder`` with options of Arrow's file systems behind it
(``?endpoint_override=http://127.0.0.1:9000``), or a path. Keys are taken from where the store's own tools find them
(environment, files, roles of the machine), never from a URL, which would end up in files and lists of processes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

import pyarrow as pa
from pyarrow import fs

from dfe.base.errors import DfeError, MediaError, OutputError, UsageError
from dfe.base.files import make_folders, replacing

_BLOCK = 4 << 20


class Entry(NamedTuple):
    """A file of a place."""

    name: str
    """Seen from the place, with ``/``."""
    size: int
    """Bytes."""
    time_ns: int
    """Of the last change, nanoseconds since 1970."""


def is_url(place: str) -> bool:
    """Whether a place is no path of this machine."""
    return "://" in place


@dataclass(frozen=True)
class Store:
    """A folder somewhere.

    Args:
        url: as the user wrote it.
        system: pyarrow's file system.
        root: the folder in it.
    """

    url: str
    system: Any
    root: str

    @classmethod
    def open(cls, place: str) -> Store:
        """A place by its URL or path.

        Raises:
            UsageError: the URL holds a password, or its kind is not known.
        """
        if not is_url(place):
            return cls(place, fs.LocalFileSystem(), os.path.abspath(place))  # noqa: PTH100 (links stay as named)
        parts = urlsplit(place)
        if parts.username or parts.password:
            advice = "keep keys in the environment, where the store's own tools find them"
            raise UsageError("a URL with a key in it", where=f"{parts.scheme}://...", advice=advice)
        try:
            # Signs that a URL may not hold, as blanks and umlauts, are written as people write them.
            system, root = fs.FileSystem.from_uri(urlunsplit(parts._replace(path=quote(parts.path, safe="/%"))))
        except (pa.ArrowException, ValueError, OSError) as error:
            try:
                system, root = _by_fsspec(place)
            except (ImportError, ValueError, OSError) as second:
                what = f"cannot be opened ({error}; fsspec: {second})"
                advice = "name s3://, gs://, abfs://, hdfs:// or what an installed fsspec knows"
                raise UsageError(what, where=place, advice=advice) from None
        return cls(place, system, root.rstrip("/"))

    def files(self, *, must_exist: bool = True) -> Iterator[Entry]:
        """All files of the folder and below, by name; hidden ones are left out.

        Args:
            must_exist: a folder that is not there is an error, and not an empty one.

        Raises:
            DfeError: there is no such folder, or it cannot be read.
        """
        try:
            found = self.system.get_file_info(fs.FileSelector(self.root, not must_exist, recursive=True))
        except (pa.ArrowException, OSError) as error:
            raise self._refused("cannot be listed", error) from None
        listed = []
        for info in found:
            name = info.path[len(self.root) :].lstrip("/")
            if info.type == fs.FileType.File and not any(part.startswith(".") for part in name.split("/")):
                listed.append(Entry(name, int(info.size or 0), _time_ns(info)))
        yield from sorted(listed)

    def about(self, name: str) -> Entry | None:
        """A file by its name; None where there is none.

        Raises:
            DfeError: the store cannot be asked.
        """
        try:
            info = self.system.get_file_info(self._path(name))
        except (pa.ArrowException, OSError) as error:
            raise self._refused("cannot be asked", error, name) from None
        return Entry(name, int(info.size or 0), _time_ns(info)) if info.type == fs.FileType.File else None

    def fetch(self, entry: Entry, target: Path) -> None:
        """Copy a file here, whole or not at all, with its time of change; what was there is replaced.

        Raises:
            MediaError: it cannot be read, or is another than it was listed.
            OutputError: it cannot be written here.
        """
        with replacing(target, overwrite=True) as (sink,):
            copied = 0
            try:
                with self.system.open_input_stream(self._path(entry.name)) as source:
                    while block := source.read(_BLOCK):
                        sink.write(block)
                        copied += len(block)
            except (pa.ArrowException, OSError) as error:
                if isinstance(error, OutputError):
                    raise
                raise MediaError(f"cannot be fetched ({error})", where=self._named(entry.name)) from None
            if copied != entry.size:
                what = f"has {copied} bytes, and was listed with {entry.size}"
                raise MediaError(what, where=self._named(entry.name), advice="list the store again")
        os.utime(target, ns=(entry.time_ns, entry.time_ns))

    def put(self, source: Path, name: str) -> None:
        """Copy a file there; stores show it only once it is whole.

        Raises:
            OutputError: it cannot be written there.
        """
        path = self._path(name)
        try:
            if isinstance(self.system, fs.LocalFileSystem):
                make_folders(Path(path).parent)
            with source.open("rb") as file, self.system.open_output_stream(path) as sink:
                while block := file.read(_BLOCK):
                    sink.write(block)
        except (pa.ArrowException, OSError) as error:
            raise OutputError(f"cannot be written ({error})", where=self._named(name)) from None

    def _path(self, name: str) -> str:
        return f"{self.root}/{name}"

    def _named(self, name: str) -> str:
        """What a message calls a file."""
        if not is_url(self.url):
            return f"{self.url}/{name}"
        return file_url(self.url, name)

    def _refused(self, what: str, error: Exception, name: str = "") -> DfeError:
        where = self._named(name) if name else self.url
        return DfeError(
            f"{what} ({str(error).splitlines()[0][:300]})", where=where, advice="look at URL, keys and network"
        )


def file_url(url: str, name: str) -> str:
    """URL of a file of a place."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}"))


def _time_ns(info: Any) -> int:
    if info.mtime_ns is not None:
        return int(info.mtime_ns)
    return int((info.mtime or datetime.fromtimestamp(0, UTC)).timestamp() * 1e9)


def _by_fsspec(place: str) -> tuple[Any, str]:
    import fsspec

    system, root = fsspec.core.url_to_fs(place)
    return fs.PyFileSystem(fs.FSSpecHandler(system)), root
