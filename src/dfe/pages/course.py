"""What one face shows over time, as pages draw it: strength of each unit, marks of events, curves, quality."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfe.base.types import DoubleArray, IntArray
from dfe.pages.spans import StateSpans

TICKS_PER_S = 10_000
"""Times are told in whole ticks: 0.1 ms, so that 59 hours fit in 32 bits and every frame can be told."""
MM_STEP, DEGREE_STEP = 0.05, 0.25
"""Strengths are told in steps of these, or of a 255th of the unit's largest where that is more."""
_TENTHS = 10


@dataclass(frozen=True, eq=False)
class Strip:
    """Strength of one unit over the ``n`` rows of a face, where there is any: a byte each."""

    token: str
    """Number of a display; name of a group, a region or a display of the eyes."""
    kind: str
    """``group``, ``region``, ``display`` or ``eyes``."""
    label: str
    side: str = "other"
    """``both``, ``left``, ``right``: the subject's side that moves; ``other`` where there is none."""
    half: int = 0
    """Half of the face that it moves: :data:`dfe.pages.view.UPPER`, ``LOWER`` or 0."""
    measure: str = "mm"
    """``mm`` or ``degrees``."""
    unsteady: bool = False
    displays: tuple[int, ...] = ()
    """Numbers of the displays behind it."""
    step: float = MM_STEP
    """What 1 of ``strength`` is, in ``measure``."""
    first: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    """``(k,)`` place among the rows of the first of each stretch with strength."""
    count: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    """``(k,)`` rows of each stretch."""
    strength: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))
    """``(sum of count,)`` of all stretches, one after the other."""

    def amounts(self, rows: int) -> DoubleArray:
        """``(rows,)`` in ``measure``, 0 where there is none."""
        out = np.zeros(rows)
        if len(self.first):
            place = np.repeat(self.first - np.cumsum(self.count) + self.count, self.count)
            out[place + np.arange(len(self.strength))] = self.strength * self.step
        return out


def strip(token: str, kind: str, label: str, amount: DoubleArray, **about: Any) -> Strip:
    """A strip of amounts ``(n,)`` in the unit's measure; what is not known is none. None of it below 0."""
    known = np.nan_to_num(amount)
    base = DEGREE_STEP if about.get("measure") == "degrees" else MM_STEP
    step = max(base, float(known.max(initial=0.0)) / 255)
    # Rounded up: the least strength stays visible.
    value = np.minimum(np.ceil(known / step - 1e-9), 255).astype(np.uint8)
    there = np.flatnonzero(value)
    begins = np.append(True, np.diff(there) > 1)[: len(there)]
    first = there[begins]
    count = np.diff(np.append(np.flatnonzero(begins), len(there)))
    return Strip(token, kind, label, **about, step=step, first=first, count=count, strength=value[there])


@dataclass(frozen=True, eq=False)
class Mark:
    """An event of a face; times in seconds, intensity in its own measure."""

    token: str
    kind: str
    label: str
    onset_s: float
    apex_s: float
    offset_s: float
    intensity: float
    measure: str
    censored: bool = False
    """It touches the end of what is seen: it may have been longer."""


@dataclass(frozen=True, eq=False)
class Course:
    """Everything that a page draws of one face over time; ``n`` rows in order of time."""

    face_id: int | None
    start_s: DoubleArray
    """``(n,)`` presentation times of the rows with the face."""
    end_s: DoubleArray
    """``(n,)`` to the end of what each row stands for."""
    strips: tuple[Strip, ...] = ()
    marks: tuple[Mark, ...] = ()
    """Events, in order of onset."""
    curves: Mapping[str, ArrayLike] = field(default_factory=dict)
    """``(n,)`` each, degrees and mm, NaN where unknown: ``yaw``, ``pitch``, ``roll``, and of the eyes."""
    quality: StateSpans | None = None
    covered: tuple[int, ...] = ()
    """Of each stretch of ``quality`` the halves of the face that something hides."""


def course_data(course: Course) -> dict[str, Any]:
    """A face's course for :func:`dfe.pages.packed.packed`."""
    marks = course.marks
    kinds = list(dict.fromkeys((mark.kind, mark.token, mark.label, mark.measure) for mark in marks))
    place = {kind: i for i, kind in enumerate(kinds)}
    return {
        "id": course.face_id,
        "start": _ticks(course.start_s),
        "end": _ticks(course.end_s),
        "strips": [_strip_data(one) for one in course.strips],
        "marks": {
            "kinds": [dict(zip(("kind", "token", "label", "measure"), kind, strict=True)) for kind in kinds],
            "of": np.array([place[m.kind, m.token, m.label, m.measure] for m in marks], np.uint16),
            "onset": _ticks([mark.onset_s for mark in marks]),
            "apex": _ticks([mark.apex_s for mark in marks]),
            "offset": _ticks([mark.offset_s for mark in marks]),
            "intensity": np.array([mark.intensity for mark in marks], np.float32),
            "censored": np.array([mark.censored for mark in marks], np.uint8),
        },
        "curves": {name: _tenths(values) for name, values in course.curves.items()},
        "quality": _states(course),
    }


def _strip_data(one: Strip) -> dict[str, Any]:
    names = ("token", "kind", "label", "side", "half", "measure", "unsteady", "displays", "step")
    return {
        **{name: getattr(one, name) for name in names},
        "first": one.first.astype(np.int32),
        "count": one.count.astype(np.int32),
        "strength": one.strength,
    }


def _states(course: Course) -> dict[str, Any]:
    quality = course.quality
    if quality is None:
        quality = StateSpans(np.zeros(0), np.zeros(0), np.zeros(0, np.int64), ())
    reasons = list(dict.fromkeys(quality.reason))
    place = {reason: i for i, reason in enumerate(reasons)}
    return {
        "start": _ticks(quality.start_s),
        "end": _ticks(quality.end_s),
        "state": np.asarray(quality.state, np.uint8),
        "reason": np.array([place[reason] for reason in quality.reason], np.uint16),
        "reasons": reasons,
        "covered": np.array(course.covered or [0] * len(quality), np.uint8),
    }


def _ticks(times_s: ArrayLike) -> NDArray[np.int32]:
    return np.rint(np.asarray(times_s, np.float64) * TICKS_PER_S).astype(np.int32)


def _tenths(values: ArrayLike) -> NDArray[np.int16]:
    """In tenths; -32768 where it is not known."""
    numbers = np.asarray(values, np.float64) * _TENTHS
    known = np.isfinite(numbers)
    out = np.full(numbers.shape, np.iinfo(np.int16).min, np.int16)
    out[known] = np.clip(np.rint(numbers[known]), -32767, 32767)
    return out
