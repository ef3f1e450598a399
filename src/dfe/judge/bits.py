"""How many bits a face's codes cost: at their raw size, and by an ideal code that knows how often each is said."""

from __future__ import annotations

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import BoolArray, CodeArray, DoubleArray, IntArray
from dfe.displays.displays import Displays

SMOOTHING = 0.5
"""Added to every count, after Krichevsky and Trofimov (1981)."""


def speaks(codes: CodeArray, displays: Displays) -> BoolArray:
    """Which of the codes ``(n, m)`` of the first m levels say a display, ``(n, m)``.

    Raises:
        UsageError: more columns than levels, or a code that the coding does not have (-1, no face, included).
    """
    levels, size = displays.number.shape
    rows = np.asarray(codes)
    if rows.ndim != 2 or rows.shape[1] > levels:
        raise UsageError(f"codes of shape {rows.shape} do not fit {levels} levels")
    if rows.size and (rows.min() < 0 or rows.max() >= size):
        raise UsageError(f"there are codes 0 to {size - 1}, not {rows.min()} to {rows.max()}")
    return np.asarray(displays.number[np.arange(rows.shape[1]), rows] > 0)


def sizes(displays: Displays) -> IntArray:
    """Codes at each level, ``(N,)``: those that say something, and 0."""
    return np.asarray(_real(displays).sum(axis=1), np.int64)


def raw_bits(displays: Displays) -> float:
    """Bits of a face whose codes are written one by one at full size: N log2 K where all levels have K codes."""
    return float(np.log2(sizes(displays)).sum())


def code_lengths(fit_codes: CodeArray, codes: CodeArray, displays: Displays) -> DoubleArray:
    """Bits ``(n, m)`` that each code of ``codes`` ``(n, m)`` costs under an ideal code learnt from ``fit_codes``.

    A code costs -log2 of its probability, which is counted at its level on ``fit_codes`` ``(f, m)``, apart for faces
    whose level before was silent and for those where it spoke (Shannon 1948; an arithmetic coder comes within 2 bits
    a face). So a coding that stays silent after its first silence pays next to nothing for the rest.

    Args:
        fit_codes: of faces other than those measured, without -1.
        codes: of the faces to measure, without -1.
        displays: of the coding, which say what is silent.

    Raises:
        UsageError: the two differ in levels, or hold codes that the coding does not have.
    """
    if fit_codes.shape[1] != codes.shape[1]:
        raise UsageError(f"codes of {codes.shape[1]} levels, but the fit has {fit_codes.shape[1]}")
    fit_speaks, measured_speaks = speaks(fit_codes, displays), speaks(codes, displays)
    lengths = np.empty(codes.shape)
    real = _real(displays)
    for level in range(codes.shape[1]):
        fit_context, context = (_spoke_before(s, level) for s in (fit_speaks, measured_speaks))
        # Numbers that stand for no code take no part, nor do they where a coding leaves some out between others.
        there = real[level].copy()
        there[fit_codes[:, level]] = there[codes[:, level]] = True
        place, wide = np.cumsum(there) - 1, int(there.sum())
        uses = np.bincount(fit_context * wide + place[fit_codes[:, level]], minlength=2 * wide)
        counts = uses.reshape(2, wide) + SMOOTHING
        bits = -np.log2(counts / counts.sum(axis=1, keepdims=True))
        lengths[:, level] = bits[context, place[codes[:, level]]]
    return lengths


def _real(displays: Displays) -> BoolArray:
    """``(N, K)``: numbers that are codes; 0 always is one."""
    real = np.asarray(displays.number > 0)
    real[:, :1] = True
    return real


def _spoke_before(speaking: BoolArray, level: int) -> IntArray:
    return speaking[:, level - 1].astype(np.int64) if level else np.ones(len(speaking), np.int64)
