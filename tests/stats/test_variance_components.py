"""Variance components against balanced analyses of variance written out, and against what was simulated."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from dfe.base.errors import UsageError
from dfe.stats.components import Components, nested_components


def drawn(people, sessions, minutes, variances, seed=0):
    """Rows, weights, person, session; weights are given, and the minutes' variance goes with their inverse."""
    rng = np.random.default_rng(seed)
    person, session, weight, value = [], [], [], []
    for one in range(people):
        own = rng.normal() * math.sqrt(variances[0])
        for sitting in range(sessions(one)):
            day = rng.normal() * math.sqrt(variances[1])
            for _ in range(minutes(one, sitting)):
                w = rng.uniform(0.3, 1)
                person.append(one)
                session.append(sitting)
                weight.append(w)
                value.append(own + day + rng.normal() * math.sqrt(variances[2] / w))
    return np.array(value)[:, None], np.array(weight), np.array(person), np.array(session)


def test_a_balanced_design_is_its_table() -> None:
    cube = np.random.default_rng(0).normal(size=(7, 3, 4)) + 3 * np.arange(7)[:, None, None] + np.arange(3)[:, None]
    person, session, _ = np.indices(cube.shape)
    (found,) = nested_components(cube.reshape(-1, 1), np.ones(84), person.ravel(), session.ravel())
    ms_minute = cube.var(axis=2, ddof=1).mean()
    ms_session = 4 * cube.mean(axis=2).var(axis=1, ddof=1).mean()
    ms_person = 12 * cube.mean(axis=(1, 2)).var(ddof=1)
    expected = ((ms_person - ms_session) / 12, (ms_session - ms_minute) / 4, ms_minute)
    assert_allclose(found, expected)
    assert_allclose(found.dependability(10, 2), expected[0] / (expected[0] + expected[1] / 2 + expected[2] / 20))


def test_unequal_numbers_and_exposure_do_no_harm() -> None:
    true = (2.0, 1.0, 3.0)
    found = []
    for seed in range(200):
        rows = drawn(30, lambda p: 1 + p % 3, lambda p, s: 2 + (p + s) % 5, true, seed)
        found.append(nested_components(*rows)[0])
    # Three standard errors of the mean; estimates below 0 are given as 0, which is rare here.
    error = 3 * np.std(found, axis=0) / math.sqrt(200)
    assert (np.abs(np.mean(found, axis=0) - true) <= error + 0.02).all()


def test_one_session_cannot_tell_the_session_from_the_person() -> None:
    rows = drawn(400, lambda p: 1, lambda p, s: 5, (2.0, 1.0, 3.0))
    (found,) = nested_components(*rows)
    assert math.isnan(found.session)
    assert math.isnan(found.dependability(5))
    assert found.person == pytest.approx(3, abs=0.5)


def test_numbers_of_people_and_sessions_are_only_names() -> None:
    rows = drawn(9, lambda p: 2, lambda p, s: 3, (1.0, 1.0, 1.0))
    value, weight, person, session = rows
    renamed = nested_components(value, weight, 70 - person, 2 * person + session)
    assert_allclose(nested_components(*rows), renamed, rtol=1e-9)


def test_nothing_varies() -> None:
    (found,) = nested_components(np.ones((8, 1)), np.ones(8), np.arange(8) // 4, np.arange(8) // 2)
    assert found == Components(0, 0, 0)
    assert math.isnan(found.dependability(1))


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="weights above 0"):
        nested_components(np.ones((2, 1)), np.zeros(2), np.arange(2), np.arange(2))
