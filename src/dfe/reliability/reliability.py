"""How well subjects' rates hold: between odd and even minutes, and between sessions, against the minutes recorded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.errors import UsageError
from dfe.base.types import BoolArray, DoubleArray, Progress
from dfe.displays.names import load_names
from dfe.displays.units import DisplayName
from dfe.displays.vocabulary import Vocabulary, vocabulary_of
from dfe.events.config import EventConfig
from dfe.events.find import tokenizer_of
from dfe.events.finding import detect
from dfe.events.rates import rates
from dfe.recording.faces import sole_face
from dfe.recording.recording import Recording
from dfe.recording.roles import Role
from dfe.stats.agreement import icc_a1
from dfe.stats.bootstrap import Estimate, SubjectBootstrap
from dfe.tokenizer.tokenizer import Tokenizer

MINUTE_S = 60.0
LEAST = 0.2
"""A block of which less than this share is valid time is not counted."""
LENGTHS = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0)
"""Minutes for which reliability is extrapolated."""


@dataclass(frozen=True)
class Source:
    """A recording, whose it is, and in which session."""

    path: Path
    subject: str
    session: str = ""
    face: int | None = None
    """face_id; None where nobody said, and the recording has to show one person alone."""


@dataclass(frozen=True, eq=False)
class Minutes:
    """Events of ``T`` displays in each stretch of up to a minute, of all recordings."""

    displays: Mapping[int, DisplayName]
    subject: tuple[str, ...]
    """``n`` owners."""
    session: tuple[str, ...]
    exposure_s: DoubleArray
    """``(n,)`` valid time."""
    count: DoubleArray
    """``(n, T)`` events."""
    tokenizer: str = ""
    events: EventConfig = field(default_factory=EventConfig)
    """What counted as one."""


@dataclass(frozen=True)
class DisplayReliability:
    """One display."""

    display: int
    name: DisplayName
    per_min: float
    """Mean over subjects."""
    minutes: float
    """Of valid time in one half (or one session), mean over subjects."""
    half: Estimate
    """ICC(A,1) of odd and even minutes, each half as long as the recordings."""
    half_consistency: float
    """ICC(C,1) of the same: whether the order of subjects holds."""
    whole: float
    """Of all minutes together: the halves' ICC(A,1) stepped up by Spearman and Brown."""
    retest: Estimate
    """ICC(A,1) of two sessions; NaN where there are no two."""
    retest_consistency: float
    by_minutes: tuple[tuple[float, float], ...]
    """Measured: minutes in a half, and ICC(A,1) of the halves of that length."""
    extrapolated: tuple[tuple[float, float], ...]
    """Minutes, and reliability by Spearman and Brown from all minutes."""


@dataclass(frozen=True)
class Reliability:
    """All displays, those most often shown first."""

    displays: tuple[DisplayReliability, ...]
    subjects: int
    """With two halves."""
    retested: int
    """Subjects with two sessions."""
    sessions: tuple[str, str] | None
    tokenizer: str
    events: EventConfig = field(default_factory=EventConfig)
    """What counted as one."""


def measure_minutes(
    sources: Sequence[Source],
    *,
    tokenizer: Tokenizer | None = None,
    config: EventConfig | None = None,
    names: Path | None = None,
    block_s: float = MINUTE_S,
    progress: Progress | None = None,
) -> Minutes:
    """Count events minute by minute (or in blocks of another length).

    ``names`` is the user's file of names and merges; by default DFE_NAMES, or names.json beside the tokenizer.

    Raises:
        UsageError: nothing to measure, or recordings of different tokenizers.
        TableError: a recording that cannot be read or has no tokens.
    """
    if not 1 <= block_s <= 3600:
        raise UsageError(f"blocks of {block_s:g} s, they must last between 1 and 3,600 s")
    config = config or EventConfig()
    subject: list[str] = []
    session: list[str] = []
    exposure: list[float] = []
    counts: list[list[int]] = []
    displays: dict[int, DisplayName] = {}
    vocabulary: Vocabulary | None = None
    for done, source in enumerate(sources, start=1):
        recording = Recording.read(source.path, landmarks=False)
        tokenizer = tokenizer or tokenizer_of(recording)
        vocabulary = vocabulary or vocabulary_of(tokenizer, load_names(tokenizer, names))
        found = detect(recording, tokenizer, config, vocabulary=vocabulary)
        displays = dict(found.names)
        start = float(np.nanmin(recording.times))
        face = sole_face(recording, source.path) if source.face is None else source.face
        for block in range(int(np.ceil(found.duration_s / block_s))):
            low = start + block_s * block
            role = Role("", face, low, low + block_s, "x", "")
            mine = [r for r in rates(found, roles=[role]) if r.subject == "x" and r.face == face]
            kept = {int(r.token): r.count for r in mine if r.token.isdecimal() and r.speech == "all"}
            seconds = next((r.exposure_s for r in mine), 0.0)
            if kept and seconds >= LEAST * block_s:
                subject.append(source.subject)
                session.append(source.session)
                exposure.append(seconds)
                counts.append([kept[number] for number in displays])
        if progress is not None:
            progress(done, len(sources))
    if tokenizer is None or not counts:
        raise UsageError("there is no valid time in the recordings")
    return Minutes(
        displays, tuple(subject), tuple(session), np.array(exposure), np.array(counts, float), tokenizer.id, config
    )


