"""A small sample of benchmarks/effect_intervals.py: do intervals hold the truth, and agree with p?"""

from __future__ import annotations

import numpy as np
import pytest
from effect_intervals import judge_conditions, judge_groups, judge_sites

STUDIES = 400
ERROR = np.sqrt(0.95 * 0.05 / STUDIES)
"""Binomial, of a share of 95% among so many studies."""


@pytest.mark.parametrize("size", [5, 15])
@pytest.mark.parametrize("kind", ["normal", "common", "rare"])
def test_intervals_of_groups_hold_the_truth(kind, size):
    for effect in (False, True):
        tallies = judge_groups(kind, effect, size, STUDIES, seed=1)
        for name in ("g, noncentral t", "d_av, Bonett", *(["ratio"] if kind != "normal" else [])):
            # Few events leave few values that an interval can have; it may then hold more than it promises.
            assert tallies[name].coverage > 0.93 - 3 * ERROR, name
        assert tallies["g, noncentral t"].coverage < 0.98 + 3 * ERROR
        assert tallies["g, noncentral t"].known == STUDIES


@pytest.mark.parametrize("kind", ["normal", "common", "rare"])
def test_intervals_within_subjects_hold_the_truth(kind):
    for effect in (False, True):
        tallies = judge_conditions(kind, effect, 8, STUDIES, seed=2)
        for name in ("d_z, noncentral t", "d_av, Bonett"):
            assert tallies[name].coverage > 0.93 - 3 * ERROR, name


def test_intervals_agree_with_p_where_draws_of_subjects_do_not():
    tallies = judge_groups("normal", True, 8, STUDIES, seed=3)
    assert tallies["g, noncentral t"].odd / STUDIES < 0.02 + 3 * np.sqrt(0.02 * 0.98 / STUDIES)
    assert tallies["g, draws"].odd / STUDIES > 0.06


def test_sites_that_differ_do_not_pass_for_groups():
    before, *after = judge_sites(36, STUDIES, seed=4)
    assert before > 0.6
    for share in after:
        assert share < 0.07 + 3 * ERROR
