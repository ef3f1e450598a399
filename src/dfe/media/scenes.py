"""Where a film is cut: from one tiny picture a frame, whatever its size, brightness or contrast.

A cut changes the whole picture between two frames and then stops; a head that turns, a camera that moves or a lamp
that flickers changes it over several. So a change counts where it is much larger than those around it, or very large.
What it cannot see: dissolves and fades, and a change in a small part of the picture (there faces tell,
:mod:`dfe.frontends.tracks`).
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from dfe.base.types import BoolArray, DoubleArray, ImageArray, IntArray

SCENE_SHAPE = (12, 16)
"""Rows and columns of the tiny picture."""

ALARMING = 0.15
"""A change from frame to frame from which on what was followed is sought anew; more often than there is a cut."""
_CERTAIN = 0.5
_LEAST, _LEAST_SLOW, _SLOW_S = 0.1, 0.3, 0.1
"""The least change that counts, and where frames are farther apart than so many seconds: people move in between."""
_ISOLATED = 4.0
"""How many times larger than the changes around it a change must be, if it is not certain by itself."""
_AROUND, _AROUND_S = 3, 0.4
"""Changes are compared with so many on either side, as far as they are no farther away than this or follow at once."""
_STILL = 0.002
"""Frames that repeat the one before say nothing about how much the film moves."""
_FLATTEST = 4.0
"""Grey levels: a picture with less contrast (a black one) is taken for flat, unlike any other."""
_PAUSE_S = 1.0
"""Over a longer gap two pictures may differ without a cut."""
_AT_ONCE = 1024
"""Tiny pictures as numbers at a time: those of a long film would take more memory than all else."""

SceneArray = NDArray[np.uint8]


def scene_of(image: ImageArray) -> SceneArray:
    """The tiny picture ``(12, 16)``, grey, of a picture ``(h, w, 3)``."""
    height, width = image.shape[:2]
    step = max(1, min(height // 48, width // 64))
    grey = cv2.cvtColor(np.ascontiguousarray(image[::step, ::step]), cv2.COLOR_RGB2GRAY)
    return cast(SceneArray, cv2.resize(grey, SCENE_SHAPE[::-1], interpolation=cv2.INTER_AREA))


def scene_changes(scenes: SceneArray) -> DoubleArray:
    """How much each tiny picture ``(n, 12, 16)`` differs from the one before it, ``(n - 1,)``.

    One less their correlation: 0 for the same picture, lighter or darker; 1 for unrelated ones, 2 for a negative.
    """
    blocks = range(0, max(len(scenes) - 1, 1), _AT_ONCE)
    return np.concatenate([_changes(scenes[start : start + _AT_ONCE + 1]) for start in blocks])


def _changes(scenes: SceneArray) -> DoubleArray:
    flat = scenes.reshape(len(scenes), -1).astype(np.float64)
    flat -= flat.mean(axis=1, keepdims=True)
    length = np.linalg.norm(flat, axis=1)
    contrast = length / np.sqrt(flat.shape[1])
    change = 1 - (flat[1:] * flat[:-1]).sum(axis=1) / np.maximum(length[1:] * length[:-1], 1e-9)
    plain = contrast < _FLATTEST
    change[plain[1:] != plain[:-1]] = 1.0
    change[plain[1:] & plain[:-1]] = 0.0
    return cast(DoubleArray, change)


def find_cuts(scenes: SceneArray, time_s: DoubleArray) -> IntArray:
    """Places ``(c,)`` of the frames with which a new scene begins.

    Args:
        scenes: tiny pictures of the frames that could be decoded ``(n, 12, 16)``, in order.
        time_s: when each is shown, ``(n,)``.
    """
    if len(scenes) < 2:
        return np.empty(0, np.int64)
    change = scene_changes(scenes)
    moving = np.flatnonzero(change > _STILL)
    cut: BoolArray = np.zeros(len(change), np.bool_)
    for at, place in enumerate(moving.tolist()):
        value = change[place]
        gap = time_s[place + 1] - time_s[place]
        if value < (_LEAST if gap <= _SLOW_S else _LEAST_SLOW) or gap > _PAUSE_S:
            continue
        around = np.r_[moving[max(0, at - _AROUND) : at], moving[at + 1 : at + 1 + _AROUND]]
        near = (np.abs(time_s[around] - time_s[place]) <= _AROUND_S) | (np.abs(around - place) <= _AROUND)
        around = around[near]
        most = change[around].max(initial=0.0)
        cut[place] = value >= _CERTAIN or value > _ISOLATED * most
    places = np.flatnonzero(cut) + 1
    # Of several in a row (a black frame between two scenes) the last one counts.
    return places[np.diff(places, append=np.iinfo(np.int64).max) > 1]
