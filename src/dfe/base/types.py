"""Small types that every room of the house shares."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
DoubleArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
CodeArray = NDArray[np.int16]
BoolArray = NDArray[np.bool_]
ImageArray = NDArray[np.uint8]
"""RGB picture, ``(height, width, 3)``, upright."""


Treatment = Literal["deinterlaced", "squared", "first_page"]
"""What was done to a decoded picture before it is given: one field of two was kept; pixels were made square."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One decoded picture of a video or a set of pictures.

    ``image`` is None where the picture could not be decoded; ``reason`` then says why in a few words.
    A picture that the decoder patched up carries both an image and a reason. Size and shape of the image are its own:
    within one file they may change from frame to frame.
    """

    index: int
    """Frame number in the source, from 0, in presentation order; never renumbered by a cut."""
    time_s: float
    """Presentation time stamp in seconds from the start of the recording; NaN for a still picture."""
    image: ImageArray | None
    reason: str | None = None
    source: str = ""
    """Name of the file that the picture comes from."""
    treated: tuple[Treatment, ...] = ()


Progress = Callable[[int, int | None], None]
"""Called as ``progress(done, total)``; total is None where it cannot be known."""
Stages = Callable[[str, str], AbstractContextManager[Progress]]
"""Of work in several parts: called as ``stages("fitting", "baselines")`` for each part and entered while it lasts."""


def quiet(_what: str, _unit: str) -> AbstractContextManager[Progress]:
    """Stages that nobody watches."""
    return nullcontext(lambda _done, _total: None)
