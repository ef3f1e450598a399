"""Contrasts of a file put to the data: one row each, adjusted over the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray
from dfe.comparison.designs.asking import Answer, Units, answer, clustered
from dfe.comparison.designs.contrast_file import ContrastFile, NamedContrast
from dfe.comparison.designs.frame import DesignMeasure, Frame
from dfe.comparison.effects import FEWEST, NO_SPREAD, NOBODY, TOO_FEW_SHOW, Settings
from dfe.comparison.measures import Kind
from dfe.stats.contrasts import contrast_along
from dfe.stats.effect_sizes import Effects, cohens_dz
from dfe.stats.paired import sign_flip_test
from dfe.stats.significance import holm
from dfe.stats.slopes import slope_interval
from dfe.stats.terms import Term, levels


@dataclass(frozen=True)
class NamedRow:
    """One contrast of the file."""

    contrast: NamedContrast
    kind: Kind
    units: int
    of: str
    difference: float
    """In the unit of the measure: of weighted means; of a score, per unit of it."""
    low: float
    high: float
    size: str
    effect: float
    effect_low: float
    effect_high: float
    p: float
    """Two-sided, or one-sided where the file says a direction."""
    p_holm: float = np.nan
    """Over all contrasts of the file."""
    flags: tuple[str, ...] = ()


def named_rows(
    file: ContrastFile,
    kinds: Sequence[Kind],
    values: Mapping[DesignMeasure, DoubleArray],
    frame: Frame,
    settings: Settings,
) -> tuple[NamedRow, ...]:
    """Answer the contrasts of a file.

    Args:
        file: of contrasts.
        kinds: of the columns of the values.
        values: ``(S, C, T)`` by measure; NaN where there is none.
        frame: of the subjects.
        settings: of the exchanges.

    Raises:
        UsageError: a contrast about a display, a group, a condition or a score that is not there.
    """
    for one in file.contrasts:
        _place(one, kinds, file.name)
    rows = [_answered(one, kinds, values[one.measure], frame, settings) for one in file.contrasts]
    adjusted = holm([row.p for row in rows])
    return tuple(replace(row, p_holm=float(p)) for row, p in zip(rows, adjusted, strict=True))


def check_names(file: ContrastFile, groups: Sequence[str], conditions: Sequence[str], scores: Sequence[str]) -> None:
    """Refuse contrasts of groups, conditions and scores that a study does not have, before anything is measured.

    Raises:
        UsageError: names the contrast, and what there is.
    """
    for one in file.contrasts:
        asked = (("group", one.groups, groups), ("condition", one.conditions, conditions),
                 ("score", (one.score,) if one.score else (), scores))  # fmt: skip
        for what, names, known in asked:
            strange = next((name for name in names if name not in known), None)
            if strange is not None:
                listed = ", ".join(known) or "none of those: name its column"
                raise UsageError(
                    f"{one.name!r} is about a {what} {strange!r}", where=file.name, advice=f"the study has {listed}"
                )


def _place(contrast: NamedContrast, kinds: Sequence[Kind], where: str) -> int:
    for column, kind in enumerate(kinds):
        if contrast.display in (kind.token, kind.label):
            return column
    named = ", ".join(kind.token for kind in kinds if kind.unit != "display")
    advice = f"a display's number, or one of {named} (unsteady displays need --unsteady)"
    raise UsageError(
        f"{contrast.name!r} is about {contrast.display!r}, which is not counted", where=where, advice=advice
    )


def _answered(
    contrast: NamedContrast, kinds: Sequence[Kind], values: DoubleArray, frame: Frame, settings: Settings
) -> NamedRow:
    column = _place(contrast, kinds, "")
    mine = values[:, :, column]
    asked = mine.mean(axis=1)
    if contrast.conditions:
        asked = mine @ np.array([contrast.conditions.get(name, 0.0) for name in frame.conditions])
    known = np.isfinite(asked)
    kind = kinds[column]
    places = range(max(len(frame.groups), 1))
    least = FEWEST if contrast.measure == "intensity" else 2
    if min(int((known & (frame.group == place)).sum()) for place in places) < least or not np.nan_to_num(mine).any():
        why = TOO_FEW_SHOW if np.nan_to_num(mine).any() else NOBODY
        none = (np.nan,) * 3
        return NamedRow(contrast, kind, int(known.sum()), "subjects", *none, "", *none, np.nan, flags=(why,))
    frame, asked = frame.take(known), asked[known][:, None]
    done = (
        _one_sample(asked, frame, settings)
        if not (contrast.groups or contrast.score)
        else between(contrast, asked, frame, settings)
    )
    value, low, high = (float(one[0]) for one in done.difference)
    effect, effect_low, effect_high = (float(one[0]) for one in done.effect)
    p = float(done.p[0])
    if contrast.direction:
        as_said = value > 0 if contrast.direction == "more" else value < 0
        p = p / 2 if as_said else 1 - p / 2
    flags = () if np.isfinite(effect) else (NO_SPREAD,)
    return NamedRow(
        contrast, kind, done.units, done.of, value, low, high, done.size, effect, effect_low, effect_high, p,
        flags=flags,
    )  # fmt: skip


def between(contrast: NamedContrast, asked: DoubleArray, frame: Frame, settings: Settings) -> Answer:
    """Weighted means of groups, or a score, all groups in the model."""
    count = len(frame.groups)
    scores = frame.scores - frame.scores.mean(axis=0)
    if contrast.score:
        place = frame.score_names.index(contrast.score)
        groups = levels(frame.group, count) if count else np.zeros((len(frame), 0))
        held = np.column_stack([groups, np.delete(scores, place, axis=1), frame.held])
        units = clustered(asked[:, None], scores[:, [place]], held, frame)
        return answer("slope", units, settings, float(frame.scores[:, place].std(ddof=1)))
    weights = np.array([contrast.groups.get(name, 0.0) for name in frame.groups])
    # Means of groups are ``weights / weights'weights`` times the contrast, and what is at right angles to it.
    along = np.eye(count)[frame.group] @ weights / (weights @ weights)
    others = np.linalg.svd(weights[None])[2][1:].T
    held = np.column_stack([np.eye(count)[frame.group] @ others, scores, frame.held])
    used = weights != 0
    if used.sum() == 2 and frame.cluster is None:
        # Two groups are exchanged between each other alone.
        mine = used[frame.group]
        second = (frame.group == int(weights.argmax()))[mine][:, None].astype(np.float64)
        kept = frame.take(mine)
        held = np.column_stack([scores[mine], kept.held])
        return answer("pair", Units(asked[mine][:, None], Term(second, held, kept.block), "subjects"), settings, np.nan)
    return answer("pair", clustered(asked[:, None], along[:, None], held, frame), settings, np.nan)


def _one_sample(asked: DoubleArray, frame: Frame, settings: Settings) -> Answer:
    """Differences of conditions against 0, by changing their signs."""
    of = "subjects"
    if frame.cluster is not None:
        number, of = np.unique(frame.cluster, return_inverse=True)[1], "clusters"
        asked = np.bincount(number, asked[:, 0])[:, None] / np.bincount(number)[:, None]
    n = len(asked)
    p, p_any = sign_flip_test(asked, settings.permutations, settings.seed)
    mean = asked.mean(axis=0)
    fit = contrast_along(asked - mean, np.ones(n), np.zeros((n, 0)))
    fit = fit._replace(difference=mean, variance=asked.var(axis=0, ddof=1), df=n - 1)
    none = np.full(1, np.nan)
    f = np.divide(mean**2 * n, fit.variance, out=none.copy(), where=fit.variance > 0)
    return Answer(n, of, slope_interval(fit), none, "d_z", Effects(*cohens_dz(asked)), f, (1, n - 1), p, p_any)


CONTRAST_COLUMNS = (
    "name", "measure", "kind", "token", "label", "groups", "conditions", "score", "direction", "units", "units_are",
    "difference", "difference_low", "difference_high", "size", "effect", "effect_low", "effect_high", "p", "p_holm",
    "flags",
)  # fmt: skip
"""Of contrasts.csv."""


def named_cells(row: NamedRow) -> tuple[object, ...]:
    """The cells of :data:`CONTRAST_COLUMNS`."""
    one = row.contrast
    return (
        one.name, one.measure, row.kind.unit, row.kind.token, row.kind.label, weights_said(one.groups),
        weights_said(one.conditions), one.score, one.direction, row.units, row.of, row.difference, row.low, row.high,
        row.size, row.effect, row.effect_low, row.effect_high, row.p, row.p_holm, "; ".join(row.flags),
    )  # fmt: skip


def weights_said(weights: Mapping[str, float]) -> str:
    """As in ``1 patient, -1 control``."""
    return ", ".join(f"{weight:g} {name}" for name, weight in weights.items())
