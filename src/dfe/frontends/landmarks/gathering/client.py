"""A worker's end: find the server of a device or start it, and have networks run there."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import DeviceError, DfeError, ModelError
from dfe.base.types import FloatArray
from dfe.base.version import __version__
from dfe.frontends.landmarks.gathering.config import GatheringConfig
from dfe.frontends.landmarks.gathering.place import Place, find_place, held
from dfe.frontends.landmarks.gathering.wire import (
    COUNT,
    MAGIC,
    MOST_FACES,
    REQUEST,
    Shape,
    flat,
    receive_reply,
    understood,
)

TRIES = 3
"""How often a call is made whose server dies. Its results don't depend on that: networks keep nothing in mind."""
_ANSWERED_WITHIN_S = 300.0
"""Also the first batch, for which CUDA gets ready."""
_GREETED_WITHIN_S = 10.0
MODULE = "dfe.frontends.landmarks.gathering"
READY, REFUSED = "ready", "refused "


class Gathered:
    """Networks that a server runs for all workers of this user on this machine.

    Args:
        config: what the server does.
        hashes: SHA-256 of the networks' files; servers of others are not asked.
        place: where the server is found; None for the usual place.
    """

    def __init__(self, config: GatheringConfig, hashes: Mapping[str, str], place: Place | None = None) -> None:
        self._config, self._hashes = config, dict(hashes)
        self._place = place
        self._one_at_a_time = threading.Lock()
        self._line: socket.socket | None = None
        self._shapes: dict[str, tuple[int, Shape]] = {}
        self._server: subprocess.Popen[bytes] | None = None
        """If it was started here."""

    def run(self, name: str, values: NDArray[Any]) -> list[FloatArray]:
        """Outputs of the network ``name`` for the faces ``values (n, ...)``.

        A server that dies meanwhile is replaced by a new one, which is asked again.

        Raises:
            DeviceError: there is no such device, or servers do not start, die time and again, or do not answer.
        """
        parts = [self._asked(name, values[at : at + MOST_FACES]) for at in range(0, len(values), MOST_FACES)]
        return parts[0] if len(parts) == 1 else [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]

    def count(self) -> dict[str, Any]:
        """What the server has run: of each network batches, and faces in them; its process and the size of a batch.

        Raises:
            DeviceError: as of :meth:`run`.
        """
        return dict(json.loads(self._told(REQUEST.pack(COUNT, 0))))

    def close(self) -> None:
        """Let go of the server."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _asked(self, name: str, values: NDArray[Any]) -> list[FloatArray]:
        with self._one_at_a_time:
            self._connected()
            number, shape = self._shapes[name]
            if values.shape[1:] != shape.shape or values.dtype != shape.dtype:
                raise ModelError(f"the network {name} takes {shape.dtype} {shape.shape}, not {values.dtype} "
                                 f"{values.shape[1:]}")  # fmt: skip
            head = REQUEST.pack(number, len(values))
        return shape.read(self._told(head, flat(values)), len(values))

    def _told(self, *request: bytes | memoryview) -> bytearray:
        why = ""
        for _ in range(TRIES):
            with self._one_at_a_time:
                line = self._connected()
                try:
                    for part in request:
                        line.sendall(part)
                    well, content = receive_reply(line)
                    if well:
                        return content
                    why = content.decode("utf-8", "replace")
                except TimeoutError:
                    self.close()
                    what = f"the process that runs networks on {self._config.device} has not answered"
                    raise DeviceError(
                        f"{what} for {_ANSWERED_WITHIN_S:.0f} s", advice="end it, and start again"
                    ) from None
                except OSError as problem:
                    why = why or problem.strerror or str(problem)
                self.close()
        what = f"the process that runs networks on {self._config.device} stopped {TRIES} times"
        raise DeviceError(
            f"{what} ({why})", advice="use --device cpu without --batch, or look whether the device works"
        )

    def _connected(self) -> socket.socket:
        if self._line is None:
            said = (__version__, self._config.written(), sorted(self._hashes.items()))
            place = self._place or find_place(*said)
            try:
                self._line = self._greeted(place) or self._started(place)
            except OSError as problem:
                what = f"cannot start the process that runs networks in batches ({problem.strerror or problem})"
                raise DeviceError(what, where=place.folder) from problem
        return self._line

    def _greeted(self, place: Place) -> socket.socket | None:
        """A connection to the server that is there, if one is."""
        card = place.read()
        if card is None:
            return None
        try:
            line = place.connect(card, _GREETED_WITHIN_S)
        except OSError:
            return None
        try:
            line.sendall(MAGIC + bytes.fromhex(card.secret))
            _, content = receive_reply(line)
            self._shapes = understood(content)
            line.settimeout(_ANSWERED_WITHIN_S)
        except (OSError, ValueError):  # it ends just now, or what listens there is another program
            line.close()
            return None
        return line

    def _started(self, place: Place) -> socket.socket:
        """A connection to a server that was started, here or by another worker at the same time."""
        with held(place.lock):
            line = self._greeted(place)
            if line is None:
                self._start(place)
                line = self._greeted(place)
        if line is None:
            raise DeviceError("the process that runs networks in batches ended at once")
        return line

    def _start(self, place: Place) -> None:
        line = [sys.executable, "-P", "-m", MODULE, str(place.folder), place.key, self._config.written()]
        found = os.pathsep.join(path for path in sys.path if path)
        self._server = subprocess.Popen(
            line,
            cwd=place.folder,
            env=os.environ | {"PYTHONPATH": found},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # what interrupts the run from the keyboard leaves it alone
        )
        assert self._server.stdout is not None
        last = ""
        with self._server.stdout as said:
            for words in said:
                text = words.decode("utf-8", "replace").strip()
                if text == READY:
                    return
                if text.startswith(REFUSED):
                    raise _refused(text.removeprefix(REFUSED))
                last = text or last
        with suppress(subprocess.TimeoutExpired):
            self._server.wait(_GREETED_WITHIN_S)
        raise DeviceError(f"the process that runs networks in batches does not start ({last[:200]})")


def _refused(text: str) -> DfeError:
    kind, what, where, advice = json.loads(text)
    of = {one.__name__: one for one in (DeviceError, ModelError)}
    return of.get(kind, DfeError)(what, where=where, advice=advice)
