"""Answers of a design as rows: a question, a measure and a display each, with families for the false discovery rate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.comparison.designs.asking import Answer, ask
from dfe.comparison.designs.frame import DesignMeasure, Frame
from dfe.comparison.designs.questions import Form, Question
from dfe.comparison.effects import NO_SPREAD, NOBODY, TOO_FEW_SHOW, UNITS, UNSTEADY, Settings, alike, enough_known
from dfe.comparison.measures import CountedUnit, Kind
from dfe.stats.prevalence import shown_enough
from dfe.stats.significance import benjamini_hochberg, holm

TOO_MUCH_HELD = "too few of those who show it for what is held constant"


@dataclass(frozen=True)
class DesignRow:
    """One question, measure and display (or region, group of displays, display of the eyes)."""

    question: Question
    measure: DesignMeasure
    kind: Kind
    sides: tuple[str, str]
    """Of pairs, the second against the first; else empty."""
    units: int
    """That were exchanged."""
    of: str
    """Subjects, clusters, or subjects within clusters."""
    difference: float
    """In the unit of the measure; of a slope, per unit of the score; NaN of ``any``."""
    low: float
    high: float
    per_sd: float
    """Of a slope: per standard deviation of the score."""
    size: str
    """``g``, ``d_z``, ``r`` (partial correlation), ``omega2`` (partial omega squared)."""
    effect: float
    effect_low: float
    effect_high: float
    f: float
    df: tuple[int, int]
    p: float
    p_holm: float = np.nan
    """Over the pairs of a display; NaN of all but pairs."""
    q: float = np.nan
    """Benjamini-Hochberg over displays (and pairs) of a question and a measure."""
    ratio: float = np.nan
    ratio_low: float = np.nan
    ratio_high: float = np.nan
    """Ratio of rates from the model of counts, with its 95% interval; of a slope, per standard deviation."""
    ratio_p: float = np.nan
    ratio_q: float = np.nan
    flags: tuple[str, ...] = ()


class DesignFamily(NamedTuple):
    """Rows that are judged together: of a question's name and form, a measure, and a kind of unit."""

    name: str
    form: Form
    measure: DesignMeasure
    unit: CountedUnit
    tested: int
    p_any: float
    """Permutation p of the largest F over the displays; NaN where not all were tested together, and of pairs."""


class LevelMean(NamedTuple):
    """Subjects' values in one group and condition."""

    measure: DesignMeasure
    kind: Kind
    group: str
    condition: str
    subjects: int
    mean: float
    sd: float


def rows_of(
    questions: Sequence[Question],
    measure: DesignMeasure,
    kinds: Sequence[Kind],
    values: DoubleArray,
    frame: Frame,
    settings: Settings,
) -> tuple[list[DesignRow], list[DesignFamily]]:
    """Answer all questions in the values ``(S, C, T)`` of one measure.

    Displays, regions, displays of the eyes and groups are families of their own; pairs of one factor are judged
    together. What too few of those show whom a question is about is in no family.

    Raises:
        UsageError: a question that cannot be answered for any display.
    """
    shows: BoolArray = np.asarray(np.any(np.nan_to_num(values) != 0, axis=1))
    rows: list[DesignRow] = []
    families: list[DesignFamily] = []
    for name, form in dict.fromkeys((q.name, q.form) for q in questions):
        together = [q for q in questions if (q.name, q.form) == (name, form)]
        for unit in UNITS:
            columns = np.array([i for i, kind in enumerate(kinds) if kind.unit == unit], np.int64)
            if not len(columns):
                continue
            found: list[DesignRow] = []
            p_any = np.nan
            for question in together:
                asked = shows[_asked(question, frame)]
                tested = columns[shown_enough(asked)[columns]]
                made, any_p = _answered(question, measure, kinds, values, tested, frame, settings)
                shown: BoolArray = np.asarray(asked.any(axis=0))
                found += [made.get(c) or _untested(question, measure, kinds[c], frame, bool(shown[c]))
                          for c in columns.tolist()]  # fmt: skip
                p_any = any_p if len(together) == 1 else np.nan
            found = _judged(found, form)
            rows += found
            families.append(
                DesignFamily(name, form, measure, unit, len({r.kind.token for r in found if r.p == r.p}), p_any)
            )
    return rows, families


def level_means(
    measure: DesignMeasure, kinds: Sequence[Kind], values: DoubleArray, frame: Frame
) -> Iterator[LevelMean]:
    """Means and standard deviations of subjects by group and condition."""
    for place, group in enumerate(frame.groups or ("",)):
        mine = frame.group == place if frame.groups else np.ones(len(frame), np.bool_)
        for which, condition in enumerate(frame.conditions or ("",)):
            for column, kind in enumerate(kinds):
                known = values[mine, which, column]
                known = known[np.isfinite(known)]
                mean = float(known.mean()) if len(known) else np.nan
                sd = float(known.std(ddof=1)) if len(known) > 1 else np.nan
                yield LevelMean(measure, kind, group, condition, len(known), mean, sd)


