"""Which display follows which, within what time, against chance.

B follows A in a person if, of the times that A begins, B begins soon after more often than it would if both went on
as they do but knew nothing of each other. Chance is made by turning each display's onsets, as a whole and by a random
amount of its own, around the circle of the time in which the person is seen: how often and in what rhythm each display
comes stays as it is, only what it has to do with the others is gone (circular shifts; Harrison, Amarasingham and Kass
2013, in "Spike Timing", chapter 3). Onsets of one person are never mixed with those of another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256
from itertools import groupby
from typing import NamedTuple

import numpy as np

from dfe.base.types import DoubleArray, FloatArray, IntArray, Progress
from dfe.clock.spans import contains
from dfe.events.transition_config import TransitionConfig
from dfe.stats.significance import benjamini_hochberg, permutation_p

_PLACES = 5


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


class Circle:
    """Onsets of one train with all that is seen put end to end and bent to a circle.

    Args:
        train: onsets that lie in what is seen.
        displays: how many there are, U.
        config: what counts as following.
    """

    def __init__(self, train: Train, displays: int, config: TransitionConfig) -> None:
        lengths = train.seen[:, 1] - train.seen[:, 0]
        before = np.cumsum(lengths) - lengths
        stretch = np.searchsorted(train.seen[:, 0], train.onset_s, side="right") - 1
        self._displays, self._display = displays, train.display
        self.length_s = float(lengths.sum())
        self.place_s = train.onset_s - train.seen[stretch, 0] + before[stretch]
        """``(n,)`` of the onsets."""
        self.asked = np.flatnonzero(self.place_s + config.within_s <= before[stretch] + lengths[stretch])
        """Onsets whose whole time after is seen."""
        self._low = self.place_s[self.asked] + config.after_s
        self._high = self.place_s[self.asked] + config.within_s
        self.at_risk: IntArray = np.bincount(train.display[self.asked], minlength=displays)
        """``(U,)`` of them."""
        self.shown: IntArray = np.bincount(train.display, minlength=displays)
        """``(U,)`` of all onsets."""

    def followed(self, turned_s: DoubleArray | None = None) -> IntArray:
        """``(U, U)``: onsets of the row's display that the column's follows.

        Args:
            turned_s: ``(U,)`` by how much the onsets of each display that follows are turned; None: not at all.
        """
        row, at, _ = self._pairs(turned_s)
        once = np.unique(row * self._displays + self._display[at])
        first, second = self._display[self.asked][once // self._displays], once % self._displays
        counts = np.bincount(first * self._displays + second, minlength=self._displays**2)
        return counts.reshape(self._displays, self._displays)

    def lags(self) -> list[tuple[int, int, float]]:
        """First and second display, and seconds between them, of each onset and each display that follows it."""
        row, at, later = self._pairs(None)
        lag = later - self.place_s[self.asked][row]
        first: dict[tuple[int, int], float] = {}
        for i, display, seconds in zip(row.tolist(), self._display[at].tolist(), lag.tolist(), strict=True):
            first.setdefault((i, display), seconds)
        mine = self._display[self.asked].tolist()
        return [(mine[i], display, seconds) for (i, display), seconds in first.items()]

    def _pairs(self, turned_s: DoubleArray | None) -> tuple[IntArray, IntArray, DoubleArray]:
        """Place among those asked, onset that follows, and where that is; those of one asked in order of time."""
        later = self.place_s if turned_s is None else (self.place_s + turned_s[self._display]) % self.length_s
        order = np.argsort(later, kind="stable")
        later = later[order]
        low = np.searchsorted(later, self._low, side="left")
        many = np.maximum(np.searchsorted(later, self._high, side="right") - low, 0)
        row = np.repeat(np.arange(len(self.asked)), many)
        at = np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many) + np.repeat(low, many)
        return row, order[at], later[at]


def transitions(
    trains: Sequence[Train], displays: int, config: TransitionConfig | None = None, progress: Progress | None = None
) -> tuple[Transition, ...]:
    """All pairs that are tested, the likeliest first; the order of the trains does not matter.

    Args:
        trains: of all faces in all recordings; onsets that are not in sight are left out.
        displays: how many there are, U.
        config: what counts as following.
        progress: told of draws done.
    """
    config = config or TransitionConfig()
    ordered = sorted(map(in_sight, trains), key=lambda train: (train.person, train.key))
    people = [
        [(train.key, Circle(train, displays, config)) for train in mine if len(train.onset_s)]
        for _, mine in groupby(ordered, key=lambda train: train.person)
    ]
    asked = _sums(people, displays, lambda circle: circle.at_risk)
    shown = _sums(people, displays, lambda circle: circle.shown)
    both = (asked[:, :, None] > 0) & (shown[:, None, :] > 0)
    often = (asked.sum(axis=0) >= config.least)[:, None] & (shown.sum(axis=0) >= config.least)[None]
    tested = often & both.any(axis=0) & ~np.eye(displays, dtype=bool)
    first, second = np.nonzero(tested)
    if not len(first):
        return ()
    showing = both[:, first, second]
    weight = 1.0 / np.maximum(asked[:, first], 1) * showing
    count = showing.sum(axis=0)
    observed = np.stack([_of_person(mine, None)[first, second] for mine in people]) * weight
    null = np.zeros((config.permutations, len(first)), np.float32)
    own = np.zeros((len(people), len(first)))
    for draw in range(config.permutations):
        for person, mine in enumerate(people):
            turned = _of_person(mine, (config.seed, draw))[first, second] * weight[person]
            null[draw] += turned
            own[person] += turned
        if progress is not None:
            progress(draw + 1, config.permutations)
    shares, null = observed.sum(axis=0) / count, null / count.astype(np.float32)
    above = (showing & (observed > own / config.permutations)).sum(axis=0)
    lags: dict[tuple[int, int], list[float]] = {}
    for a, b, seconds in (lag for mine in people for _, circle in mine for lag in circle.lags()):
        lags.setdefault((a, b), []).append(seconds)
    # Shares that are equal but for rounding are ties.
    p = np.array([_two_sided(round(one, _PLACES), null[:, i].round(_PLACES)) for i, one in enumerate(shares.tolist())])
    rows = [
        Transition(
            first=int(a),
            second=int(b),
            onsets=int(asked[:, a].sum()),
            people=int(count[i]),
            share=float(shares[i]),
            by_chance=float(null[:, i].mean(dtype=np.float64)),
            above=int(above[i]),
            lag_s=float(np.median(lags.get((int(a), int(b)), [np.nan]))),
            p=float(p[i]),
            q=float(q),
        )
        for i, (a, b, q) in enumerate(zip(first, second, benjamini_hochberg(p), strict=True))
    ]
    return tuple(sorted(rows, key=lambda row: (row.p, -abs(row.share - row.by_chance), row.first, row.second)))


Person = list[tuple[str, Circle]]


def _sums(people: Sequence[Person], displays: int, of: Callable[[Circle], IntArray]) -> IntArray:
    """``(P, U)`` of each person's recordings together."""
    nothing = np.zeros(displays, np.int64)
    return np.array([sum((of(circle) for _, circle in mine), nothing) for mine in people], np.int64).reshape(
        -1, displays
    )


