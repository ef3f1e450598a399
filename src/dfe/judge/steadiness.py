"""How much a coding moves when the face does not: when the head turns, and in the same picture changed a little."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import UsageError
from dfe.base.types import BoolArray, IntArray
from dfe.facemodel.measures import rms_mm
from dfe.judge.motion import centred
from dfe.stats.bootstrap import Estimate, SubjectBootstrap
from dfe.stats.draws import DRAWS


def turn_share(
    said: NDArray[np.floating],
    person: IntArray,
    smiling: BoolArray,
    ahead: BoolArray,
    draws: int = DRAWS,
    seed: int = 0,
) -> Estimate:
    """Movement when only the head turns, as a share of the same people's smile; mean over people by mean over people.

    The movement is that of a person's faces that do not smile, around their mean; the smile, that of faces that look
    ahead. People without a turned face, or without both faces ahead, are left out.

    Args:
        said: ``(n, p, 3)`` mm, by the coding.
        person: ``(n,)``.
        smiling: ``(n,)``; all others are the same neutral face at several angles.
        ahead: ``(n,)`` faces that look ahead.
        draws: of people, for the interval.
        seed: of the draws.

    Raises:
        UsageError: nobody who is seen neutral, turned and smiling.
    """
    moved, smiles = [], []
    for one in np.unique(person):
        mine = person == one
        rest, smile = mine & ~smiling, mine & smiling & ahead
        if not smile.any() or not (rest & ahead).any() or not (rest & ~ahead).any():
            continue
        still = said[rest & ahead].mean(axis=0)
        smiles.append(float(rms_mm(said[smile].mean(axis=0) - still)))
        around = said[rest] - said[rest].mean(axis=0)
        moved.append(float(np.sqrt(np.square(around).sum(axis=2).mean())))
    if not smiles:
        raise UsageError("nobody is seen neutral ahead, neutral turned, and smiling ahead")
    return SubjectBootstrap(np.arange(len(smiles)), draws, seed).ratio(moved, smiles)


def changed_share(
    before: NDArray[np.floating],
    after: NDArray[np.floating],
    person: IntArray,
    draws: int = DRAWS,
    seed: int = 0,
) -> Estimate:
    """How far a change of the picture moves a coding, root mean square, as a share of how far faces move.

    Args:
        before: ``(n, p, 3)`` mm; a person's movement is around the person's mean.
        after: ``(n, p, 3)``, the same faces in the changed pictures.
        person: ``(n,)``.
        draws: of people, for the interval.
        seed: of the draws.
    """
    off = np.square(before - after).sum(axis=(1, 2), dtype=np.float64)
    motion = np.square(centred(before, person)).sum(axis=(1, 2), dtype=np.float64)
    return Estimate(*np.sqrt(SubjectBootstrap(person, draws, seed).ratio(off, motion)))
