"""Which faces are looked at together, and when: the rule alone, without processes or networks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from numpy.typing import NDArray

from dfe.base.types import FloatArray

RECENT_S = 0.05
"""A worker that has asked for nothing for so long is at something else, and is not waited for."""


@dataclass(eq=False)
class Caller:
    """A worker as the rule sees it."""

    send: Callable[[bytes], object]
    """Sends it an answer."""
    waits: bool = False
    """For an answer."""
    answered_s: float = 0.0


@dataclass(eq=False)
class Call:
    """What a worker asked for: one network's outputs for a few faces."""

    caller: Caller
    network: str
    values: NDArray[Any]
    outputs: list[FloatArray]
    since_s: float
    left: int = field(init=False)
    """Faces without outputs."""

    def __post_init__(self) -> None:
        self.left = len(self.values)

    def is_whole_with(self, row: int, place: int, found: Sequence[FloatArray]) -> bool:
        """Take the outputs of a face from its place in a batch; whether they were the last."""
        for output, values in zip(self.outputs, found, strict=True):
            output[row] = values[place]
        self.left -= 1
        return not self.left


class Face(NamedTuple):
    """One face of a call."""

    call: Call
    row: int


class Gathering:
    """The calls that wait, network by network.

    A batch that is full is run at once. One that is not costs the device as much, so it is run when the device has
    nothing else to do, and nobody is on the way who might join it, or that was waited for long enough.

    Args:
        networks: their names.
        batch: faces that a network looks at together.
        patience_s: so long others are waited for while the device has nothing to do.
    """

    def __init__(self, networks: Iterable[str], batch: int, patience_s: float) -> None:
        self._batch, self._patience_s = batch, patience_s
        self._waiting: dict[str, deque[Face]] = {name: deque() for name in networks}
        self._running, self._free_since_s = 0, 0.0
        self.callers: set[Caller] = set()

    def add(self, call: Call) -> None:
        """Let a call wait."""
        call.caller.waits = True
        self._waiting[call.network].extend(Face(call, row) for row in range(len(call.values)))

    def forget(self, caller: Caller) -> None:
        """A worker is gone; what it asked for is not computed for nobody."""
        self.callers.discard(caller)
        for name, faces in self._waiting.items():
            if any(face.call.caller is caller for face in faces):
                self._waiting[name] = deque(face for face in faces if face.call.caller is not caller)

    def due(self, now_s: float) -> str | None:
        """The network to be run now: of a batch that is full, or else of the oldest call."""
        for name, faces in self._waiting.items():
            if len(faces) >= self._batch:
                return name
        oldest = self._oldest
        if oldest is None or self._running:
            return None
        on_the_way = any(not one.waits and now_s < one.answered_s + RECENT_S for one in self.callers)
        return None if on_the_way and now_s < self._patient_until_s(oldest) else oldest.network

    def take(self, network: str) -> list[Face]:
        """The faces of the next batch, which is under way from now on."""
        self._running += 1
        faces = self._waiting[network]
        return [faces.popleft() for _ in range(min(len(faces), self._batch))]

    def ran(self, now_s: float) -> None:
        """A batch is done."""
        self._running -= 1
        self._free_since_s = now_s

    def look_again_s(self, now_s: float) -> float | None:
        """So long nothing gets due by itself; None where that needs a call, or a batch that is done."""
        oldest = self._oldest
        if oldest is None or self._running:
            return None
        return min(max(self._patient_until_s(oldest) - now_s, 0.0), RECENT_S)

    def may_be_due(self, now_s: float) -> bool:
        """Whether something is due, or gets so by itself."""
        return self.look_again_s(now_s) is not None or self.due(now_s) is not None

    @property
    def _oldest(self) -> Call | None:
        first = [faces[0].call for faces in self._waiting.values() if faces]
        return min(first, key=lambda call: call.since_s) if first else None

    def _patient_until_s(self, call: Call) -> float:
        return max(call.since_s, self._free_since_s) + self._patience_s
