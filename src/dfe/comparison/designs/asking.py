"""A question put to the values of all displays at once: sizes, intervals, and p by exchange."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray, IntArray
from dfe.comparison.designs.frame import Frame
from dfe.comparison.designs.questions import Question
from dfe.comparison.effects import Settings
from dfe.stats.contrasts import Contrast
from dfe.stats.effect_sizes import Effects, hedges_g
from dfe.stats.slopes import partial_r, slope_interval
from dfe.stats.terms import Term, fit_term, levels, orthonormal, term_test

Size = str
"""What a standardised effect is: ``g``, ``d_z``, ``r`` (partial correlation) or ``omega2``."""


class Answer(NamedTuple):
    """One entry per display; NaN where there is none."""

    units: int
    """Subjects, or clusters, that were exchanged."""
    of: str
    """What these are: ``subjects``, ``clusters``, or ``subjects within clusters``."""
    difference: Effects
    """In the unit of the measure; of a slope, per unit of the score. With the interval of t."""
    per_sd: DoubleArray
    """Of a slope: per standard deviation of the score."""
    size: Size
    effect: Effects
    """Standardised, with its interval."""
    f: DoubleArray
    df: tuple[int, int]
    p: DoubleArray
    p_any: float


class Units(NamedTuple):
    """What is exchanged: rows of a term with their values."""

    values: DoubleArray
    """``(n, T)`` or ``(n, r, T)``."""
    term: Term
    of: str
    double: bool = False
    """Rows are conditions of subjects: their differences have twice the rows' variance."""


def ask(question: Question, values: DoubleArray, frame: Frame, settings: Settings) -> Answer:
    """Answer a question.

    Args:
        question: of the design.
        values: ``(S, C, T)``, finite.
        frame: of the same subjects.
        settings: of the exchanges.

    Raises:
        UsageError: too few subjects for what is held constant, or it says all about what is asked.
    """
    return answer(question.form, units_of(question, values, frame), settings, _spread(question, frame))


def answer(form: str, units: Units, settings: Settings, spread: float) -> Answer:
    """What the units of a question say; ``spread`` is the standard deviation of a score."""
    test = term_test(units.values, units.term, settings.permutations, settings.seed)
    count = len(test.f)
    none = np.full(count, np.nan)
    unknown = Effects(none, none, none)
    n = len(np.unique(units.term.block)) if units.double else len(units.values)
    if form == "any":
        shown = np.where(test.f > 0, test.shrunk, np.nan)
        return Answer(n, units.of, unknown, none, "omega2", Effects(shown, none, none), test.f, test.df, test.p,
                      test.p_any)  # fmt: skip
    flat = units.values if units.values.ndim == 2 else units.values[:, 0]
    fit = fit_term(flat, units.term)
    if form == "slope":
        per_sd = fit.difference * spread
        return Answer(n, units.of, slope_interval(fit), per_sd, "r", partial_r(fit), test.f, test.df, test.p,
                      test.p_any)  # fmt: skip
    size = "d_z" if units.double else "g"
    scaled = _of_differences(fit) if units.double else fit
    return Answer(n, units.of, slope_interval(fit), none, size, hedges_g(scaled), test.f, test.df, test.p,
                  test.p_any)  # fmt: skip


def units_of(question: Question, values: DoubleArray, frame: Frame) -> Units:
    """The rows that a question exchanges, and its term.

    Raises:
        UsageError: groups of a cluster, or strata, that leave nothing to compare.
    """
    if question.about in ("condition", "period"):
        return _of_conditions(question, values, frame)
    if "condition" in question.about:
        asked = np.einsum("sct,cr->srt", values, orthonormal(values.shape[1]))
        if values.shape[1] == 2:
            asked = (values[:, 1] - values[:, 0])[:, None]
    else:
        asked = values.mean(axis=1)[:, None]
    if question.about == "group" and question.form == "pair":
        mine = np.isin(frame.group, (question.first, question.second))
        asked, frame = asked[mine], frame.take(mine)
    columns, held = _columns(question, frame)
    return clustered(asked, columns, np.column_stack([held, frame.held]), frame)


