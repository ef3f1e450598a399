"""The process that holds the networks of a device and runs them for all workers, in batches of one size.

A batch is filled up with zeros, so that no face depends on the others in it (docs/decisions/0017). One thread listens
to the workers; others put batches together and run them, so that the next one is gathered meanwhile.
"""

from __future__ import annotations

import hmac
import os
import selectors
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfe.frontends.landmarks.gathering.batches import Call, Caller, Face, Gathering
from dfe.frontends.landmarks.gathering.place import SECRET_BYTES
from dfe.frontends.landmarks.gathering.wire import (
    COUNT,
    MAGIC,
    MOST_FACES,
    REQUEST,
    Shape,
    counts,
    flat,
    reply,
    told,
)
from dfe.frontends.landmarks.sessions import Session

RUNNERS = 2
"""Batches under way at a time: while one is on the device, the next is put together."""
_GREETED_WITHIN_S = 5.0
_ROOM_BYTES = 1 << 18
"""For an answer that was not read yet; there is never more than one, and it is smaller."""


class Server:
    """Listens, gathers, runs, answers; ends by itself soon after the last worker has gone.

    Args:
        listener: where workers connect.
        secret: that they have to know.
        sessions: the networks, opened for the same batch.
        batch: faces that a network looks at together.
        patience_s: the longest that a call waits for others.
        linger_s: so long it stays without any worker.
    """

    def __init__(
        self,
        listener: socket.socket,
        secret: bytes,
        sessions: Mapping[str, Session],
        batch: int,
        *,
        patience_s: float,
        linger_s: float,
    ) -> None:
        self._listener, self._secret, self._sessions = listener, secret, sessions
        self._shapes = [
            Shape(name, one.dtype.name, one.shape[1:], tuple(shape[1:] for shape in one.outputs))
            for name, one in sessions.items()
        ]
        self._batch, self._linger_s = batch, linger_s
        self._gathering = Gathering(sessions, batch, patience_s)
        self._stirred = threading.Condition()
        self._selector = selectors.DefaultSelector()
        self._bell, self._button = socket.socketpair()
        """Rings in the ear of the thread that listens."""
        self._lines: set[_Line] = set()
        self._alone_since_s: float | None = None
        """Nobody has been there since; None where somebody is."""
        self._ended = False
        self.count: dict[str, dict[str, int]] = {name: {"batches": 0, "faces": 0} for name in sessions}
        """Of each network, batches that were run and faces in them."""

    def serve(self) -> None:
        """Until no worker has been there for long enough, or a network has failed."""
        runners = [threading.Thread(target=self._run_batches, daemon=True) for _ in range(RUNNERS)]
        for runner in runners:
            runner.start()
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._bell, selectors.EVENT_READ, lambda: self._bell.recv(_ROOM_BYTES))
        while not self._ended:
            now = time.monotonic()
            for line in [one for one in self._lines if not one.greeted and now >= one.since_s + _GREETED_WITHIN_S]:
                self._drop(line)
            if self._gathering.callers:
                self._alone_since_s = None
            elif self._alone_since_s is None:
                self._alone_since_s = now
            if self._alone_since_s is not None and now >= self._alone_since_s + self._linger_s:
                break
            for key, _ in self._selector.select(self._nothing_for_s(now)):
                key.data()
        with self._stirred:
            self._ended = True
            self._stirred.notify_all()
        self._listener.close()
        for line in list(self._lines):
            self._drop(line)
        for runner in runners:
            runner.join()
        self._selector.close()
        self._bell.close()
        self._button.close()

    def _nothing_for_s(self, now_s: float) -> float | None:
        """So long nothing is to be done unless somebody is heard; None where nothing ever is."""
        until = [line.since_s + _GREETED_WITHIN_S for line in self._lines if not line.greeted]
        if self._alone_since_s is not None:
            until.append(self._alone_since_s + self._linger_s)
        return max(min(until) - now_s, 0.0) if until else None

    def _accept(self) -> None:
        with suppress(OSError):
            line = _Line(self._listener.accept()[0])
            self._lines.add(line)
            self._selector.register(line.socket, selectors.EVENT_READ, partial(self._hear, line))

    def _drop(self, line: _Line) -> None:
        self._lines.discard(line)
        with suppress(KeyError, ValueError):
            self._selector.unregister(line.socket)
        with self._stirred:
            self._gathering.forget(line.caller)
            self._stirred.notify_all()
        line.close()

    def _hear(self, line: _Line) -> None:
        try:
            while line.fill():
                self._heed(line)
        except (OSError, _NotOurs):
            self._drop(line)

    def _heed(self, line: _Line) -> None:
        """What was awaited of a worker has come whole: its greeting, the head of a request, or its values."""
        if not line.greeted:
            if not hmac.compare_digest(bytes(line.content), MAGIC + self._secret):
                raise _NotOurs
            line.greeted = True
            with self._stirred:
                self._gathering.callers.add(line.caller)
            line.send(told(self._shapes))
            line.await_head()
        elif line.asked is None:
            number, faces = REQUEST.unpack(line.content)
            if number == COUNT and not faces:
                line.send(counts({"process": os.getpid(), "batch": self._batch, **self.count}))
                line.await_head()
            elif number < len(self._shapes) and 0 < faces <= MOST_FACES and not line.caller.waits:
                line.await_values(self._shapes[number], faces)
            else:
                raise _NotOurs
        else:
            shape, faces = line.asked
            values = np.frombuffer(line.content, shape.dtype).reshape(faces, *shape.shape)
            call = Call(line.caller, shape.name, values, shape.empty(faces), time.monotonic())
            line.await_head()
            with self._stirred:
                self._gathering.add(call)
                if self._gathering.may_be_due(call.since_s):
                    self._stirred.notify()

    def _run_batches(self) -> None:
        rooms = {shape.name: np.zeros((self._batch, *shape.shape), shape.dtype) for shape in self._shapes}
        try:
            while True:
                with self._stirred:
                    name = self._gathering.due(time.monotonic())
                    if self._ended:
                        return
                    if name is None:
                        self._stirred.wait(self._gathering.look_again_s(time.monotonic()))
                        continue
                    faces = self._gathering.take(name)
                self._run(name, faces, rooms[name])
        finally:
            self._ended = True
            self._button.send(b"!")

    def _run(self, name: str, faces: list[Face], room: NDArray[Any]) -> None:
        """Put a batch together, run it, and answer each call that is whole then."""
        for place, (call, row) in enumerate(faces):
            room[place] = call.values[row]
        room[len(faces) :] = 0
        try:
            found = self._sessions[name].run(room)
        except Exception as problem:  # onnxruntime's have no base class of their own; the device may be gone
            words = f"{type(problem).__name__}: {problem}".splitlines()[0][:300].encode("utf-8", "replace")
            for caller in {face.call.caller for face in faces}:
                caller.send(reply(words, well=False))
            self._ended = True  # the others ask a new server, which finds out what the device can do
            return
        with self._stirred:
            self.count[name]["batches"] += 1
            self.count[name]["faces"] += len(faces)
            whole = [call for place, (call, row) in enumerate(faces) if call.is_whole_with(row, place, found)]
            now = time.monotonic()
            self._gathering.ran(now)
            for call in whole:
                call.caller.waits, call.caller.answered_s = False, now
            if self._gathering.may_be_due(now):
                self._stirred.notify()
        for call in whole:
            call.caller.send(reply(*(flat(output) for output in call.outputs)))


