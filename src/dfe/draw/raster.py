"""Which triangle each pixel shows: a z-buffer without a loop over pixels or triangles."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dfe.base.types import DoubleArray


class Visible(NamedTuple):
    """The nearest triangle at each pixel that shows any; n pixels, in no promised order."""

    pixel: NDArray[np.int64]
    """``(n,)`` row * width + column."""
    triangle: NDArray[np.int64]
    """``(n,)`` index into the triangles given."""
    weights: DoubleArray
    """``(n, 3)`` barycentric weights of the triangle's corners on the screen at the pixel's centre."""


def rasterise(xy: DoubleArray, depth: DoubleArray, triangles: NDArray[np.integer], size: tuple[int, int]) -> Visible:
    """Find the triangle nearest to the eye at every pixel centre ``(column + 0.5, row + 0.5)``.

    Each triangle is cut into the spans it covers on each row (the intersection of three half-planes), and only the
    pixels of those spans are ever touched.

    Args:
        xy: ``(V, 2)`` corners on the screen in pixels, x to the right, y down.
        depth: ``(V,)`` larger is nearer; a quantity that is linear on the screen (1/z in perspective).
        triangles: ``(F, 3)``; those that turn clockwise in y-up terms (seen from behind) are left out.
        size: height and width in pixels.
    """
    height, width = size
    corners = xy[triangles]
    # Edge function k is zero on the edge opposite corner k and positive inside: e_k(x, y) = a x + b y + c.
    start, end = corners[:, [1, 2, 0]], corners[:, [2, 0, 1]]
    a = end[..., 1] - start[..., 1]
    b = start[..., 0] - end[..., 0]
    c = -(a * start[..., 0] + b * start[..., 1])
    area = a[:, 0] * corners[:, 0, 0] + b[:, 0] * corners[:, 0, 1] + c[:, 0]

    top = np.clip(np.ceil(of_three(np.minimum, corners[..., 1]) - 0.5), 0, height).astype(np.int64)
    bottom = np.clip(np.floor(of_three(np.maximum, corners[..., 1]) - 0.5) + 1, 0, height).astype(np.int64)
    rows = np.where(area > 0, np.maximum(bottom - top, 0), 0)
    triangle_of_row, offset = _expand(rows)
    row = top[triangle_of_row] + offset

    a_, rest = a[triangle_of_row], b[triangle_of_row] * (row + 0.5)[:, None] + c[triangle_of_row]
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = -rest / a_
    left = of_three(np.maximum, np.where(a_ > 0, crossing, -np.inf))
    right = of_three(np.minimum, np.where(a_ < 0, crossing, np.inf))
    outside = of_three(np.logical_or, (a_ == 0) & (rest < 0))
    first = np.clip(np.ceil(left - 0.5), 0, width).astype(np.int64)
    last = np.clip(np.floor(right - 0.5) + 1, 0, width).astype(np.int64)
    span, offset = _expand(np.where(outside, 0, np.maximum(last - first, 0)))
    column = first[span] + offset

    # Nearness is linear along a span too; the weights are worked out where a pixel has been won, not before.
    slope = np.einsum("fk,fk->f", a, depth[triangles])[triangle_of_row] / area[triangle_of_row]
    level = np.einsum("rk,rk->r", rest, depth[triangles][triangle_of_row]) / area[triangle_of_row]
    nearness = level[span] + slope[span] * (column + 0.5)
    pixel = row[span] * width + column
    nearest = np.full(height * width, -np.inf)
    np.maximum.at(nearest, pixel, nearness)
    # Two triangles may tie on a shared edge: the one with the higher index is shown.
    shown = np.flatnonzero(nearness == nearest[pixel])
    winner = np.full(height * width, -1)
    winner[pixel[shown]] = shown
    winner = winner[winner >= 0]
    span, triangle = span[winner], triangle_of_row[span[winner]]
    weights = (a[triangle] * (column[winner] + 0.5)[:, None] + rest[span]) / area[triangle][:, None]
    return Visible(pixel[winner], triangle, weights)


def of_three(combine: np.ufunc, rows: NDArray[Any]) -> NDArray[Any]:
    """``combine.reduce(rows, axis=1)`` of ``(n, 3)``, several times as fast: numpy reduces short rows one by one."""
    return np.asarray(combine(combine(rows[:, 0], rows[:, 1]), rows[:, 2]))


def _expand(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Owner and running number of every element of groups of the given sizes."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
