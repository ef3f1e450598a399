"""Inputs of the networks that look at faces, and servers that run these in batches."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import cast

import numpy as np

from dfe.frontends.landmarks.gathering.client import Gathered
from dfe.frontends.landmarks.gathering.config import GatheringConfig
from dfe.frontends.landmarks.gathering.place import Place
from dfe.frontends.landmarks.gathering.server import Server
from dfe.frontends.landmarks.sessions import Session

SHAPES = {"landmarks": (256, 256, 3), "coefficients": (146, 2), "covering": (1, 64, 64)}


def faces_for(name: str, count: int, seed: int = 0) -> np.ndarray:
    """What a network may be given for so many faces: noise, spread as pixels, points or standardised greys are."""
    rng = np.random.default_rng(seed)
    shape = (count, *SHAPES[name])
    if name == "landmarks":
        return rng.integers(0, 256, shape).astype(np.uint8)
    return rng.normal(*((128, 40) if name == "coefficients" else (0, 1)), shape).astype(np.float32)


def filled_up(values: np.ndarray, batch: int) -> np.ndarray:
    """With zeros, to a batch."""
    return np.concatenate([values, np.zeros((batch - len(values), *values.shape[1:]), values.dtype)])


class Doubling:
    """In place of an open network: gives twice each of two numbers, for a batch; a minus stops it."""

    dtype = np.dtype(np.float32)

    def __init__(self, batch: int) -> None:
        self.shape: tuple[int, ...] = (batch, 2)
        self.outputs = [(batch, 2)]
        self.given: list[np.ndarray] = []

    def run(self, value: np.ndarray) -> list[np.ndarray]:
        self.given.append(value.copy())
        if (value < 0).any():
            raise RuntimeError("the device is gone\nand more")
        return [2 * value]


class InThread:
    """A server in a thread of this process, at a place in ``folder``."""

    def __init__(self, place: Place, batch: int, patience_s: float = 0.002, linger_s: float = 600.0) -> None:
        self.place, self.network = place, Doubling(batch)
        listener, secret = place.listen()
        sessions = cast(dict[str, Session], {"doubling": self.network})
        self.server = Server(listener, secret, sessions, batch, patience_s=patience_s, linger_s=linger_s)
        self.thread = threading.Thread(target=self.server.serve, daemon=True)
        self.thread.start()

    def ends(self) -> None:
        """Let it linger no more, and wait for its end: the last worker has gone, or a network has failed."""
        self.server._linger_s = 0.0
        with suppress(OSError):  # of a server that has ended
            self.server._button.send(b"!")
        self.thread.join(60)
        assert not self.thread.is_alive()


class Asking(Gathered):
    """A worker that asks the server at a place."""

    def __init__(self, place: Place, starts: Callable[[], object] | None = None) -> None:
        super().__init__(GatheringConfig("cpu", 2), {}, place)
        self._starts = starts

    def _start(self, place: Place) -> None:
        if self._starts is None:
            raise AssertionError("there is a server")
        self._starts()
