"""Which display follows which, within what time, against chance.

B follows A in a person if, of the times that A begins, B begins soon after more often than it would if both went on
as they do but knew nothing of each other. Chance is made by turning each display's onsets, as a whole and by a random
amount of its own, around the circle of the time in which the person is seen: how often and in what rhythm each display
comes stays as it is, only what it has to do with the others is gone (circular shifts; Harrison, Amarasingham and Kass
2013, in "Spike Timing", chapter 3). Onsets of one person are never mixed with those of another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from typing import NamedTuple

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray, FloatArray, IntArray, Progress
from dfe.clock.spans import contains, total
from dfe.stats.significance import benjamini_hochberg, permutation_p


@dataclass(frozen=True)
class TransitionConfig:
    """What counts as following.

    Raises:
        UsageError: a value that makes no sense.
    """

    after_s: float = 0.1
    """What begins sooner than this after another begins with it."""
    within_s: float = 1.0
    """What begins later than this does not follow."""
    draws: int = 4999
    """Random turns."""
    seed: int = 0
    least: int = 10
    """Pairs are tested where each display begins at least so often in all."""

    def __post_init__(self) -> None:
        if not 0 <= self.after_s < self.within_s <= 60:
            what = f"from {self.after_s:g} to {self.within_s:g} s after is no stretch of time up to a minute"
            raise UsageError(what, advice="choose --after below --within")
        if not 99 <= self.draws <= 100_000:
            raise UsageError(f"{self.draws} draws; 99 to 100,000 can be made")
        if self.least < 1:
            raise UsageError("a display has to begin at least once to be tested")


class Train(NamedTuple):
    """Onsets of one face in one recording."""

    person: str
    key: str
    """What tells it from all others: recording and face."""
    seen: DoubleArray
    """``(k, 2)`` stretches of time in which the face is seen, seconds."""
    onset_s: DoubleArray
    """``(n,)`` of displays that begin in sight."""
    display: IntArray
    """``(n,)`` places of the displays, from 0."""


class Transition(NamedTuple):
    """One display after another."""

    first: int
    """Place of the display that comes first."""
    second: int
    onsets: int
    """Of the first, whose whole time after is seen, over all people."""
    people: int
    """Who show both."""
    share: float
    """Of the first's onsets, how many the second follows: mean over people."""
    by_chance: float
    """The same, mean over the draws."""
    above: int
    """People in whom it is more than their own chance."""
    lag_s: float
    """Median time from the first's onset to the second's, where it follows."""
    p: float
    """Two-sided: more often or less often than by chance."""
    q: float
    """Adjusted for all pairs that are tested (Benjamini and Hochberg)."""


class Counted(NamedTuple):
    """Of one train."""

    followed: DoubleArray
    """``(U, U)``: onsets of the row's display that the column's follows."""
    at_risk: DoubleArray
    """``(U,)``: onsets whose whole time after is seen."""


def transitions(
    trains: Sequence[Train], displays: int, config: TransitionConfig | None = None, progress: Progress | None = None
) -> tuple[Transition, ...]:
    """All pairs that are tested, the likeliest first; the order of the trains does not matter.

    Args:
        trains: of all faces in all recordings.
        displays: how many there are, U.
        config: what counts as following.
        progress: called after each person.
    """
    config = config or TransitionConfig()
    ordered = sorted(trains, key=lambda train: (train.person, train.key))
    people = [list(mine) for _, mine in groupby(ordered, key=lambda train: train.person)]
    scores = np.zeros((config.draws + 1, displays, displays), np.float32)
    both_shown, above = np.zeros((2, displays, displays), np.int64)
    onsets, shown = np.zeros((2, displays), np.int64)
    lags: dict[tuple[int, int], list[float]] = {}
    for done, mine in enumerate(people, start=1):
        shares, at_risk, counts = _shares(mine, displays, config)
        both = (at_risk[:, None] > 0) & (counts[None] > 0)
        scores += shares * both
        both_shown += both
        above += both & (shares[0] > shares[1:].mean(axis=0))
        onsets += at_risk
        shown += counts
        for train in mine:
            _note_lags(train, config, lags)
        if progress is not None:
            progress(done, len(people))
    with np.errstate(invalid="ignore"):
        scores /= both_shown
    tested = (onsets[:, None] >= config.least) & (shown[None] >= config.least) & (both_shown > 0)
    np.fill_diagonal(tested, False)
    pairs = np.argwhere(tested)
    p = np.array([_two_sided(scores[:, a, b]) for a, b in pairs])
    q = benjamini_hochberg(p) if len(p) else p
    rows = [
        Transition(
            first=int(a),
            second=int(b),
            onsets=int(onsets[a]),
            people=int(both_shown[a, b]),
            share=float(scores[0, a, b]),
            by_chance=float(scores[1:, a, b].mean(dtype=np.float64)),
            above=int(above[a, b]),
            lag_s=float(np.median(lags.get((int(a), int(b)), [np.nan]))),
            p=float(one_p),
            q=float(one_q),
        )
        for (a, b), one_p, one_q in zip(pairs, p, q, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: (row.p, -abs(row.share - row.by_chance), row.first, row.second)))


