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


def held_out(groups: Sequence[NDArray[np.object_]], trained: int) -> tuple[list[BoolArray], str]:
    """Which kept rows of each table are for validation; the tables from ``trained`` on are wholly so."""
    if len(groups) > trained:
        held = [np.full(len(g), i >= trained) for i, g in enumerate(groups)]
        return held, "tables of their own"
    names = sorted({name for group in groups for name in group}, key=lambda name: (_draw(name), name))
    if len(names) == 1:
        total = sum(len(group) for group in groups)
        last = np.arange(total) >= total - max(total // VALIDATION_SHARE, 1)
        held = list(np.split(last, np.cumsum([len(group) for group in groups])[:-1]))
        return held, "the last tenth of the only source: no unseen person is in it"
    chosen = {name for name in names if _draw(name) % VALIDATION_SHARE == 0}
    if not chosen or len(chosen) == len(names):
        chosen = set(names[:1])
    held = [np.array([name in chosen for name in group], dtype=bool) for group in groups]
    return held, "one person or source in ten, by the hash of its name"
