"""A sample of benchmarks/recovery.py: what should be found is, what should not is not, and errors are noticed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dfe.stats.significance import benjamini_hochberg
from simulation.filming import Camera
from simulation.plain_power import _found, plain_power
from simulation.recovery import ALPHA, Condition, Group, Q, make_study, recover
from simulation.simulate import Behaviour

RUNS = 40
FEW = {"runs": RUNS, "intervals": 6}
CHANCE = 3 * np.sqrt(ALPHA * (1 - ALPHA) / RUNS)

CONDITIONS = {
    "nothing else": (Group(), Group(), {}),
    "exposure": (Group(minutes=8), Group(minutes=3), {}),
    "frame rate": (Group(camera=Camera(60)), Group(camera=Camera(15)), {}),
    "coverage": (Group(), Group(camera=Camera(seen=0.85, gap_s=4)), {}),
    "clusters and speech": (Group(), Group(), {"offspring": 0.4, "talk": 0.35}),
    "recordings": (*(Group(minutes=2, recordings=(1, 4)),) * 2, {"session": 0.3}),
}


def condition(name, planted=0):
    first, second, more = CONDITIONS[name]
    return Condition(Behaviour(displays=30, planted=planted, ratio=2.2, **more), (first, second))


@pytest.mark.parametrize("name", CONDITIONS)
def test_nothing_is_found_where_nothing_is(name):
    done = recover(condition(name), seed=11, **FEW)
    for found in (done.exchange, done.model):
        assert found.fdp <= Q + 2.5 * np.sqrt(Q * (1 - Q) / RUNS)
        assert found.any <= ALPHA + CHANCE
        assert np.isnan(found.power)
    assert done.counted == pytest.approx(1, abs=0.06)


@pytest.mark.parametrize("name", CONDITIONS)
def test_what_is_planted_is_found_as_often_as_counts_alone_say(name):
    planted = condition(name, 6)
    done = recover(planted, seed=12, **FEW)
    plain = plain_power(planted, runs=80, permutations=499)
    for found in (done.exchange, done.model):
        assert found.holds
        assert found.any > 0.4
        # Of about 180 intervals, those of a study depend on each other: four errors of 60 independent ones, at least.
        assert 0.95 - 4 * np.sqrt(0.95 * 0.05 / 60) < found.coverage <= 1
    assert 0.1 < plain.power < 0.95
    assert abs(done.exchange.power - plain.power) <= 0.03 + 3 * np.hypot(done.exchange.power_se, plain.power_se)
    assert done.model.power >= done.exchange.power - 0.05
    assert done.counted == pytest.approx(2.2, rel=0.12)


def test_recordings_taken_for_subjects_are_noticed():
    groups = (Group(minutes=1, recordings=(5, 5)),) * 2
    right = recover(Condition(groups=groups), seed=13, **FEW)
    wrong = recover(Condition(groups=groups, unit="recording"), seed=13, **FEW)
    assert right.exchange.holds
    assert right.model.holds
    for found in (wrong.exchange, wrong.model):
        assert not found.holds
        assert found.fdp > 0.5
        assert found.any > 0.3


def test_counts_that_are_not_divided_by_exposure_are_noticed():
    wrong = replace(condition("exposure"), measure="count")
    done = recover(wrong, seed=14, **FEW)
    assert min(done.exchange.fdp, done.model.fdp) > 0.9


def test_faces_lost_because_of_the_display_are_noticed_in_the_ratio():
    hidden = Condition(Behaviour(displays=10), (Group(), Group(camera=Camera(hides=0.3))))
    done = recover(hidden, seed=15, **FEW)
    assert done.happened == pytest.approx(1, abs=0.05)
    assert done.counted < 0.85


def test_a_made_study_is_one_number_for_each_subject():
    groups = (Group(5, recordings=(1, 3)), Group(4, recordings=(2, 2)))
    made = make_study(Condition(Behaviour(displays=7), groups), np.random.default_rng(0))
    assert made.values.shape == (9, 7)
    assert made.second.tolist() == [False] * 5 + [True] * 4
    assert made.left_out == 0
    by_recording = make_study(Condition(Behaviour(displays=7), groups, unit="recording"), np.random.default_rng(0))
    assert len(by_recording.values) > 9
    share = make_study(Condition(Behaviour(displays=7), groups, measure="share"), np.random.default_rng(0))
    assert 0 < share.values.max() < 0.5
    np.testing.assert_allclose(made.count / made.minutes[:, None], made.values)


def test_subjects_seen_too_little_are_left_out():
    groups = (Group(30), Group(30, camera=Camera(seen=0.7, gap_s=5)))
    made = make_study(Condition(Behaviour(displays=2), groups), np.random.default_rng(0))
    assert 5 < made.left_out < 25  # One recording each.
    assert (~made.second).sum() == 30


def test_the_same_seed_gives_the_same():
    one, two = (recover(condition("nothing else", 6), runs=4, intervals=2, seed=3) for _ in range(2))
    assert one == two


def test_two_programs_of_false_discovery_agree():
    rng = np.random.default_rng(0)
    for _ in range(200):
        p = np.round(rng.random(12) ** 3, 3) + 0.001
        np.testing.assert_array_equal(_found(p, Q), benjamini_hochberg(p) <= Q + 1e-12)