def _answered(
    question: Question,
    measure: DesignMeasure,
    kinds: Sequence[Kind],
    values: DoubleArray,
    tested: IntArray,
    frame: Frame,
    settings: Settings,
) -> tuple[dict[int, DesignRow], float]:
    made: dict[int, DesignRow] = {}
    p_any = np.nan
    for group, known in alike(np.all(np.isfinite(values[:, :, tested]), axis=1), tested):
        if not enough_known(measure, known, _sides(question, frame)):
            continue
        try:
            done = ask(question, values[known][:, :, group], _without_constants(frame.take(known)), settings)
        except UsageError as error:
            alone = question.form != "pair" or max(len(frame.groups), len(frame.conditions)) == 2
            if known.all() and alone:
                raise UsageError(f"{question.name}: {error.what}", advice=error.advice) from error
            why = f"cannot be compared: {error.what}" if known.all() else TOO_MUCH_HELD
            made |= {int(c): _untested(question, measure, kinds[c], frame, True, why) for c in group}
            continue
        if len(group) == len(tested):
            p_any = done.p_any
        made |= {int(c): _row(question, measure, kinds[c], done, i, frame) for i, c in enumerate(group)}
    return made, p_any


def _asked(question: Question, frame: Frame) -> BoolArray:
    """Subjects ``(S,)`` whom a question is about: those of a pair of groups, else all."""
    if question.about == "group" and question.form == "pair":
        return np.isin(frame.group, (question.first, question.second))
    return np.ones(len(frame), np.bool_)


def _judged(rows: Sequence[DesignRow], form: Form) -> list[DesignRow]:
    q = benjamini_hochberg([row.p for row in rows])
    out = [replace(row, q=float(value)) for row, value in zip(rows, q, strict=True)]
    if form != "pair":
        return out
    strict: dict[int, float] = {}
    for token in dict.fromkeys(row.kind.token for row in out):
        places = [i for i, row in enumerate(out) if row.kind.token == token]
        strict |= dict(zip(places, holm([out[i].p for i in places]).tolist(), strict=True))
    return [replace(row, p_holm=strict[i]) for i, row in enumerate(out)]


def _sides(question: Question, frame: Frame) -> Iterator[BoolArray]:
    """Subjects ``(S,)`` of each group that a question is about; all of them where groups are not compared."""
    asked = _asked(question, frame)
    for place in range(max(len(frame.groups), 1)):
        mine: BoolArray = frame.group == place
        if not frame.groups or asked[mine].any() or question.about != "group":
            yield mine


def _without_constants(frame: Frame) -> Frame:
    return replace(frame, held=frame.held[:, np.ptp(frame.held, axis=0) > 0] if len(frame) else frame.held)


def _row(question: Question, measure: DesignMeasure, kind: Kind, done: Answer, i: int, frame: Frame) -> DesignRow:
    flags: tuple[str, ...] = (UNSTEADY,) if kind.unsteady else ()
    nothing = not np.isfinite(done.effect.value[i])
    if nothing:
        flags += (NO_SPREAD,)
    return DesignRow(
        question=question,
        measure=measure,
        kind=kind,
        sides=question.sides(frame),
        units=done.units,
        of=done.of,
        difference=float(done.difference.value[i]),
        low=float(done.difference.low[i]),
        high=float(done.difference.high[i]),
        per_sd=float(done.per_sd[i]),
        size=done.size,
        effect=float(done.effect.value[i]),
        effect_low=float(done.effect.low[i]),
        effect_high=float(done.effect.high[i]),
        f=float(done.f[i]),
        df=done.df,
        p=float(done.p[i]),
        flags=flags,
    )


def _untested(
    question: Question, measure: DesignMeasure, kind: Kind, frame: Frame, shown: bool, why: str = TOO_FEW_SHOW
) -> DesignRow:
    flags = (why if shown else NOBODY,) + ((UNSTEADY,) if kind.unsteady else ())
    none = (np.nan,) * 4
    return DesignRow(
        question, measure, kind, question.sides(frame), 0, "", *none, "", *none, (0, 0), np.nan, flags=flags
    )


COLUMNS = (
    "question", "form", "first", "second", "measure", "kind", "token", "label", "side", "region", "units", "units_are",
    "difference", "difference_low", "difference_high", "per_sd", "size", "effect", "effect_low", "effect_high",
    "f", "df_term", "df_rest", "p", "p_holm", "q", "ratio", "ratio_low", "ratio_high", "ratio_p", "ratio_q",
    "unsteady", "flags",
)  # fmt: skip
"""Of tests.csv."""


def row_cells(row: DesignRow) -> tuple[object, ...]:
    """The cells of :data:`COLUMNS`."""
    kind = row.kind
    return (
        row.question.name, row.question.form, *row.sides, row.measure,
        kind.unit, kind.token, kind.label, kind.side, kind.region, row.units, row.of,
        row.difference, row.low, row.high, row.per_sd, row.size, row.effect, row.effect_low, row.effect_high,
        row.f, *row.df, row.p, row.p_holm, row.q,
        row.ratio, row.ratio_low, row.ratio_high, row.ratio_p, row.ratio_q,
        int(kind.unsteady), "; ".join(row.flags),
    )  # fmt: skip


def row_json(row: DesignRow) -> dict[str, object]:
    """The same for JSON."""
    out: dict[str, object] = dict(zip(COLUMNS, row_cells(row), strict=True))
    out["unit"] = out.pop("kind")
    return {
        **out,
        "about": row.question.about,
        "displays": row.kind.displays,
        "unsteady": row.kind.unsteady,
        "flags": list(row.flags),
    }
