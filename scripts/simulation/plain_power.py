"""Power of a comparison of groups from counts alone, as a check on :mod:`simulation.recovery`.

Written apart from what it checks: no time, no camera, no events; each number of events is drawn at once, groups are
compared by a permutation of its own, and discoveries follow Benjamini and Hochberg's words (1995): the largest k whose
k-th smallest p is at most k q / m.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.types import BoolArray, DoubleArray
from simulation.recovery import LENGTH_SPREAD, Condition, Group, Q
from simulation.simulate import Behaviour

_BURST_S = 6.0


class PlainPower(NamedTuple):
    """Mean and standard error over runs."""

    power: float
    power_se: float
    fdp: float
    fdp_se: float


def plain_power(
    condition: Condition, *, runs: int = 500, seed: int = 1, q: float = Q, permutations: int = 999
) -> PlainPower:
    """Power and false discovery of a study whose subjects are told apart from their recordings.

    The camera matters by the share of time that it sees. A display's being on for a while, and so not beginning anew,
    is left out.
    """
    rng = np.random.default_rng(seed)
    planted = condition.behaviour.is_planted
    power, fdp = np.full(runs, np.nan), np.zeros(runs)
    for run in range(runs):
        one, two = (_rates(condition.behaviour, group, g == 1, rng) for g, group in enumerate(condition.groups))
        found = _found(_p(one, two, permutations, rng), q)
        if planted.any():
            power[run] = (found & planted).sum() / planted.sum()
        fdp[run] = (found & ~planted).sum() / max(found.sum(), 1)
    root = np.sqrt(runs)
    return PlainPower(power.mean(), power.std(ddof=1) / root, fdp.mean(), fdp.std(ddof=1) / root)


def _rates(behaviour: Behaviour, group: Group, second: bool, rng: np.random.Generator) -> DoubleArray:
    """Events per minute ``(subjects, U)``."""
    rates = []
    for _ in range(group.subjects):
        level = behaviour.per_min * np.where(behaviour.is_planted & second, behaviour.ratio, 1.0)
        level = level * _gamma(behaviour.dispersion, behaviour.displays, rng) * _gamma(behaviour.expressive, 1, rng)
        events, minutes = np.zeros(behaviour.displays), 0.0
        for _ in range(int(rng.integers(group.recordings[0], group.recordings[1], endpoint=True))):
            length = group.minutes * np.exp(LENGTH_SPREAD * rng.standard_normal()) * group.camera.seen
            here = level * _gamma(behaviour.session, 1, rng) * length
            if behaviour.talk:
                more = _of_speech(behaviour, length * 60, rng)
                here = np.where(np.arange(behaviour.displays) % 2 == 1, here * more, here)
            generation = rng.poisson(here * (1 - behaviour.offspring))
            while generation.any():
                events += generation
                generation = rng.poisson(behaviour.offspring * generation)
            minutes += length
        rates.append(events / minutes)
    return np.array(rates)


def _gamma(variance: float, size: int, rng: np.random.Generator) -> DoubleArray:
    return rng.standard_gamma(1 / variance, size) * variance if variance else np.ones(size)


def _of_speech(behaviour: Behaviour, seconds: float, rng: np.random.Generator) -> float:
    """How much more often than usual displays of speech come in a recording, by the time that is talked in it."""
    bursts = -np.log(1 - behaviour.talk) / _BURST_S
    begin = np.cumsum(rng.exponential(1 / bursts, int(4 * bursts * seconds) + 50))
    begin = begin[begin < seconds + 60]
    silence, reach = 0.0, 0.0
    for start, length in zip(begin, rng.exponential(_BURST_S, len(begin)), strict=True):
        silence += max(0.0, min(start, seconds + 60) - max(reach, 60.0)) if start > 60 else 0.0
        reach = max(reach, start + length)
    silence += max(0.0, seconds + 60 - max(reach, 60.0))
    talked = 1 - silence / seconds
    mean = 1 + behaviour.talk * (behaviour.talk_ratio - 1)
    return float((1 + talked * (behaviour.talk_ratio - 1)) / mean)


def _p(one: DoubleArray, two: DoubleArray, permutations: int, rng: np.random.Generator) -> DoubleArray:
    everyone = np.concatenate([one, two])
    share = len(two) / len(everyone)
    order = rng.random((permutations, len(everyone))).argsort(axis=1)
    drawn = (order < len(two)).astype(float)
    # With the numbers fixed, the distance of a group's sum from its share of all is the difference of means, scaled.
    null = np.abs(drawn @ everyone - share * everyone.sum(axis=0))
    seen = np.abs(two.sum(axis=0) - share * everyone.sum(axis=0))
    return np.asarray((1 + (null > seen - 1e-9).sum(axis=0)) / (1 + permutations))


def _found(p: DoubleArray, q: float) -> BoolArray:
    rising = np.sort(p)
    most = max((k for k in range(1, len(p) + 1) if rising[k - 1] <= k * q / len(p)), default=0)
    return p <= rising[most - 1] if most else np.zeros(len(p), np.bool_)
