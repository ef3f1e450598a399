"""Where one scene fades into another: a cut that is spread over frames, seen on the tiny pictures of the frames.

In a dissolve each picture is a mixture of the two at its ends, and the share of the second one grows evenly. A camera
that moves, a person who walks through and a light that changes are no such thing: their pictures are no mixtures, or
both ends look alike but for their brightness. A fade to black and up again ends in a flat picture, which
:mod:`dfe.media.scenes` takes for a cut.
"""

from __future__ import annotations

import numpy as np

from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.media.scenes import SceneArray, scene_changes

LASTS_S = (0.24, 0.36, 0.52, 0.76, 1.08, 1.52, 2.08)
"""Lengths that are tried, in seconds; a dissolve may be a fifth shorter or longer."""
_PARTS = 8
"""Moments of a dissolve that are looked at, besides its ends."""
_DIFFER = 0.3
"""Least difference of the two scenes, as of a cut."""
_UNMIXED = 0.03
"""Share of a picture's difference from the first one that no mixture explains, at most, over all moments ..."""
_UNEVEN = 0.12
"""... and how far the share of the second scene may lie from an even growth."""
_AT_ONCE = 512
"""Stretches looked at together: all of a long film's at once would take more memory than all else."""
_REST = 0.25
"""How much of the whole change may happen in half as long a time before and after: scenes, not a change that goes
on."""


def find_dissolves(scenes: SceneArray, time_s: DoubleArray) -> IntArray:
    """Places ``(d, 2)`` of the first and the last frame of each dissolve, in order, apart from each other.

    Args:
        scenes: tiny pictures of the frames that could be decoded ``(n, 12, 16)``, in order.
        time_s: when each is shown, ``(n,)``.
    """
    none = np.empty((0, 2), np.int64)
    if len(scenes) < _PARTS:
        return none
    step = float(np.median(np.diff(time_s)))
    if not step > 0:
        return none
    found: list[tuple[float, int, int]] = []
    # Of stretches that overlap the one with the largest change counts: a part of a dissolve looks like one.
    for length in dict.fromkeys(round(lasts / step) for lasts in LASTS_S):
        if 4 <= length < len(scenes):
            for begin in range(0, len(scenes) - length, _AT_ONCE):
                starts = np.arange(begin, min(begin + _AT_ONCE, len(scenes) - length))
                change, starts = _mixtures(scenes, time_s, starts, length, step)
                found += [(-c, s, s + length) for c, s in zip(change.tolist(), starts.tolist(), strict=True)]
    kept: list[tuple[int, int]] = []
    for _, first, last in sorted(found):
        if all(last < other or first > end for other, end in kept):
            kept.append((first, last))
    return np.array(sorted(kept), np.int64).reshape(-1, 2)


def _mixtures(
    scenes: SceneArray, time_s: DoubleArray, starts: IntArray, length: int, step: float
) -> tuple[DoubleArray, IntArray]:
    """How much each stretch of this length that may be a dissolve changes the picture, and its first frame.

    Args:
        scenes: of all frames.
        time_s: likewise.
        starts: the stretches' first frames.
        length: in frames.
        step: seconds a frame.
    """
    whole: BoolArray = np.abs(time_s[starts + length] - time_s[starts] - length * step) < length * step / 4
    pairs = np.stack([scenes[starts], scenes[starts + length]], axis=1).reshape(-1, *scenes.shape[1:])
    differs = scene_changes(pairs)[::2] >= _DIFFER
    starts = starts[whole & differs]
    if not len(starts):
        return np.empty(0), starts

    def flat(places: IntArray) -> DoubleArray:
        return scenes[places].reshape(len(places), -1).astype(np.float64)

    a = flat(starts)
    d = flat(starts + length) - a
    size = np.maximum(np.einsum("nk,nk->n", d, d), 1e-9)
    left, uneven = np.zeros(len(starts)), np.zeros(len(starts))
    for part in range(1, _PARTS + 1):
        offset = round(part * length / (_PARTS + 1))
        moved = flat(starts + offset) - a
        share = np.einsum("nk,nk->n", moved, d) / size
        rest = moved - share[:, None] * d
        left = np.maximum(left, np.einsum("nk,nk->n", rest, rest) / size)
        uneven = np.maximum(uneven, np.abs(share - offset / length))
    before = flat(np.maximum(starts - length // 2, 0)) - a
    after = flat(np.minimum(starts + length + length // 2, len(scenes) - 1)) - a - d
    moves = np.maximum(np.einsum("nk,nk->n", before, before), np.einsum("nk,nk->n", after, after)) / size
    fits = (left <= _UNMIXED) & (uneven <= _UNEVEN) & (moves <= _REST)
    return np.sqrt(size[fits]), starts[fits]
