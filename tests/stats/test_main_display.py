"""A sample of benchmarks/main_display.py: the model of time holds at unequal minutes, a stand-in for zero does not."""

from __future__ import annotations

import numpy as np
from main_display import KINDS, Study, judge, stand_in, together

STUDIES = 12


def test_the_model_of_time_holds_at_unequal_minutes_and_a_stand_in_for_zero_does_not():
    done = judge(KINDS["32 with 10 min, 8 with 2 min"], STUDIES, 4, ("stand-in", "model"))
    small, found, _ = done["model"]
    assert small <= 0.09
    assert found <= 0.25
    assert done["stand-in"][0] > 0.15
    assert done["stand-in"][1] > 0.4


def test_log_ratios_before_are_those_of_the_formula():
    rng = np.random.default_rng(0)
    seconds = np.where(rng.random((9, 20)) < 0.3, 0, rng.gamma(2, 3, (9, 20)))
    made = Study(seconds, seconds.sum(axis=1) + 50, np.arange(9) > 4, np.zeros(20, bool))
    for parts, columns in (stand_in(made), together(made)):
        assert parts.shape[1] == len(columns)
        np.testing.assert_allclose(parts.sum(axis=1), 0, atol=1e-9)
