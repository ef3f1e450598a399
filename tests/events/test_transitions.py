"""Which display follows which: against brute force, against what chance must be, and on trains made to follow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfe.base.errors import UsageError
from dfe.events.transition_config import TransitionConfig
from dfe.events.transitions import Circle, Train, in_sight, least_q, transitions

pytest.importorskip("scipy", reason="needs the extra study")

QUICK = TransitionConfig(permutations=299)
A, B, C = 0, 1, 2


def train(onsets, person="p", key="k", seen=((0.0, 600.0),)):
    """From lists of onsets, one for each display."""
    display = np.repeat(np.arange(len(onsets)), [len(one) for one in onsets])
    return Train(person, key, np.array(seen, float), np.concatenate([np.asarray(o, float) for o in onsets]), display)


def by_hand(one, displays, config, turned=None):
    """The definition, pair by pair."""
    axis, ends, passed = [], [], 0.0
    for time in one.onset_s:
        passed = 0.0
        for start, end in one.seen:
            if start <= time < end:
                axis.append(passed + time - start)
                ends.append(passed + end - start)
            passed += end - start
    followed, risk = np.zeros((displays, displays)), np.zeros(displays)
    for i, first in enumerate(one.display):
        if axis[i] + config.within_s > ends[i]:
            continue
        risk[first] += 1
        for second in range(displays):
            times = [axis[j] for j, d in enumerate(one.display) if d == second]
            if turned is not None:
                times = [(time + turned[second]) % passed for time in times]
            hits = [config.after_s <= time - axis[i] <= config.within_s for time in times]
            followed[first, second] += any(hits)
    return followed, risk


onset_lists = st.lists(st.lists(st.integers(0, 799), max_size=6), min_size=3, max_size=3)


@given(onset_lists, st.lists(st.integers(0, 5000), min_size=3, max_size=3))
def test_counts_are_those_of_the_definition(lists, turned):
    seen = ((0.0, 3.0), (3.5, 5.0), (6.0, 8.0))
    one = in_sight(train([[t / 100 for t in times] for times in lists], seen=seen))
    # Sixteenths, so that no sum is off by a rounding.
    one = one._replace(onset_s=np.floor(one.onset_s * 16) / 16)
    config = TransitionConfig(after_s=0.125, within_s=0.75)
    for turn in (None, np.array(turned) / 16 % 6.5):
        followed, risk = by_hand(one, 3, config, turn)
        ours = Circle(one, 3, config)
        np.testing.assert_array_equal(ours.followed(turn), followed)
        np.testing.assert_array_equal(ours.at_risk, risk)


def made(seed, follows=0.0, people=6, seconds=600):
    """People who show three displays every 12 s or so; B comes half a second after A as often as asked."""
    chance = np.random.default_rng(seed)
    trains = []
    for person in range(people):
        a, b, c = (np.sort(chance.uniform(0, seconds, 50)) for _ in range(3))
        moved = a[chance.random(50) < follows] + 0.5
        trains.append(in_sight(train([a, np.concatenate([b[len(moved) :], moved]), c], f"p{person}", f"r{person}")))
    return trains


def test_what_was_made_to_follow_is_found_and_nothing_else():
    found = transitions(made(1, follows=0.6), 3, QUICK)
    assert len(found) == 6
    first = found[0]
    assert (first.first, first.second, first.people, first.above) == (A, B, 6, 6)
    assert first.share == pytest.approx(0.6, abs=0.1)
    assert first.lag_s == pytest.approx(0.5, abs=0.02)
    assert first.q < 0.05
    assert all(row.q > 0.05 for row in found[1:])


def test_displays_that_avoid_each_other_are_found_too():
    chance = np.random.default_rng(3)
    trains = []
    for person in range(8):
        a = np.sort(chance.uniform(0, 590, 120))
        b = chance.uniform(0, 590, 300)
        b = b[[not ((b_ > a) & (b_ < a + 1.2)).any() for b_ in b]]
        trains.append(train([a, b], f"p{person}", f"r{person}"))
    row = next(row for row in transitions(trains, 2, QUICK) if row.first == A)
    assert row.share == 0
    assert row.by_chance > 0.1
    assert row.p == pytest.approx(2 / 300)


def test_chance_is_the_share_of_the_circle_that_the_onsets_cover():
    (one,) = made(5, people=1)
    config = TransitionConfig(permutations=1500, least=1)
    row = next(row for row in transitions([one], 3, config) if (row.first, row.second) == (A, C))
    onsets = one.onset_s[one.display == C]
    ticks = np.arange(0, 600, 0.01)
    width = config.within_s - config.after_s
    covered = np.mean([((ticks[i] - onsets) % 600 < width).any() for i in range(0, len(ticks), 7)])
    assert row.by_chance == pytest.approx(covered, abs=0.005)


def test_trains_that_know_nothing_of_each_other_are_rarely_called_otherwise():
    p = [
        row.p
        for seed in range(10)
        for row in transitions(made(100 + seed, people=3), 3, TransitionConfig(permutations=99))
    ]
    assert np.mean(np.array(p) < 0.05) < 0.12
    assert 0.3 < np.mean(np.array(p) < 0.5) < 0.7


def test_the_order_of_the_files_and_the_names_of_others_change_nothing():
    trains = made(2, follows=0.3)
    one = transitions(trains, 3, QUICK)
    assert transitions(trains[::-1], 3, QUICK) == one
    assert transitions(trains, 3, TransitionConfig(permutations=299, seed=1)) != one


def test_two_recordings_of_a_person_are_one_person():
    trains = [one._replace(person="both") for one in made(1, follows=0.6, people=2)]
    assert {row.people for row in transitions(trains, 3, QUICK)} == {1}


def test_too_few_draws_for_so_many_pairs_are_known():
    assert least_q(TransitionConfig(permutations=999), 1000) == 1
    assert least_q(TransitionConfig(permutations=9999), 100) == pytest.approx(0.02)


def test_rare_displays_are_not_tested():
    trains = [train([[1, 50, 100], np.arange(0, 590, 10) + 0.3])]
    assert transitions(trains, 2, QUICK) == ()
    assert len(transitions(trains, 2, TransitionConfig(permutations=99, least=3))) == 2
    assert transitions([], 2, QUICK) == ()


def test_an_onset_at_the_end_of_what_is_seen_is_not_asked_what_follows():
    one = train([[9.5, 12.0], [12.5]], seen=((0.0, 10.0), (11.0, 20.0)))
    ours = Circle(one, 2, TransitionConfig())
    assert ours.at_risk.tolist() == [1, 1]
    assert ours.followed()[A, B] == 1
    assert ours.lags() == [(A, B, 0.5)]


@pytest.mark.parametrize(
    "bad", [{"after_s": 1.0}, {"within_s": 61}, {"after_s": -1}, {"permutations": 5}, {"least": 0}]
)
def test_settings_that_make_no_sense(bad):
    with pytest.raises(UsageError):
        TransitionConfig(**bad)