def clustered(values: DoubleArray, columns: DoubleArray, held: DoubleArray, frame: Frame) -> Units:
    """Subjects as they are; or means of clusters where all of a cluster are alike in what is asked, else within them.

    Args:
        values: ``(S, r, T)`` of the subjects.
        columns: ``(S, m)`` of what is asked.
        held: ``(S, h)``.
        frame: of the same subjects.

    Raises:
        UsageError: a cluster in two strata.
    """
    if frame.cluster is None:
        return Units(values, Term(columns, held, frame.block), "subjects")
    number = np.unique(frame.cluster, return_inverse=True)[1]
    name = frame.names["cluster"]
    if np.allclose(columns, _means(columns, number)[number]):
        block = _means(frame.block[:, None].astype(np.float64), number)[:, 0]
        if not np.allclose(frame.block, block[number]):
            raise UsageError(f"a {name} lies in two strata", advice="leave the stratum out")
        term = Term(_means(columns, number), _means(held, number), block.round().astype(np.int64))
        return Units(_means(values, number), term, "clusters")
    return Units(values, Term(columns, held, number.astype(np.int64)), "subjects within clusters")


def _of_conditions(question: Question, values: DoubleArray, frame: Frame) -> Units:
    """Cells of subjects (or of clusters), each subject a block."""
    groups, of = levels(frame.group, max(len(frame.groups), 1)), "subjects"
    dummies = None if frame.period is None else np.eye(len(frame.periods))[frame.period]
    if frame.cluster is not None:
        number, of = np.unique(frame.cluster, return_inverse=True)[1], "clusters"
        values, groups = _means(values, number), _means(groups, number)
        dummies = None if dummies is None else _means(dummies, number)
    which = np.arange(values.shape[1])
    if question.form == "pair":
        which = np.array([question.first, question.second])
    values = values[:, which]
    people, count = values.shape[:2]
    who, what = np.repeat(np.arange(people), count), np.tile(np.arange(count), people)
    conditions = levels(what, count)
    # Groups weigh alike in what conditions do, however many subjects each has.
    held = [(groups[who][:, :, None] * conditions[:, None]).reshape(len(who), -1)]
    periods = None if dummies is None else dummies[:, which].reshape(people * count, -1)[:, 1:]
    asked = conditions
    if question.about == "period":
        assert periods is not None
        asked, held = periods, [*held, conditions]
    elif periods is not None:
        held.append(periods)
    if question.form == "pair":
        asked = what[:, None].astype(np.float64)
    return Units(values.reshape(people * count, -1), Term(asked, np.column_stack(held), who), of, double=True)


def _columns(question: Question, frame: Frame) -> tuple[DoubleArray, DoubleArray]:
    """What is asked ``(S, m)``, and what of the design is held constant beside it."""
    groups = levels(frame.group, len(frame.groups)) if frame.groups else np.zeros((len(frame), 0))
    scores = frame.scores - frame.scores.mean(axis=0)
    if question.about in ("group", "group x condition"):
        if question.form == "pair":
            return (frame.group == question.second)[:, None].astype(np.float64), scores
        return groups, scores
    one = scores[:, [question.score]]
    if question.about == "group x score":
        return groups * one, np.column_stack([groups, scores])
    return one, np.column_stack([groups, np.delete(scores, question.score, axis=1)])


def _spread(question: Question, frame: Frame) -> float:
    return float(frame.scores[:, question.score].std(ddof=1)) if question.form == "slope" else np.nan


def _of_differences(fit: Contrast) -> Contrast:
    """A contrast of two rows of a subject as that of their difference: twice the variance, as much the t."""
    return fit._replace(variance=2 * fit.variance, group=fit.group * np.sqrt(2))


def _means(values: DoubleArray, number: IntArray) -> DoubleArray:
    """Means of rows by cluster."""
    sums = np.zeros((int(number.max()) + 1, *values.shape[1:]))
    np.add.at(sums, number, values)
    return np.asarray(sums / np.bincount(number).reshape(-1, *[1] * (values.ndim - 1)))
