"""What a coding costs to use: faces per second on one thread, and the size of its book."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from statistics import median
from typing import NamedTuple

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import FloatArray
from dfe.displays.displays import Coder

_BYTES = 4


class Cost(NamedTuple):
    """Speed on this machine and size; the speed is that of one process on one thread if ``one_thread``."""

    encode_per_s: float
    """Faces per second from expressions to codes."""
    decode_per_s: float
    """Faces per second from codes to expressions."""
    one_thread: bool
    """False where nothing could hold the linear algebra to one thread."""
    numbers: int
    """Numbers that decoding needs: displays, the face without tokens, intensities other than the usual one."""
    bytes: int
    """Their size as float32."""


def cost(coder: Coder, x: FloatArray, runs: int = 3) -> Cost:
    """Time a coder on expressions ``(n, D)``, n at least 1; the median of some runs after one that is not counted.

    Raises:
        UsageError: no face.
    """
    if not len(x) or runs < 1:
        raise UsageError("timing needs a face and a run")
    with _one_thread() as limited:
        codes = coder.encode_codes(x)
        encode_s = _seconds(lambda: coder.encode_codes(x), runs)
        coder.decode_codes(codes)
        decode_s = _seconds(lambda: coder.decode_codes(codes), runs)
    numbers = book_numbers(coder)
    return Cost(len(x) / encode_s, len(x) / decode_s, limited, numbers, _BYTES * numbers)


def book_numbers(coder: Coder) -> int:
    """Numbers that decoding needs: ``U D`` of displays, D of the base, each level's intensities but the usual."""
    displays = coder.displays()
    units, dimension = displays.directions.shape
    usual = np.append(np.where(displays.usual_mm > 0, displays.usual_mm, 1.0), 1.0)[displays.number - 1]
    # Lengths of the displays as they are usually shown, to what float32 holds.
    lengths = np.round(displays.mm / usual, 5)
    told = (displays.number > 0) & (lengths != 1)
    intensities = sum(len(np.unique(row[use])) for row, use in zip(lengths, told, strict=True))
    return int((units + 1) * dimension + intensities)


def _seconds(run: Callable[[], object], runs: int) -> float:
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        run()
        taken.append(time.perf_counter() - began)
    return max(median(taken), 1e-9)


@contextmanager
def _one_thread() -> Iterator[bool]:
    # threadpoolctl comes with scikit-learn; without it numpy keeps the threads that it has.
    try:
        limits = import_module("threadpoolctl").threadpool_limits
    except ImportError:
        yield False
        return
    with limits(limits=1):
        yield True
