"""How much of a rate's variance lies between people, between a person's sessions, and between a session's minutes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray, IntArray


class Components(NamedTuple):
    """Variances of one measure; a negative estimate is given as 0, NaN where the design cannot tell."""

    person: float
    session: float
    """Between sessions of one person; NaN where nobody has two: it is then within ``person``."""
    minute: float
    """Of one unit of weight (a minute of usable time) within a session."""

    def dependability(self, minutes: float, sessions: int = 1) -> float:
        """How well a mean over so many sessions of so many minutes tells people apart, on any other day.

        ``person / (person + session / sessions + minute / (sessions minutes))``: Brennan's phi of a nested design
        (*Generalizability Theory*, 2001, 1.2). NaN where no session was repeated, or nothing varies.
        """
        whole = self.person + self.session / sessions + self.minute / (sessions * minutes)
        return self.person / whole if whole > 0 else float("nan")


def nested_components(
    values: ArrayLike, weights: ArrayLike, person: IntArray, session: IntArray
) -> tuple[Components, ...]:
    """Variance components of sessions within people and minutes within sessions, one a column.

    Mean squares are set equal to their expectations, for any numbers of sessions and minutes (Searle, Casella and
    McCulloch, *Variance Components*, 1992, 5.3; Henderson's method I). A change that all people show from one session
    to the next is counted as session.

    Args:
        values: ``(n, T)`` a row per minute.
        weights: ``(n,)`` usable time in each, whose inverse the variance of a minute goes with.
        person: ``(n,)`` numbers.
        session: ``(n,)`` numbers, within the person or over all.

    Raises:
        UsageError: arrays of different lengths, weights not above 0, or nothing.
    """
    y, w = np.asarray(values, np.float64), np.asarray(weights, np.float64)
    if not (y.ndim == 2 and len(y) == len(w) == len(person) == len(session) and len(w) and (w > 0).all()):
        raise UsageError("variance components need values, weights above 0, a person and a session for every row")
    people, who = np.unique(person, return_inverse=True)
    pairs, sitting = np.unique(np.c_[who, np.unique(session, return_inverse=True)[1]], axis=0, return_inverse=True)
    sitting = sitting.ravel()
    owner = pairs[:, 0]
    n, sittings, persons = len(y), len(pairs), len(people)
    total = w.sum()
    w_sitting, w_person = np.bincount(sitting, w), np.bincount(who, w)
    of_sitting = _sums(sitting, w[:, None] * y, sittings) / w_sitting[:, None]
    of_person = _sums(who, w[:, None] * y, persons) / w_person[:, None]
    mean = (w[:, None] * y).sum(axis=0) / total
    within = (w[:, None] * (y - of_sitting[sitting]) ** 2).sum(axis=0)
    between = (w_sitting[:, None] * (of_sitting - of_person[owner]) ** 2).sum(axis=0)
    apart = (w_person[:, None] * (of_person - mean) ** 2).sum(axis=0)

    nothing = np.full(y.shape[1], np.nan)
    minute = within / (n - sittings) if n > sittings else nothing
    shared = float((w_sitting**2 / w_person[owner]).sum())
    repeated = sittings > persons
    part = (between - (sittings - persons) * minute) / (total - shared) if repeated else nothing
    over = shared - float((w_sitting**2).sum()) / total
    spread = total - float((w_person**2).sum()) / total
    known = np.where(np.isnan(part), 0.0, part)
    one = (apart - (persons - 1) * minute - over * known) / spread if persons > 1 else nothing
    return tuple(
        Components(*(float(max(v, 0.0)) if v == v else float("nan") for v in column))
        for column in zip(one, part, minute, strict=True)
    )


def _sums(groups: IntArray, values: DoubleArray, number: int) -> DoubleArray:
    sums = np.zeros((number, values.shape[1]))
    np.add.at(sums, groups, values)
    return sums
