"""What a still face with noise must not have, and a face that moves must: events of groups."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.displays.groups import FULL_MM, RULES, Group, Moved
from dfe.displays.units import DisplayName
from dfe.displays.vocabulary import plain_vocabulary
from dfe.events.config import EventConfig
from dfe.events.finding import detect
from dfe.events.rates import rates

RATE = 25
LOWEST_MM = 0.2
"""A step of intensity that a display does not become an event by."""


@pytest.fixture
def pair(toy):
    """The toy's displays, and the first two as a group."""
    words = plain_vocabulary(toy, {n: DisplayName(str(n), "mouth") for n in (1, 2)})
    return replace(words, groups=(Group("pair", (1, 2), "mouth", "user"),))


def steps(on: np.ndarray, mm: float) -> np.ndarray:
    return np.repeat(on, RATE // 2) * mm


def test_the_lowest_steps_of_two_halves_together_are_no_event(toy, pair, make):
    rng = np.random.default_rng(0)
    t = np.arange(60 * RATE) / RATE
    halves = np.zeros((len(t), 3))
    halves[:, :2] = np.stack([steps(rng.random(125) < 0.5, LOWEST_MM)[: len(t)] for _ in range(2)], axis=1)[: len(t)]
    assert (halves[:, :2].sum(axis=1) > 0.3).mean() > 0.1
    assert len(detect(make(t, halves), toy, vocabulary=pair)) == 0
    as_before = detect(make(t, halves), toy, EventConfig(group_factor=1), vocabulary=pair)
    assert sum(event.kind == "group" for event in as_before) > 5


def test_both_halves_of_a_small_movement_are_an_event(toy, pair, make):
    t = np.arange(10 * RATE) / RATE
    both = np.zeros((len(t), 3))
    both[4 * RATE : 6 * RATE, :2] = 0.4
    found = [event for event in detect(make(t, both), toy, vocabulary=pair) if event.kind == "group"]
    assert [(event.label, round(event.intensity, 2)) for event in found] == [("pair", 0.8)]
    assert found[0].onset_s == pytest.approx(4.0, abs=0.1)


def test_a_group_of_one_display_has_its_thresholds(toy, pair, make):
    alone = replace(pair, groups=(Group("alone", (1,), "mouth", "user"),))
    t = np.arange(10 * RATE) / RATE
    shown = np.zeros((len(t), 3))
    shown[4 * RATE : 6 * RATE, 0] = 0.4
    found = detect(make(t, shown), toy, vocabulary=alone)
    assert {(rate.token, rate.count) for rate in rates(found) if rate.count} == {("1", 1), ("alone", 1)}
    with pytest.raises(UsageError, match="group_factor"):
        EventConfig(group_factor=0.5)


def test_noise_at_the_edge_of_a_movement_switches_little_of_a_group_on():
    rng = np.random.default_rng(0)
    chin = np.zeros((1000, 3))
    chin[:, 1] = -rng.normal(0, 0.1, 1000)
    held = RULES["jaw drop"].held(Moved({"chin": chin}))
    assert held[chin[:, 1] >= 0].max() == 0
    assert held.max() < 0.7
    chin[:, 1] = np.linspace(0, -2 * FULL_MM, 1000)
    held = RULES["jaw drop"].held(Moved({"chin": chin}))
    assert np.all(np.diff(held) >= 0)
    assert held[0] == 0
    assert np.all(held[chin[:, 1] < -FULL_MM] == 1)
