"""Ratios of rates of a design's pairs and slopes, from the model of counts: all displays share what they scatter by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.comparison.designs.frame import Frame
from dfe.comparison.designs.questions import Question
from dfe.comparison.designs.rows import DesignRow
from dfe.comparison.effects import UNITS
from dfe.stats.count_model import fit_counts
from dfe.stats.significance import benjamini_hochberg
from dfe.stats.terms import levels

_RANK = 1e-9


class Counts(NamedTuple):
    """Events and time of subjects in conditions."""

    events: DoubleArray
    """``(S, C, T)``."""
    exposure_s: DoubleArray
    """``(S, C)``."""


class Modelled(NamedTuple):
    """What the model of counts is given for one question."""

    events: DoubleArray
    """``(n, T)``."""
    minutes: DoubleArray
    """``(n,)``."""
    design: DoubleArray
    """``(n, k)`` of full rank, what is asked in its first column."""
    subject: IntArray
    group: IntArray | None


def with_ratios(rows: Sequence[DesignRow], counts: Counts, frame: Frame) -> list[DesignRow]:
    """Rows of events per minute with the ratio of rates, its interval, p and q; others as they are.

    Args:
        rows: of :func:`~dfe.comparison.designs.rows.rows_of`, of one measure, each question's in the order of columns.
        counts: of the same columns.
        frame: of the subjects.
    """
    out: list[DesignRow] = list(rows)
    for question in dict.fromkeys(row.question for row in rows):
        if question.form == "any":
            continue
        places = [i for i, row in enumerate(rows) if row.question == question]
        try:
            given = modelled(question, counts, frame)
            contrast = np.eye(given.design.shape[1])[0]
            made = fit_counts(given.events, given.minutes, given.design, contrast, subject=given.subject,
                              group=given.group)  # fmt: skip
        except UsageError:
            continue
        by_unit = {unit: [i for i in places if rows[i].kind.unit == unit] for unit in UNITS}
        column = {row: i for i, row in enumerate(places)}
        for mine in by_unit.values():
            at = [column[i] for i in mine]
            for i, c, q in zip(mine, at, benjamini_hochberg(made.p[at]).tolist(), strict=True):
                out[i] = replace(
                    out[i],
                    ratio=float(np.exp(made.log_ratio[c])),
                    ratio_low=float(np.exp(made.low[c])),
                    ratio_high=float(np.exp(made.high[c])),
                    ratio_p=float(made.p[c]),
                    ratio_q=q,
                )
    return out


def modelled(question: Question, counts: Counts, frame: Frame) -> Modelled:
    """Rows and columns of the model of counts; slopes are per standard deviation of the score."""
    apart = "condition" in question.about
    mine: BoolArray = np.ones(len(frame), np.bool_)
    which = np.arange(counts.events.shape[1])
    if question.form == "pair":
        if question.about == "group":
            mine = np.isin(frame.group, (question.first, question.second))
        elif question.about == "condition":
            which = np.array([question.first, question.second])
    frame = frame.take(mine)
    count, seconds = counts.events[mine][:, which], counts.exposure_s[mine][:, which]
    if not apart:
        count, seconds = count.sum(axis=1, keepdims=True), seconds.sum(axis=1, keepdims=True)
    people, parts = seconds.shape
    who, what = np.repeat(np.arange(people), parts), np.tile(np.arange(parts), people)
    groups = levels(frame.group, len(frame.groups)) if frame.groups else np.zeros((people, 0))
    spread = frame.scores.std(axis=0, ddof=1) if people > 1 else np.ones(frame.scores.shape[1])
    scores = (frame.scores - frame.scores.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    strata = np.eye(int(frame.block.max(initial=0)) + 1)[frame.block]
    second = (what == parts - 1).astype(np.float64)
    if question.about == "group":
        asked, held = (frame.group == question.second)[who].astype(np.float64), [scores[who]]
    elif question.about == "score":
        asked, held = scores[who, question.score], [groups[who], np.delete(scores, question.score, axis=1)[who]]
    elif question.about == "condition":
        asked, held = second, [groups[who], scores[who]]
    elif question.about == "group x condition":
        asked, held = (frame.group == 1)[who].astype(np.float64) * second, [groups[who], second[:, None], scores[who]]
    else:
        asked, held = scores[who, question.score] * second, [second[:, None], groups[who], scores[who]]
    if apart and frame.period is not None:
        held.append(np.eye(len(frame.periods))[frame.period[:, which]].reshape(len(who), -1))
    everything = [asked[:, None], np.ones((len(who), 1)), *held, frame.held[who], strata[who]]
    subject = who if frame.cluster is None else frame.cluster[who]
    group = frame.group[who] if frame.groups else None
    if group is not None and any(len(set(group[subject == one])) > 1 for one in np.unique(subject)):
        group = None
    return Modelled(count.reshape(len(who), -1), seconds.ravel() / 60, _full_rank(np.column_stack(everything)), subject,
                    group)  # fmt: skip


def _full_rank(columns: DoubleArray) -> DoubleArray:
    """The columns that say something beside those before them; the first stays whatever the others say.

    Raises:
        UsageError: the others say all about the first.
    """
    kept: list[int] = []
    basis = np.zeros((len(columns), 0))
    for place in (*range(1, columns.shape[1]), 0):
        column = columns[:, place]
        left = column - basis @ (basis.T @ column)
        left -= basis @ (basis.T @ left)
        if np.sqrt(left @ left) > _RANK * np.sqrt(column @ column):
            basis = np.column_stack([basis, left / np.sqrt(left @ left)])
            kept.append(place)
    if 0 not in kept:
        raise UsageError("what is held constant says all about it", advice="hold fewer columns constant")
    return columns[:, sorted(kept)]
