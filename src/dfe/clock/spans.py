"""Stretches of time as arrays ``(k, 2)`` of start and end in seconds, sorted and apart from each other."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.types import BoolArray, DoubleArray


def spans(pairs: ArrayLike | Iterable[tuple[float, float]]) -> DoubleArray:
    """Any stretches as sorted ones that do not touch; empty ones are left out."""
    given = np.asarray(pairs if isinstance(pairs, np.ndarray) else list(pairs), np.float64).reshape(-1, 2)  # type: ignore[arg-type]
    given = given[given[:, 1] > given[:, 0]]
    if not len(given):
        return np.zeros((0, 2))
    given = given[np.argsort(given[:, 0], kind="stable")]
    reach = np.maximum.accumulate(given[:, 1])
    begins = np.append(True, given[1:, 0] > reach[:-1])
    first = np.flatnonzero(begins)
    return np.column_stack([given[first, 0], reach[np.append(first[1:], len(given)) - 1]])


def both(a: DoubleArray, b: DoubleArray) -> DoubleArray:
    """Time that lies in both."""
    if not len(a) or not len(b):
        return np.zeros((0, 2))
    edges = np.unique(np.concatenate([a.ravel(), b.ravel()]))
    middle = (edges[:-1] + edges[1:]) / 2
    inside = contains(a, middle) & contains(b, middle)
    return spans(np.column_stack([edges[:-1], edges[1:]])[inside])


def without(a: DoubleArray, b: DoubleArray) -> DoubleArray:
    """Time that lies in ``a`` and not in ``b``."""
    edges = np.concatenate([[-np.inf], b.ravel(), [np.inf]]).reshape(-1, 2)
    return both(a, spans(np.where(np.isinf(edges), np.sign(edges) * 1e12, edges)))


def contains(a: DoubleArray, times: ArrayLike) -> BoolArray:
    """Which times lie in a stretch; its start belongs to it, its end does not."""
    seconds = np.asarray(times, np.float64)
    if not len(a):
        return np.zeros(seconds.shape, bool)
    last = np.searchsorted(a[:, 0], seconds, side="right") - 1
    return np.asarray((last >= 0) & (seconds < a[last.clip(0), 1]))


def seconds_in(a: DoubleArray, start_s: DoubleArray, end_s: DoubleArray) -> DoubleArray:
    """``(n,)`` seconds of each of n stretches of time (which may overlap one another) that lie in ``a``."""
    if not len(a) or not len(start_s):
        return np.zeros(len(start_s))
    edges = np.clip(a, start_s.min(), end_s.max()).ravel()
    passed = np.repeat(np.cumsum(edges[1::2] - edges[::2]), 2)
    passed[::2] -= edges[1::2] - edges[::2]
    return np.asarray(np.interp(end_s, edges, passed) - np.interp(start_s, edges, passed))


def total(a: DoubleArray) -> float:
    """Seconds in all."""
    return float((a[:, 1] - a[:, 0]).sum())