class _NotOurs(Exception):
    """What came is nothing that a worker says."""


class _Line:
    """The connection of a worker, and what is awaited of it."""

    def __init__(self, line: socket.socket) -> None:
        line.setblocking(False)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _ROOM_BYTES)
        self.socket, self.since_s = line, time.monotonic()
        self.caller = Caller(self.send)
        self.greeted = False
        self.asked: tuple[Shape, int] | None = None
        """The network and the number of faces whose values are awaited."""
        self._closing = threading.Lock()
        self._closed = False
        self._head, self._values = bytearray(REQUEST.size), bytearray()
        self.content = memoryview(bytearray(len(MAGIC) + SECRET_BYTES))
        """What is awaited; whole once :meth:`fill` says so."""
        self._missing = self.content

    def fill(self) -> bool:
        """Take what has come; whether that was the last of what is awaited.

        Raises:
            OSError: the worker is gone.
        """
        try:
            got = self.socket.recv_into(self._missing)
        except BlockingIOError:
            return False
        if not got:
            raise ConnectionError
        self._missing = self._missing[got:]
        return not self._missing

    def await_head(self) -> None:
        """The head of a request comes next."""
        self.asked = None
        self.content = self._missing = memoryview(self._head)

    def await_values(self, shape: Shape, faces: int) -> None:
        """The values of so many faces come next."""
        self.asked = shape, faces
        size = faces * shape.size
        if size > len(self._values):
            self._values = bytearray(size)
        self.content = self._missing = memoryview(self._values)[:size]

    def send(self, content: bytes) -> None:
        """Answer; a worker that is gone, or takes no answers, is heard of when it is listened to."""
        with self._closing, suppress(OSError):
            if not self._closed:
                try:
                    self.socket.sendall(content)
                except BlockingIOError:
                    self.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Not while another thread sends: the number of a closed connection may be another's at once."""
        with self._closing:
            self._closed = True
            self.socket.close()
