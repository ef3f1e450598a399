"""Where on a machine the server of a device is found: a folder that only this user can enter, and what lies there."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import socket
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from getpass import getuser
from pathlib import Path
from typing import NamedTuple

from dfe.base.errors import DeviceError
from dfe.base.files import replacing

SECRET_BYTES = 32
_LONGEST_PATH = 100
"""Bytes; the system's own limit for the path of a Unix socket is 104 or 108."""
_JOBS = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID")
_BACKLOG = 512


class Card(NamedTuple):
    """What a server says of itself to those who may read it."""

    pid: int
    secret: str
    """In hexadecimal; who knows it may connect."""
    port: int | None
    """Of the loopback device; None: it listens at the place's Unix socket."""


@dataclass(frozen=True)
class Place:
    """The files of one server: its card, its socket, and the lock that whoever starts or ends one holds."""

    folder: Path
    key: str

    @property
    def card(self) -> Path:
        """Written when the server is ready."""
        return self.folder / f"{self.key}.json"

    @property
    def door(self) -> Path:
        """Where the server listens, on systems with Unix sockets."""
        return self.folder / f"{self.key}.socket"

    @property
    def lock(self) -> Path:
        """Held while a server is started or removes its files."""
        return self.folder / f"{self.key}.lock"

    def read(self) -> Card | None:
        """The card of the server that was last here, alive or not."""
        try:
            return Card(*json.loads(self.card.read_text("ascii")))
        except (OSError, ValueError, TypeError):
            return None

    def listen(self) -> tuple[socket.socket, bytes]:
        """Take the place of a server that is gone, and the secret that clients have to know.

        Raises:
            OSError: nothing can be made in the folder.
            OutputError: the same.
        """
        secret, port = os.urandom(SECRET_BYTES), None
        if hasattr(socket, "AF_UNIX") and len(os.fsencode(self.door)) <= _LONGEST_PATH:
            self.door.unlink(missing_ok=True)
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(self.door))
        else:
            listener = socket.socket(socket.AF_INET)
            listener.bind(("127.0.0.1", 0))
            port = int(listener.getsockname()[1])
        listener.listen(_BACKLOG)
        with replacing(self.card, overwrite=True) as (file,):
            file.write(json.dumps(Card(os.getpid(), secret.hex(), port)).encode("ascii"))
        return listener, secret

    def connect(self, card: Card, patience_s: float) -> socket.socket:
        """A connection to the server of a card.

        Raises:
            OSError: it is gone.
        """
        line = socket.socket(socket.AF_UNIX if card.port is None else socket.AF_INET)
        line.settimeout(patience_s)
        try:
            line.connect(str(self.door) if card.port is None else ("127.0.0.1", card.port))
        except BaseException:
            line.close()
            raise
        if card.port is not None:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return line

    def leave(self) -> None:
        """Remove the files of this process's server, unless another is being started here."""
        with suppress(OSError), held(self.lock, wait=False):
            card = self.read()
            if card is not None and card.pid == os.getpid():
                self.card.unlink(missing_ok=True)
                self.door.unlink(missing_ok=True)


def find_place(*said: object) -> Place:
    """The place of the server that does what ``said`` says, for this user, machine, job and choice of devices.

    Machines may share the folder for temporary files, and no socket leads from one to another.
    Jobs of a scheduler have servers of their own: each job may have been given another device under the same number,
    and takes its processes with it when it ends.

    Raises:
        DeviceError: the folder for it is another user's, or others can enter it.
    """
    there = [os.environ.get(name) for name in ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", *_JOBS)]
    text = json.dumps([*said, platform.node(), there], default=str)
    return Place(_private_folder(), hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16])


def _private_folder() -> Path:
    user = str(os.getuid()) if sys.platform != "win32" else getuser()
    folder = Path(tempfile.gettempdir()) / f"dfe-{user}"
    advice = "remove it, or let TMPDIR name another folder"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        about = folder.lstat()
    except OSError as problem:
        what = f"cannot make the folder in which workers find each other ({problem.strerror})"
        raise DeviceError(what, where=folder, advice=advice) from problem
    mine = sys.platform == "win32" or (about.st_uid == os.getuid() and not about.st_mode & 0o077)
    if not stat.S_ISDIR(about.st_mode) or not mine:
        raise DeviceError("others than you can enter this folder, in which workers find each other",
                       where=folder, advice=advice)  # fmt: skip
    return folder


@contextmanager
def held(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold a lock that is let go when its holder ends, however that ends.

    Raises:
        OSError: another process holds it, and it is not to be waited for.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(handle, wait=wait)
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int, *, wait: bool) -> None:
        while True:
            try:
                msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
                return
            except OSError:  # LK_LOCK waits for ten seconds
                if not wait:
                    raise

else:
    import fcntl

    def _lock(handle: int, *, wait: bool) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
