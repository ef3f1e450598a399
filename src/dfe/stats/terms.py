"""Any term of a linear model tested by exchanging what the rest of the model leaves: factors, scores, interactions.

A term is one column or several (a factor with k levels has k - 1). What is held constant is taken out of the values,
what is left of them is exchanged between rows of a block, and the whole model is fitted anew (Freedman and Lane, 1983;
Anderson and ter Braak, 2003, *J. Stat. Comput. Simul.* 73, 85). Rows may be

- subjects, in blocks of a site: groups and scores compared between subjects;
- conditions of subjects, each subject a block: the F of an analysis of variance with repeated measures;
- subjects with several contrasts of conditions each: whether groups differ in what conditions do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray, IntArray
from dfe.stats.contrasts import Contrast, contrast_along, held_constant
from dfe.stats.draws import PERMUTATIONS

_AT_ONCE = 512
_TINY = 1e-12
_NEAR = 1 - 2e-9
_FEWEST_DF = 2


class Term(NamedTuple):
    """What is asked about, and what is held constant."""

    columns: DoubleArray
    """``(n, m)`` asked about."""
    held: DoubleArray
    """``(n, h)`` held constant, beside the mean of each block."""
    block: IntArray
    """``(n,)`` rows are compared and exchanged within a block only."""


class TermTest(NamedTuple):
    """One entry per column of values."""

    f: DoubleArray
    """``(T,)`` F of the term; 0 where nothing is left to explain."""
    df: tuple[int, int]
    """Of the term, and of what is left."""
    p: DoubleArray
    """``(T,)`` permutation p, ``(b + 1) / (B + 1)``."""
    p_any: float
    """Permutation p of the largest F over all columns."""

    @property
    def share(self) -> DoubleArray:
        """Partial eta squared ``(T,)``: of what the rest of the model leaves, the share that goes with the term."""
        explained = self.f * self.df[0]
        return np.asarray(explained / (explained + self.df[1]))

    @property
    def shrunk(self) -> DoubleArray:
        """Partial omega squared ``(T,)``: the same less what chance gives; may be below 0."""
        beyond = self.df[0] * (self.f - 1)
        return np.asarray(beyond / (beyond + sum(self.df) + 1))


def term_test(values: DoubleArray, term: Term, permutations: int = PERMUTATIONS, seed: int = 0) -> TermTest:
    """Test a term in all columns of values at once.

    Args:
        values: ``(n, T)``, or ``(n, r, T)`` of ``r`` contrasts of each row that are judged together and exchanged
            together.
        term: of the ``n`` rows.
        permutations: B.
        seed: of the exchanges.

    Raises:
        UsageError: what is held constant says all about the term, or leaves fewer than two degrees of freedom.
    """
    stacked = values[:, None] if values.ndim == 2 else values
    rows, several, count = stacked.shape
    held, asked = bases(term)
    df = rows - held.shape[1] - asked.shape[1]
    if df < _FEWEST_DF:
        raise UsageError(f"too few of them ({rows}) for what is held constant", advice="hold fewer columns constant")
    flat = stacked.reshape(rows, several * count)
    flat = flat - flat.mean(axis=0)
    size = np.sqrt((flat**2).sum(axis=0).reshape(several, count).sum(axis=0)).clip(1e-300)
    residual = flat - held @ (held.T @ flat)
    spread = np.sqrt((residual**2).sum(axis=0).reshape(several, count).sum(axis=0))
    fine = spread > _TINY * size
    scale = np.tile(np.where(fine, 1 / np.where(fine, spread, 1.0), 0.0), several)
    f = permuted_f(residual * scale, several, held, asked, df, np.arange(rows)[None])[0]
    beyond, beyond_any = np.zeros(count, np.int64), 0
    for order in exchanges(term.block, permutations, seed):
        null = permuted_f(residual * scale, several, held, asked, df, order)
        beyond += (null >= f * _NEAR).sum(axis=0)
        beyond_any += int((null.max(axis=1) >= f.max() * _NEAR).sum())
    p, p_any = (beyond + 1) / (permutations + 1), (beyond_any + 1) / (permutations + 1)
    return TermTest(f, (asked.shape[1] * several, df * several), p, float(p_any))


def fit_term(values: DoubleArray, term: Term) -> Contrast:
    """Least squares of columns ``(n, T)`` along a term of one column: how much they rise with it.

    Raises:
        UsageError: as of :func:`term_test`.
    """
    held, _ = bases(term)
    asked = term.columns[:, 0]
    return contrast_along(values, asked - held @ (held.T @ asked), held)


def bases(term: Term) -> tuple[DoubleArray, DoubleArray]:
    """Orthonormal bases of what is held constant ``(n, h)``, and of what is left of the term ``(n, m)``.

    Raises:
        UsageError: nothing is left of the term.
    """
    held = held_constant(term.block, term.held)
    size = np.sqrt((term.columns**2).sum(axis=0)).clip(1e-300)
    left = (term.columns - held @ (held.T @ term.columns)) / size
    vectors, lengths, _ = np.linalg.svd(left, full_matrices=False)
    asked = vectors[:, lengths > 1e-9]
    if not asked.shape[1]:
        raise UsageError("what is held constant says all about it", advice="hold fewer columns constant")
    return held, asked


def permuted_f(
    residual: DoubleArray, several: int, held: DoubleArray, asked: DoubleArray, df: int, order: IntArray
) -> DoubleArray:
    """F ``(b, T)`` when residuals ``(n, several * T)`` are put in the orders ``(b, n)`` given, the model refitted.

    Row ``order[i]`` of the model gets residual ``i``, which saves moving the residuals themselves.
    """

    def together(squares: DoubleArray) -> DoubleArray:
        return np.asarray(squares.reshape(-1, several, residual.shape[1] // several).sum(axis=1))

    def along(basis: DoubleArray) -> DoubleArray:
        found = np.zeros((len(order), residual.shape[1]))
        for column in basis.T:
            found += (column[order] @ residual) ** 2
        return together(found)

    explained = along(asked)
    rest = (together((residual**2).sum(axis=0)[None]) - explained - along(held)).clip(0)
    none = np.zeros_like(explained)
    # What the term explains to the last bit has a very large F, not none.
    floor = _TINY * np.maximum(explained, _TINY)
    ratio = np.divide(explained, np.maximum(rest, floor), out=none, where=explained > _TINY)
    return np.asarray(ratio * df / asked.shape[1])


def exchanges(block: IntArray, permutations: int, seed: int) -> Iterator[IntArray]:
    """Orders ``(b, n)`` of rows, exchanged within blocks, in batches that make up the permutations."""
    rng = np.random.default_rng(seed)
    blocks = [np.flatnonzero(block == one) for one in np.unique(block)]
    for start in range(0, permutations, _AT_ONCE):
        order = np.empty((min(_AT_ONCE, permutations - start), len(block)), np.int64)
        for rows in blocks:
            order[:, rows] = rng.permuted(np.tile(rows, (len(order), 1)), axis=1)
        yield order


def levels(of: IntArray, count: int) -> DoubleArray:
    """Effects of a factor ``(n, count - 1)``: its levels weigh alike, however many rows each has."""
    coded = np.eye(count)[of]
    return np.asarray(coded[:, 1:] - coded[:, :1])


def orthonormal(count: int) -> DoubleArray:
    """``(count, count - 1)`` contrasts of so many conditions, at right angles to their mean and to each other."""
    vectors = np.linalg.qr(np.column_stack([np.ones(count), np.eye(count)[:, 1:]]))[0]
    return np.asarray(vectors[:, 1:])