def reliability(minutes: Minutes, *, draws: int = 1_000, seed: int = 0) -> Reliability:
    """Split-half and test-retest reliability of events per valid minute, display by display.

    Halves are the odd and the even minutes of a subject (of the first session, where there are several), counted over
    all recordings.

    Raises:
        UsageError: fewer than three subjects with two minutes and more.
    """
    sessions = sorted(set(minutes.session))
    two = _two_sessions(minutes, sessions)
    first = np.array([two is None or one == two[0] for one in minutes.session])
    rows = _rows_of(minutes, first)
    halves = {who: mine for who, mine in rows.items() if len(mine) >= 2}
    if len(halves) < 3:
        raise UsageError(
            f"{len(halves)} subjects with two minutes or more, reliability needs three", advice="record longer"
        )
    pairs = _halves(minutes, list(halves.values()))
    longest = min(len(mine) for mine in halves.values())
    lengths = [m for m in (2, 4, 6, 8, 10, 20, 30, 40, 60) if m < longest] + [longest - longest % 2]
    shorter = {m: _halves(minutes, [mine[:m] for mine in halves.values()]) for m in lengths}
    tests = None if two is None else _sessions(minutes, two)
    out = []
    for column, (number, name) in enumerate(minutes.displays.items()):
        ratings = pairs.rates[:, :, column]
        half = _estimate(ratings, draws, seed)
        each = float(pairs.minutes.mean())
        retest = Estimate(np.nan, np.nan, np.nan) if tests is None else _estimate(tests[:, :, column], draws, seed)
        out.append(
            DisplayReliability(
                display=number,
                name=name,
                per_min=float(ratings.mean()),
                minutes=each,
                half=half,
                half_consistency=icc_c1(ratings),
                whole=spearman_brown(half.value, 2.0),
                retest=retest,
                retest_consistency=float("nan") if tests is None else icc_c1(tests[:, :, column]),
                by_minutes=tuple((float(s.minutes.mean()), icc_a1(s.rates[:, :, column])) for s in shorter.values()),
                extrapolated=tuple((m, spearman_brown(half.value, m / each)) for m in LENGTHS),
            )
        )
    out.sort(key=lambda one: (-one.per_min, one.display))
    retested = 0 if tests is None else len(tests)
    return Reliability(tuple(out), len(halves), retested, two, minutes.tokenizer, minutes.events)


def icc_c1(ratings: ArrayLike) -> float:
    """ICC(C,1): consistency of single measurements, ``(MSR - MSE) / (MSR + (k - 1) MSE)``.

    McGraw and Wong (1996, *Psychological Methods* 1, 30, table 4); NaN where all are equal, or with fewer than two.

    Args:
        ratings: ``(subjects, measurements)``; subjects with a NaN are left out.
    """
    rows = np.asarray(ratings, np.float64)
    rows = rows[np.isfinite(rows).all(axis=1)]
    n, k = rows.shape
    if n < 2 or k < 2:
        return float("nan")
    centred = rows - rows.mean(axis=1, keepdims=True) - rows.mean(axis=0) + rows.mean()
    of_rows = k * rows.mean(axis=1).var(ddof=1)
    error = (centred**2).sum() / ((n - 1) * (k - 1))
    whole = of_rows + (k - 1) * error
    return float((of_rows - error) / whole) if whole > 0 else float("nan")


def spearman_brown(icc: float, times: float) -> float:
    """Reliability of a measurement so many times as long; NaN of what is not known, 0 at the least.

    Spearman (1910), Brown (1910): ``m r / (1 + (m - 1) r)``.
    """
    if not np.isfinite(icc):
        return float("nan")
    r = max(icc, 0.0)
    return float(times * r / (1 + (times - 1) * r))


@dataclass(frozen=True, eq=False)
class _Halves:
    rates: DoubleArray
    """``(S, 2, T)`` events per valid minute."""
    minutes: DoubleArray
    """``(S,)`` of valid time in a half, on average."""


def _halves(minutes: Minutes, rows: Sequence[Sequence[int]]) -> _Halves:
    parts = [[_rate(minutes, mine[0::2]), _rate(minutes, mine[1::2])] for mine in rows]
    each = [minutes.exposure_s[list(mine)].sum() / 2 / MINUTE_S for mine in rows]
    return _Halves(np.array(parts), np.array(each))


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
    return best if best is not None and len(having[best[0]] & having[best[1]]) >= 3 else None


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


def _estimate(ratings: DoubleArray, draws: int, seed: int) -> Estimate:
    bootstrap = SubjectBootstrap(np.arange(len(ratings)), draws, seed)
    return bootstrap.statistic(lambda weights: icc_a1(np.repeat(ratings, weights.astype(int), axis=0)))
