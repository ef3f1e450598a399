"""Joining what was seen of a face before and after it was lost."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

import numpy as np

from dfe.base.types import DoubleArray, IntArray
from dfe.clock.clock import usual_step
from dfe.frontends.assignment import FORBIDDEN, best_pairs
from dfe.frontends.evidence import Evidence, joined


@dataclass(frozen=True)
class LossConfig:
    """When a face that was lost and one that is found are the same."""

    short_s: float = 1.0
    """Longest loss that is bridged by motion, in seconds."""
    short_reach: float = 0.3
    """How far from the expected place a face may come back after no time at all, in face sizes ..."""
    short_reach_per_s: float = 0.7
    """... and how much farther for each second of loss."""
    short_growth: float = 1.6
    """Largest ratio of sizes over such a loss."""
    long_s: float = 30.0
    """Longest loss after which a face that comes back in its old place keeps its id, in seconds; 0 turns this off."""
    long_reach: float = 0.5
    """How far from its old place that may be, in face sizes."""
    long_growth: float = 1.3
    """Largest ratio of sizes over a long loss."""
    motion_s: float = 0.3
    """Time over which the motion at a loss is measured, in seconds."""


@dataclass(frozen=True, slots=True)
class _End:
    """The last or first box of a chain of rows, with the motion there in pixels per second."""

    time: float
    x: float
    y: float
    size: float
    vx: float
    vy: float


def link_over_losses(
    chains: list[list[int]],
    ordinal: IntArray,
    clock: DoubleArray,
    boxes: DoubleArray,
    config: LossConfig,
    evidence: Evidence,
) -> list[list[int]]:
    """Join chains of rows, end to start, over losses.

    The shortest losses are joined first, then ever longer ones: a face that flickers is one chain before it is
    compared with anything farther away.

    Args:
        chains: rows of one face each, in order of time.
        ordinal: place of each row's frame in the list of frames ``(n,)``.
        clock: time of each frame in seconds ``(frames,)``, never backwards.
        boxes: x, y, width, height ``(n, 4)``.
        config: limits.
        evidence: what speaks against a link: a cut between, or looks that differ.
    """
    step = usual_step(clock)
    for window in _windows(2.5 * step, config.short_s):
        chains = _link(chains, ordinal, clock, boxes, config, evidence, window, short=True)
    for window in _windows(max(2 * config.short_s, 2.5 * step), config.long_s):
        chains = _link(chains, ordinal, clock, boxes, config, evidence, window, short=False)
    return chains


def same_size(a: float, b: float, growth: float) -> bool:
    """Whether two lengths differ by a factor of ``growth`` at most."""
    return a <= b * growth and b <= a * growth


def _windows(first: float, last: float) -> list[float]:
    windows = []
    while 0 < first < last:
        windows.append(first)
        first *= 2
    return [*windows, last] if last > 0 else []


def _link(
    chains: list[list[int]],
    ordinal: IntArray,
    clock: DoubleArray,
    boxes: DoubleArray,
    config: LossConfig,
    evidence: Evidence,
    window: float,
    *,
    short: bool,
) -> list[list[int]]:
    """Join chains of rows end to start, so that the sum of the links' worth is largest."""
    heads = [_end(rows, ordinal, clock, boxes, config, last=False) for rows in chains]
    tails = [_end(rows, ordinal, clock, boxes, config, last=True) for rows in chains]
    by_end = sorted(range(len(chains)), key=lambda c: (int(ordinal[chains[c][-1]]), c))
    end_times = [tails[c].time for c in by_end]
    worth: dict[tuple[int, int], float] = {}
    for b, head in enumerate(heads):
        low = bisect_left(end_times, head.time - window - 1e-9)
        for a in by_end[low : bisect_right(end_times, head.time)]:
            ended, began = int(ordinal[chains[a][-1]]), int(ordinal[chains[b][0]])
            value = _worth(tails[a], head, config, short=short) if ended < began else 0.0
            cut = value > 0 and evidence.cut_between(ended, began)
            if value > 0 and not evidence.forbids(chains[a][-1], chains[b][0], head.time - tails[a].time, cut=cut):
                worth[a, b] = value
    return joined(chains, dict(_best_links(worth)))


