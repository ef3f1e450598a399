"""Which rows are kept for validation: those of whole people or sources, by the hash of their names."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dfe.base.types import BoolArray

VALIDATION_SHARE = 10
"""One group in this many is kept for validation."""


def group_of(source: str, pattern: str) -> str:
    """Who a row's source is: the pattern's first group, or the source itself where there is none."""
    match = re.search(pattern, source) if pattern else None
    return f"person:{match.group(1)}" if match and match.group(1) is not None else f"source:{source}"


def _draw(group: str) -> int:
    return int(hashlib.sha256(group.partition(":")[2].encode()).hexdigest(), 16)


def held_out(of_rows: NDArray[np.integer], names: Sequence[str]) -> tuple[BoolArray, str]:
    """Which rows are for validation, and how that was chosen.

    Args:
        of_rows: ``(n,)``, the group of each row as an index into ``names``.
        names: of the groups; each has a row.
    """
    if len(names) == 1:
        total = len(of_rows)
        last = np.arange(total) >= total - max(total // VALIDATION_SHARE, 1)
        return last, "the last tenth of the only source: no unseen person is in it"
    held = np.array([_draw(name) % VALIDATION_SHARE == 0 for name in names], bool)
    if names and held.all() == held.any():
        first = min(range(len(names)), key=lambda i: (_draw(names[i]), names[i]))
        held = np.arange(len(names)) == first
    return held[of_rows], "one person or source in ten, by the hash of its name"