def _of_person(mine: Person, draw: tuple[int, int] | None) -> IntArray:
    """``(U, U)`` of one person, as it is or in one draw of chance, which is the recording's own."""
    followed: IntArray = np.zeros((1, 1), np.int64)
    for key, circle in mine:
        if draw is None:
            followed = followed + circle.followed()
        else:
            chance = np.random.Generator(np.random.Philox(key=_number_of(key), counter=[0, 0, *draw]))
            followed = followed + circle.followed(chance.uniform(0, circle.length_s, len(circle.shown)))
    return followed


def _two_sided(observed: float, null: FloatArray) -> float:
    return min(1.0, 2 * min(permutation_p(observed, null), permutation_p(-observed, -null)))


def least_q(config: TransitionConfig, tested: int) -> float:
    """What the q of a single pair can be at least with so many draws, if no other pair is beyond chance."""
    return min(1.0, 2 / (config.permutations + 1) * tested)


@cache
def _number_of(key: str) -> int:
    return int.from_bytes(sha256(key.encode("utf-8", "surrogateescape")).digest()[:16], "big")


def in_sight(train: Train) -> Train:
    """Only onsets that lie in the time that is seen."""
    kept = contains(train.seen, train.onset_s)
    return train._replace(onset_s=train.onset_s[kept], display=train.display[kept])
