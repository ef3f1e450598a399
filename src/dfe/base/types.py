"""Small types that every room of the house shares."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
DoubleArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
CodeArray = NDArray[np.int16]
BoolArray = NDArray[np.bool_]
ImageArray = NDArray[np.uint8]
"""RGB picture, ``(height, width, 3)``, upright."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One decoded picture of a video or a set of pictures.

    ``image`` is None where the picture could not be decoded; ``reason`` then says why in a few words.
    A picture that the decoder patched up carries both an image and a reason.
    """

    index: int
    """Frame number in the source, from 0, in presentation order; never renumbered by a cut."""
    time_s: float
    """Presentation time stamp in seconds from the start of the recording; NaN for a still picture."""
    image: ImageArray | None
    reason: str | None = None
    source: str = ""
    """Name of the file that the picture comes from."""


Progress = Callable[[int, int | None], None]
"""Called as ``progress(done, total)``; total is None where it cannot be known."""
Stages = Callable[[str, str], AbstractContextManager[Progress]]
"""Of work in several parts: called as ``stages("fitting", "baselines")`` for each part and entered while it lasts."""


def quiet(_what: str, _unit: str) -> AbstractContextManager[Progress]:
    """Stages that nobody watches."""
    return nullcontext(lambda _done, _total: None)


class Displays(NamedTuple):
    """The facial displays that a coding is made of, and which of its codes says which of them.

    The face that codes ``c`` stand for is ``base + sum over levels l of intensity[l, c_l] * directions[unit[l, c_l]]``;
    of a coding whose decoder does not add, that is a first-order picture and ``decode`` says what they stand for.
    """

    directions: FloatArray
    """``(U, D)``: what one unit of each display adds to a face, in units of the space."""
    unit: IntArray
    """``(N, K)``: the display that code k says at level l; -1 where it says nothing, or where there is no such code."""
    intensity: FloatArray
    """``(N, K)``: how many units of the display; 0 where there is none."""
    ordered: bool = True
    """True: the first m codes of a face are its best m. False: each level is a unit of its own, in no order, and code 0
    says nothing at every level, so that the best m codes are those that move the face most."""


@runtime_checkable
class Coder(Protocol):
    """A coding of expression vectors by a few discrete symbols: a tokenizer, or a baseline.

    The protocol is all that evaluation, atlas and studies know of a tokenizer.
    """

    @property
    def id(self) -> str:
        """Name under which results are reported."""
        ...

    @property
    def space_id(self) -> str:
        """Identity of the :class:`~dfe.space.ExpressionSpace` whose vectors it codes."""
        ...

    @property
    def levels(self) -> int:
        """Number of symbols per expression at most, N."""
        ...

    @property
    def size(self) -> int:
        """Number of codes at a level, K, the one that says nothing included; the largest where levels differ."""
        ...

    def encode(self, x: FloatArray) -> CodeArray:
        """Expression vectors ``(n, D)`` to codes ``(n, N)``; rows that are not finite become -1."""
        ...

    def decode(self, codes: CodeArray) -> FloatArray:
        """Codes ``(n, m)`` of the first m levels to expression vectors ``(n, D)``."""
        ...

    def displays(self) -> Displays:
        """The displays it is made of."""
        ...
