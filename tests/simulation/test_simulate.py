from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfe.base.errors import UsageError
from simulation.simulate import APART_S, REST_S, Behaviour, Takes, covered, make_events, stretches

ALIKE = {"dispersion": 0.0, "expressive": 0.0}


def takes(count, seconds=600.0, recordings=1):
    subject = np.repeat(np.arange(count), recordings)
    return Takes(subject, subject % 2 == 1, np.full(len(subject), seconds))


def counts(behaviour, who, seed=0):
    """Onsets within the recording ``(R, U)``."""
    made = make_events(behaviour, who, np.random.default_rng(seed))
    began = made.onset_s >= 0
    cell = made.recording[began] * behaviour.displays + made.display[began]
    return np.bincount(cell, minlength=len(who.subject) * behaviour.displays).reshape(-1, behaviour.displays)


@pytest.mark.parametrize("more", [{}, {"offspring": 0.4}, {"talk": 0.3}, {"offspring": 0.3, "talk": 0.4}])
def test_rates_are_those_meant(more):
    behaviour = Behaviour(displays=4, slowest=0.2, fastest=0.4, **ALIKE, **more)
    found = counts(behaviour, takes(2000)).mean(axis=0) / 10
    np.testing.assert_allclose(found, behaviour.per_min, rtol=0.08)


def test_the_second_group_shows_planted_displays_more_often():
    behaviour = Behaviour(displays=6, planted=2, ratio=3.0, slowest=0.3, fastest=0.6, **ALIKE)
    found = counts(behaviour, takes(1000))
    ratio = found[1::2].mean(axis=0) / found[::2].mean(axis=0)
    assert behaviour.is_planted.tolist() == [False, True, False, False, True, False]
    np.testing.assert_allclose(ratio, np.where(behaviour.is_planted, 3.0, 1.0), rtol=0.1)


def test_subjects_differ_as_a_gamma_says():
    behaviour = Behaviour(displays=3, slowest=1, fastest=1, dispersion=0.5, expressive=0)
    found = counts(behaviour, takes(4000))
    mean = found.mean()
    # Negative binomial: mu + alpha mu^2. A display that is on does not begin anew, which takes a little away.
    assert found.var(axis=0).mean() == pytest.approx(mean + 0.5 * mean**2, rel=0.08)
    assert abs(np.corrcoef(found.T)[0, 1]) < 0.06


def test_expressive_people_show_more_of_everything_and_sessions_differ():
    together = counts(Behaviour(displays=2, slowest=1, fastest=1, dispersion=0, expressive=0.5), takes(2000))
    assert np.corrcoef(together.T)[0, 1] > 0.7
    own = Behaviour(displays=1, slowest=1, fastest=1, dispersion=0.5, expressive=0)
    steady = counts(own, takes(1000, recordings=2)).reshape(-1, 2)
    moody = counts(Behaviour(**{**own.__dict__, "session": 0.5}), takes(1000, recordings=2)).reshape(-1, 2)
    assert np.corrcoef(steady.T)[0, 1] > 0.7
    assert np.corrcoef(moody.T)[0, 1] < 0.6


def test_clusters_scatter_more_than_single_events():
    lone = counts(Behaviour(displays=1, slowest=0.5, fastest=0.5, **ALIKE), takes(2000))
    many = counts(Behaviour(displays=1, slowest=0.5, fastest=0.5, offspring=0.5, **ALIKE), takes(2000))
    assert lone.var() / lone.mean() == pytest.approx(1, abs=0.1)
    # Long counts of a self-exciting process have a variance of 1 / (1 - n)^2 = 4 times the mean (Hawkes, 1971); two
    # events called forth at one time are one.
    assert 2.9 < many.var() / many.mean() < 4.2


def test_bursts_of_speech_carry_the_displays_of_speech_alone():
    behaviour = Behaviour(displays=2, slowest=2, fastest=2, talk=0.3, talk_ratio=8, **ALIKE)
    found = counts(behaviour, takes(5000, seconds=120.0))
    usual, of_speech = found.var(axis=0) / found.mean(axis=0)
    assert usual == pytest.approx(0.95, abs=0.07)
    assert of_speech > usual + 0.12


def test_a_display_is_one_thing_at_a_time():
    made = make_events(Behaviour(displays=3, slowest=8, fastest=20), takes(20), np.random.default_rng(1))
    cell = made.recording * 3 + made.display
    assert (np.diff(cell) >= 0).all()
    same = np.diff(cell) == 0
    assert (made.onset_s[1:] - made.offset_s[:-1])[same].min() > REST_S
    assert (made.offset_s > np.maximum(made.onset_s, 0)).all()
    assert made.onset_s.max() < 600
    again = make_events(Behaviour(displays=3, slowest=8, fastest=20), takes(20), np.random.default_rng(1))
    np.testing.assert_array_equal(made.onset_s, again.onset_s)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), max_size=9), st.integers(0, 40))
def test_covered_is_that_of_one_after_the_other(pairs, at):
    start = np.array([float(a) for a, _ in pairs])
    end = np.array([float(a + length) for a, length in pairs])
    expected = any(a <= at < a + length for a, length in pairs)
    assert covered(start, end, np.array([float(at)]))[0] == expected


def test_stretches_cover_their_share():
    seconds = np.linspace(50, 500, 200)
    start, end = stretches(0.3, 4.0, seconds, np.random.default_rng(0))
    owner = np.repeat(np.arange(200), 400)
    at = np.tile(np.arange(400) / 400, 200) * seconds[owner]
    inside = covered(start, end, owner * APART_S + at).reshape(200, 400)
    assert inside.mean() == pytest.approx(0.3, abs=0.02)
    # As often at the start as anywhere.
    assert inside[:, :40].mean() == pytest.approx(0.3, abs=0.06)


@pytest.mark.parametrize(
    "wrong", [{"planted": 41}, {"slowest": 0}, {"dispersion": -1}, {"offspring": 1.0}, {"talk_ratio": 0.5}]
)
def test_behaviour_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(UsageError):
        Behaviour(**wrong)
