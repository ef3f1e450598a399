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
from dfe.comparison.ratios import ONE_SIDE, TOO_LITTLE, ratios_found
from dfe.stats.contrasts import full_rank
from dfe.stats.count_model import fit_counts
from dfe.stats.rate_ratios import NONE, RateRatio
from dfe.stats.significance import benjamini_hochberg
from dfe.stats.terms import levels

NO_RATIO = "no ratio of rates"


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
        except UsageError as error:
            for i in places:
                if rows[i].units:
                    out[i] = _flagged(out[i], f"{NO_RATIO}: {error.what}")
            continue
        for unit in UNITS:
            # As between two groups: displays share their spread with displays, regions with regions, where tested.
            mine = [(i, c) for c, i in enumerate(places) if rows[i].kind.unit == unit and rows[i].units]
            made = _ratios(given, [c for _, c in mine])
            adjusted = benjamini_hochberg([one.p for one in made]).tolist()
            for (i, _), one, q in zip(mine, made, adjusted, strict=True):
                out[i] = replace(
                    out[i], ratio=one.value, ratio_low=one.low, ratio_high=one.high, ratio_p=one.p, ratio_q=q
                )
                if one.value in (0.0, np.inf):
                    out[i] = _flagged(out[i], ONE_SIDE)
                elif not np.isfinite(one.p):
                    out[i] = _flagged(out[i], f"{NO_RATIO}: {TOO_LITTLE}")
    return out


def _flagged(row: DesignRow, why: str) -> DesignRow:
    return replace(row, flags=(*row.flags, why))


def _ratios(given: Modelled, columns: Sequence[int]) -> list[RateRatio]:
    """Of some columns; NaN where the model cannot be fitted."""
    if not columns:
        return []
    contrast = np.eye(given.design.shape[1])[0]
    try:
        done = fit_counts(given.events[:, columns], given.minutes, given.design, contrast, subject=given.subject,
                          group=given.group)  # fmt: skip
    except UsageError:
        return [NONE] * len(columns)
    return ratios_found(done)


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
        # Groups may differ in what the conditions do: asked about is the mean over groups.
        asked, held = second, [groups[who], groups[who] * second[:, None], scores[who]]
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
    return Modelled(count.reshape(len(who), -1), seconds.ravel() / 60, full_rank(np.column_stack(everything)), subject,
                    group)  # fmt: skip