def count(train: Train, displays: int, config: TransitionConfig, turned_s: DoubleArray | None = None) -> Counted:
    """What follows what in one train.

    Args:
        train: onsets of one face.
        displays: how many there are.
        config: what counts as following.
        turned_s: ``(U,)`` by how much the onsets of each display that follows are turned; None: not at all.
    """
    place, until = _on_circle(train)
    length = total(train.seen)
    later = place if turned_s is None else (place + turned_s[train.display]) % length
    order = np.argsort(later, kind="stable")
    later, follower = later[order], train.display[order]
    risk = np.flatnonzero(place + config.within_s <= until)
    low = np.searchsorted(later, place[risk] + config.after_s, side="left")
    high = np.searchsorted(later, place[risk] + config.within_s, side="right")
    many = np.maximum(high - low, 0)
    row = np.repeat(np.arange(len(risk)), many)
    at = np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many) + np.repeat(low, many)
    once = np.unique(row * displays + follower[at])
    first, second = train.display[risk][once // displays], once % displays
    followed = np.bincount(first * displays + second, minlength=displays**2).reshape(displays, displays)
    return Counted(followed.astype(np.float64), np.bincount(train.display[risk], minlength=displays).astype(float))


def _shares(mine: Sequence[Train], displays: int, config: TransitionConfig) -> tuple[FloatArray, IntArray, IntArray]:
    """Of one person: shares ``(draws + 1, U, U)``, the first as it is; onsets at risk and all onsets ``(U,)``."""
    followed = np.zeros((config.draws + 1, displays, displays), np.float32)
    at_risk = np.zeros(displays)
    counts = np.zeros(displays, np.int64)
    for train in mine:
        if not len(train.onset_s):
            continue
        now = count(train, displays, config)
        followed[0] += now.followed
        at_risk += now.at_risk
        counts += np.bincount(train.display, minlength=displays)
        chance = np.random.default_rng([config.seed, _number_of(train.key)])
        for draw in range(1, config.draws + 1):
            turned = chance.uniform(0, total(train.seen), displays)
            followed[draw] += count(train, displays, config, turned).followed
    followed /= np.maximum(at_risk, 1).astype(np.float32)[:, None]
    return followed, at_risk.astype(np.int64), counts


def _on_circle(train: Train) -> tuple[DoubleArray, DoubleArray]:
    """``(n,)`` places of the onsets when all that is seen is put end to end, and where the stretch of each ends."""
    lengths = train.seen[:, 1] - train.seen[:, 0]
    before = np.cumsum(lengths) - lengths
    stretch = np.searchsorted(train.seen[:, 0], train.onset_s, side="right") - 1
    return train.onset_s - train.seen[stretch, 0] + before[stretch], before[stretch] + lengths[stretch]


def _note_lags(train: Train, config: TransitionConfig, lags: dict[tuple[int, int], list[float]]) -> None:
    place, until = _on_circle(train)
    for i in np.flatnonzero(place + config.within_s <= until).tolist():
        lag = place - place[i]
        near = np.flatnonzero((lag >= config.after_s) & (lag <= config.within_s))
        first: dict[int, float] = {}
        for j in near[np.argsort(lag[near], kind="stable")].tolist():
            first.setdefault(int(train.display[j]), float(lag[j]))
        for display, seconds in first.items():
            lags.setdefault((int(train.display[i]), display), []).append(seconds)


def _two_sided(scores: FloatArray) -> float:
    observed, null = float(scores[0]), scores[1:]
    return min(1.0, 2 * min(permutation_p(observed, null), permutation_p(-observed, -null)))


def least_q(config: TransitionConfig, tested: int) -> float:
    """What the q of a single pair can be at least with so many draws, if no other pair is beyond chance."""
    return min(1.0, 2 / (config.draws + 1) * tested)


def _number_of(key: str) -> int:
    return int.from_bytes(sha256(key.encode("utf-8", "surrogateescape")).digest()[:8], "big")


def in_sight(train: Train) -> Train:
    """Only onsets that lie in the time that is seen."""
    kept = contains(train.seen, train.onset_s)
    return train._replace(onset_s=train.onset_s[kept], display=train.display[kept])