def _worth(tail: _End, head: _End, config: LossConfig, *, short: bool) -> float:
    """How likely the loss leads from tail to head, 0 (not) to 1; distances are in face sizes."""
    size = (tail.size + head.size) / 2
    dt = head.time - tail.time
    dx, dy = (head.x - tail.x) / size, (head.y - tail.y) / size
    still = math.hypot(dx, dy)
    if not short:
        fits = same_size(tail.size, head.size, config.long_growth)
        return 1 - still / config.long_reach if fits else 0.0
    if not same_size(tail.size, head.size, config.short_growth):
        return 0.0
    forward = math.hypot(dx - tail.vx * dt / size, dy - tail.vy * dt / size)
    backward = math.hypot(dx - head.vx * dt / size, dy - head.vy * dt / size)
    # A head that turned away and back was moving at both ends and yet stayed; that is less likely the faster it moved.
    stayed = still + 0.25 * (math.hypot(tail.vx, tail.vy) + math.hypot(head.vx, head.vy)) * dt / size
    return 1 - min((forward + backward) / 2, stayed) / (config.short_reach + config.short_reach_per_s * dt)


def _end(
    rows: list[int], ordinal: IntArray, clock: DoubleArray, boxes: DoubleArray, config: LossConfig, *, last: bool
) -> _End:
    """The chain's last (or first) box with the motion around it: a line through at least three boxes."""
    near = rows[-64:] if last else rows[:64]
    times = clock[ordinal[near]]
    at = float(times[-1] if last else times[0])
    chosen = np.abs(times - at) <= config.motion_s
    chosen[-3:] |= last
    chosen[:3] |= not last
    box = boxes[rows[-1] if last else rows[0]]
    vx = vy = 0.0
    t = times[chosen] - at
    if len(t) >= 3 and np.ptp(t) > 0:
        centre = boxes[near][chosen, :2] + boxes[near][chosen, 2:] / 2
        t = t - t.mean()
        vx, vy = (t @ (centre - centre.mean(axis=0)) / (t @ t)).tolist()
    x, y, w, h = box.tolist()
    return _End(at, x + w / 2, y + h / 2, math.sqrt(w * h), vx, vy)


_EXACT = 100_000
"""Steps that the exact search for the best set of links may take; in larger groups the best link is made first."""


def _best_links(worth: dict[tuple[int, int], float]) -> list[tuple[int, int]]:
    """Links ``(from, to)``, at most one out of and one into each chain."""
    links: list[tuple[int, int]] = []
    for pairs in _groups(worth):
        rows, cols = sorted({a for a, _ in pairs}), sorted({b for _, b in pairs})
        if min(len(rows), len(cols)) * len(rows) * len(cols) <= _EXACT:
            scores = [[worth.get((a, b), FORBIDDEN) for b in cols] for a in rows]
            links += [(rows[i], cols[j]) for i, j in best_pairs(scores)]
            continue
        out: set[int] = set()
        into: set[int] = set()
        for a, b in sorted(pairs, key=lambda pair: (-worth[pair], pair)):
            if a not in out and b not in into:
                links.append((a, b))
                out.add(a)
                into.add(b)
    return links


def _groups(worth: dict[tuple[int, int], float]) -> list[list[tuple[int, int]]]:
    """The possible links in groups that share no end and no start."""
    parent: dict[int, int] = {}

    def root(x: int) -> int:
        parent.setdefault(x, x)
        while parent[x] != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    for a, b in worth:
        parent[root(2 * a)] = root(2 * b + 1)
    groups: dict[int, list[tuple[int, int]]] = {}
    for pair in worth:
        groups.setdefault(root(2 * pair[0]), []).append(pair)
    return list(groups.values())
