"""How well subjects' rates hold: within a session, and from one session to another, for the minutes that were seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import BoolArray, DoubleArray
from dfe.events.config import EventConfig
from dfe.recording.instruments import instrument_notes
from dfe.recording.neutrals import neutral_notes
from dfe.reliability.minutes import MINUTE_S, Counted, Minutes
from dfe.stats.bootstrap import Estimate
from dfe.stats.components import Components, nested_components
from dfe.stats.icc import few, icc_a1, icc_c1

LEAST_SUBJECTS = 3
"""With fewer, nothing is said about halves, or about sessions."""
LENGTHS = (1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0)
"""Minutes of one session for which dependability is given, as far as they were seen."""
EVENTS = 8.0
"""With fewer events in a half (or a session), intervals held the truth in 87 to 93 of 100 simulated studies."""
UNITS = ("display", "group", "eyes")
_NONE = Estimate(np.nan, np.nan, np.nan)


@dataclass(frozen=True)
class UnitReliability:
    """One display, group of displays, or display of the eyes."""

    unit: Counted
    per_min: float
    """Mean over subjects."""
    minutes: float
    """Of usable time in one half, mean over subjects."""
    half: Estimate
    """ICC(A,1) of the first and the second half of the recordings of one session."""
    half_consistency: Estimate
    """ICC(C,1) of the same: whether the order of subjects holds."""
    caution: str
    """Of both: few subjects, or few events; empty where there are enough."""
    by_minutes: tuple[tuple[float, float], ...]
    """Measured: minutes in a half, and ICC(A,1) of the halves of that length."""
    retest: Estimate
    """ICC(A,1) of two sessions; NaN where there are no two."""
    retest_consistency: Estimate
    retest_caution: str
    """Of both; as ``caution``."""
    components: Components
    """Of the rate of one usable minute, events per minute squared."""
    dependability: tuple[tuple[float, float], ...]
    """Minutes of one session and how well their rate tells people apart on any other day; up to the minutes seen.

    Empty where fewer than three subjects have two sessions: one session says nothing about another day.
    """


@dataclass(frozen=True)
class Reliability:
    """All units, those most often shown first: displays, groups of them, displays of the eyes."""

    units: tuple[UnitReliability, ...]
    subjects: int
    """With two halves."""
    retested: int
    """Subjects with both of the two sessions."""
    sessions: tuple[str, str] | None
    repeated: int
    """Subjects with two sessions or more, whatever they are called."""
    seen: float
    """Usable minutes of a session: half of the sessions have as many."""
    tokenizer: str
    events: EventConfig = field(default_factory=EventConfig)
    """What counted as one."""
    resting: tuple[str, ...] = ()
    """Whose resting face the face of each recording was measured against, in words."""
    instruments: tuple[str, ...] = ()
    """What measured each recording, in words."""
    everybodys: Mapping[str, UnitReliability] = field(default_factory=dict)
    """The same units by token, counted against everybody's resting face; empty where nothing was taken off."""

    @property
    def displays(self) -> tuple[UnitReliability, ...]:
        """Displays alone."""
        return tuple(one for one in self.units if one.unit.unit == "display")

    @property
    def cautions(self) -> tuple[str, ...]:
        """What makes recordings unlike each other; a sentence each."""
        return (*neutral_notes(self.resting), *instrument_notes(self.instruments))

    @property
    def repeated_known(self) -> bool:
        """Whether sessions were repeated often enough to say anything about another day."""
        return self.repeated >= LEAST_SUBJECTS

    @property
    def caution(self) -> str:
        """Of measured lengths of halves; empty where there are subjects enough."""
        return few(self.subjects)

    @property
    def repeated_caution(self) -> str:
        """Of dependability; empty where there are subjects enough, or none."""
        return few(self.repeated) if self.repeated_known else ""


def reliability(minutes: Minutes) -> Reliability:
    """Reliability of events per usable minute, display by display; of groups and of displays of the eyes likewise.

    Halves are the first and the second half of each recording (of the first session, where there are several), counted
    over all of a subject's recordings: minutes that lie side by side would be alike for the moment's sake.

    Raises:
        UsageError: fewer than three subjects with two minutes and more.
    """
    sessions = sorted(set(minutes.session))
    two = _two_sessions(minutes, sessions)
    first = np.array([two is None or one == two[0] for one in minutes.session])
    halves = [mine for mine in _rows_of(minutes, first).values() if len(mine) >= 2]
    if len(halves) < LEAST_SUBJECTS:
        raise UsageError(
            f"{len(halves)} subjects with two minutes or more, reliability needs three", advice="record longer"
        )
    pairs = _halves(minutes, halves)
    longest = min(len(mine) for mine in halves)
    lengths = [m for m in (2, 4, 6, 8, 10, 20, 30, 40, 60) if m < longest] + [longest - longest % 2]
    shorter = [_halves(minutes, [mine[:m] for mine in halves]) for m in lengths]
    tests = None if two is None else _sessions(minutes, two)
    retested = 0 if tests is None else len(tests)
    later = minutes.count.sum(axis=0) / len(set(zip(minutes.subject, minutes.session, strict=True)))
    repeated = _repeated(minutes)
    components = _components(minutes, sessions if repeated >= LEAST_SUBJECTS else None)
    seen = _seen(minutes)
    told = [m for m in LENGTHS if m < seen] + [seen] if repeated >= LEAST_SUBJECTS else []
    out = [
        UnitReliability(
            unit=unit,
            per_min=float(pairs.rates[:, :, column].mean()),
            minutes=float(pairs.minutes.mean()),
            half=icc_a1(pairs.rates[:, :, column]),
            half_consistency=icc_c1(pairs.rates[:, :, column]),
            caution=_caution(len(halves), pairs.events[column]),
            by_minutes=tuple((float(s.minutes.mean()), icc_a1(s.rates[:, :, column]).value) for s in shorter),
            retest=_NONE if tests is None else icc_a1(tests[:, :, column]),
            retest_consistency=_NONE if tests is None else icc_c1(tests[:, :, column]),
            retest_caution="" if tests is None else _caution(retested, later[column]),
            components=components[column],
            dependability=tuple((m, components[column].dependability(m)) for m in told),
        )
        for column, unit in enumerate(minutes.units)
    ]
    out.sort(key=lambda one: (UNITS.index(one.unit.unit), -one.per_min, _place(one.unit)))
    return Reliability(
        tuple(out),
        len(halves),
        retested,
        two,
        repeated,
        seen,
        minutes.tokenizer,
        minutes.events,
        minutes.resting,
        minutes.instruments,
    )


