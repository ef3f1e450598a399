"""The best one-to-one matching of two small sets."""

from __future__ import annotations

import math
from collections.abc import Sequence

FORBIDDEN = -math.inf
"""Score of a pair that may not be made."""


def best_pairs(scores: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Pairs ``(row, column)`` with the largest sum of scores; only pairs with a score above zero are made.

    Exact: the Hungarian method with potentials (shortest augmenting paths), of order rows^2 x columns.

    Args:
        scores: one finite number or :data:`FORBIDDEN` for each row and column.
    """
    if not scores or not scores[0]:
        return []
    if len(scores) == 1 or len(scores[0]) == 1:
        flat = [(s, -i, -j) for i, row in enumerate(scores) for j, s in enumerate(row)]
        score, i, j = max(flat)
        return [(-i, -j)] if score > 0 else []
    if len(scores) > len(scores[0]):
        turned = best_pairs(list(zip(*scores, strict=True)))
        return sorted((i, j) for j, i in turned)
    # A pair of no worth costs as much as no pair, so that every row can be given a column.
    costs = [[-s if s > 0 else 0.0 for s in row] for row in scores]
    return [(i, j) for i, j in enumerate(_assign(costs)) if scores[i][j] > 0]


def _assign(costs: Sequence[Sequence[float]]) -> list[int]:
    """Column of each row in the cheapest complete assignment; needs at least as many columns as rows."""
    rows, cols = len(costs), len(costs[0])
    row_potential, col_potential = [0.0] * (rows + 1), [0.0] * (cols + 1)
    owner = [0] * (cols + 1)
    for row in range(1, rows + 1):
        owner[0] = row
        column, slack, before = 0, [math.inf] * (cols + 1), [0] * (cols + 1)
        done = [False] * (cols + 1)
        while owner[column]:
            done[column] = True
            current, step, following = owner[column], math.inf, 0
            for j in range(1, cols + 1):
                if done[j]:
                    continue
                reduced = costs[current - 1][j - 1] - row_potential[current] - col_potential[j]
                if reduced < slack[j]:
                    slack[j], before[j] = reduced, column
                if slack[j] < step:
                    step, following = slack[j], j
            for j in range(cols + 1):
                if done[j]:
                    row_potential[owner[j]] += step
                    col_potential[j] -= step
                else:
                    slack[j] -= step
            column = following
        while column:
            owner[column] = owner[before[column]]
            column = before[column]
    assigned = [0] * rows
    for j in range(1, cols + 1):
        if owner[j]:
            assigned[owner[j] - 1] = j - 1
    return assigned
