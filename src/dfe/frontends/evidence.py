"""Whether two boxes hold the same face: evidence beside place and size, from looks and from cuts of the film.

How alike two looks are is their correlation. Measured (docs/front-end.md): one face from one frame to the next has 0.92
or more, at two frames a second in a fast turn 0.8; two people have 0.7 at most where both look ahead, and half of the
time under 0.4.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from dfe.base.types import DoubleArray, IntArray
from dfe.frontends.assignment import best_pairs
from dfe.frontends.looks import LookArray, normalised

_SAME_PLACE = 0.5
"""Boxes of two frames that overlap so far are in the same place."""


@dataclass(frozen=True)
class LookConfig:
    """What looks must be like."""

    at_once: float = 0.75
    """Two faces in the same place in successive frames are one only if they are as alike as this ..."""
    later: float = 0.3
    """... and after a loss of a second or more as this; in between the demand falls evenly."""
    alike: float = 0.92
    """From here on two faces are one, wherever they are: across a cut, where pictures change places on a screen ..."""
    alike_s: float = 0.5
    """... if no more seconds than this lie between ..."""
    margin: float = 0.1
    """... and no other face is nearly as alike."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known beside the boxes of ``n`` rows."""

    looks: LookArray | None = None
    """``(n, 16, 16)``; all zero where a row has none."""
    cuts: Sequence[int] = ()
    """Places in the list of frames with which a new scene begins, rising."""
    config: LookConfig = field(default_factory=LookConfig)

    def likeness(self, a: int, b: int) -> float | None:
        """Correlation of the looks of two rows, -1 to 1; None where one of them has none."""
        if self.looks is None or not (self.looks[a].any() and self.looks[b].any()):
            return None
        first, second = normalised(self.looks[[a, b]])
        return float(first @ second)

    def forbids(self, a: int, b: int, seconds: float, *, cut: bool = False) -> bool:
        """Whether row ``b``, so long after row ``a`` in its place, cannot be taken for the same face.

        Looks that are not known speak against it only where there is a ``cut`` between the two.
        """
        alike = self.likeness(a, b)
        if cut:
            return alike is None or alike < self.config.alike or seconds > self.config.alike_s
        share = min(max(seconds, 0.0), 1.0)
        return alike is not None and alike < self.config.at_once + share * (self.config.later - self.config.at_once)

    def cut_between(self, earlier: int, later: int) -> bool:
        """Whether a scene ends between two places in the list of frames."""
        return bisect_right(self.cuts, later) > bisect_right(self.cuts, earlier)

    def join_alike(self, chains: list[list[int]], ordinal: IntArray, clock: DoubleArray) -> list[list[int]]:
        """Chains of rows joined end to start where two looks are so alike that they can only be one face.

        Args:
            chains: rows of one face each, in order of time.
            ordinal: place of each row's frame in the list of frames ``(n,)``.
            clock: time of each frame in seconds, never backwards.
        """
        if self.looks is None or len(chains) < 2:
            return chains
        starts = sorted(range(len(chains)), key=lambda c: int(ordinal[chains[c][0]]))
        first = [float(clock[ordinal[chains[c][0]]]) for c in starts]
        scores: dict[tuple[int, int], float] = {}
        for a, chain in enumerate(chains):
            ended = int(ordinal[chain[-1]])
            low = bisect_right(first, float(clock[ended]) - 1e-9)
            high = bisect_right(first, float(clock[ended]) + self.config.alike_s)
            for b in starts[low:high]:
                alike = self.likeness(chain[-1], chains[b][0]) if int(ordinal[chains[b][0]]) > ended else None
                if alike is not None:
                    scores[a, b] = alike
        links = _clear_best(scores, self.config)
        return joined(chains, links)


def faces_that_change(ordinal: IntArray, boxes: DoubleArray, evidence: Evidence) -> IntArray:
    """Places in the list of frames at which a box holds another face than the frame before, in the same place."""
    starts = np.searchsorted(ordinal, np.arange(int(ordinal[-1]) + 2 if len(ordinal) else 1))
    found = []
    for place in range(1, len(starts) - 1):
        before, now = range(starts[place - 1], starts[place]), range(starts[place], starts[place + 1])
        for row in now:
            same = [other for other in before if _overlap(boxes[other], boxes[row]) >= _SAME_PLACE]
            if same and all(evidence.forbids(other, row, 0.0) for other in same):
                found.append(place)
                break
    return np.array(found, np.int64)


def _overlap(a: DoubleArray, b: DoubleArray) -> float:
    shared = np.clip(np.minimum(a[:2] + a[2:], b[:2] + b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
    return float(shared / max(a[2:].prod() + b[2:].prod() - shared, 1e-9))


def _clear_best(scores: dict[tuple[int, int], float], config: LookConfig) -> dict[int, int]:
    """Pairs that are alike enough, and clearly more so than any other pair with one of the two."""
    rows, columns = sorted({a for a, _ in scores}), sorted({b for _, b in scores})
    if not rows:
        return {}
    table = [[scores.get((a, b), -1.0) for b in columns] for a in rows]
    links = {}
    for i, j in best_pairs(table):
        value = table[i][j]
        others = [v for k, v in enumerate(table[i]) if k != j] + [row[j] for k, row in enumerate(table) if k != i]
        if value >= config.alike and value - max(others, default=-1.0) >= config.margin:
            links[rows[i]] = columns[j]
    return links


def joined(chains: list[list[int]], following: dict[int, int]) -> list[list[int]]:
    """Chains of rows put end to start by the links ``{chain: the one after it}``."""
    preceded = set(following.values())
    whole = []
    for chain in range(len(chains)):
        if chain in preceded:
            continue
        rows, at = list(chains[chain]), chain
        while at in following:
            at = following[at]
            rows += chains[at]
        whole.append(rows)
    return whole