def _place(unit: Counted) -> tuple[int, str]:
    return (int(unit.token) if unit.unit == "display" else 0, unit.token)


@dataclass(frozen=True, eq=False)
class _Halves:
    rates: DoubleArray
    """``(S, 2, T)`` events per usable minute."""
    minutes: DoubleArray
    """``(S,)`` of usable time in a half, on average."""
    events: DoubleArray
    """``(T,)`` in a half, mean over subjects."""


def _halves(minutes: Minutes, rows: Sequence[Sequence[int]]) -> _Halves:
    parts = [[_rate(minutes, half) for half in first_and_second(mine, minutes.recording)] for mine in rows]
    each = [minutes.exposure_s[list(mine)].sum() / 2 / MINUTE_S for mine in rows]
    events = np.mean([minutes.count[list(mine)].sum(axis=0) / 2 for mine in rows], axis=0)
    return _Halves(np.array(parts), np.array(each), events)


def _caution(subjects: int, events: float) -> str:
    rare = f"rare, {events:.1f} events each: interval too narrow" if events < EVENTS else ""
    return "; ".join(words for words in (few(subjects), rare) if words)


def first_and_second(rows: Sequence[int], recording: Sequence[int]) -> tuple[list[int], list[int]]:
    """The first half of each recording and the second; the middle of an odd number goes where there are fewer so far.

    Args:
        rows: places of a subject's minutes.
        recording: of every minute there is.
    """
    each: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        each[recording[row]].append(row)
    first: list[int] = []
    second: list[int] = []
    for mine in each.values():
        half = len(mine) // 2 + (len(mine) % 2 if len(first) <= len(second) else 0)
        first += mine[:half]
        second += mine[half:]
    return first, second


def _components(minutes: Minutes, sessions: Sequence[str] | None) -> tuple[Components, ...]:
    """Variance components; None of the sessions: all of a subject's minutes count as one session."""
    people = {who: place for place, who in enumerate(dict.fromkeys(minutes.subject))}
    person = np.array([people[who] for who in minutes.subject])
    of = {} if sessions is None else {name: place for place, name in enumerate(sessions)}
    session = np.array([of.get(name, 0) for name in minutes.session])
    weights = minutes.exposure_s / MINUTE_S
    return nested_components(minutes.count / weights[:, None], weights, person, session)


def _seen(minutes: Minutes) -> float:
    total: dict[tuple[str, str], float] = defaultdict(float)
    for who, session, seconds in zip(minutes.subject, minutes.session, minutes.exposure_s, strict=True):
        total[who, session] += float(seconds) / MINUTE_S
    return float(np.median(list(total.values())))


def _repeated(minutes: Minutes) -> int:
    having: dict[str, set[str]] = defaultdict(set)
    for who, session in zip(minutes.subject, minutes.session, strict=True):
        having[who].add(session)
    return sum(len(one) >= 2 for one in having.values())


def _sessions(minutes: Minutes, two: tuple[str, str]) -> DoubleArray:
    """``(S, 2, T)`` rates of subjects that have both sessions."""
    each = [_rows_of(minutes, np.array([one == name for one in minutes.session])) for name in two]
    people = [who for who in each[0] if who in each[1]]
    return np.array([[_rate(minutes, rows[who]) for rows in each] for who in people])


def _two_sessions(minutes: Minutes, sessions: Sequence[str]) -> tuple[str, str] | None:
    """The two sessions that most subjects have both of; None where fewer than three have two."""
    having: dict[str, set[str]] = defaultdict(set)
    for who, session in zip(minutes.subject, minutes.session, strict=True):
        having[session].add(who)
    pairs = [(a, b) for i, a in enumerate(sessions) for b in sessions[i + 1 :]]
    best = max(pairs, key=lambda pair: len(having[pair[0]] & having[pair[1]]), default=None)
    return best if best is not None and len(having[best[0]] & having[best[1]]) >= LEAST_SUBJECTS else None


def _rows_of(minutes: Minutes, chosen: BoolArray) -> Mapping[str, list[int]]:
    rows: dict[str, list[int]] = defaultdict(list)
    for place, who in enumerate(minutes.subject):
        if chosen[place]:
            rows[who].append(place)
    return rows


def _rate(minutes: Minutes, rows: Sequence[int]) -> DoubleArray:
    mine = list(rows)
    rate: DoubleArray = MINUTE_S * minutes.count[mine].sum(axis=0) / minutes.exposure_s[mine].sum()
    return rate
